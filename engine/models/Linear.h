// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace mixer {

/// x (..., in) times weight (out, in) transposed: (..., out), as at::linear. On the CPU without gradients the rows are
/// divided among LibTorch's threads, each with a product of its own: OpenBLAS gains little or nothing from a second
/// thread on products as narrow as a mixer's (3136 x 192 times 192 x 38: one thread 0.29 ms, two 0.38 ms, divided
/// 0.14).
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight);

}  // namespace mixer
