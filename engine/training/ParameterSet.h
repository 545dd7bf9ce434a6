// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/models/MixerNetwork.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

struct Parameter {
    std::string name;
    at::Tensor value;
    bool isTrained = true;

    bool isHead() const { return name.rfind("head.", 0) == 0; }
    /// Weight decay pulls on matrices that map features to features; not on norms, biases, convolutions, routers,
    /// mixing weights, nor on what sets the dynamics (A_log, D, dt_bias, w_r, w_v).
    bool decays() const;
    /// What float16 files keep in float32: vectors, routers, mixing weights, the dynamics.
    bool staysExact() const;
};

/// All parameters of a ViM2 or ViQS network, in forward order.
class ParameterSet {
public:
    /// With initial values, of the type and on the device of `options`.
    ParameterSet(const ModelConfig& config, std::uint64_t seed, const at::TensorOptions& options);
    /// Those of a checkpoint of the same architecture; `newHead`: but for head.fc, which gets initial values of
    /// config.numClasses. Throws LoadError.
    ParameterSet(const Checkpoint& checkpoint, const ModelConfig& config, bool newHead, std::uint64_t seed,
                 const at::TensorOptions& options);

    /// Copies without gradients: averages, or what a file will hold.
    ParameterSet copy() const;
    /// Only parameters of the head have gradients from here on.
    void trainHeadOnly();
    /// A network of these very tensors: it follows them as they change.
    std::shared_ptr<const MixerNetwork> network(const ModelConfig& config) const;
    /// The same that computes in another type (scans and routers in float32 at least): for one pass, with gradients of
    /// these tensors; it does not follow them.
    std::shared_ptr<const MixerNetwork> network(const ModelConfig& config, at::ScalarType type) const;

    const std::vector<Parameter>& all() const { return m_parameters; }
    std::vector<at::Tensor> values() const;
    std::vector<at::Tensor> trainedValues() const;
    std::int64_t elementCount() const;

private:
    ParameterSet() = default;
    std::vector<Parameter> m_parameters;
};

/// Writes parameters and metadata as a safetensors file; `half`: float16, but for what staysExact(). Throws
/// Error(File).
void writeParameters(const std::string& path, const ParameterSet& parameters, bool half,
                     const std::map<std::string, std::string>& metadata);

/// Rounds to what the file with `half` would hold.
void roundToHalf(ParameterSet& parameters);

}  // namespace mixer
