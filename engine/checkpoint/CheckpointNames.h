// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mixer {

/// How the names of checkpoints end. A hint only, for telling them from pictures and for filters of file dialogs:
/// TensorFile goes by what a file holds.
inline constexpr std::array<std::string_view, 7> kCheckpointEndings
    = {".safetensors", ".safetensors.index.json", ".pth", ".pt", ".ckpt", ".bin", ".pkl"};

/// Whatever the case of its letters.
bool isCheckpointName(const std::string& path);

}  // namespace mixer
