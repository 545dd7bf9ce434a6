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
/// Loops as in the scan, segments from the last: a segment's states are recomputed, kept with its decays for one tile,
/// and read back. A segment is a chunk, so that all of this lies in the first-level cache. But a quasi-separable scan
/// must know G at a segment's first step, and would first run it through all the others: one of at most kOneSegment
/// chunks is a single segment. Sums over lanes go into the layout of packed B and C: one vector of 2 * kStateTile sums
/// for each step.
template <class V> struct BackwardLanes {
    using Scan = ScanLanes<V>;
    using Params = ScanBackwardParams<float>;
    static constexpr int W = V::kLanes;

    static constexpr int kStepsAtOnce = 4;  ///< whose softplus, with its slope, is computed side by side

    /// Most chunks of a sequence that is one segment: what is kept of them, for one tile, stays in a second-level cache
    /// of 1 MiB. Beyond, some machines take longer to read it than to compute it again.
    static constexpr std::int64_t kOneSegment = (1 << 20) / (kChunkLength * (7 + 3 * kStateTile) * W * 4);

    template <bool kBidirectional> static MIXER_INLINE std::int64_t segment_chunks(std::int64_t seqlen)
    {
        const std::int64_t chunks = chunk_count(seqlen);
        return kBidirectional && chunks <= kOneSegment ? chunks : 1;
    }

    /// Passed by value: what a sweep stores then cannot be one of these pointers, and they stay in registers.
    struct Buffers {
        float *delta, *input, *u, *dy, *gate;  ///< (steps of a segment, W) each; gate: d softplus
        float *s, *ddelta;                     ///< (steps, W): s_t; <q_t, A> in exponent units
        float *decays, *states;                ///< (steps, kStateTile, W) of a tile; states before each step
        float* adjoints;                       ///< (steps + 1, kStateTile, W) of a tile: G, one behind the end too
        float* packed;                         ///< B and C of the segment, chunk after chunk
        float *h, *k;              ///< (N, W): h as the segment is entered, then behind it; k behind its last step
        float *adjoint, *carried;  ///< (N, W): G as the segment is entered; (blocks, N, W): a_{t+1} H_{t+1} behind it
        float* rates;              ///< (blocks, N, W)
        float* largest_rate;       ///< (blocks)
        float* entering;           ///< several segments, quasi-separable: (blocks, chunks, N, W), G of each first step

        /// The same from a chunk of the segment on.
        MIXER_INLINE Buffers of_chunk(std::int64_t chunk, std::int64_t dstate) const
        {
            Buffers b = *this;
            const std::int64_t rows = chunk * kChunkLength * W;
            b.delta += rows, b.input += rows, b.u += rows, b.dy += rows, b.gate += rows, b.s += rows, b.ddelta += rows;
            b.decays += kStateTile * rows, b.states += kStateTile * rows, b.adjoints += kStateTile * rows;
            b.packed += chunk * 2 * dstate * kChunkLength;
            return b;
        }
    };

    template <bool kBidirectional> static std::size_t scratch(const Params& p, std::int64_t blocks)
    {
        const std::int64_t state_size = p.scan.dstate * W, chunks = chunk_count(p.scan.seqlen);
        const std::int64_t steps = segment_chunks<kBidirectional>(p.scan.seqlen) * kChunkLength;
        const bool prepass = kBidirectional && steps < p.scan.seqlen;
        return static_cast<std::size_t>((7 + 3 * kStateTile) * steps * W + kStateTile * W + 2 * p.scan.dstate * steps
                                        + 3 * state_size + blocks * (2 * state_size + 1)
                                        + (prepass ? blocks * chunks * state_size : 0));
    }

    static MIXER_INLINE Buffers divide(const Params& p, std::int64_t blocks, std::int64_t steps, float* scratch)
    {
        const std::int64_t rows = steps * W, state_size = p.scan.dstate * W;
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
        b.h = b.adjoints + kStateTile * (rows + W);
        b.k = b.h + state_size;
        b.adjoint = b.k + state_size;
        b.rates = b.adjoint + state_size;
        b.carried = b.rates + blocks * state_size;
        b.packed = b.carried + blocks * state_size;
        b.largest_rate = b.packed + 2 * p.scan.dstate * steps;
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

    /// What a lane block reads, by row.
    template <bool kPlain> struct Inputs {
        RowInput<V, kPlain> u, delta, dout;
        RowParameter<V> bias;
        V weight;

        MIXER_INLINE Inputs(const Params& p, LaneBlock block)
            : u{p.scan.u + block.batch_id * p.scan.u_batch_stride + block.first * p.scan.u_dim_stride,
                p.scan.u_step_stride, p.scan.u_dim_stride, block.count}
            , delta{p.scan.delta + block.batch_id * p.scan.delta_batch_stride + block.first * p.scan.delta_dim_stride,
                    p.scan.delta_step_stride, p.scan.delta_dim_stride, block.count}
            , dout{p.dout + block.batch_id * p.dout_batch_stride + block.first * p.dout_dim_stride, p.dout_step_stride,
                   p.dout_dim_stride, block.count}
            , bias(p.scan.delta_bias, p.scan.bias_step_stride, p.scan.bias_dim_stride, block)
            , weight(p.scan.weight)
        {
        }
    };

    /// What the sweeps of a chunk need, by step; with `kAdjoint` what G alone needs. Returns the largest |delta|.
    template <bool kPlain, bool kAdjoint>
    static float prepare(const Params& p, LaneBlock block, const std::int64_t* rows, int steps, Buffers b, float* dD,
                         float* dD_steps)
    {
        const Inputs<kPlain> in(p, block);
        V largest(0.0F), sum(0.0F);
        int t = 0;
        for (; t + kStepsAtOnce <= steps; t += kStepsAtOnce)
            prepare_steps<kStepsAtOnce, kAdjoint>(p.scan.delta_softplus, in, rows, t, b, largest, sum);
        for (; t < steps; ++t)
            prepare_steps<1, kAdjoint>(p.scan.delta_softplus, in, rows, t, b, largest, sum);
        if constexpr (!kAdjoint) {
            add_to(dD, sum);
            for (int i = 0; i < steps && dD_steps; ++i)
                add_to(dD_steps + i * W, V::load(b.dy + i * W) * V::load(b.u + i * W));
        }
        return Scan::largest_lane(largest);
    }

    template <int kCount, bool kAdjoint, bool kPlain>
    static MIXER_INLINE void prepare_steps(bool delta_softplus, const Inputs<kPlain>& in, const std::int64_t* rows,
                                           int t, Buffers b, V& largest, V& sum)
    {
        V step[kCount], gate[kCount];
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i) {
            step[i] = in.delta[rows[t + i]] + in.bias[rows[t + i]];
            gate[i] = V(1.0F);
        }
        if (delta_softplus)
            softplus<kCount>(step, kAdjoint ? nullptr : gate);
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i) {
            const int at = (t + i) * W;
            const V dy = in.weight * in.dout[rows[t + i]];
            largest = max_magnitude(largest, step[i]);
            step[i].store(b.delta + at);
            dy.store(b.dy + at);
            if constexpr (!kAdjoint) {
                const V u = in.u[rows[t + i]];
                sum = fma(dy, u, sum);
                u.store(b.u + at);
                (step[i] * u).store(b.input + at);
                gate[i].store(b.gate + at);
                V(0.0F).store(b.s + at);
                V(0.0F).store(b.ddelta + at);
            }
        }
    }

    /// Writes the gradients for u and delta of a chunk.
    template <bool kPlain>
    static void finish(const Params& p, LaneBlock block, const std::int64_t* rows, int steps, Buffers b, float* dbias,
                       float* dbias_steps)
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
            const std::int64_t row = rows[t];
            const V s_t = V::load(b.s + t * W);
            if (p.du)
                du.write(row, fma(s_t, V::load(b.delta + t * W), skip[row] * V::load(b.dy + t * W)));
            const V x = fma(s_t, V::load(b.u + t * W), unit * V::load(b.ddelta + t * W)) * V::load(b.gate + t * W);
            if (p.ddelta)
                ddelta.write(row, x);
            sum = sum + x;
            if (dbias_steps)
                add_to(dbias_steps + t * W, x);
        }
        add_to(dbias, sum);
    }

    /// What the sweeps over one chunk of one tile work on, beside Buffers.
    struct Tile {
        int steps;
        const float *bc, *rates;
        float *h, *k, *adjoint, *carried, *dA, *dbc;
        RowsAhead ahead[2];  ///< fetched by each of the two sweeps
    };

    /// Decays, the states before each step, and G.
    template <int kStates, bool kClamp, bool kBidirectional>
    static MIXER_INLINE void recompute(const Tile& c, const Buffers& b)
    {
        V rate[kStates], h[kStates], adjoint[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(c.rates + j * W);
            h[j] = V::load(c.h + j * W);
            adjoint[j] = kBidirectional ? V::load(c.adjoint + j * W) : V(0.0F);
        }
        for (int t = 0; t < c.steps; ++t) {
            c.ahead[0].fetch(t);
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
        for (int j = 0; j < kStates; ++j) {
            h[j].store(c.h + j * W);
            if constexpr (kBidirectional) {
                adjoint[j].store(b.adjoints + (kStates * c.steps + j) * W);
                adjoint[j].store(c.adjoint + j * W);
            }
        }
    }

    /// The gradients of a chunk, from its last step.
    template <int kStates, bool kBidirectional> static MIXER_INLINE void sweep_back(const Tile& c, const Buffers& b)
    {
        V rate[kStates], h[kStates], k[kStates], carried[kStates], dA[kStates];
        MIXER_UNROLL
        for (int j = 0; j < kStates; ++j) {
            rate[j] = V::load(c.rates + j * W);
            h[j] = V::load(c.h + j * W);
            k[j] = kBidirectional ? V::load(c.k + j * W) : V(0.0F);
            carried[j] = V::load(c.carried + j * W);
            dA[j] = V::load(c.dA + j * W);
        }
        for (int t = c.steps - 1; t >= 0; --t) {
            c.ahead[1].fetch(t);
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
            h[j].store(c.h + j * W);
            if constexpr (kBidirectional)
                k[j].store(c.k + j * W);
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

    /// The chunks of a segment, [first, first + count) of the sequence; `rows` of all its steps.
    struct Segment {
        std::int64_t first, count;
        const std::int64_t* rows;
    };

    /// What is fetched during a sweep over a chunk: the inputs of the lane block that comes next, and before they are
    /// written the rows of this one's gradients.
    static MIXER_INLINE RowsAhead ahead_of(const Params& p, LaneBlock block, LaneBlock next, int stream,
                                           const std::int64_t* rows, const std::int64_t* next_rows)
    {
        const auto at = [](const float* data, LaneBlock lanes, std::int64_t batch_stride, std::int64_t dim_stride,
                           std::int64_t step_stride, const std::int64_t* of) {
            return RowsAhead{
                reinterpret_cast<const char*>(data + lanes.batch_id * batch_stride + lanes.first * dim_stride),
                step_stride * static_cast<std::int64_t>(sizeof(float)), of};
        };
        const ScanParams<float>& s = p.scan;
        if (stream == 0)
            return at(s.u, next, s.u_batch_stride, s.u_dim_stride, s.u_step_stride, next_rows);
        if (stream == 1)
            return at(s.delta, next, s.delta_batch_stride, s.delta_dim_stride, s.delta_step_stride, next_rows);
        if (stream == 2 && p.du)
            return at(p.du, block, p.du_batch_stride, p.du_dim_stride, p.du_step_stride, rows);
        if (stream == 3 && p.ddelta)
            return at(p.ddelta, block, p.ddelta_batch_stride, p.ddelta_dim_stride, p.ddelta_step_stride, rows);
        return at(p.dout, next, p.dout_batch_stride, p.dout_dim_stride, p.dout_step_stride, next_rows);
    }

    template <bool kBidirectional>
    static void block_segment(const Params& p, LaneBlock block, Segment segment, std::int64_t in_unit, LaneBlock next,
                              const std::int64_t* next_rows, const BackwardSums& sums, Buffers b)
    {
        const ScanParams<float>& s = p.scan;
        const bool plain = is_plain(p, block);
        const std::int64_t own = in_unit * s.dstate * W;
        load_states(p, block, segment.first, s.chunk_states, b.h);
        if (kBidirectional)
            load_states(p, block, segment.first + segment.count - 1, s.backward_chunk_states, b.k);
        float largest_delta = 0.0F;
        for (std::int64_t i = 0; i < segment.count; ++i) {
            const std::int64_t first_step = (segment.first + i) * kChunkLength;
            float* steps_sum = sums.dD_steps ? sums.dD_steps + first_step * W : nullptr;
            const float largest
                = (plain ? prepare<true, false> : prepare<false, false>)(p, block, segment.rows + i * kChunkLength,
                                                                         Scan::chunk_steps(s, segment.first + i),
                                                                         b.of_chunk(i, s.dstate), sums.dD, steps_sum);
            largest_delta = largest > largest_delta ? largest : largest_delta;
        }
        const bool clamp = Scan::needs_clamp(largest_delta, b.largest_rate[in_unit]);
        for_each_tile(
            s.dstate, [&](auto states, int n) __attribute__((always_inline)) {
                const auto tile = [&](std::int64_t i) {
                    const std::int64_t* rows = segment.rows + i * kChunkLength;
                    const std::int64_t* ahead = next_rows + i * kChunkLength;
                    const int stream = 2 * (n / kStateTile);
                    return Tile{Scan::chunk_steps(s, segment.first + i),
                                b.packed + 2 * kChunkLength * (i * s.dstate + n),
                                b.rates + own + n * W,
                                b.h + n * W,
                                b.k + n * W,
                                b.adjoint + n * W,
                                b.carried + own + n * W,
                                sums.dA + n * W,
                                sums.dBC + (segment.first + i) * backward_sums_size(s.dstate) + 2 * n * kChunkLength,
                                {ahead_of(p, block, next, stream, rows, ahead),
                                 ahead_of(p, block, next, stream + 1, rows, ahead)}};
                };
                for (std::int64_t i = 0; i < segment.count; ++i) {
                    if (clamp)
                        recompute<states, true, kBidirectional>(tile(i), b.of_chunk(i, s.dstate));
                    else
                        recompute<states, false, kBidirectional>(tile(i), b.of_chunk(i, s.dstate));
                }
                for (std::int64_t i = segment.count - 1; i >= 0; --i)
                    sweep_back<states, kBidirectional>(tile(i), b.of_chunk(i, s.dstate));
            });
        for (std::int64_t i = 0; i < segment.count; ++i) {
            const std::int64_t first_step = (segment.first + i) * kChunkLength;
            float* steps_sum = sums.dbias_steps ? sums.dbias_steps + first_step * W : nullptr;
            (plain ? finish<true> : finish<false>)(p, block, segment.rows + i * kChunkLength,
                                                   Scan::chunk_steps(s, segment.first + i), b.of_chunk(i, s.dstate),
                                                   sums.dbias, steps_sum);
        }
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
            const int steps = Scan::chunk_steps(s, chunk);
            std::int64_t rows[kChunkLength];
            Scan::list_rows(s, chunk, rows);
            Scan::pack(s, batch_id, chunk * kChunkLength, steps, b.packed);
            for (std::int64_t i = 0; i < last - first; ++i) {
                const LaneBlock block = Scan::block_at(s, batch_id, first + i);
                const float largest_delta
                    = (is_plain(p, block) ? prepare<true, true> : prepare<false, true>)(p, block, rows, steps, b,
                                                                                        nullptr, nullptr);
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
        const std::int64_t length = segment_chunks<kBidirectional>(s.seqlen);
        const Buffers b = divide(p, last - first, length * kChunkLength, scratch);
        for (std::int64_t i = 0; i < last - first; ++i)
            b.largest_rate[i] = Scan::pack_rates(s, Scan::block_at(s, batch_id, first + i), b.rates + i * state_size);
        const bool prepass = kBidirectional && length < chunks;
        if (prepass)
            carry_adjoints(p, batch_id, first, last, b);
        for (std::int64_t i = 0; i < (last - first) * state_size; ++i)
            b.carried[i] = 0.0F;
        std::int64_t rows[kOneSegment * kChunkLength], next_rows[kOneSegment * kChunkLength];
        for (std::int64_t begin = chunks - length; begin >= 0; begin -= length) {
            for (std::int64_t i = 0; i < length; ++i) {
                Scan::list_rows(s, begin + i, rows + i * kChunkLength);
                Scan::list_rows(s, begin >= length ? begin - length + i : begin + i, next_rows + i * kChunkLength);
                Scan::pack(s, batch_id, (begin + i) * kChunkLength, Scan::chunk_steps(s, begin + i),
                           b.packed + i * 2 * s.dstate * kChunkLength);
            }
            float* dBC = unit.dBC + begin * backward_sums_size(s.dstate);
            for (std::int64_t i = 0; i < length * backward_sums_size(s.dstate); ++i)
                dBC[i] = 0.0F;
            BackwardSums sums = unit;
            for (std::int64_t i = 0; i < last - first; ++i) {
                for (std::int64_t j = 0; kBidirectional && j < state_size; ++j)
                    b.adjoint[j] = prepass ? b.entering[(i * chunks + begin) * state_size + j] : 0.0F;
                const bool ends = i + 1 == last - first;
                block_segment<kBidirectional>(p, Scan::block_at(s, batch_id, first + i), {begin, length, rows}, i,
                                              Scan::block_at(s, batch_id, ends ? first : first + i + 1),
                                              ends ? next_rows : rows, sums, b);
                sums.dA += state_size;
                sums.dD += W;
                sums.dbias += W;
            }
        }
    }
};

}  // namespace mixer::kernels
