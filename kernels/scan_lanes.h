// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/lane_block.h"
#include "kernels/scan.h"
#include "kernels/scan_sweeps.h"
#include "kernels/storage.h"

#include <cstddef>

// The scans over lane blocks of V::kLanes lanes, for any vector type V. Order of the loops, outermost first:
//     S6               chunk of kChunkLength steps - lane block - tile of states - step
//     quasi-separable  bundle of lane blocks - lane block - pass - chunk - tile of states - step
// so that B and C of a chunk are packed once for all lane blocks, and a tile's states stay in registers.
//
// The quasi-separable scan computes each decay once: a tile's first sweep, in one direction, stores it, its second
// sweep, in the other direction, reads it. Pass q runs the second sweep of tile q-1 and the first of tile q over each
// chunk, odd passes from the end of the sequence to its beginning: both find the chunk's steps in the first-level
// cache, and one buffer of decays serves all tiles.
//
// A lane block of the quasi-separable scan walks the whole sequence, one part of each row: where it is narrower than a
// cache line, a bundle of blocks reads its rows together and writes them together.
//
// Scratch memory of one range, in floats (W lanes in a vector, N states, L steps rounded up to whole chunks):
//     S6               2*64*N + 3*64*W + 64 + 2*G*N*W + G,
//                      with G <= kMaxGroup blocks at a time and G*N*W <= kMaxGroupFloats
//     quasi-separable  2*L*N + (3*kBundle + kStateTile)*L*W + L + (N + 2*kStateTile)*W + kBundle*L/64,
//                      for each kind of chunk states asked for N*W*L/64 more; beyond kLongestStored steps as S6
namespace mixer::kernels {

constexpr std::int64_t kMaxGroup = 64;
constexpr std::int64_t kMaxGroupFloats = 65536;

/// Longest sequence whose decays a quasi-separable scan stores. Beyond, they no longer fit a core's caches and
/// computing them again, chunk by chunk like S6, is faster.
constexpr std::int64_t kLongestStored = 16384;

/// `S`: how u, delta, B, C and the output are stored; arithmetic and states are float.
template <class V, class S = float> struct ScanLanes : SweepLanes<V> {
    using Sweeps = SweepLanes<V>;
    using typename Sweeps::TileChunk;
    static constexpr int W = V::kLanes;
    /// Lane blocks in a bundle: 16 floats, a cache line.
    static constexpr int kBundle = 16 / W;
    using Params = ScanParams<float, S>;

    static MIXER_INLINE std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }

    static MIXER_INLINE LaneBlock block_at(const Params& p, std::int64_t batch_id, std::int64_t block)
    {
        return {batch_id, block * W, static_cast<int>(smaller(W, p.dim - block * W))};
    }

    static MIXER_INLINE bool is_plain(const Params& p, LaneBlock block)
    {
        return block.count == W && p.u_dim_stride == 1 && p.delta_dim_stride == 1 && p.out_dim_stride == 1;
    }

    static MIXER_INLINE std::int64_t row_of(const Params& p, std::int64_t t) { return p.order ? p.order[t] : t; }

    static MIXER_INLINE std::int64_t group_blocks(const Params& p, std::int64_t blocks)
    {
        const std::int64_t fitting = kMaxGroupFloats / (p.dstate * W);
        return smaller(blocks, smaller(kMaxGroup, fitting > 1 ? fitting : 1));
    }

    /// `count` stored values as floats: as they are, or converted into `converted`.
    static MIXER_INLINE const float* floats(const S* stored, int count, float* converted)
    {
        if constexpr (sizeof(S) == sizeof(float)) {
            return stored;
        } else {
            for (int n = 0; n < count; n += W)
                load_first_stored<V>(stored + n, count - n < W ? count - n : W)
                    .store_first(converted + n, count - n < W ? count - n : W);
            return converted;
        }
    }

