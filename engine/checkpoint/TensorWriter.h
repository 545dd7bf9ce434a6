// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Progress.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

struct WriteOptions {
    /// What tensors of floating-point numbers become: Float32, Float16 or BFloat16, rounded to nearest, ties to even.
    /// None: they stay as they are, as all others do.
    std::optional<DataType> floats;
    ProgressCallback progress;  ///< with names of tensors
    CancelToken cancel;
};

/// Writes tensors and text as a safetensors file, in the order given; equal content gives equal bytes. The file appears
/// whole or not at all, also over one that is open. Throws Error(File) when it cannot be written, Error(Usage) when the
/// format has no such tensors: two of one name, a type that it does not know, bytes that do not fit type and shape,
/// numbers too large for `options.floats`. Throws Cancelled. Holds one piece of a tensor in memory at a time.
void writeSafetensors(const std::string& path, const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata, const WriteOptions& options = {});

/// Writes the same as a zip archive for Python's torch.load, weights_only=True included: a dictionary of the tensors,
/// or, where there is metadata, one of `state_dict` and the metadata as texts. In the order given and atomic, as above.
/// Throws also Error(Usage) for types that torch has no storage for, and at 4 GB and more.
void writeTorchFile(const std::string& path, const std::vector<TensorInfo>& tensors,
                    const std::map<std::string, std::string>& metadata, const WriteOptions& options = {});

}  // namespace mixer
