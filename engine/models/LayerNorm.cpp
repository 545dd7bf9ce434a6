// SPDX-License-Identifier: MIT
#include "engine/models/LayerNorm.h"

#include <ATen/ATen.h>

namespace mixer {

LayerNorm::LayerNorm(const WeightReader& weights, const std::string& name, std::int64_t width)
    : m_weight(weights.take(name + ".weight", {width}))
    , m_bias(weights.take(name + ".bias", {width}))
{
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const
{
    return at::layer_norm(x, m_weight.sizes(), m_weight, m_bias, 1e-5);
}

}  // namespace mixer
