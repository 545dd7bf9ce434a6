// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_segments.cuh"

namespace mixer::kernels::cuda {

/// Forward of both scans. A block owns some lanes of one image (and one of its scans, or all, one after another) and
/// walks along the sequence, a chunk at a time. A thread owns 4 states and 16 steps of a chunk; with one tile all of
/// its 32 steps, 16 at a time. With one tile its recurrence simply goes on from the chunk before. With several, it
/// scans from a zero state, keeping exp(delta A) in registers; learns from the other tiles what state really arrives;
/// and adds what that state contributes: y_t += <C_t, (prod a) . h_arriving>. Many lanes want one tile, few want many:
/// makePlan decides.
///
/// The quasi-separable scan with one tile is two sweeps, there and back, whose outputs add up where those of several
/// scans do. With several tiles it goes against the grain with the same exp while it has them; what arrives from behind
/// a chunk must then be known first: a pass over the later chunks computes it (no C, no output); none is needed where
/// the sequence fits one chunk.
///
/// Bytes moved, per lane and step, of e-byte elements, K scans that share delta, B and C:
///     inputs   K * 2e (u, delta) + K * 2 N e / lanes (B, C; mostly from L2: all lane tiles of a scan read the same)
///     output   e for K = 1; else (K - 1) * 8 + e, summed in float32 (float32: 8 K - 4)
///     two sweeps count as twice as many scans; the pass for what arrives reads u, delta and B once more
/// Floor by bandwidth, K = 1, N = 16: 3e + 1e = 8 bytes for bf16, 16 for float32: 2.7 ps and 5.3 ps at 3.0 TB/s.
/// Floor by instructions, what binds here: per state 5 (multiply, exp2, multiply, two multiply-adds), with several
/// tiles 7, and about 4 for everything that a lane and step costs once: 9 of 132 * 128 a clock at 1.7 GHz: 5.0 ps for
/// N = 16. Floor by exp alone: 16 a clock and multiprocessor: 4.5 ps.
/// Registers, shared memory and spills: RESOURCES.md. Measured times: MEASURED.md.
template <class T, class W, bool Bidirectional> class ForwardScan {
public:
    static constexpr int kBlockThreads = W::kBlockThreads;
    static constexpr int kResidentThreads = residentThreads(Bidirectional, false, W::kOneTile);

    DeviceScan p;
    Plan plan;

    MIXER_DEVICE void operator()() const
    {
        const BlockPlace block(p, plan);
        for (int i = 0; i < static_cast<int>(plan.scans_per_block); ++i) {
            const ScanView<T> view(p, plan, block, block.first_slot + i);
            if (i > 0)
                device::barrier();
            runScan(view, i == 0, i == static_cast<int>(plan.scans_per_block) - 1);
        }
    }

private:
    static constexpr int kRun = kForwardSteps;  // steps whose outputs a thread holds at a time
    static constexpr int kSteps = W::kOneTile ? oneTileSteps(W::kGroups) : kRun;
    using Stage = ChunkStage<T, W, kSteps, false>;
    static constexpr int kStates = W::kStates;

    MIXER_DEVICE static device::SharedFloats shared(int offset) { return device::sharedMemory().from(offset); }

    // First of the thread's steps in an array [tile][lane][step].
    MIXER_DEVICE int inputIndex(const Place<W>& place) const
    {
        return ((place.tile << W::log2Lanes(plan.shape)) + place.lane) * Stage::kStride;
    }

    MIXER_DEVICE void runScan(const ScanView<T>& view, bool first, bool last) const
    {
        const Place<W> place(plan.shape);
        float A[kStates];
        loadA(p, view, place, A);
        Stage stage(p, plan, view);
        stage.loadLaneParameters();
        if constexpr (!Bidirectional) {
            sweep<false>(place, view, stage, A, first, last);
        } else if constexpr (W::kOneTile) {
            sweep<false>(place, view, stage, A, first, false);
            device::barrier();
            sweep<true>(place, view, stage, A, false, last);
        } else {
            findBoundaries(place, view, stage, A);
            sweep<false>(place, view, stage, A, first, last);
        }
    }

    // One way over the block's segment of the sequence; what came before (of scans, or the other way) is added to.
    template <bool Against>
    MIXER_DEVICE void sweep(const Place<W>& place, const ScanView<T>& view, Stage& stage, const float (&A)[kStates],
                            bool first, bool last) const
    {
        const int first_chunk = view.segment * static_cast<int>(plan.segment_chunks);
        const int left = static_cast<int>(plan.chunks) - first_chunk;
        const int count = left < plan.segment_chunks ? left : static_cast<int>(plan.segment_chunks);
        float carry[kStates] = {};
        float u[Stage::kPacks][kPack];
        stage.begin(Against ? first_chunk + count - 1 : first_chunk, Against ? -1 : 1, count, true);
        if constexpr (!Bidirectional)
            foldSegments(p, plan, place, view, carry);
        const ScanSum<T> sum = scanSum(view);
        const float weight = view.weight(p);
        for (int i = 0; i < count; ++i) {
            stage.wait();
            stage.depositInputs(u);
            stage.convertStates(true);
            device::barrier();
            stage.beginNext(true);
            if constexpr (W::kOneTile) {
                scanWholeChunk<Against>(place, view, stage.chunk(), A, carry);
            } else {
                float y[kSteps];
                scanTile(place, view, stage.chunk(), A, carry, y);
                writeOutputs(place, 0, y);
            }
            stage.endNext();
            device::barrier();
            storeChunk<!Against>(view, stage, sum, weight, u, first, last);
            stage.advance();
        }
    }

    // The lane's outputs of kRun steps from step `first` of the thread's on, summed over its groups.
    MIXER_DEVICE void writeOutputs(const Place<W>& place, int first, float (&y)[kRun]) const
    {
        const Share share = sumOverGroups(y, place);
        constexpr int kShare = kShareOf<kRun, W::kGroups>;
        if (!share.mine)
            return;
        const int to = inputIndex(place) + first + share.first;
        if constexpr (kShare >= 4) {
#pragma unroll
            for (int i = 0; i < kShare; i += 4) {
                const float values[4] = {y[i], y[i + 1], y[i + 2], y[i + 3]};
                shared(plan.shared.out).write4(to + i, values);
            }
        } else {
            shared(plan.shared.out).write(to, y[0]);
        }
    }

    // One tile: the thread has all steps of its lane before it.
    template <bool Against>
    MIXER_DEVICE void scanWholeChunk(const Place<W>& place, const ScanView<T>& view, int chunk,
                                     const float (&A)[kStates], float (&carry)[kStates]) const
    {
        saveState(Against ? p.backward_chunk_states : p.chunk_states, place, view, chunk, carry, Against);
#pragma unroll 1
        for (int i = 0; i < kSteps; i += kRun) {
            const int first = Against ? kSteps - kRun - i : i;
            float y[kRun];
            scanRun<Against>(place, first, A, carry, y);
            writeOutputs(place, first, y);
        }
    }

    // Takes the state through kRun steps: y_t = <C_t, h_t>, h_t = a_t h_{t-1} + x_t B_t; against the grain
    // y_t = <C_t, a_t k_{t+1}>, the step's own input being in h_t already.
    template <bool Against>
    MIXER_DEVICE void scanRun(const Place<W>& place, int first, const float (&A)[kStates], float (&state)[kStates],
                              float (&y)[kRun]) const
    {
        const device::SharedFloats deltas = shared(plan.shared.delta + inputIndex(place) + first);
        const device::SharedFloats us = shared(plan.shared.u + inputIndex(place) + first);
        const device::SharedFloats Bs = shared(plan.shared.B + Stage::stateAt(place, 0) + first * W::kPadded);
        const device::SharedFloats Cs = shared(plan.shared.C + Stage::stateAt(place, 0) + first * W::kPadded);
#pragma unroll
        for (int i = 0; i < kRun; i += 4) {
            const int quad = Against ? kRun - 4 - i : i;
            float delta[4], x[4];
            deltas.read4(quad, delta);
            us.read4(quad, x);
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const int s = Against ? 3 - j : j;
                float B[kStates], C[kStates];
                readStates(Bs, (quad + s) * W::kPadded, B);
                readStates(Cs, (quad + s) * W::kPadded, C);
                y[quad + s] = 0.0F;
#pragma unroll
                for (int n = 0; n < kStates; ++n) {
                    const float decayed = device::fastExp2(delta[s] * A[n]) * state[n];
                    state[n] = decayed + x[s] * B[n];
                    y[quad + s] += C[n] * (Against ? decayed : state[n]);
                }
            }
        }
    }

