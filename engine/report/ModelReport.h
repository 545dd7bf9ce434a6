// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/LoadReceipt.h"

#include <string>

namespace mixer {

/// A checkpoint as JSON: path, family, parameters, configuration and where it came from, prefix, and its load receipt:
/// summary, remarks, deviations from defaults, and all tensors with what became of each.
std::string modelJson(const Checkpoint& checkpoint, const LoadReceipt& receipt);

/// The same for reading, one fact to a line; the tensors only on request.
std::string modelText(const Checkpoint& checkpoint, const LoadReceipt& receipt, bool withTensors);

}  // namespace mixer
