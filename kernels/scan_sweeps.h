// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/vector_math.h"

#include <cstdint>

namespace mixer::kernels {

constexpr int kStateTile = 4;

/// The rows of an input or output that another lane block will need: a sweep asks for one a step, so that they come
/// while it computes. All at once, before they are read, they would wait for each other.
struct RowsAhead {
    const char* data;
    std::int64_t row_bytes;
    const std::int64_t* rows;  ///< at least as many as the sweep has steps

    MIXER_INLINE void fetch(int t) const { __builtin_prefetch(data + rows[t] * row_bytes); }
};

/// The recurrences over the steps of one chunk, for one lane block and one tile of states, in buffers of (steps, W).
template <class V> struct SweepLanes {
    static constexpr int W = V::kLanes;

    static MIXER_INLINE float largest_lane(V x)
    {
        float lanes[W];
        x.store(lanes);
        float largest = lanes[0];
        for (int i = 1; i < W; ++i)
            largest = lanes[i] > largest ? lanes[i] : largest;
        return largest;
    }

    /// True unless every exponent of the chunk is known to be in range; NaN and infinity are not.
    static MIXER_INLINE bool needs_clamp(float largest_delta, float largest_rate)
    {
        return !(largest_delta * largest_rate <= kUnclampedLimit);
    }

    /// Asks for what lies kFloats further on, inside the buffer or not.
    template <int kFloats> static MIXER_INLINE void fetch_ahead(const float* at)
    {
        constexpr std::intptr_t bytes = std::intptr_t{kFloats} * static_cast<std::intptr_t>(sizeof(float));
        // A pointer may not be moved beyond its buffer, a number may.
        // NOLINTNEXTLINE(performance-no-int-to-ptr)
        __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<std::intptr_t>(at) + bytes), 1);
    }

    /// The recurrence over `steps` steps for kStates states; `bc` packed B and C of the tile, `kStore` keeps the
    /// decays, without it `ahead` is fetched.
    template <int kStates, bool kClamp, bool kStore, bool kReverse>
    static void sweep(int steps, const float* delta, const float* input, const float* bc, const float* rates,
                      float* state, float* y, float* decays, RowsAhead ahead)
    {
        V rate[kStates], h[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(rates + j * W);
            h[j] = V::load(state + j * W);
        }
        for (int i = 0; i < steps; ++i) {
            const int t = kReverse ? steps - 1 - i : i;
            if constexpr (!kStore)
                ahead.fetch(i);
            V decay[kStates];
            exp2_products<kClamp, kStates>(V::load(delta + t * W), rate, decay);
            const V du = V::load(input + t * W);
            V sum = V::load(y + t * W);
            const float* b = bc + 2 * kStates * t;
            const float* c = b + kStates;
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                h[j] = fma(decay[j], h[j], du * V::broadcast(b + j));
                sum = fma(h[j], V::broadcast(c + j), sum);
                if constexpr (kStore)
                    decay[j].store(decays + (kStates * t + j) * W);
            }
            sum.store(y + t * W);
        }
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j)
            h[j].store(state + j * W);
    }

    /// The recurrence with stored decays.
    template <int kStates, bool kReverse>
    static void sweep_again(int steps, const float* input, const float* bc, const float* decays, float* state, float* y)
    {
        V k[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j)
            k[j] = V::load(state + j * W);
        for (int i = 0; i < steps; ++i) {
            const int t = kReverse ? steps - 1 - i : i;
            const V du = V::load(input + t * W);
            V sum = V::load(y + t * W);
            const float* b = bc + 2 * kStates * t;
            const float* c = b + kStates;
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                k[j] = fma(V::load(decays + (kStates * t + j) * W), k[j], du * V::broadcast(b + j));
                sum = fma(k[j], V::broadcast(c + j), sum);
            }
            sum.store(y + t * W);
        }
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j)
            k[j].store(state + j * W);
    }

    /// The second sweep of one tile of kStateTile states and the first of the next one, step by step: the arithmetic of
    /// the one hides the memory of the other. Each decay is read before the next tile's takes its place.
    template <bool kClamp, bool kReverse>
    static void sweep_both(int steps, const float* delta, const float* input, const float* second_bc,
                           const float* first_bc, const float* rates, float* second_state, float* first_state, float* y,
                           float* decays)
    {
        V rate[kStateTile], h[kStateTile], k[kStateTile];
        MIXER_UNROLL
        for (int j = 0; j < kStateTile; ++j) {
            rate[j] = V::load(rates + j * W);
            h[j] = V::load(first_state + j * W);
            k[j] = V::load(second_state + j * W);
        }
        for (int i = 0; i < steps; ++i) {
            const int t = kReverse ? steps - 1 - i : i;
            V decay[kStateTile];
            exp2_products<kClamp, kStateTile>(V::load(delta + t * W), rate, decay);
            const V du = V::load(input + t * W);
            V sum = V::load(y + t * W), other(0.0F);
            const float* first = first_bc + 2 * kStateTile * t;
            const float* second = second_bc + 2 * kStateTile * t;
            MIXER_UNROLL
            for (int j = 0; j < kStateTile; ++j) {
                float* at = decays + (kStateTile * t + j) * W;
                fetch_ahead<(kReverse ? -16 : 16) * kStateTile * W>(at);
                k[j] = fma(V::load(at), k[j], du * V::broadcast(second + j));
                other = fma(k[j], V::broadcast(second + kStateTile + j), other);
                h[j] = fma(decay[j], h[j], du * V::broadcast(first + j));
                sum = fma(h[j], V::broadcast(first + kStateTile + j), sum);
                decay[j].store(at);
            }
            (sum + other).store(y + t * W);
        }
        MIXER_UNROLL
        for (int j = 0; j < kStateTile; ++j) {
            h[j].store(first_state + j * W);
            k[j].store(second_state + j * W);
        }
    }

    /// What a sweep over one chunk of one tile works on.
    struct TileChunk {
        int states, steps;
        const float *delta, *input, *bc, *rates;
        float *state, *y, *decays;  ///< decays: null where they are not kept
        RowsAhead ahead;            ///< where they are not
    };

    template <int kStates, bool kStore, bool kReverse>
    static MIXER_INLINE void sweep_tile(const TileChunk& c, bool clamp)
    {
        if (clamp)
            sweep<kStates, true, kStore, kReverse>(c.steps, c.delta, c.input, c.bc, c.rates, c.state, c.y, c.decays,
                                                   c.ahead);
        else
            sweep<kStates, false, kStore, kReverse>(c.steps, c.delta, c.input, c.bc, c.rates, c.state, c.y, c.decays,
                                                    c.ahead);
    }

    template <bool kStore, bool kReverse> static MIXER_INLINE void first_sweep(const TileChunk& c, bool clamp)
    {
        switch (c.states) {
        case 4:
            return sweep_tile<4, kStore, kReverse>(c, clamp);
        case 3:
            return sweep_tile<3, kStore, kReverse>(c, clamp);
        case 2:
            return sweep_tile<2, kStore, kReverse>(c, clamp);
        default:
            return sweep_tile<1, kStore, kReverse>(c, clamp);
        }
    }

    template <bool kReverse> static MIXER_INLINE void second_sweep(const TileChunk& c)
    {
        switch (c.states) {
        case 4:
            return sweep_again<4, kReverse>(c.steps, c.input, c.bc, c.decays, c.state, c.y);
        case 3:
            return sweep_again<3, kReverse>(c.steps, c.input, c.bc, c.decays, c.state, c.y);
        case 2:
            return sweep_again<2, kReverse>(c.steps, c.input, c.bc, c.decays, c.state, c.y);
        default:
            return sweep_again<1, kReverse>(c.steps, c.input, c.bc, c.decays, c.state, c.y);
        }
    }
};

}  // namespace mixer::kernels
