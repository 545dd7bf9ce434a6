// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/WeightReader.h"

#include <ATen/core/Tensor.h>

namespace mixer {

/// Normalization over the last axis, eps 1e-5.
class LayerNorm {
public:
    LayerNorm() = default;
    /// Reads `name.weight` and `name.bias`.
    LayerNorm(const WeightReader& weights, const std::string& name, std::int64_t width);
    at::Tensor operator()(const at::Tensor& x) const;

private:
    at::Tensor m_weight, m_bias;
};

}  // namespace mixer
