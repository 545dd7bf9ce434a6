// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: tells which family's network a file holds.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <optional>
#include <string>
#include <string_view>

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

/// `name` without `prefix`; as it is where it does not begin so.
std::string_view unprefixed(std::string_view name, std::string_view prefix);

/// By the names of the tensors, `prefix` stripped; nothing for a file of no family.
std::optional<Recognition> recognize(const TensorFile& file, const std::string& prefix);

/// Throws the Error(Model) for such a file. What looks like a network for another task is told as such.
[[noreturn]] void refuse(const TensorFile& file);

/// The name that today's public code of the family has for a tensor which older releases stored as `stored`.
std::string currentName(NetworkFamily family, const std::string& stored, const TensorInfo& info);

}  // namespace mixer::checkpoint
