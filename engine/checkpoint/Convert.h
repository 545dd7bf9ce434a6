// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Remark.h"
#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Progress.h"

#include <optional>
#include <string>

namespace mixer {

struct ConvertOptions {
    /// What tensors of floating-point numbers become: Float32, Float16 or BFloat16. None: nothing changes.
    std::optional<DataType> floats;
    std::string labels;        ///< file with names of the classes to embed; empty: those that the checkpoint has
    bool stripPrefix = false;  ///< write names without what Checkpoint::prefix strips
    bool overwrite = false;    ///< replace an existing file
    ProgressCallback progress;
    CancelToken cancel;
};

/// Whether `path` ends in a kind of file that convertCheckpoint() writes: .safetensors, .pth, .pt.
bool isConvertTarget(const std::string& path);

/// Writes the tensors of a file of any Container to a safetensors file or to a zip archive for torch.load
/// (weights_only=True included), as the ending of `output` says. Where a network is recognised, its configuration and
/// labels are embedded as `mixer_config`, guesses marked as such; the other metadata are kept. Files of networks that
/// are not known are converted as they are. Needs little memory besides the mapped input; `output` appears whole or
/// not at all. Returns what was found and done. Throws Error(File, Format, Model or Usage), Cancelled.
Remarks convertCheckpoint(const std::string& input, const std::string& output, const ConvertOptions& options = {});

}  // namespace mixer
