// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/checkpoint/Remark.h"
#include "engine/checkpoint/TensorFile.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// A checkpoint that was opened and understood, but whose network is not built yet: cheap, any thread.
struct Checkpoint {
    std::shared_ptr<const TensorFile> file;
    ModelConfig config;
    std::string configOrigin;                        ///< "metadata", "NAME.json" or "inferred from shapes"
    std::string prefix;                              ///< stripped from every name: "", "module.", "module.model." ...
    std::map<std::string, const TensorInfo*> names;  ///< every tensor of the file by the network's name for it
    Remarks remarks;  ///< where tensors were found, what was guessed, defaults taken, unknown keys

    bool labelsAreAssumed = false;  ///< ImageNet's, because there are 1000 classes and nothing names them
    std::string labelsOrigin;       ///< "configuration", "ImageNet-1k", the name of a file; empty: there are none

    /// Opens a file, strips prefixes (`module.`, `_orig_mod.`, `model.` ...), recognises the family by the names of the
    /// tensors and finds the configuration (metadata `mixer_config`, then the sidecar NAME.json, then the shapes).
    /// Throws Error that names file, tensor, expected and found.
    static Checkpoint open(const std::string& path);

    /// Takes the names of the classes from a file instead, see readLabels(). Throws Error.
    void useLabels(const std::string& labelsPath);

    const std::string& path() const { return file->path(); }
    std::int64_t parameterCount() const;  ///< elements of all floating-point tensors
    /// By the network's name for it; null when there is none.
    const TensorInfo* find(const std::string& name) const;
    /// The network's name for a tensor: without prefix, and as its family's public code calls it today.
    std::string shortName(const TensorInfo& info) const;
    /// What counts beside a network's tensors: `total_ops` and `total_params` of a profiler (thop), `n_averaged` of
    /// PyTorch's AveragedModel. They may lack the prefix, and no network has a place for them.
    static bool isCounter(std::string_view name);
};

}  // namespace mixer
