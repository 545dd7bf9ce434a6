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

/// Gradients of the convolution (without SiLU) for its weights, summed over the batch:
///     dweight[c,i,j] = sum_{b,y,x} dout[b,y,x,c] * in[b, y+i-k/2, x+j-k/2, c];   dbias[c] = sum_{b,y,x} dout[b,y,x,c]
/// The same bits with any number of threads. k is 1, 3, 5 or 7.
template <typename T> struct DepthwiseConvGradientParams {
    std::int64_t batch = 1, height = 0, width = 0, channels = 0;
    int kernel = 3;
    const T* in = nullptr;    ///< (B,H,W,C)
    const T* dout = nullptr;  ///< (B,H,W,C)
    T* dweight = nullptr;     ///< (C,k,k)
    T* dbias = nullptr;       ///< (C)
};

void depthwise_conv_gradient(const DepthwiseConvGradientParams<float>& p);
void depthwise_conv_gradient(const DepthwiseConvGradientParams<double>& p);

/// The channel mixer's convolution: one shared filter of width 3 along the last axis of (rows, length), zero padding 1,
/// then SiLU: out[r,c] = SiLU(bias + w0*in[r,c-1] + w1*in[r,c] + w2*in[r,c+1]).
void shared_conv3_silu(const float* in, float* out, std::int64_t rows, std::int64_t length, const float weight[3],
                       float bias);
void shared_conv3_silu(const double* in, double* out, std::int64_t rows, std::int64_t length, const double weight[3],
                       double bias);

}  // namespace mixer::kernels