    MIXER_DEVICE void scanTile(const Place<W>& place, const ScanView<T>& view, int chunk, const float (&A)[kStates],
                               float (&carry)[kStates], float (&y)[kSteps]) const
    {
        const TileSummaries<W> summaries(plan, place);
        float a[kSteps][kStates], h[kStates] = {}, total = 0.0F;
        scanAlong(place, A, a, h, y, total);
        summaries.write(1, h);
        writeProduct(A, total, summaries);
        if constexpr (Bidirectional) {
            float k[kStates] = {};
            scanAgainst(place, a, k, y);
            summaries.write(2, k);
        }
        device::barrier();
        float arriving[kStates] = {};
        summaries.foldForward(1, carry, arriving);
        saveState(p.chunk_states, place, view, chunk, arriving, false);
        addArriving(place, a, arriving, y, false);
        if constexpr (Bidirectional) {
            float behind[kStates] = {}, arriving_behind[kStates] = {};
            if (chunk + 1 < static_cast<int>(plan.chunks))
                readBoundary(place, view, chunk, behind);
            summaries.foldBackward(2, behind, arriving_behind);
            saveState(p.backward_chunk_states, place, view, chunk, arriving_behind, true);
            addArriving(place, a, arriving_behind, y, true);
        }
    }

    MIXER_DEVICE static void writeProduct(const float (&A)[kStates], float total, const TileSummaries<W>& summaries)
    {
        float product[kStates];
#pragma unroll
        for (int i = 0; i < kStates; ++i)
            product[i] = device::fastExp2(total * A[i]);
        summaries.write(0, product);
    }

