// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: JSON from strangers.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace mixer::checkpoint {

/// A document of at most 16 MiB whose depth is bounded and whose keys are unique: nlohmann's parser takes both for
/// granted. Throws Error(Format), with messages that begin with `origin`.
nlohmann::json parseStrictly(const std::string& text, const std::string& origin);

}  // namespace mixer::checkpoint
