// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the files of torch.save and torch.jit.save, read without Python and without LibTorch.
#pragma once

#include "engine/checkpoint/TensorContents.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace mixer::checkpoint {

/// Whether these bytes begin like a zip archive, a pickle of protocol 2 or later, or torch's oldest format, a tar
/// archive.
bool looksLikeTorch(const std::byte* bytes, std::uint64_t size);

/// Reads the tensors of a torch zip archive (torch.save since 1.6, TorchScript), of the format before it, or of a plain
/// pickle of numpy arrays. `bytes` must outlive the result, whose tensors point into them where they can. Unpacks at
/// most 256 MiB + three times the file's size. Throws Error(Format), with messages that begin with `origin`.
TensorContents readTorch(const std::byte* bytes, std::uint64_t size, const std::string& origin);

}  // namespace mixer::checkpoint