    /// B and C of `steps` steps: for every tile of states and every step its B values, then its C values.
    static void pack(const Params& p, std::int64_t batch_id, std::int64_t first_step, int steps, float* packed)
    {
        const int dstate = static_cast<int>(p.dstate);
        const int whole = dstate - dstate % kStateTile;
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = row_of(p, first_step + t);
            float b_row[kMostStates], c_row[kMostStates];
            const float* b = floats(p.B + batch_id * p.B_batch_stride + row * p.B_step_stride, dstate, b_row);
            const float* c = floats(p.C + batch_id * p.C_batch_stride + row * p.C_step_stride, dstate, c_row);
            for (int n = 0; n < whole; n += kStateTile) {
                float* to = packed + 2 * (n * kChunkLength + t * kStateTile);
                __builtin_memcpy(to, b + n, kStateTile * sizeof(float));
                __builtin_memcpy(to + kStateTile, c + n, kStateTile * sizeof(float));
            }
            const int states = dstate - whole;
            float* to = packed + 2 * (whole * kChunkLength + t * states);
            for (int j = 0; j < states; ++j) {
                to[j] = b[whole + j];
                to[states + j] = c[whole + j];
            }
        }
    }

    /// -<C, B> of step t of a packed chunk. Of a quasi-separable output it takes away what nearly as large terms bring.
    static float diagonal_of(const Params& p, const float* packed, int t)
    {
        const int dstate = static_cast<int>(p.dstate);
        double sum = 0.0;
        for (int n = 0; n < dstate; n += kStateTile) {
            const int states = dstate - n < kStateTile ? dstate - n : kStateTile;
            const float* b = packed + 2 * (n * kChunkLength + t * states);
            for (int j = 0; j < states; ++j)
                sum -= double(b[j]) * double(b[states + j]);
        }
        return static_cast<float>(sum);
    }

    /// A of a lane block as (N, W), times log2(e) in exponent units. Returns its largest magnitude.
    static float pack_rates(const Params& p, LaneBlock block, float* rates)
    {
        LaneTranspose<V>::to_lanes(p.A + block.first * p.A_dim_stride, p.A_dim_stride, block.count, p.dstate, rates);
        V largest(0.0F);
        for (std::int64_t n = 0; n < p.dstate; ++n) {
            const V rate = V::load(rates + n * W) * V(kScaledLog2e);
            rate.store(rates + n * W);
            largest = max_magnitude(largest, rate);
        }
        return Sweeps::largest_lane(largest);
    }

    /// What a lane block reads, by row.
    template <bool kPlain> struct Inputs {
        RowInput<V, kPlain, S> u, delta;
        RowParameter<V> skip, bias;

        MIXER_INLINE Inputs(const Params& p, LaneBlock block)
            : u{p.u + block.batch_id * p.u_batch_stride + block.first * p.u_dim_stride, p.u_step_stride, p.u_dim_stride,
                block.count}
            , delta{p.delta + block.batch_id * p.delta_batch_stride + block.first * p.delta_dim_stride,
                    p.delta_step_stride, p.delta_dim_stride, block.count}
            , skip(p.D, p.D_step_stride, p.D_dim_stride, block)
            , bias(p.delta_bias, p.bias_step_stride, p.bias_dim_stride, block)
        {
        }
    };

    /// Step sizes, delta * u and the skip D * u of a chunk, each (steps, W). Returns the largest |delta|. With
    /// `diagonal` (-<C_t, B_t> by step) the skip loses <C_t, delta_t u_t B_t>, which a quasi-separable scan counts in
    /// both sweeps.
    template <bool kPlain>
    static float prepare(const Params& p, LaneBlock block, const std::int64_t* rows, int steps, const float* diagonal,
                         float* delta, float* input, float* y)
    {
        const Inputs<kPlain> in(p, block);
        V largest(0.0F);
        int t = 0;
        for (; t + V::kChains <= steps; t += V::kChains)
            largest = max_magnitude(
                largest, prepare_steps<V::kChains>(p.delta_softplus, in, rows, t, diagonal, delta, input, y));
        for (; t < steps; ++t)
            largest
                = max_magnitude(largest, prepare_steps<1>(p.delta_softplus, in, rows, t, diagonal, delta, input, y));
        return Sweeps::largest_lane(largest);
    }

    /// prepare() for kCount steps from t on. Returns their largest |delta| of each lane.
    template <int kCount, bool kPlain>
    static MIXER_INLINE V prepare_steps(bool delta_softplus, const Inputs<kPlain>& in, const std::int64_t* rows, int t,
                                        const float* diagonal, float* delta, float* input, float* y)
    {
        V step[kCount], largest(0.0F);
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i)
            step[i] = in.delta[rows[t + i]] + in.bias[rows[t + i]];
        if (delta_softplus)
            softplus<kCount>(step);
        MIXER_UNROLL
        for (int i = 0; i < kCount; ++i) {
            const V value = in.u[rows[t + i]], scaled = step[i] * value;
            V sum = in.skip.data ? in.skip[rows[t + i]] * value : V(0.0F);
            if (diagonal)
                sum = fma(scaled, V::broadcast(diagonal + t + i), sum);
            largest = max_magnitude(largest, step[i]);
            step[i].store(delta + (t + i) * W);
            scaled.store(input + (t + i) * W);
            sum.store(y + (t + i) * W);
        }
        return largest;
    }

    static MIXER_INLINE float prepare_any(const Params& p, LaneBlock block, const std::int64_t* rows, int steps,
                                          const float* diagonal, float* delta, float* input, float* y)
    {
        return is_plain(p, block) ? prepare<true>(p, block, rows, steps, diagonal, delta, input, y)
                                  : prepare<false>(p, block, rows, steps, diagonal, delta, input, y);
    }

    template <bool kPlain>
    static void finish(const Params& p, LaneBlock block, std::int64_t first_step, int steps, const float* y)
    {
        const RowOutput<V, kPlain, S> out{p.out + block.batch_id * p.out_batch_stride + block.first * p.out_dim_stride,
                                          p.out_step_stride, p.out_dim_stride, block.count};
        const V weight(p.weight);
        for (int t = 0; t < steps; ++t) {
            const std::int64_t row = row_of(p, first_step + t);
            const V weighted = weight * V::load(y + t * W);
            out.write(row, p.accumulate ? out[row] + weighted : weighted);
        }
    }

    static MIXER_INLINE void finish_any(const Params& p, LaneBlock block, std::int64_t first_step, int steps,
                                        const float* y)
    {
        is_plain(p, block) ? finish<true>(p, block, first_step, steps, y)
                           : finish<false>(p, block, first_step, steps, y);
    }

    /// The states of a lane block, held as (N, W), into (B, chunks, D, N).
    static void write_states(const Params& p, LaneBlock block, std::int64_t chunk, const float* state,
                             float* chunk_states)
    {
        const std::int64_t cell = (block.batch_id * chunk_count(p.seqlen) + chunk) * p.dim + block.first;
        LaneTranspose<V>::from_lanes(state, p.dstate, chunk_states + cell * p.dstate, p.dstate, block.count);
    }

    static MIXER_INLINE int chunk_steps(const Params& p, std::int64_t chunk)
    {
        return static_cast<int>(smaller(kChunkLength, p.seqlen - chunk * kChunkLength));
    }

    // ---- S6 ----

    struct Buffers {
        float *delta, *input, *y;  ///< (kChunkLength, W) each
        float* packed;             ///< B and C of the chunk
        float* diagonal;           ///< (kChunkLength)
        float* rates;              ///< (blocks, N, W)
        float* states;             ///< (blocks, N, W)
        float* largest_rate;       ///< (blocks)
    };

    static std::size_t scan_scratch(const Params& p, std::int64_t blocks)
    {
        const std::int64_t group = group_blocks(p, blocks);
        return static_cast<std::size_t>((3 * W + 2 * p.dstate + 1) * kChunkLength + 2 * group * p.dstate * W + group);
    }

    static MIXER_INLINE Buffers divide(const Params& p, std::int64_t group, float* scratch)
    {
        Buffers b;
        b.delta = scratch;
        b.input = b.delta + kChunkLength * W;
        b.y = b.input + kChunkLength * W;
        b.packed = b.y + kChunkLength * W;
        b.diagonal = b.packed + 2 * p.dstate * kChunkLength;
        b.rates = b.diagonal + kChunkLength;
        b.states = b.rates + group * p.dstate * W;
        b.largest_rate = b.states + group * p.dstate * W;
        return b;
    }

    /// What is fetched during the sweeps of a chunk: the rows of u, delta and out for a lane block.
    static MIXER_INLINE RowsAhead ahead_of(const Params& p, LaneBlock block, int stream, const std::int64_t* rows)
    {
        const auto bytes = [](const S* data) { return reinterpret_cast<const char*>(data); };
        constexpr auto size = static_cast<std::int64_t>(sizeof(S));
        switch (stream) {
        case 0:
            return {bytes(p.u + block.batch_id * p.u_batch_stride + block.first * p.u_dim_stride),
                    p.u_step_stride * size, rows};
        case 1:
            return {bytes(p.delta + block.batch_id * p.delta_batch_stride + block.first * p.delta_dim_stride),
                    p.delta_step_stride * size, rows};
        default:
            return {bytes(p.out + block.batch_id * p.out_batch_stride + block.first * p.out_dim_stride),
                    p.out_step_stride * size, rows};
        }
    }

    /// `next`, `rows`: the lane block that comes after this one and its rows.
    template <bool kReverse>
    static void sweep_chunk(const Params& p, bool clamp, int steps, const Buffers& b, const float* rates, float* state,
                            LaneBlock next, const std::int64_t* rows)
    {
        const int dstate = static_cast<int>(p.dstate);
        for (int n = 0; n < dstate; n += kStateTile) {
            const int states = dstate - n < kStateTile ? dstate - n : kStateTile;
            Sweeps::template first_sweep<false, kReverse>(
                {states, steps, b.delta, b.input, b.packed + 2 * n * kChunkLength, rates + n * W, state + n * W, b.y,
                 nullptr, ahead_of(p, next, n / kStateTile, rows)},
                clamp);
        }
    }

    /// The rows of a chunk; behind its end the last one again.
    static MIXER_INLINE void list_rows(const Params& p, std::int64_t chunk, std::int64_t* rows)
    {
        const int steps = chunk_steps(p, chunk);
        for (int t = 0; t < kChunkLength; ++t)
            rows[t] = row_of(p, chunk * kChunkLength + (t < steps ? t : steps - 1));
    }

    /// `kReverse`: from the last step to the first; `without_diagonal`: the output loses <C_t, delta_t u_t B_t>.
    template <bool kReverse>
    static void scan_group(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                           bool without_diagonal, const Buffers& b)
    {
        const std::int64_t state_size = p.dstate * W;
        for (std::int64_t i = 0; i < last - first; ++i)
            b.largest_rate[i] = pack_rates(p, block_at(p, batch_id, first + i), b.rates + i * state_size);
        for (std::int64_t i = 0; i < (last - first) * state_size; ++i)
            b.states[i] = 0.0F;
        const std::int64_t chunks = chunk_count(p.seqlen);
        std::int64_t rows[kChunkLength], next_rows[kChunkLength];
        for (std::int64_t q = 0; q < chunks; ++q) {
            const std::int64_t chunk = kReverse ? chunks - 1 - q : q;
            const int steps = chunk_steps(p, chunk);
            const std::int64_t first_step = chunk * kChunkLength;
            list_rows(p, chunk, rows);
            list_rows(p, q + 1 == chunks ? chunk : kReverse ? chunk - 1 : chunk + 1, next_rows);
            pack(p, batch_id, first_step, steps, b.packed);
            for (int t = 0; t < steps && without_diagonal; ++t)
                b.diagonal[t] = diagonal_of(p, b.packed, t);
            for (std::int64_t i = 0; i < last - first; ++i) {
                const LaneBlock block = block_at(p, batch_id, first + i);
                float* state = b.states + i * state_size;
                if (p.chunk_states)
                    write_states(p, block, chunk, state, p.chunk_states);
                const float largest_delta = prepare_any(p, block, rows, steps, without_diagonal ? b.diagonal : nullptr,
                                                        b.delta, b.input, b.y);
                const bool ends = i + 1 == last - first;
                sweep_chunk<kReverse>(p, Sweeps::needs_clamp(largest_delta, b.largest_rate[i]), steps, b,
                                      b.rates + i * state_size, state,
                                      block_at(p, batch_id, ends ? first : first + i + 1), ends ? next_rows : rows);
                finish_any(p, block, first_step, steps, b.y);
            }
        }
    }

    static void scan(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last, float* scratch)
    {
        const std::int64_t group = group_blocks(p, last - first);
        const Buffers buffers = divide(p, group, scratch);
        for (std::int64_t begin = first; begin < last; begin += group)
            scan_group<false>(p, batch_id, begin, smaller(begin + group, last), false, buffers);
    }

    // ---- quasi-separable ----

    struct LongBuffers {
        float *delta, *input, *y;   ///< (kBundle, L, W) each
        float* largest_delta;       ///< (kBundle, chunks)
        float* packed;              ///< B and C, chunk after chunk
        float* decays;              ///< (L, kStateTile, W)
        float* diagonal;            ///< (L)
        float* rates;               ///< (N, W)
        float *first, *second;      ///< (kStateTile, W): the states of the two sweeps of a pass
        float *forward, *backward;  ///< (chunks, N, W): chunk states of the lane block; only where they are asked for

        /// The same with the buffers of one lane block of the bundle in front.
        MIXER_INLINE LongBuffers of_block(std::int64_t i, std::int64_t chunks) const
        {
            LongBuffers b = *this;
            b.delta += i * chunks * kChunkLength * W;
            b.input += i * chunks * kChunkLength * W;
            b.y += i * chunks * kChunkLength * W;
            b.largest_delta += i * chunks;
            return b;
        }
    };

    static std::size_t bidirectional_scratch(const Params& p, std::int64_t blocks)
    {
        if (p.seqlen > kLongestStored)
            return scan_scratch(p, blocks);
        const std::int64_t chunks = chunk_count(p.seqlen);
        const std::int64_t padded = chunks * kChunkLength;
        const int traced = (p.chunk_states ? 1 : 0) + (p.backward_chunk_states ? 1 : 0);
        return static_cast<std::size_t>((3 * kBundle + kStateTile) * padded * W + (2 * p.dstate + 1) * padded
                                        + p.dstate * W + 2 * kStateTile * W + kBundle * chunks
                                        + traced * chunks * p.dstate * W);
    }

    static MIXER_INLINE LongBuffers divide_long(const Params& p, float* scratch)
    {
        const std::int64_t chunks = chunk_count(p.seqlen);
        const std::int64_t padded = chunks * kChunkLength;
        LongBuffers b;
        b.delta = scratch;
        b.input = b.delta + kBundle * padded * W;
        b.y = b.input + kBundle * padded * W;
        b.decays = b.y + kBundle * padded * W;
        b.packed = b.decays + padded * kStateTile * W;
        b.diagonal = b.packed + 2 * p.dstate * padded;
        b.rates = b.diagonal + padded;
        b.first = b.rates + p.dstate * W;
        b.second = b.first + kStateTile * W;
        b.forward = b.second + kStateTile * W;
        b.backward = b.forward + (p.chunk_states ? chunks * p.dstate * W : 0);
        b.largest_delta = b.backward + (p.backward_chunk_states ? chunks * p.dstate * W : 0);
        return b;
    }

    static MIXER_INLINE TileChunk tile_chunk(const Params& p, std::int64_t chunk, int tile, float* state,
                                             const LongBuffers& b)
    {
        const int n = tile * kStateTile;
        const int left = static_cast<int>(p.dstate) - n;
        const std::int64_t at = chunk * kChunkLength * W;
        return {left < kStateTile ? left : kStateTile,
                chunk_steps(p, chunk),
                b.delta + at,
                b.input + at,
                b.packed + 2 * kChunkLength * (chunk * p.dstate + n),
                b.rates + n * W,
                state,
                b.y + at,
                b.decays + at * kStateTile,
                {}};
    }

    /// Keeps the states with which a sweep enters a chunk: h going forward, k going back.
    template <bool kReverse>
    static MIXER_INLINE void trace(const Params& p, std::int64_t chunk, int tile, const TileChunk& c,
                                   const LongBuffers& b)
    {
        if (!(kReverse ? p.backward_chunk_states : p.chunk_states))
            return;
        float* to = (kReverse ? b.backward : b.forward) + (chunk * p.dstate + tile * kStateTile) * W;
        for (int j = 0; j < c.states; ++j)
            V::load(c.state + j * W).store(to + j * W);
    }

    /// All tiles' states at once: each lane's lie in one cache line, which would otherwise be visited tile by tile.
    static void write_traces(const Params& p, LaneBlock block, const LongBuffers& b)
    {
        for (std::int64_t chunk = 0; chunk < chunk_count(p.seqlen); ++chunk) {
            const std::int64_t at = chunk * p.dstate * W;
            if (p.chunk_states)
                write_states(p, block, chunk, b.forward + at, p.chunk_states);
            if (p.backward_chunk_states)
                write_states(p, block, chunk, b.backward + at, p.backward_chunk_states);
        }
    }

    template <bool kReverse>
    static void pass(const Params& p, int number, int tiles, float largest_rate, const LongBuffers& b)
    {
        const std::int64_t chunks = chunk_count(p.seqlen);
        for (int i = 0; i < kStateTile * W; ++i)
            b.first[i] = b.second[i] = 0.0F;
        for (std::int64_t i = 0; i < chunks; ++i) {
            const std::int64_t chunk = kReverse ? chunks - 1 - i : i;
            const TileChunk second = tile_chunk(p, chunk, number - 1, b.second, b);
            const TileChunk first = tile_chunk(p, chunk, number, b.first, b);
            const bool clamp = Sweeps::needs_clamp(b.largest_delta[chunk], largest_rate);
            if (number > 0)
                trace<kReverse>(p, chunk, number - 1, second, b);
            if (number < tiles)
                trace<kReverse>(p, chunk, number, first, b);
            if (V::kSweepsTogether && number > 0 && number < tiles && first.states == kStateTile) {
                (clamp ? Sweeps::template sweep_both<true, kReverse>
                       : Sweeps::template sweep_both<false, kReverse>)(first.steps, first.delta, first.input, second.bc,
                                                                       first.bc, first.rates, second.state, first.state,
                                                                       first.y, first.decays);
                continue;
            }
            if (number > 0)
                Sweeps::template second_sweep<kReverse>(second);
            if (number < tiles)
                Sweeps::template first_sweep<true, kReverse>(first, clamp);
        }
    }

    static void bidirectional_block(const Params& p, LaneBlock block, const LongBuffers& b)
    {
        const float largest_rate = pack_rates(p, block, b.rates);
        const int tiles = (static_cast<int>(p.dstate) + kStateTile - 1) / kStateTile;
        for (int number = 0; number <= tiles; ++number) {
            if (number % 2 == 0)
                pass<false>(p, number, tiles, largest_rate, b);
            else
                pass<true>(p, number, tiles, largest_rate, b);
        }
        write_traces(p, block, b);
    }

    static void bidirectional_bundle(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                                     const LongBuffers& buffers)
    {
        const std::int64_t chunks = chunk_count(p.seqlen);
        std::int64_t rows[kChunkLength];
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
            const std::int64_t first_step = chunk * kChunkLength;
            list_rows(p, chunk, rows);
            for (std::int64_t i = 0; i < last - first; ++i) {
                const LongBuffers b = buffers.of_block(i, chunks);
                b.largest_delta[chunk] = prepare_any(p, block_at(p, batch_id, first + i), rows, chunk_steps(p, chunk),
                                                     b.diagonal + first_step, b.delta + first_step * W,
                                                     b.input + first_step * W, b.y + first_step * W);
            }
        }
        for (std::int64_t i = 0; i < last - first; ++i)
            bidirectional_block(p, block_at(p, batch_id, first + i), buffers.of_block(i, chunks));
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
            const std::int64_t first_step = chunk * kChunkLength;
            for (std::int64_t i = 0; i < last - first; ++i) {
                finish_any(p, block_at(p, batch_id, first + i), first_step, chunk_steps(p, chunk),
                           buffers.of_block(i, chunks).y + first_step * W);
            }
        }
    }

    /// The quasi-separable scan as two of S6: there, without the diagonal, and back on top of it.
    static void two_scans(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last, float* scratch)
    {
        Params back = p;
        back.D = nullptr;
        back.accumulate = true;
        back.chunk_states = p.backward_chunk_states;
        const std::int64_t group = group_blocks(p, last - first);
        const Buffers buffers = divide(p, group, scratch);
        for (std::int64_t begin = first; begin < last; begin += group) {
            const std::int64_t end = smaller(begin + group, last);
            scan_group<false>(p, batch_id, begin, end, true, buffers);
            scan_group<true>(back, batch_id, begin, end, false, buffers);
        }
    }

    static void bidirectional_scan(const Params& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                                   float* scratch)
    {
        if (p.seqlen > kLongestStored)
            return two_scans(p, batch_id, first, last, scratch);
        const LongBuffers buffers = divide_long(p, scratch);
        for (std::int64_t chunk = 0; chunk < chunk_count(p.seqlen); ++chunk) {
            const std::int64_t first_step = chunk * kChunkLength;
            const int steps = chunk_steps(p, chunk);
            float* packed = buffers.packed + 2 * first_step * p.dstate;
            pack(p, batch_id, first_step, steps, packed);
            for (int t = 0; t < steps; ++t)
                buffers.diagonal[first_step + t] = diagonal_of(p, packed, t);
        }
        for (std::int64_t block = first; block < last;) {
            const std::int64_t end = smaller((block / kBundle + 1) * kBundle, last);
            bidirectional_bundle(p, batch_id, block, end, buffers);
            block = end;
        }
    }

    // ---- states inside a chunk ----

    /// chunk_state() for at most W lanes: a scan of its own over the rows of the asked-for steps, in running order.
    static void chunk_state(const Params& p, std::int64_t batch_id, std::int64_t first_lane, int lanes,
                            std::int64_t step, bool backward, const float* start, float* state, float* scratch)
    {
        const std::int64_t chunk = step / kChunkLength;
        const std::int64_t from = backward ? chunk * kChunkLength + chunk_steps(p, chunk) - 1 : chunk * kChunkLength;
        const int steps = static_cast<int>(backward ? from - step : step - from) + 1;
        std::int32_t rows[kChunkLength];
        for (int t = 0; t < steps; ++t)
            rows[t] = static_cast<std::int32_t>(row_of(p, backward ? from - t : from + t));
        Params part = p;
        part.order = rows;
        part.seqlen = steps;

        const LaneBlock block{batch_id, first_lane, lanes};
        const Buffers b = divide(part, 1, scratch);
        const float largest_rate = pack_rates(part, block, b.rates);
        LaneTranspose<V>::to_lanes(start, p.dstate, lanes, p.dstate, b.states);
        pack(part, batch_id, 0, steps, b.packed);
        std::int64_t all[kChunkLength];
        list_rows(part, 0, all);
        const float largest_delta = prepare_any(part, block, all, steps, nullptr, b.delta, b.input, b.y);
        sweep_chunk<false>(part, Sweeps::needs_clamp(largest_delta, largest_rate), steps, b, b.rates, b.states, block,
                           all);
        LaneTranspose<V>::from_lanes(b.states, p.dstate, state, p.dstate, lanes);
    }
};

}  // namespace mixer::kernels
