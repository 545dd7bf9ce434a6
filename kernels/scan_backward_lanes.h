// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan_lanes.h"
#include "kernels/variants.h"

namespace mixer::kernels {

/// The gradients of the scans over lane blocks of V::kLanes lanes. With g_t = dL/dy_t and, per lane and state,
/// H_t = dL/dh_t = C_t g_t + a_{t+1} H_{t+1}  (a_t = exp(delta_t A), w_t = delta_t u_t):
///     dC_t = sum over lanes g_t h_t,  dB_t = sum over lanes w_t H_t,  s_t = <H_t, B_t>,  q_t = a_t H_t h_{t-1}
///     du_t = D g_t + delta_t s_t,  d delta_t = u_t s_t + <q_t, A>,  dA = sum over t delta_t q_t
/// The quasi-separable scan is a second pass of the same against the order of the steps, added on top, in which the
/// step's own input is left out of C and B: a_t h_{t-1} takes the place of h_t, and a_{t+1} H_{t+1} that of H_t.
///
/// Loops as in the scan, chunks from the last: a chunk's states are recomputed, kept with its decays for one tile, and
/// read back. Sums over lanes go into the layout of packed B and C: one vector of 2 * kStateTile sums for each step.
template <class V> struct BackwardLanes {
    using Scan = ScanLanes<V>;
    using Params = ScanBackwardParams<float>;
    static constexpr int W = V::kLanes;

    /// Passed by value: what a sweep stores then cannot be one of these pointers, and they stay in registers.
    struct Buffers {
        float *delta, *input, *u, *dy, *gate;  ///< (kChunkLength, W) each; gate: d softplus
        float *s, *ddelta;                     ///< (kChunkLength, W): s_t; <q_t, A> in exponent units
        float *decays, *states;                ///< (kChunkLength, kStateTile, W) of a tile; states before each step
        float* packed;                         ///< B and C of the chunk
        float* start;                          ///< (N, W): states with which the chunk is entered
        float *rates, *carried;                ///< (blocks, N, W); carried: a_{t+1} H_{t+1} of the chunk's last step
        float* largest_rate;                   ///< (blocks)
    };

    static std::size_t scratch(const Params& p, std::int64_t blocks)
    {
        const std::int64_t dstate = p.scan.dstate;
        return static_cast<std::size_t>((7 + 2 * kStateTile) * kChunkLength * W + 2 * dstate * kChunkLength + dstate * W
                                        + blocks * (2 * dstate * W + 1));
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
        b.start = b.states + kStateTile * rows;
        b.rates = b.start + dstate * W;
        b.carried = b.rates + blocks * dstate * W;
        b.packed = b.carried + blocks * dstate * W;
        b.largest_rate = b.packed + 2 * dstate * kChunkLength;
        return b;
    }

    static MIXER_INLINE bool is_plain(const Params& p, LaneBlock block)
    {
        return block.count == W && p.scan.u_dim_stride == 1 && p.scan.delta_dim_stride == 1 && p.dout_dim_stride == 1
            && p.du_dim_stride == 1 && p.ddelta_dim_stride == 1;
    }

    static MIXER_INLINE void add_to(float* sum, V x) { (V::load(sum) + x).store(sum); }

    static void load_start(const Params& p, LaneBlock block, std::int64_t chunk, const float* chunk_states,
                           float* start)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t cell = (block.batch_id * chunk_count(s.seqlen) + chunk) * s.dim + block.first;
        const float* from = chunk_states + cell * s.dstate;
        for (std::int64_t n = 0; n < s.dstate; ++n) {
            for (int i = 0; i < W; ++i)
                start[n * W + i] = i < block.count ? from[i * s.dstate + n] : 0.0F;
        }
    }

    /// The lane block and chunk after this one; `lanes`: how far it lies from this block.
    struct Next {
        std::int64_t first_step;
        int steps;
        std::int64_t lanes;
    };

