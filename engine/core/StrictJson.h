// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace mixer {

/// What a JSON document may measure.
struct JsonLimits {
    std::size_t bytes = 0;
    int depth = 0;
};

/// A JSON document whose size and depth are bounded and whose keys are unique: nlohmann's parser takes all three for
/// granted. Throws Error(Format) that begins with `origin`.
nlohmann::json parseStrictJson(const std::string& text, const std::string& origin, const JsonLimits& limits);

}  // namespace mixer
