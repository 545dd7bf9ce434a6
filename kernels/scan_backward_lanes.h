// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan_lanes.h"
#include "kernels/variants.h"

#include <type_traits>

namespace mixer::kernels {

/// The gradients of the scans over lane blocks of V::kLanes lanes. With g_t = dL/dy_t and, per lane and state,
/// H_t = dL/dh_t = C_t g_t + a_{t+1} H_{t+1}  (a_t = exp(delta_t A), w_t = delta_t u_t):
///     dC_t = sum over lanes g_t h_t,  dB_t = sum over lanes w_t H_t,  s_t = <H_t, B_t>,  q_t = a_t H_t h_{t-1}
///     du_t = D g_t + delta_t s_t,  d delta_t = u_t s_t + <q_t, A>,  dA = sum over t delta_t q_t
/// The quasi-separable scan adds the state of the other direction, k_t = a_t k_{t+1} + w_t B_t, of which the output
/// reads a_t k_{t+1}, and its gradient G_t = dL/dk_t, which runs along the order: G_{t+1} = a_t (C_t g_t + G_t). In the
/// sums h_t + a_t k_{t+1} takes the place of h_t and H_t + G_t that of H_t, and q_t gains G_{t+1} k_{t+1}.
///
/// Loops as in the scan, chunks from the last: a chunk's states are recomputed, kept with its decays for one tile, and
/// read back. The quasi-separable scan first runs G through all chunks to know what enters each. Sums over lanes go
/// into the layout of packed B and C: one vector of 2 * kStateTile sums for each step.
template <class V> struct BackwardLanes {
    using Scan = ScanLanes<V>;
    using Params = ScanBackwardParams<float>;
    static constexpr int W = V::kLanes;

    /// Passed by value: what a sweep stores then cannot be one of these pointers, and they stay in registers.
    struct Buffers {
        float *delta, *input, *u, *dy, *gate;  ///< (kChunkLength, W) each; gate: d softplus
        float *s, *ddelta;                     ///< (kChunkLength, W): s_t; <q_t, A> in exponent units
        float *decays, *states;                ///< (kChunkLength, kStateTile, W) of a tile; states before each step
        float* adjoints;         ///< (kChunkLength + 1, kStateTile, W) of a tile: G, one behind the end too
        float* packed;           ///< B and C of the chunk
        float *start, *behind;   ///< (N, W): h with which the chunk is entered, k behind its last step
        float *rates, *carried;  ///< (blocks, N, W); carried: a_{t+1} H_{t+1} of the chunk's last step
        float* largest_rate;     ///< (blocks)
        float* entering;         ///< quasi-separable: (blocks, chunks, N, W), G of each chunk's first step
    };

    template <bool kBidirectional> static std::size_t scratch(const Params& p, std::int64_t blocks)
    {
        const std::int64_t state_size = p.scan.dstate * W;
        return static_cast<std::size_t>(
            (7 + 3 * kStateTile) * kChunkLength * W + kStateTile * W + 2 * p.scan.dstate * kChunkLength + 2 * state_size
            + blocks * (2 * state_size + 1) + (kBidirectional ? blocks * chunk_count(p.scan.seqlen) * state_size : 0));
    }

    static MIXER_INLINE Buffers divide(const Params& p, std::int64_t blocks, float* scratch)
    {
        constexpr std::int64_t rows = kChunkLength * W;
        const std::int64_t dstate = p.scan.dstate;
        Buffers b;
        b.delta = scratch;
        b.input = b.delta + rows;
        b.u = b.input + rows;
        b.dy = b.u + rows;
        b.gate = b.dy + rows;
        b.s = b.gate + rows;
        b.ddelta = b.s + rows;
        b.decays = b.ddelta + rows;
        b.states = b.decays + kStateTile * rows;
        b.adjoints = b.states + kStateTile * rows;
        b.start = b.adjoints + kStateTile * (rows + W);
        b.behind = b.start + dstate * W;
        b.rates = b.behind + dstate * W;
        b.carried = b.rates + blocks * dstate * W;
        b.packed = b.carried + blocks * dstate * W;
        b.largest_rate = b.packed + 2 * dstate * kChunkLength;
        b.entering = b.largest_rate + blocks;
        return b;
    }

    static MIXER_INLINE bool is_plain(const Params& p, LaneBlock block)
    {
        return block.count == W && p.scan.u_dim_stride == 1 && p.scan.delta_dim_stride == 1 && p.dout_dim_stride == 1
            && p.du_dim_stride == 1 && p.ddelta_dim_stride == 1;
    }

    static MIXER_INLINE void add_to(float* sum, V x) { (V::load(sum) + x).store(sum); }

    static void load_states(const Params& p, LaneBlock block, std::int64_t chunk, const float* chunk_states, float* to)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t cell = (block.batch_id * chunk_count(s.seqlen) + chunk) * s.dim + block.first;
        LaneTranspose<V>::to_lanes(chunk_states + cell * s.dstate, s.dstate, block.count, s.dstate, to);
    }

