// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace mixer {

/// a * b and SiLU(a) for a temporary `a`: into its own memory where no gradients are to be kept.
at::Tensor multiplied(const at::Tensor& a, const at::Tensor& b);
at::Tensor siluOf(const at::Tensor& a);

}  // namespace mixer
