// SPDX-License-Identifier: MIT
#include "kernels/depthwise_conv.h"

#include "kernels/parallel.h"
#include "kernels/scalar_math.h"
#include "kernels/variants.h"

#include <algorithm>
#include <vector>

namespace mixer::kernels {
namespace {

constexpr std::int64_t kValuesPerRange = 16384;  // outputs below which a second thread does not pay

std::int64_t rowsPerRange(std::int64_t values_per_row)
{
    return std::max<std::int64_t>(1, kValuesPerRange / std::max<std::int64_t>(values_per_row, 1));
}

// (C, k, k) to (k, k, C)
template <typename T> std::vector<T> channelsLast(const DepthwiseConvParams<T>& p)
{
    const std::int64_t taps = std::int64_t(p.kernel) * p.kernel;
    std::vector<T> result(taps * p.channels);
    for (std::int64_t c = 0; c < p.channels; ++c) {
        for (std::int64_t i = 0; i < taps; ++i)
            result[i * p.channels + c] = p.weight[c * taps + i];
    }
    return result;
}

void convolvePixel(const DepthwiseConvParams<double>& p, const double* taps, std::int64_t row, std::int64_t x)
{
    const std::int64_t pad = p.kernel / 2;
    const std::int64_t y = row % p.height;
    const double* in = p.in + (row - y) * p.width * p.channels;
    std::vector<double> sum(p.bias, p.bias + p.channels);
    for (std::int64_t i = std::max<std::int64_t>(0, pad - y); i < std::min<std::int64_t>(p.kernel, p.height + pad - y);
         ++i) {
        for (std::int64_t j = std::max<std::int64_t>(0, pad - x);
             j < std::min<std::int64_t>(p.kernel, p.width + pad - x); ++j) {
            const double* from = in + ((y + i - pad) * p.width + x + j - pad) * p.channels;
            const double* tap = taps + (i * p.kernel + j) * p.channels;
            for (std::int64_t c = 0; c < p.channels; ++c)
                sum[c] += tap[c] * from[c];
        }
    }
    double* out = p.out + (row * p.width + x) * p.channels;
    for (std::int64_t c = 0; c < p.channels; ++c) {
        const double value = p.silu ? silu(sum[c]) : sum[c];
        out[c] = p.accumulate ? out[c] + value : value;
    }
}

}  // namespace

void depthwise_conv(const Variant& variant, const DepthwiseConvParams<float>& p)
{
    const std::vector<float> taps = channelsLast(p);
    parallel_for(p.batch * p.height, rowsPerRange(p.width * p.channels),
                 [&](std::int64_t first, std::int64_t last) { variant.depthwise_conv(p, taps.data(), first, last); });
}

void depthwise_conv(const DepthwiseConvParams<float>& p)
{
    depthwise_conv(active_variant(), p);
}

void depthwise_conv(const DepthwiseConvParams<double>& p)
{
    const std::vector<double> taps = channelsLast(p);
    parallel_for(p.batch * p.height, rowsPerRange(p.width * p.channels), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t row = first; row < last; ++row) {
            for (std::int64_t x = 0; x < p.width; ++x)
                convolvePixel(p, taps.data(), row, x);
        }
    });
}

void shared_conv3_silu(const Variant& variant, const float* in, float* out, std::int64_t rows, std::int64_t length,
                       const float weight[3], float bias)
{
    parallel_for(rows, rowsPerRange(length), [&](std::int64_t first, std::int64_t last) {
        variant.shared_conv3_silu(in + first * length, out + first * length, last - first, length, weight, bias);
    });
}

void shared_conv3_silu(const float* in, float* out, std::int64_t rows, std::int64_t length, const float weight[3],
                       float bias)
{
    shared_conv3_silu(active_variant(), in, out, rows, length, weight, bias);
}

void shared_conv3_silu(const double* in, double* out, std::int64_t rows, std::int64_t length, const double weight[3],
                       double bias)
{
    parallel_for(rows, rowsPerRange(length), [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t r = first; r < last; ++r) {
            const double* x = in + r * length;
            for (std::int64_t c = 0; c < length; ++c) {
                const double left = c > 0 ? x[c - 1] : 0.0;
                const double right = c + 1 < length ? x[c + 1] : 0.0;
                out[r * length + c] = silu(bias + weight[0] * left + weight[1] * x[c] + weight[2] * right);
            }
        }
    });
}

}  // namespace mixer::kernels