    // Takes h through the thread's steps; y, the decays a and the sum of delta come out.
    MIXER_DEVICE void scanAlong(const Place<W>& place, const float (&A)[kStates], float (&a)[kSteps][kStates],
                                float (&h)[kStates], float (&y)[kSteps], float& total) const
    {
        const device::SharedFloats deltas = shared(plan.shared.delta + inputIndex(place));
        const device::SharedFloats us = shared(plan.shared.u + inputIndex(place));
        const device::SharedFloats Bs = shared(plan.shared.B + Stage::stateAt(place, 0));
        const device::SharedFloats Cs = shared(plan.shared.C + Stage::stateAt(place, 0));
#pragma unroll
        for (int first = 0; first < kSteps; first += 4) {
            float delta[4], x[4];
            deltas.read4(first, delta);
            us.read4(first, x);
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                const int s = first + j;
                float B[kStates], C[kStates];
                readStates(Bs, s * W::kPadded, B);
                readStates(Cs, s * W::kPadded, C);
                total += delta[j];
                y[s] = 0.0F;
#pragma unroll
                for (int i = 0; i < kStates; ++i) {
                    a[s][i] = device::fastExp2(delta[j] * A[i]);
                    h[i] = a[s][i] * h[i] + x[j] * B[i];
                    y[s] += C[i] * h[i];
                }
            }
        }
    }

    // y_t gets <C_t, a_t . k_{t+1}>: the step's own input is in h_t already.
    MIXER_DEVICE void scanAgainst(const Place<W>& place, const float (&a)[kSteps][kStates], float (&k)[kStates],
                                  float (&y)[kSteps]) const
    {
        const device::SharedFloats us = shared(plan.shared.u + inputIndex(place));
        const device::SharedFloats Bs = shared(plan.shared.B + Stage::stateAt(place, 0));
        const device::SharedFloats Cs = shared(plan.shared.C + Stage::stateAt(place, 0));
#pragma unroll
        for (int first = kSteps - 4; first >= 0; first -= 4) {
            float x[4];
            us.read4(first, x);
#pragma unroll
            for (int j = 3; j >= 0; --j) {
                const int s = first + j;
                float B[kStates], C[kStates];
                readStates(Bs, s * W::kPadded, B);
                readStates(Cs, s * W::kPadded, C);
#pragma unroll
                for (int i = 0; i < kStates; ++i) {
                    const float decayed = a[s][i] * k[i];
                    y[s] += C[i] * decayed;
                    k[i] = decayed + x[j] * B[i];
                }
            }
        }
    }

    // The whole warp skips where nothing arrives, as in every sequence's first tile.
    MIXER_DEVICE void addArriving(const Place<W>& place, const float (&a)[kSteps][kStates], float (&state)[kStates],
                                  float (&y)[kSteps], bool against) const
    {
        bool any = false;
#pragma unroll
        for (int i = 0; i < kStates; ++i)
            any = any || state[i] != 0.0F;
        if (!device::anyInWarp(any))
            return;
        const device::SharedFloats Cs = shared(plan.shared.C + Stage::stateAt(place, 0));
        if (against) {
#pragma unroll
            for (int s = kSteps - 1; s >= 0; --s)
                addDecayed(Cs, s, a, state, y);
        } else {
#pragma unroll
            for (int s = 0; s < kSteps; ++s)
                addDecayed(Cs, s, a, state, y);
        }
    }

    MIXER_DEVICE static void addDecayed(device::SharedFloats Cs, int s, const float (&a)[kSteps][kStates],
                                        float (&state)[kStates], float (&y)[kSteps])
    {
        float C[kStates];
        readStates(Cs, s * W::kPadded, C);
#pragma unroll
        for (int i = 0; i < kStates; ++i) {
            state[i] *= a[s][i];
            y[s] += C[i] * state[i];
        }
    }

    /// The state in front of a tile that begins a chunk of kChunkLength steps; `behind`: the one behind a tile that
    /// ends such a chunk or the sequence.
    MIXER_DEVICE void saveState(float* states, const Place<W>& place, const ScanView<T>& view, int chunk,
                                const float (&state)[kStates], bool behind) const
    {
        if (!unlikely(states != nullptr))
            return;
        const int seqlen = static_cast<int>(p.seqlen);
        const int first = chunk * W::chunk(plan.shape, kSteps) + place.tile * kSteps;
        const int end = first + kSteps;
        const bool at_border = behind ? end % kChunkLength == 0 || end >= seqlen : first % kChunkLength == 0;
        if (first >= seqlen || !at_border)
            return;
        const int saved_chunks = (seqlen + kChunkLength - 1) / kChunkLength;
        writeGlobalStates(states + stateIndex(p, place, view, saved_chunks, first / kChunkLength), p, place, view,
                          state);
    }

    MIXER_DEVICE float* boundary(const Place<W>& place, const ScanView<T>& view, int chunk) const
    {
        return static_cast<float*>(p.workspace) + plan.workspace.boundaries
            + stateIndex(p, place, view, plan.chunks, chunk);
    }

    MIXER_DEVICE void readBoundary(const Place<W>& place, const ScanView<T>& view, int chunk,
                                   float (&state)[kStates]) const
    {
        readGlobalStates(boundary(place, view, chunk), p, place, view, state);
    }

    /// boundary(c) = the state k that arrives at chunk c from behind, for every chunk but the last (0 there).
    /// The first tile's threads write it, one per lane and state; barriers stand between that and who reads it.
    MIXER_DEVICE void findBoundaries(const Place<W>& place, const ScanView<T>& view, Stage& stage,
                                     const float (&A)[kStates]) const
    {
        const int chunks = static_cast<int>(plan.chunks);
        if (chunks == 1)
            return;
        float carry[kStates] = {};
        const TileSummaries<W> summaries(plan, place);
        stage.begin(chunks - 1, -1, chunks - 1, false);
        for (int chunk = chunks - 1; chunk > 0; --chunk) {
            float u[Stage::kPacks][kPack];
            stage.wait();
            stage.depositInputs(u);
            stage.convertStates(false);
            device::barrier();
            stage.beginNext(false);
            float k[kStates] = {}, unused[kStates] = {}, total = 0.0F;
            decayAgainst(place, A, k, total);
            summaries.write(2, k);
            writeProduct(A, total, summaries);
            stage.endNext();
            device::barrier();
            if (place.tile == 0) {
                summaries.foldBackward(2, carry, unused);
                writeGlobalStates(boundary(place, view, chunk - 1), p, place, view, carry);
            }
            stage.advance();
        }
    }

    MIXER_DEVICE void decayAgainst(const Place<W>& place, const float (&A)[kStates], float (&k)[kStates],
                                   float& total) const
    {
        const device::SharedFloats deltas = shared(plan.shared.delta + inputIndex(place));
        const device::SharedFloats us = shared(plan.shared.u + inputIndex(place));
        const device::SharedFloats Bs = shared(plan.shared.B + Stage::stateAt(place, 0));
#pragma unroll
        for (int first = kSteps - 4; first >= 0; first -= 4) {
            float delta[4], x[4];
            deltas.read4(first, delta);
            us.read4(first, x);
#pragma unroll
            for (int j = 3; j >= 0; --j) {
                float B[kStates];
                readStates(Bs, (first + j) * W::kPadded, B);
                total += delta[j];
#pragma unroll
                for (int i = 0; i < kStates; ++i)
                    k[i] = device::fastExp2(delta[j] * A[i]) * k[i] + x[j] * B[i];
            }
        }
    }

    MIXER_DEVICE ScanSum<T> scanSum(const ScanView<T>& view) const
    {
        ScanSum<T> sum;
        sum.out = static_cast<T*>(p.out) + view.image * p.out_batch_stride + view.first_lane;
        sum.out_step_stride = static_cast<int>(p.out_step_stride);
        if (plan.workspace.sums >= 0) {
            const int part = plan.split_scans ? view.run : view.image;
            sum.sums
                = static_cast<float*>(p.workspace) + plan.workspace.sums + part * p.seqlen * p.dim + view.first_lane;
            sum.sums_step_stride = static_cast<int>(p.dim);
        }
        sum.parts = plan.split_scans;
        sum.add_first = p.accumulate;
        sum.vectors = plan.vector_out;
        if constexpr (Stage::kWhole) {
            device::pin(sum.out);
            device::pin(sum.sums);
        }
        return sum;
    }

    template <bool WithSkip>
    MIXER_DEVICE void storeChunk(const ScanView<T>& view, const Stage& stage, const ScanSum<T>& sum, float weight,
                                 const float (&u)[Stage::kPacks][kPack], bool first, bool last) const
    {
        stage.forEachPack([&](int i, int, int r, int c) {
            const int lanes_left = stage.lanesLeft(r, c);
            if (lanes_left <= 0)
                return;
            const int row = stage.row(r);
            float y[kPack];
            stage.collect(shared(plan.shared.out), r, c, y);
            if constexpr (WithSkip)
                addSkip(view, row, c, u[i], y);
#pragma unroll
            for (int j = 0; j < kPack; ++j)
                y[j] *= weight;
            sum.template add<Stage::kWhole>(row, c, lanes_left, first, last, y);
        });
    }

    MIXER_DEVICE void addSkip(const ScanView<T>& view, int row, int c, const float (&u)[kPack], float (&y)[kPack]) const
    {
        float D[kPack];
        shared(plan.shared.skip).read4(c, D);
        if (unlikely(plan.row_parameters) && p.D && p.D_step_stride) {
            const float row_D = view.rowD(p, row);
#pragma unroll
            for (int j = 0; j < kPack; ++j)
                D[j] += row_D;
        }
#pragma unroll
        for (int j = 0; j < kPack; ++j)
            y[j] += D[j] * u[j];
    }
};

}  // namespace mixer::kernels::cuda
