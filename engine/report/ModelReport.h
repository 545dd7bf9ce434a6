// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"

#include <string>

namespace mixer {

/// A checkpoint as JSON: path, family, parameters, configuration and where it came from, prefix, warnings, tensors
/// (name, dtype, shape).
std::string modelJson(const Checkpoint& checkpoint);

/// The same for reading, one fact to a line; the tensors only on request.
std::string modelText(const Checkpoint& checkpoint, bool withTensors);

}  // namespace mixer
