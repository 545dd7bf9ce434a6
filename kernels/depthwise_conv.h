// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mixer::kernels {

/// Depth-wise convolution over a channels-last image, zero padding k/2, stride 1, k odd (1 to 7), with bias:
///     out[b,y,x,c] = f( bias[c] + sum_{i,j} weight[c,i,j] * in[b, y+i-k/2, x+j-k/2, c] )
/// f is SiLU or nothing. `in`, `out` (B,H,W,C) contiguous, `weight` (C,k,k), `bias` (C). `accumulate` adds to out
/// (without SiLU only). T is float or double.
template <typename T> struct DepthwiseConvParams {
    std::int64_t batch = 1, height = 0, width = 0, channels = 0;
    int kernel = 3;
    const T* in = nullptr;
    const T* weight = nullptr;
    const T* bias = nullptr;
    T* out = nullptr;
    bool silu = false;
    bool accumulate = false;
};

void depthwise_conv(const DepthwiseConvParams<float>& p);
void depthwise_conv(const DepthwiseConvParams<double>& p);

/// The channel mixer's convolution: one shared filter of width 3 along the last axis of (rows, length), zero padding 1,
/// then SiLU: out[r,c] = SiLU(bias + w0*in[r,c-1] + w1*in[r,c] + w2*in[r,c+1]).
void shared_conv3_silu(const float* in, float* out, std::int64_t rows, std::int64_t length, const float weight[3],
                       float bias);
void shared_conv3_silu(const double* in, double* out, std::int64_t rows, std::int64_t length, const double weight[3],
                       double bias);

}  // namespace mixer::kernels
