// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/depthwise_conv.h"
#include "kernels/vector_math.h"

// Convolutions over any vector type V: channels innermost, V::kLanes of them at a time.
namespace mixer::kernels {

template <class V> struct ConvLanes {
    static constexpr int W = V::kLanes;
    static constexpr int kPixels = 4;  ///< neighbouring outputs that share each loaded tap
    using Params = DepthwiseConvParams<float>;

    /// Filter rows [first_i, last_i) that meet the image in one output row, and the first input row of the window.
    struct RowWindow {
        const float* in;  ///< (H, W, C) of one batch element
        float* out;       ///< (W, C), the output row
        int first_i, last_i;
        std::int64_t top;
    };

    /// kCount outputs from column x on, taps [first_j, last_j) of each filter row inside the image for all of them.
    template <int kCount, bool kFull>
    static MIXER_INLINE void pixels(const Params& p, const float* taps, const RowWindow& window, std::int64_t x,
                                    int first_j, int last_j, std::int64_t c, int count)
    {
        const auto load = [count](const float* from) {
            if constexpr (kFull)
                return V::load(from);
            return V::load_first(from, count);
        };
        V sum[kCount];
        MIXER_UNROLL
        for (int q = 0; q < kCount; ++q)
            sum[q] = load(p.bias + c);
        const std::int64_t left = x - p.kernel / 2;
        for (int i = window.first_i; i < window.last_i; ++i) {
            const float* in = window.in + ((window.top + i) * p.width + left) * p.channels + c;
            const float* tap = taps + i * p.kernel * p.channels + c;
            for (int j = first_j; j < last_j; ++j) {
                const V weight = load(tap + j * p.channels);
                MIXER_UNROLL
                for (int q = 0; q < kCount; ++q)
                    sum[q] = fma(weight, load(in + (j + q) * p.channels), sum[q]);
            }
        }
        MIXER_UNROLL
        for (int q = 0; q < kCount; ++q) {
            float* to = window.out + (x + q) * p.channels + c;
            V y = p.silu ? silu(sum[q]) : sum[q];
            if (p.accumulate)
                y = y + load(to);
            if constexpr (kFull)
                y.store(to);
            else
                y.store_first(to, count);
        }
    }

    template <int kCount>
    static void columns(const Params& p, const float* taps, const RowWindow& window, std::int64_t x, int first_j,
                        int last_j)
    {
        std::int64_t c = 0;
        for (; c + W <= p.channels; c += W)
            pixels<kCount, true>(p, taps, window, x, first_j, last_j, c, W);
        if (c < p.channels)
            pixels<kCount, false>(p, taps, window, x, first_j, last_j, c, static_cast<int>(p.channels - c));
    }

    static void row(const Params& p, const float* taps, const RowWindow& window)
    {
        const std::int64_t pad = p.kernel / 2;
        std::int64_t x = 0;
        while (x < p.width) {
            const bool inside = x >= pad && x + pad < p.width;
            if (inside && x + kPixels - 1 + pad < p.width) {
                columns<kPixels>(p, taps, window, x, 0, p.kernel);
                x += kPixels;
                continue;
            }
            const std::int64_t first_j = pad - x;
            const std::int64_t last_j = p.width + pad - x;
            columns<1>(p, taps, window, x, static_cast<int>(first_j > 0 ? first_j : 0),
                       static_cast<int>(last_j < p.kernel ? last_j : p.kernel));
            ++x;
        }
    }

    /// Output rows [first, last) counted over the batch.
    static void depthwise(const Params& p, const float* taps, std::int64_t first, std::int64_t last)
    {
        const std::int64_t pad = p.kernel / 2;
        for (std::int64_t r = first; r < last; ++r) {
            const std::int64_t y = r % p.height;
            const std::int64_t first_i = pad - y;
            const std::int64_t last_i = p.height + pad - y;
            const RowWindow window{p.in + r / p.height * p.height * p.width * p.channels,
                                   p.out + r * p.width * p.channels, static_cast<int>(first_i > 0 ? first_i : 0),
                                   static_cast<int>(last_i < p.kernel ? last_i : p.kernel), y - pad};
            row(p, taps, window);
        }
    }

    using GradientParams = DepthwiseConvGradientParams<float>;

    /// One filter row of one image: sums[j] (C apart) += its taps' gradients.
    template <int kKernel, bool kFull>
    static void gradient_row(const GradientParams& p, const float* in, const float* dout, int i, std::int64_t c,
                             int count, float* sums)
    {
        const auto load = [count](const float* from) {
            if constexpr (kFull)
                return V::load(from);
            return V::load_first(from, count);
        };
        constexpr int kPad = kKernel / 2;
        const bool with_bias = i == kPad;  // this row meets every output
        V sum[kKernel], bias(0.0F);
        MIXER_UNROLL
        for (int j = 0; j < kKernel; ++j)
            sum[j] = V(0.0F);
        const std::int64_t first_y = kPad - i > 0 ? kPad - i : 0;
        const std::int64_t last_y = p.height + kPad - i < p.height ? p.height + kPad - i : p.height;
        for (std::int64_t y = first_y; y < last_y; ++y) {
            const float* d = dout + y * p.width * p.channels + c;
            const float* from = in + (y + i - kPad) * p.width * p.channels + c;
            for (std::int64_t x = 0; x < p.width; ++x) {
                const V gradient = load(d + x * p.channels);
                if (with_bias)
                    bias = bias + gradient;
                const bool inside = x >= kPad && x + kPad < p.width;
                MIXER_UNROLL
                for (int j = 0; j < kKernel; ++j) {
                    const std::int64_t at = x + j - kPad;
                    if (inside || (at >= 0 && at < p.width))
                        sum[j] = fma(gradient, load(from + at * p.channels), sum[j]);
                }
            }
        }
        const auto add = [&](float* to, V value) {
            if constexpr (kFull)
                (load(to) + value).store(to);
            else
                (load(to) + value).store_first(to, count);
        };
        MIXER_UNROLL
        for (int j = 0; j < kKernel; ++j)
            add(sums + (i * kKernel + j) * p.channels + c, sum[j]);
        if (with_bias)
            add(sums + kKernel * kKernel * p.channels + c, bias);
    }

    template <int kKernel>
    static void gradient_block(const GradientParams& p, std::int64_t first, std::int64_t last, std::int64_t block,
                               float* sums)
    {
        const std::int64_t c = block * W;
        const std::int64_t size = p.height * p.width * p.channels;
        for (std::int64_t b = first; b < last; ++b) {
            for (int i = 0; i < kKernel; ++i) {
                if (c + W <= p.channels)
                    gradient_row<kKernel, true>(p, p.in + b * size, p.dout + b * size, i, c, W, sums);
                else
                    gradient_row<kKernel, false>(p, p.in + b * size, p.dout + b * size, i, c,
                                                 static_cast<int>(p.channels - c), sums);
            }
        }
    }

    static void depthwise_gradient(const GradientParams& p, std::int64_t first, std::int64_t last, std::int64_t block,
                                   float* sums)
    {
        switch (p.kernel) {
        case 1:
            return gradient_block<1>(p, first, last, block, sums);
        case 3:
            return gradient_block<3>(p, first, last, block, sums);
        case 5:
            return gradient_block<5>(p, first, last, block, sums);
        default:
            return gradient_block<7>(p, first, last, block, sums);
        }
    }

    static MIXER_INLINE V conv3(V left, V middle, V right, const float* weight, float bias)
    {
        return silu(fma(V(weight[2]), right, fma(V(weight[1]), middle, fma(V(weight[0]), left, V(bias)))));
    }

    static void shared_conv3_silu(const float* in, float* out, std::int64_t rows, std::int64_t length,
                                  const float* weight, float bias)
    {
        for (std::int64_t r = 0; r < rows; ++r, in += length, out += length) {
            for (std::int64_t c = 0; c < length; c += W) {
                if (c > 0 && c + W < length) {
                    const float* x = in + c;
                    conv3(V::load(x - 1), V::load(x), V::load(x + 1), weight, bias).store(out + c);
                    continue;
                }
                // The row's ends, with the padding written out.
                float padded[W + 2] = {};
                for (int i = 0; i < W + 2; ++i) {
                    const std::int64_t at = c + i - 1;
                    padded[i] = at >= 0 && at < length ? in[at] : 0.0F;
                }
                const int count = static_cast<int>(length - c < W ? length - c : W);
                conv3(V::load(padded), V::load(padded + 1), V::load(padded + 2), weight, bias)
                    .store_first(out + c, count);
            }
        }
    }
};

}  // namespace mixer::kernels
