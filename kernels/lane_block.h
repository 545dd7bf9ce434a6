// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/vec_inline.h"

#include <cstdint>

// How a lane block of a scan meets memory: rows by any strides, a partial last block, parameters by lane or by step.
namespace mixer::kernels {

/// Lanes [first, first + count) of one batch element, count <= V::kLanes.
struct LaneBlock {
    std::int64_t batch_id;
    std::int64_t first;
    int count;
};

/// One input or output of a lane block, by row. `kPlain`: a full block whose lanes lie side by side.
template <class V, bool kPlain> struct RowInput {
    const float* data;
    std::int64_t row_stride, lane_stride;
    int count;

    MIXER_INLINE V operator[](std::int64_t row) const
    {
        const float* p = data + row * row_stride;
        if constexpr (kPlain)
            return V::load(p);
        if (lane_stride == 1)
            return V::load_first(p, count);
        float lanes[V::kLanes] = {};
        for (int i = 0; i < count; ++i)
            lanes[i] = p[i * lane_stride];
        return V::load(lanes);
    }

    /// Asks for a lane block to come, `lanes` further on in a row, while this one is worked on: the rows of a chunk lie
    /// too far apart for the processor to guess.
    MIXER_INLINE void fetch(std::int64_t row, std::int64_t lanes) const
    {
        __builtin_prefetch(data + row * row_stride + lanes);
    }
};

template <class V, bool kPlain> struct RowOutput {
    float* data;
    std::int64_t row_stride, lane_stride;
    int count;

    MIXER_INLINE V operator[](std::int64_t row) const
    {
        return RowInput<V, kPlain>{data, row_stride, lane_stride, count}[row];
    }

    MIXER_INLINE void write(std::int64_t row, V y) const
    {
        float* p = data + row * row_stride;
        if constexpr (kPlain) {
            y.store(p);
        } else if (lane_stride == 1) {
            y.store_first(p, count);
        } else {
            float lanes[V::kLanes];
            y.store(lanes);
            for (int i = 0; i < count; ++i)
                p[i * lane_stride] = lanes[i];
        }
    }
};

/// `count` values of each of `lanes` lanes between their layout in memory, lane after lane, and that of the sweeps,
/// (count, V::kLanes): a square of V::kLanes by V::kLanes at a time. Lanes that are not there read as 0.
template <class V> struct LaneTranspose {
    static constexpr int W = V::kLanes;

    static MIXER_INLINE void to_lanes(const float* from, std::int64_t lane_stride, int lanes, std::int64_t count,
                                      float* to)
    {
        for (std::int64_t n = 0; n < count; n += W) {
            const int columns = static_cast<int>(count - n < W ? count - n : W);
            V x[W];
            if (lanes == W && columns == W) {
                MIXER_UNROLL
                for (int i = 0; i < W; ++i)
                    x[i] = V::load(from + i * lane_stride + n);
            } else {
                for (int i = 0; i < W; ++i)
                    x[i] = i < lanes ? V::load_first(from + i * lane_stride + n, columns) : V(0.0F);
            }
            V::transpose(x);
            if (columns == W) {
                MIXER_UNROLL
                for (int j = 0; j < W; ++j)
                    x[j].store(to + (n + j) * W);
            } else {
                for (int j = 0; j < columns; ++j)
                    x[j].store(to + (n + j) * W);
            }
        }
    }

    static MIXER_INLINE void from_lanes(const float* from, std::int64_t count, float* to, std::int64_t lane_stride,
                                        int lanes)
    {
        for (std::int64_t n = 0; n < count; n += W) {
            const int columns = static_cast<int>(count - n < W ? count - n : W);
            V x[W];
            if (columns == W) {
                MIXER_UNROLL
                for (int j = 0; j < W; ++j)
                    x[j] = V::load(from + (n + j) * W);
            } else {
                for (int j = 0; j < W; ++j)
                    x[j] = j < columns ? V::load(from + (n + j) * W) : V(0.0F);
            }
            V::transpose(x);
            if (lanes == W && columns == W) {
                MIXER_UNROLL
                for (int i = 0; i < W; ++i)
                    x[i].store(to + i * lane_stride + n);
            } else {
                for (int i = 0; i < lanes; ++i)
                    x[i].store_first(to + i * lane_stride + n, columns);
            }
        }
    }
};

/// D or delta_bias of a lane block: null, one value for each lane, or different from step to step.
template <class V> struct RowParameter {
    const float* data;
    std::int64_t row_stride, lane_stride;
    int count;
    V constant;

    MIXER_INLINE RowParameter(const float* p, std::int64_t row_step, std::int64_t lane_step, LaneBlock block)
        : data(p ? p + block.first * lane_step : nullptr)
        , row_stride(row_step)
        , lane_stride(lane_step)
        , count(block.count)
        , constant(data ? gather(0) : V(0.0F))
    {
    }

    MIXER_INLINE V operator[](std::int64_t row) const { return data && row_stride != 0 ? gather(row) : constant; }

private:
    MIXER_INLINE V gather(std::int64_t row) const
    {
        if (lane_stride == 0)
            return V::broadcast(data + row * row_stride);
        return RowInput<V, false>{data, row_stride, lane_stride, count}[row];
    }
};

}  // namespace mixer::kernels
