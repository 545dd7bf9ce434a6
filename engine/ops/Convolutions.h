// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace mixer {

/// Depth-wise convolution of channels-last maps with zero padding k/2, then SiLU where asked for: x (B,H,W,C), weight
/// (C,1,k,k), k odd, bias (C), result (B,H,W,C). With gradients for all three. On the CPU (float32, float64; k to 7)
/// by kernels/depthwise_conv.h, elsewhere by LibTorch.
at::Tensor depthwiseConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool silu);

/// sum + depthwiseConv(x, weight, bias, no SiLU); without gradients to keep, into `sum` itself, which is returned.
at::Tensor addDepthwiseConv(const at::Tensor& sum, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias);

/// The channel mixer's convolution: one filter of width 3 along the last axis of x (...,P), zero padding 1, then SiLU.
/// weight (1,1,3), bias (1). With gradients.
at::Tensor channelConv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace mixer