    /// What the sweeps of a chunk need, by step. Returns the largest |delta|. `sum_D`: D's gradient is summed here.
    template <bool kPlain>
    static float prepare(const Params& p, LaneBlock block, std::int64_t first_step, int steps, Next next, bool sum_D,
                         const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const RowInput<V, kPlain> u{s.u + block.batch_id * s.u_batch_stride + block.first * s.u_dim_stride,
                                    s.u_step_stride, s.u_dim_stride, block.count};
        const RowInput<V, kPlain> raw_delta{s.delta + block.batch_id * s.delta_batch_stride
                                                + block.first * s.delta_dim_stride,
                                            s.delta_step_stride, s.delta_dim_stride, block.count};
        const RowInput<V, kPlain> dout{p.dout + block.batch_id * p.dout_batch_stride + block.first * p.dout_dim_stride,
                                       p.dout_step_stride, p.dout_dim_stride, block.count};
        const RowParameter<V> bias(s.delta_bias, s.bias_step_stride, s.bias_dim_stride, block);
        const float* du = p.du ? p.du + block.batch_id * p.du_batch_stride + block.first : p.dout;
        const float* ddelta = p.ddelta ? p.ddelta + block.batch_id * p.ddelta_batch_stride + block.first : p.dout;
        const V weight(s.weight);
        V largest(0.0F), sum(0.0F);
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
            V step = raw_delta[row] + bias[row];
            V gate(1.0F);
            if (s.delta_softplus)
                step = softplus_and_slope(step, gate);
            largest = max_magnitude(largest, step);
            step.store(b.delta + t * W);
            (step * value).store(b.input + t * W);
            value.store(b.u + t * W);
            dy.store(b.dy + t * W);
            gate.store(b.gate + t * W);
            V(0.0F).store(b.s + t * W);
            V(0.0F).store(b.ddelta + t * W);
            sum = fma(dy, value, sum);
            if (sum_D && sums.dD_steps)
                add_to(sums.dD_steps + (first_step + t) * W, dy * value);
        }
        if (sum_D)
            add_to(sums.dD, sum);
        return Scan::largest_lane(largest);
    }

    /// The gradients for u and delta of a chunk, written, or added to those of the first pass.
    template <bool kPlain>
    static void finish(const Params& p, LaneBlock block, std::int64_t first_step, int steps, bool first_pass,
                       const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        RowOutput<V, kPlain> du{p.du, p.du_step_stride, p.du_dim_stride, block.count};
        if (p.du)
            du.data += block.batch_id * p.du_batch_stride + block.first * p.du_dim_stride;
        RowOutput<V, kPlain> ddelta{p.ddelta, p.ddelta_step_stride, p.ddelta_dim_stride, block.count};
        if (p.ddelta)
            ddelta.data += block.batch_id * p.ddelta_batch_stride + block.first * p.ddelta_dim_stride;
        const RowParameter<V> skip(first_pass ? s.D : nullptr, s.D_step_stride, s.D_dim_stride, block);
        const V unit(1.0F / kScaledLog2e);
        V sum(0.0F);
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = Scan::row_of(s, first_step + t);
            const V s_t = V::load(b.s + t * W);
            if (p.du) {
                const V x = fma(s_t, V::load(b.delta + t * W), skip[row] * V::load(b.dy + t * W));
                du.write(row, first_pass ? x : du[row] + x);
            }
            const V x = fma(s_t, V::load(b.u + t * W), unit * V::load(b.ddelta + t * W)) * V::load(b.gate + t * W);
            if (p.ddelta)
                ddelta.write(row, first_pass ? x : ddelta[row] + x);
            sum = sum + x;
            if (sums.dbias_steps)
                add_to(sums.dbias_steps + (first_step + t) * W, x);
        }
        add_to(sums.dbias, sum);
    }

    /// What the sweeps over one chunk of one tile work on.
    struct Tile {
        int states, steps;
        const float *bc, *rates, *start;
        float *carried, *dA, *dbc;
    };

    /// Decays, and the states before each step, by running step. Leaves the states behind the last one in `h`.
    template <int kStates, bool kClamp, bool kReverse>
    static MIXER_INLINE void recompute(Tile c, Buffers b, const V* rate, V* h)
    {
        for (int i = 0; i < c.steps; ++i) {
            const int t = kReverse ? c.steps - 1 - i : i;
            V decay[kStates];
            exp2_products<kClamp, kStates>(V::load(b.delta + t * W), rate, decay);
            const V du = V::load(b.input + t * W);
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                decay[j].store(b.decays + (kStates * i + j) * W);
                h[j].store(b.states + (kStates * i + j) * W);
                h[j] = fma(decay[j], h[j], du * V::broadcast(c.bc + 2 * kStates * t + j));
            }
        }
    }

    template <int kStates, bool kClamp, bool kReverse, bool kDiagonal> static void sweep(Tile c, Buffers b)
    {
        V rate[kStates], h[kStates], carried[kStates], dA[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(c.rates + j * W);
            h[j] = V::load(c.start + j * W);
            carried[j] = V::load(c.carried + j * W);
            dA[j] = V::load(c.dA + j * W);
        }
        recompute<kStates, kClamp, kReverse>(c, b, rate, h);
        for (int i = c.steps - 1; i >= 0; --i) {
            const int t = kReverse ? c.steps - 1 - i : i;
            const V dy = V::load(b.dy + t * W), input = V::load(b.input + t * W), delta = V::load(b.delta + t * W);
            V s = V::load(b.s + t * W), ddelta = V::load(b.ddelta + t * W);
            const float* bc = c.bc + 2 * kStates * t;
            V sums[2 * kStateTile];
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j) {
                const V decay = V::load(b.decays + (kStates * i + j) * W);
                const V before = V::load(b.states + (kStates * i + j) * W);
                const V full = fma(V::broadcast(bc + kStates + j), dy, carried[j]);
                const V driven = kDiagonal ? full : carried[j];
                sums[j] = input * driven;
                sums[kStates + j] = dy * (kDiagonal ? h[j] : decay * before);
                s = fma(driven, V::broadcast(bc + j), s);
                carried[j] = decay * full;
                const V q = carried[j] * before;
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

    template <int kStates, bool kReverse, bool kDiagonal>
    static MIXER_INLINE void sweep_tile(Tile c, Buffers b, bool clamp)
    {
        clamp ? sweep<kStates, true, kReverse, kDiagonal>(c, b) : sweep<kStates, false, kReverse, kDiagonal>(c, b);
    }

    template <bool kReverse, bool kDiagonal> static MIXER_INLINE void sweep_any(Tile c, Buffers b, bool clamp)
    {
        switch (c.states) {
        case 4:
            return sweep_tile<4, kReverse, kDiagonal>(c, b, clamp);
        case 3:
            return sweep_tile<3, kReverse, kDiagonal>(c, b, clamp);
        case 2:
            return sweep_tile<2, kReverse, kDiagonal>(c, b, clamp);
        default:
            return sweep_tile<1, kReverse, kDiagonal>(c, b, clamp);
        }
    }

    template <bool kReverse, bool kDiagonal>
    static void block_chunk(const Params& p, LaneBlock block, std::int64_t chunk, std::int64_t in_unit, Next next,
                            const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t first_step = chunk * kChunkLength;
        const int steps = Scan::chunk_steps(s, chunk);
        const int dstate = static_cast<int>(s.dstate);
        const bool plain = is_plain(p, block);
        const std::int64_t own = in_unit * dstate * W;
        load_start(p, block, chunk, kReverse ? s.backward_chunk_states : s.chunk_states, b.start);
        const float largest_delta = plain ? prepare<true>(p, block, first_step, steps, next, kDiagonal, sums, b)
                                          : prepare<false>(p, block, first_step, steps, next, kDiagonal, sums, b);
        const bool clamp = Scan::needs_clamp(largest_delta, b.largest_rate[in_unit]);
        for (int n = 0; n < dstate; n += kStateTile) {
            const int states = dstate - n < kStateTile ? dstate - n : kStateTile;
            sweep_any<kReverse, kDiagonal>({states, steps, b.packed + 2 * n * kChunkLength, b.rates + own + n * W,
                                            b.start + n * W, b.carried + own + n * W, sums.dA + n * W,
                                            sums.dBC + chunk * backward_sums_size(s.dstate) + 2 * n * kChunkLength},
                                           b, clamp);
        }
        plain ? finish<true>(p, block, first_step, steps, kDiagonal, sums, b)
              : finish<false>(p, block, first_step, steps, kDiagonal, sums, b);
    }

    /// One direction. The first pass, along the order, has the diagonal; the second, against it, has not.
    template <bool kReverse>
    static void pass(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                     const BackwardSums& unit, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const std::int64_t chunks = chunk_count(s.seqlen);
        for (std::int64_t i = 0; i < (last - first) * s.dstate * W; ++i)
            b.carried[i] = 0.0F;
        for (std::int64_t q = 0; q < chunks; ++q) {
            const std::int64_t chunk = kReverse ? q : chunks - 1 - q;
            Scan::pack(s, batch_id, chunk * kChunkLength, Scan::chunk_steps(s, chunk), b.packed);
            BackwardSums sums = unit;
            float* dBC = unit.dBC + chunk * backward_sums_size(s.dstate);
            for (std::int64_t i = 0; i < backward_sums_size(s.dstate) && !kReverse; ++i)
                dBC[i] = 0.0F;
            const std::int64_t next_chunk = kReverse ? chunk + 1 : chunk - 1;
            const bool more = q + 1 < chunks;
            for (std::int64_t i = 0; i < last - first; ++i) {
                Next next{chunk * kChunkLength, Scan::chunk_steps(s, chunk), W};
                if (i + 1 == last - first)
                    next = {next_chunk * kChunkLength, more ? Scan::chunk_steps(s, next_chunk) : 0, -i * W};
                block_chunk<kReverse, !kReverse>(p, Scan::block_at(s, batch_id, first + i), chunk, i, next, sums, b);
                sums.dA += s.dstate * W;
                sums.dD += W;
                sums.dbias += W;
            }
        }
    }

    template <bool kBidirectional>
    static void run(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                    const BackwardSums& sums, float* scratch)
    {
        const std::int64_t state_size = p.scan.dstate * W;
        const Buffers b = divide(p, last - first, scratch);
        for (std::int64_t i = 0; i < last - first; ++i)
            b.largest_rate[i]
                = Scan::pack_rates(p.scan, Scan::block_at(p.scan, batch_id, first + i), b.rates + i * state_size);
        pass<false>(p, batch_id, first, last, sums, b);
        if constexpr (kBidirectional)
            pass<true>(p, batch_id, first, last, sums, b);
    }
};

}  // namespace mixer::kernels
