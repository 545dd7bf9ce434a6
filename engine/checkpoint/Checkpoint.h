// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/checkpoint/Remark.h"
#include "engine/checkpoint/TensorFile.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// A checkpoint that was opened and understood, but whose network is not built yet: cheap, any thread.
struct Checkpoint {
    std::shared_ptr<const TensorFile> file;
    ModelConfig config;
    std::string configOrigin;  ///< "metadata", "NAME.json" or "inferred from shapes"
    std::string prefix;        ///< stripped from every name: "", "module.", "module.model." ...
    Remarks remarks;           ///< where tensors were found, what was guessed, defaults taken, unknown keys

    /// Opens a file, finds its configuration (metadata `mixer_config`, then the sidecar NAME.json, then the shapes) and
    /// strips the prefixes `module.`, `model.`, `backbone.`. Throws Error that names file, tensor, expected and found.
    static Checkpoint open(const std::string& path);

    const std::string& path() const { return file->path(); }
    std::int64_t parameterCount() const;  ///< elements of all floating-point tensors
    /// By its name without prefix; null when there is none.
    const TensorInfo* find(const std::string& name) const;
    /// `info.name` without the prefix.
    std::string shortName(const TensorInfo& info) const { return info.name.substr(prefix.size()); }
};

/// Infers a configuration from names and shapes alone; what shapes cannot tell takes the default, and a Guess in
/// `remarks` says so. Throws Error(Model) when the shapes fit no ViM2/ViQS or leave the scan set open.
ModelConfig inferConfig(const TensorFile& file, const std::string& prefix, Remarks* remarks);

}  // namespace mixer