    /// The lane block and chunk after this one; `lanes`: how far it lies from this block.
    struct Next {
        std::int64_t first_step;
        int steps;
        std::int64_t lanes;
    };

    template <bool kPlain>
    static MIXER_INLINE RowInput<V, kPlain> delta_rows(const ScanParams<float>& s, LaneBlock block)
    {
        return {s.delta + block.batch_id * s.delta_batch_stride + block.first * s.delta_dim_stride, s.delta_step_stride,
                s.delta_dim_stride, block.count};
    }

    template <bool kPlain> static MIXER_INLINE RowInput<V, kPlain> dout_rows(const Params& p, LaneBlock block)
    {
        return {p.dout + block.batch_id * p.dout_batch_stride + block.first * p.dout_dim_stride, p.dout_step_stride,
                p.dout_dim_stride, block.count};
    }

    /// What the sweeps of a chunk need, by step. Returns the largest |delta|.
    template <bool kPlain>
    static float prepare(const Params& p, LaneBlock block, std::int64_t first_step, int steps, Next next,
                         const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const RowInput<V, kPlain> u{s.u + block.batch_id * s.u_batch_stride + block.first * s.u_dim_stride,
                                    s.u_step_stride, s.u_dim_stride, block.count};
        const RowInput<V, kPlain> raw_delta = delta_rows<kPlain>(s, block);
        const RowInput<V, kPlain> dout = dout_rows<kPlain>(p, block);
        const RowParameter<V> bias(s.delta_bias, s.bias_step_stride, s.bias_dim_stride, block);
        const float* du = p.du ? p.du + block.batch_id * p.du_batch_stride + block.first : p.dout;
        const float* ddelta = p.ddelta ? p.ddelta + block.batch_id * p.ddelta_batch_stride + block.first : p.dout;
        const V weight(s.weight);
        V sum(0.0F);
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = Scan::row_of(s, first_step + t);
            if (kPlain && t < next.steps) {
                const std::int64_t next_row = Scan::row_of(s, next.first_step + t);
                u.fetch(next_row, next.lanes);
                raw_delta.fetch(next_row, next.lanes);
                dout.fetch(next_row, next.lanes);
            }
            if (kPlain) {
                __builtin_prefetch(du + row * p.du_step_stride, 1);
                __builtin_prefetch(ddelta + row * p.ddelta_step_stride, 1);
            }
            const V value = u[row];
            const V dy = weight * dout[row];
            (raw_delta[row] + bias[row]).store(b.delta + t * W);
            value.store(b.u + t * W);
            dy.store(b.dy + t * W);
            V(0.0F).store(b.s + t * W);
            V(0.0F).store(b.ddelta + t * W);
            sum = fma(dy, value, sum);
            if (sums.dD_steps)
                add_to(sums.dD_steps + (first_step + t) * W, dy * value);
        }
        add_to(sums.dD, sum);
        return step_sizes<true>(s, steps, b);
    }

    /// The same for G alone.
    template <bool kPlain>
    static float prepare_adjoint(const Params& p, LaneBlock block, std::int64_t first_step, int steps, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const RowInput<V, kPlain> raw_delta = delta_rows<kPlain>(s, block);
        const RowInput<V, kPlain> dout = dout_rows<kPlain>(p, block);
        const RowParameter<V> bias(s.delta_bias, s.bias_step_stride, s.bias_dim_stride, block);
        const bool fetch = kPlain && block.first + 2 * W <= s.dim;
        const V weight(s.weight);
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = Scan::row_of(s, first_step + t);
            if (fetch) {
                raw_delta.fetch(row, W);
                dout.fetch(row, W);
            }
            (raw_delta[row] + bias[row]).store(b.delta + t * W);
            (weight * dout[row]).store(b.dy + t * W);
        }
        return step_sizes<false>(s, steps, b);
    }

    /// delta from what it was given as; with `kGradient` also d softplus and the input.
    template <bool kGradient> static float step_sizes(const ScanParams<float>& s, int steps, Buffers b)
    {
        V largest(0.0F);
        int t = 0;
        for (; t + V::kChains <= steps; t += V::kChains)
            largest = max_magnitude(largest, some_step_sizes<kGradient, V::kChains>(s, t, b));
        for (; t < steps; ++t)
            largest = max_magnitude(largest, some_step_sizes<kGradient, 1>(s, t, b));
        return Scan::largest_lane(largest);
    }

    template <bool kGradient, int kCount>
    static MIXER_INLINE V some_step_sizes(const ScanParams<float>& s, int t, Buffers b)
    {
        V step[kCount], gate[kCount], largest(0.0F);
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i) {
            step[i] = V::load(b.delta + (t + i) * W);
            gate[i] = V(1.0F);
        }
        if (s.delta_softplus)
            softplus<kCount>(step, kGradient ? gate : nullptr);
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i) {
            largest = max_magnitude(largest, step[i]);
            step[i].store(b.delta + (t + i) * W);
            if constexpr (kGradient) {
                gate[i].store(b.gate + (t + i) * W);
                (step[i] * V::load(b.u + (t + i) * W)).store(b.input + (t + i) * W);
            }
        }
        return largest;
    }

    /// Writes the gradients for u and delta of a chunk.
    template <bool kPlain>
    static void finish(const Params& p, LaneBlock block, std::int64_t first_step, int steps, const BackwardSums& sums,
                       Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        RowOutput<V, kPlain> du{p.du, p.du_step_stride, p.du_dim_stride, block.count};
        if (p.du)
            du.data += block.batch_id * p.du_batch_stride + block.first * p.du_dim_stride;
        RowOutput<V, kPlain> ddelta{p.ddelta, p.ddelta_step_stride, p.ddelta_dim_stride, block.count};
        if (p.ddelta)
            ddelta.data += block.batch_id * p.ddelta_batch_stride + block.first * p.ddelta_dim_stride;
        const RowParameter<V> skip(s.D, s.D_step_stride, s.D_dim_stride, block);
        const V unit(1.0F / kScaledLog2e);
        V sum(0.0F);
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = Scan::row_of(s, first_step + t);
            const V s_t = V::load(b.s + t * W);
            if (p.du)
                du.write(row, fma(s_t, V::load(b.delta + t * W), skip[row] * V::load(b.dy + t * W)));
            const V x = fma(s_t, V::load(b.u + t * W), unit * V::load(b.ddelta + t * W)) * V::load(b.gate + t * W);
            if (p.ddelta)
                ddelta.write(row, x);
            sum = sum + x;
            if (sums.dbias_steps)
                add_to(sums.dbias_steps + (first_step + t) * W, x);
        }
        add_to(sums.dbias, sum);
    }

    /// What the sweeps over one chunk of one tile work on.
    struct Tile {
        int states, steps;
        const float *bc, *rates, *start, *behind, *entering;
        float *carried, *dA, *dbc;
    };

    /// Decays, the states before each step, and G. Leaves the states behind the last step in `h`.
    template <int kStates, bool kClamp, bool kBidirectional>
    static MIXER_INLINE void recompute(Tile c, Buffers b, const V* rate, V* h)
    {
        V adjoint[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j)
            adjoint[j] = kBidirectional ? V::load(c.entering + j * W) : V(0.0F);
        for (int t = 0; t < c.steps; ++t) {
            V decay[kStates];
            exp2_products<kClamp, kStates>(V::load(b.delta + t * W), rate, decay);
            const V du = V::load(b.input + t * W), dy = V::load(b.dy + t * W);
            const float* bc = c.bc + 2 * kStates * t;
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                decay[j].store(b.decays + (kStates * t + j) * W);
                h[j].store(b.states + (kStates * t + j) * W);
                h[j] = fma(decay[j], h[j], du * V::broadcast(bc + j));
                if constexpr (kBidirectional) {
                    adjoint[j].store(b.adjoints + (kStates * t + j) * W);
                    adjoint[j] = decay[j] * fma(V::broadcast(bc + kStates + j), dy, adjoint[j]);
                }
            }
        }
        MIXER_UNROLL
        for (int j = 0; j < kStates && kBidirectional; ++j)
            adjoint[j].store(b.adjoints + (kStates * c.steps + j) * W);
    }

    template <int kStates, bool kClamp, bool kBidirectional> static void sweep(Tile c, Buffers b)
    {
        V rate[kStates], h[kStates], k[kStates], carried[kStates], dA[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(c.rates + j * W);
            h[j] = V::load(c.start + j * W);
        }
        recompute<kStates, kClamp, kBidirectional>(c, b, rate, h);
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            k[j] = kBidirectional ? V::load(c.behind + j * W) : V(0.0F);
            carried[j] = V::load(c.carried + j * W);
            dA[j] = V::load(c.dA + j * W);
        }
        for (int t = c.steps - 1; t >= 0; --t) {
            const V dy = V::load(b.dy + t * W), input = V::load(b.input + t * W), delta = V::load(b.delta + t * W);
            V s = V::load(b.s + t * W), ddelta = V::load(b.ddelta + t * W);
            const float* bc = c.bc + 2 * kStates * t;
            V sums[2 * kStateTile];
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                const V decay = V::load(b.decays + (kStates * t + j) * W);
                const V before = V::load(b.states + (kStates * t + j) * W);
                const V full = fma(V::broadcast(bc + kStates + j), dy, carried[j]);
                V driven = full, seen = h[j], crossed(0.0F);
                if constexpr (kBidirectional) {
                    const float* adjoint = b.adjoints + (kStates * t + j) * W;
                    const V other = decay * k[j];
                    driven = full + V::load(adjoint);
                    seen = h[j] + other;
                    crossed = V::load(adjoint + kStates * W) * k[j];
                    k[j] = fma(input, V::broadcast(bc + j), other);
                }
                sums[j] = input * driven;
                sums[kStates + j] = dy * seen;
                s = fma(driven, V::broadcast(bc + j), s);
                carried[j] = decay * full;
                const V q = kBidirectional ? fma(carried[j], before, crossed) : carried[j] * before;
                ddelta = fma(q, rate[j], ddelta);
                dA[j] = fma(q, delta, dA[j]);
                h[j] = before;
            }
            MIXER_UNROLL
            for (int j = 2 * kStates; j < 2 * kStateTile; ++j)
                sums[j] = V(0.0F);
            add_lane_sums(sums, c.dbc + 2 * kStates * t);
            s.store(b.s + t * W);
            ddelta.store(b.ddelta + t * W);
        }
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            carried[j].store(c.carried + j * W);
            dA[j].store(c.dA + j * W);
        }
    }

    /// G from a chunk's first step to the next chunk's.
    template <int kStates, bool kClamp>
    static void carry_adjoint(int steps, const float* bc, const float* rates, Buffers b, float* state)
    {
        V rate[kStates], adjoint[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(rates + j * W);
            adjoint[j] = V::load(state + j * W);
        }
        for (int t = 0; t < steps; ++t) {
            V decay[kStates];
            exp2_products<kClamp, kStates>(V::load(b.delta + t * W), rate, decay);
            const V dy = V::load(b.dy + t * W);
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j)
                adjoint[j] = decay[j] * fma(V::broadcast(bc + 2 * kStates * t + kStates + j), dy, adjoint[j]);
        }
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j)
            adjoint[j].store(state + j * W);
    }

    /// Calls body(std::integral_constant<int, states>, first state) for each tile of states.
    template <class Body> static MIXER_INLINE void for_each_tile(std::int64_t dstate, Body body)
    {
        for (int n = 0; n < dstate; n += kStateTile) {
            switch (dstate - n) {
            case 1:
                body(std::integral_constant<int, 1>(), n);
                break;
            case 2:
                body(std::integral_constant<int, 2>(), n);
                break;
            case 3:
                body(std::integral_constant<int, 3>(), n);
                break;
            default:
                body(std::integral_constant<int, kStateTile>(), n);
            }
        }
    }

    template <bool kBidirectional>
    static void block_chunk(const Params& p, LaneBlock block, std::int64_t chunk, std::int64_t in_unit, Next next,
                            const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t first_step = chunk * kChunkLength;
        const int steps = Scan::chunk_steps(s, chunk);
        const bool plain = is_plain(p, block);
        const std::int64_t own = in_unit * s.dstate * W;
        load_states(p, block, chunk, s.chunk_states, b.start);
        if (kBidirectional)
            load_states(p, block, chunk, s.backward_chunk_states, b.behind);
        const float* entering = b.entering + (in_unit * chunk_count(s.seqlen) + chunk) * s.dstate * W;
        const float largest_delta = plain ? prepare<true>(p, block, first_step, steps, next, sums, b)
                                          : prepare<false>(p, block, first_step, steps, next, sums, b);
        const bool clamp = Scan::needs_clamp(largest_delta, b.largest_rate[in_unit]);
        for_each_tile(
            s.dstate, [&](auto states, int n) __attribute__((always_inline)) {
                const Tile tile{states,
                                steps,
                                b.packed + 2 * n * kChunkLength,
                                b.rates + own + n * W,
                                b.start + n * W,
                                b.behind + n * W,
                                kBidirectional ? entering + n * W : nullptr,
                                b.carried + own + n * W,
                                sums.dA + n * W,
                                sums.dBC + chunk * backward_sums_size(s.dstate) + 2 * n * kChunkLength};
                clamp ? sweep<states, true, kBidirectional>(tile, b) : sweep<states, false, kBidirectional>(tile, b);
            });
        plain ? finish<true>(p, block, first_step, steps, sums, b)
              : finish<false>(p, block, first_step, steps, sums, b);
    }

    /// G with which each chunk is entered, into b.entering.
    static void carry_adjoints(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t chunks = chunk_count(s.seqlen), state_size = s.dstate * W;
        for (std::int64_t i = 0; i < last - first; ++i) {
            for (std::int64_t j = 0; j < state_size; ++j)
                b.entering[i * chunks * state_size + j] = 0.0F;
        }
        for (std::int64_t chunk = 0; chunk + 1 < chunks; ++chunk) {
            const std::int64_t first_step = chunk * kChunkLength;
            const int steps = Scan::chunk_steps(s, chunk);
            Scan::pack(s, batch_id, first_step, steps, b.packed);
            for (std::int64_t i = 0; i < last - first; ++i) {
                const LaneBlock block = Scan::block_at(s, batch_id, first + i);
                const float largest_delta = is_plain(p, block) ? prepare_adjoint<true>(p, block, first_step, steps, b)
                                                               : prepare_adjoint<false>(p, block, first_step, steps, b);
                const bool clamp = Scan::needs_clamp(largest_delta, b.largest_rate[i]);
                float* state = b.entering + (i * chunks + chunk) * state_size;
                for (std::int64_t j = 0; j < state_size; ++j)
                    state[state_size + j] = state[j];
                for_each_tile(
                    s.dstate, [&](auto states, int n) __attribute__((always_inline)) {
                        (clamp ? carry_adjoint<states, true>
                               : carry_adjoint<states, false>)(steps, b.packed + 2 * n * kChunkLength,
                                                               b.rates + i * state_size + n * W, b,
                                                               state + state_size + n * W);
                    });
            }
        }
    }

    template <bool kBidirectional>
    static void run(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                    const BackwardSums& unit, float* scratch)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t state_size = s.dstate * W, chunks = chunk_count(s.seqlen);
        const Buffers b = divide(p, last - first, scratch);
        for (std::int64_t i = 0; i < last - first; ++i)
            b.largest_rate[i] = Scan::pack_rates(s, Scan::block_at(s, batch_id, first + i), b.rates + i * state_size);
        if constexpr (kBidirectional)
            carry_adjoints(p, batch_id, first, last, b);
        for (std::int64_t i = 0; i < (last - first) * state_size; ++i)
            b.carried[i] = 0.0F;
        for (std::int64_t chunk = chunks - 1; chunk >= 0; --chunk) {
            const int steps = Scan::chunk_steps(s, chunk);
            Scan::pack(s, batch_id, chunk * kChunkLength, steps, b.packed);
            BackwardSums sums = unit;
            float* dBC = unit.dBC + chunk * backward_sums_size(s.dstate);
            for (std::int64_t i = 0; i < backward_sums_size(s.dstate); ++i)
                dBC[i] = 0.0F;
            for (std::int64_t i = 0; i < last - first; ++i) {
                Next next{chunk * kChunkLength, steps, W};
                if (i + 1 == last - first)
                    next = {(chunk - 1) * kChunkLength, chunk > 0 ? Scan::chunk_steps(s, chunk - 1) : 0, -i * W};
                block_chunk<kBidirectional>(p, Scan::block_at(s, batch_id, first + i), chunk, i, next, sums, b);
                sums.dA += state_size;
                sums.dD += W;
                sums.dbias += W;
            }
        }
    }
};

}  // namespace mixer::kernels
