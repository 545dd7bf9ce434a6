// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace mixer {

/// Initial value of a parameter of ViM2 and ViQS, by its name and shape, float64. A function of seed and name alone.
///   in_proj, gate_proj, x_proj, select, router weights   uniform +-sqrt(3 / fan_in)
///   out_proj, reduction, head.fc weights                 normal 0.02, redrawn beyond two standard deviations
///   stem.proj and convolution weights                    uniform +-1 / sqrt(fan_in), PyTorch's default
///   dt_proj.weight                                       uniform +-1 / sqrt(R)
///   dt_proj.bias, dt_bias                                inverse softplus of log-uniform [0.001, 0.1]
///   A_log[.., n] = log(n + 1); D = 1; norms 1 and 0; w_r uniform +-1/2; w_v and other biases 0
///   mix: beta[l][l-1] = theta[l][l] = 1 (counted from 1), all else 0: a plain residual network
/// (A_log, D, dt: Mamba, arXiv 2312.00752; the wide uniform weights are ours: 0.02 there leaves the scans asleep.)
at::Tensor initialValue(const std::string& name, at::IntArrayRef shape, std::uint64_t seed);

}  // namespace mixer
