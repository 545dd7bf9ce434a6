// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: settings in pickles, as JSON.
#pragma once

#include "engine/checkpoint/PickledTensors.h"

#include <optional>
#include <string>

namespace mixer::checkpoint {

/// `id` as JSON text: containers, scalars, numpy's scalars and one-dimensional arrays, paths, torch's sizes and types,
/// and objects that are little more than a dictionary of settings. Tensors and all other objects become a text in
/// angle brackets, "<module.name>". None when that would be longer than `limit` or nested deeper than 32 levels.
std::optional<std::string> pickleJson(const Pickle& pickle, PickleId id, std::size_t limit);

}  // namespace mixer::checkpoint
