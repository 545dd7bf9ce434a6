// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: tells which family's network a file holds.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <string>

namespace mixer::checkpoint {

enum class NetworkFamily {
    Mixer,   ///< ViM2 or ViQS
    VMamba,  ///< MzeroMiko/VMamba
    Vim,     ///< hustvl/Vim
};

struct Recognition {
    NetworkFamily family = NetworkFamily::Mixer;
    std::string reason;  ///< the tensor that told it, for people
};

/// By the names of the tensors, `prefix` stripped. Throws Error(Model) for a file of none of them; what looks like a
/// network for another task, a backbone without a classifier, is told as such.
Recognition recognize(const TensorFile& file, const std::string& prefix);

/// The name that today's public code of the family has for a tensor which older releases stored as `stored`.
std::string currentName(NetworkFamily family, const std::string& stored, const TensorInfo& info);

}  // namespace mixer::checkpoint
