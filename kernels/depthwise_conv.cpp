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

namespace {

// Batches are summed in so many parts, whatever the number of threads: the parts decide the rounding.
constexpr std::int64_t kGradientParts = 8;

/// sums: (parts, k * k + 1, C) to dweight (C, k, k) and dbias (C).
template <typename T>
void gatherGradient(const DepthwiseConvGradientParams<T>& p, const std::vector<T>& sums, std::int64_t parts)
{
    const std::int64_t taps = std::int64_t(p.kernel) * p.kernel;
    for (std::int64_t c = 0; c < p.channels; ++c) {
        for (std::int64_t i = 0; i <= taps; ++i) {
            double total = 0;
            for (std::int64_t part = 0; part < parts; ++part)
                total += sums[(part * (taps + 1) + i) * p.channels + c];
            (i < taps ? p.dweight[c * taps + i] : p.dbias[c]) = static_cast<T>(total);
        }
    }
}

void gradientOfImages(const DepthwiseConvGradientParams<double>& p, std::int64_t first, std::int64_t last, double* sums)
{
    const std::int64_t pad = p.kernel / 2;
    for (std::int64_t row = first * p.height; row < last * p.height; ++row) {
        const std::int64_t y = row % p.height;
        for (std::int64_t x = 0; x < p.width; ++x) {
            const double* d = p.dout + (row * p.width + x) * p.channels;
            double* bias = sums + p.kernel * p.kernel * p.channels;
            for (std::int64_t c = 0; c < p.channels; ++c)
                bias[c] += d[c];
            for (std::int64_t i = 0; i < p.kernel; ++i) {
                for (std::int64_t j = 0; j < p.kernel; ++j) {
                    const std::int64_t from_y = y + i - pad, from_x = x + j - pad;
                    if (from_y < 0 || from_y >= p.height || from_x < 0 || from_x >= p.width)
                        continue;
                    const double* in = p.in + ((row - y + from_y) * p.width + from_x) * p.channels;
                    double* tap = sums + (i * p.kernel + j) * p.channels;
                    for (std::int64_t c = 0; c < p.channels; ++c)
                        tap[c] += d[c] * in[c];
                }
            }
        }
    }
}

/// body(first image, last image, sums of the part, unit) for `units` units of each part.
template <typename T, typename Body>
void sumInParts(const DepthwiseConvGradientParams<T>& p, std::int64_t units, Body&& body)
{
    const std::int64_t parts = std::min(kGradientParts, p.batch);
    const std::int64_t size = (std::int64_t(p.kernel) * p.kernel + 1) * p.channels;
    std::vector<T> sums(parts * size, T(0));
    const std::int64_t work = p.batch * p.height * p.width * p.channels / std::max<std::int64_t>(1, parts * units);
    parallel_for(parts * units, rowsPerRange(work), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t part = i / units;
            body(part * p.batch / parts, (part + 1) * p.batch / parts, sums.data() + part * size, i % units);
        }
    });
    gatherGradient(p, sums, parts);
}

}  // namespace

void depthwise_conv_gradient(const Variant& variant, const DepthwiseConvGradientParams<float>& p)
{
    const std::int64_t blocks = (p.channels + variant.lanes - 1) / variant.lanes;
    sumInParts(p, blocks, [&](std::int64_t first, std::int64_t last, float* sums, std::int64_t block) {
        variant.depthwise_conv_gradient(p, first, last, block, sums);
    });
}

void depthwise_conv_gradient(const DepthwiseConvGradientParams<float>& p)
{
    depthwise_conv_gradient(active_variant(), p);
}

void depthwise_conv_gradient(const DepthwiseConvGradientParams<double>& p)
{
    sumInParts(p, 1, [&](std::int64_t first, std::int64_t last, double* sums, std::int64_t) {
        gradientOfImages(p, first, last, sums);
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
