// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_tile.cuh"

namespace mixer::kernels::cuda {

/// Forward of both scans. A block owns `lanes` lanes of one image (and one of its scans, or all, one after another) and
/// walks along the sequence, a chunk of tiles * 16 steps at a time. A thread computes exp(delta A) of 16 steps x 4
/// states once, into registers; scans them from a zero state; learns from the other tiles what state really arrives;
/// and adds what that state contributes: y_t += <C_t, (prod a) . h_arriving>.
///
/// The quasi-separable scan does the same against the grain with the same registers. What arrives from behind a chunk
/// must be known first: a pass over the later chunks computes it (no C, no output); none is needed where the sequence
/// fits one chunk (L <= 64 at 16 lanes, <= 128 at 8, for N = 16).
///
/// Bytes moved, per lane and step, of e-byte elements, K scans that share delta, B and C:
///     inputs   K * 2e (u, delta) + K * 2 N e / lanes (B, C; mostly from L2: all lane tiles of a scan read the same)
///     output   e for K = 1; else (K - 1) * 8 + e, summed in float32 (float32: 8 K - 4)
///     the quasi-separable pass reads u, delta and B once more for all chunks but the first
/// Floor by bandwidth, K = 1, N = 16, 32 lanes: 3e + 1e = 8 bytes for bf16, 16 for float32: 2.7 ps and 5.3 ps at
/// 3.0 TB/s. Floor by exp: one per state at 16 per clock and multiprocessor: on 132 of them at 1.98 GHz 3.8 ps for
/// N = 16, above the bandwidth's for bf16. The quasi-separable scan pays it up to twice.
/// Registers, shared memory and spills: RESOURCES.md. Not yet timed on a GPU: tests/kernels_cuda/CudaBench.cpp does.
template <class T, int NS, bool Bidirectional> class ForwardScan {
public:
    static constexpr int kMinBlocks = 2;  ///< on a multiprocessor: at most 128 registers a thread

    DeviceScan p;
    Plan plan;

    MIXER_DEVICE void operator()() const
    {
        const Place place(plan.shape);
        const BlockPlace block(p, plan);
        for (int i = 0; i < plan.scans_per_block; ++i) {
            const ScanView<T> view(p, plan, block, block.first_slot + i);
            float A[NS];
            loadA(p, plan, view, place, A);
            if constexpr (Bidirectional)
                findBoundaries(place, view, A);
            const RawChunk<T> raw(plan, true);
            raw.fetch(p, plan, view, Steps(p, plan, 0));
            float carry[NS] = {};
            for (std::int64_t chunk = 0; chunk < plan.chunks; ++chunk) {
                const Steps steps(p, plan, chunk);
                loadChunk(view, steps, raw);
                device::barrier();
                if (chunk + 1 < plan.chunks)
                    raw.fetch(p, plan, view, Steps(p, plan, chunk + 1));
                scanChunk(place, view, chunk, A, carry);
                device::barrier();
                storeChunk(view, steps, i == 0, i == plan.scans_per_block - 1);
                // No barrier: whoever stores a pack loads the same pack of the next chunk over it, and nothing else
                // was read since the last one.
            }
        }
    }

private:
    static constexpr int kSteps = kForwardSteps;

    // Shared memory, in this order: delta, later y; u; B; C; summaries; the next chunk's bytes.
    MIXER_DEVICE device::SharedFloats deltas() const { return device::sharedMemory(); }
    MIXER_DEVICE device::SharedFloats us() const { return deltas().from(plan.shape.chunk * plan.shape.lanes); }
    MIXER_DEVICE device::SharedFloats Bs() const { return us().from(plan.shape.chunk * plan.shape.lanes); }
    MIXER_DEVICE device::SharedFloats Cs() const { return Bs().from(plan.shape.chunk * plan.shape.padded_states); }
    MIXER_DEVICE device::SharedFloats summaryMemory() const
    {
        return Cs().from(plan.shape.chunk * plan.shape.padded_states);
    }

    MIXER_DEVICE void loadChunk(const ScanView<T>& view, Steps steps, const RawChunk<T>& raw) const
    {
        device::waitForCopies();
        loadInputs(p, plan, view, steps, deltas(), us(), raw);
        loadStates(p, plan, view, steps, view.B(p), p.B_step_stride, Bs(), raw.hasStates(), raw.BPacks());
        loadStates(p, plan, view, steps, view.C(p), p.C_step_stride, Cs(), raw.hasStates(), raw.CPacks());
    }

    MIXER_DEVICE int inputIndex(const Place& place, int s) const
    {
        return (place.tile * kSteps + s) * plan.shape.lanes + place.lane;
    }

    MIXER_DEVICE int stateIndex(const Place& place, int s) const
    {
        return (place.tile * kSteps + s) * plan.shape.padded_states + place.group * NS;
    }

    MIXER_DEVICE float* boundary(const Place& place, const ScanView<T>& view, std::int64_t chunk) const
    {
        return static_cast<float*>(p.workspace) + plan.workspace.boundaries
            + ((static_cast<std::int64_t>(view.run) * plan.chunks + chunk) * p.dim + view.firstLane(plan) + place.lane)
            * p.dstate
            + place.group * NS;
    }

    MIXER_DEVICE bool exists(const Place& place, const ScanView<T>& view, int i) const
    {
        return place.lane < view.lanes && place.group * NS + i < p.dstate;
    }

    MIXER_DEVICE void scanChunk(const Place& place, const ScanView<T>& view, std::int64_t chunk, const float (&A)[NS],
                                float (&carry)[NS]) const
    {
        float a[kSteps][NS], y[kSteps];
        scanOwnSteps(place, A, a, y);
        device::barrier();

        const TileSummaries<NS> summaries(plan, place, summaryMemory());
        float arriving[NS] = {};
        summaries.foldForward(1, carry, arriving);
        saveState(p.chunk_states, place, view, chunk, arriving, false);
        addArriving(place, a, arriving, y);
        if constexpr (Bidirectional) {
            float behind[NS] = {};
            float arriving_behind[NS] = {};
            if (chunk + 1 < plan.chunks)
                readBoundary(place, view, chunk, behind);
            summaries.foldBackward(2, behind, arriving_behind);
            saveState(p.backward_chunk_states, place, view, chunk, arriving_behind, true);
            addArrivingBehind(place, a, arriving_behind, y);
        }

        const Share share = sumOverGroups(y, place, plan.shape.groups);
#pragma unroll
        for (int i = 0; i < kSteps; ++i)
            if (share.mine && i < share.count)
                deltas().write(inputIndex(place, share.first + i), y[i]);
    }

    // Decays and, from zero states, outputs; leaves the tile's summaries.
    MIXER_DEVICE void scanOwnSteps(const Place& place, const float (&A)[NS], float (&a)[kSteps][NS],
                                   float (&y)[kSteps]) const
    {
        float h[NS] = {}, k[NS] = {}, product[NS];
        float total = 0.0F;
#pragma unroll
        for (int s = 0; s < kSteps; ++s) {
            const float delta = deltas().read(inputIndex(place, s));
            const float x = delta * us().read(inputIndex(place, s));
            float B[NS], C[NS];
            readStates(Bs(), stateIndex(place, s), B);
            readStates(Cs(), stateIndex(place, s), C);
            total += delta;
            y[s] = 0.0F;
#pragma unroll
            for (int i = 0; i < NS; ++i) {
                a[s][i] = device::fastExp2(delta * A[i]);
                h[i] = a[s][i] * h[i] + x * B[i];
                y[s] += C[i] * h[i];
            }
        }
#pragma unroll
        for (int i = 0; i < NS; ++i)
            product[i] = device::fastExp2(total * A[i]);
        const TileSummaries<NS> summaries(plan, place, summaryMemory());
        summaries.write(0, product);
        summaries.write(1, h);
        if constexpr (Bidirectional) {
            scanOwnStepsBackward(place, a, k, y);
            summaries.write(2, k);
        }
    }

    // y_t gets <C_t, a_t . k_{t+1}>: the step's own input is in h_t already.
    MIXER_DEVICE void scanOwnStepsBackward(const Place& place, const float (&a)[kSteps][NS], float (&k)[NS],
                                           float (&y)[kSteps]) const
    {
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s) {
            const float x = deltas().read(inputIndex(place, s)) * us().read(inputIndex(place, s));
            float B[NS], C[NS];
            readStates(Bs(), stateIndex(place, s), B);
            readStates(Cs(), stateIndex(place, s), C);
#pragma unroll
            for (int i = 0; i < NS; ++i) {
                const float decayed = a[s][i] * k[i];
                y[s] += C[i] * decayed;
                k[i] = decayed + x * B[i];
            }
        }
    }

    MIXER_DEVICE static bool anyNonZero(const float (&state)[NS])
    {
        bool any = false;
#pragma unroll
        for (int i = 0; i < NS; ++i)
            any = any || state[i] != 0.0F;
        return device::anyInWarp(any);
    }

    // The whole warp skips where nothing arrives, as in every sequence's first tile.
    MIXER_DEVICE void addArriving(const Place& place, const float (&a)[kSteps][NS], float (&state)[NS],
                                  float (&y)[kSteps]) const
    {
        if (!anyNonZero(state))
            return;
#pragma unroll
        for (int s = 0; s < kSteps; ++s)
            addDecayed(place, s, a, state, y);
    }

    MIXER_DEVICE void addArrivingBehind(const Place& place, const float (&a)[kSteps][NS], float (&state)[NS],
                                        float (&y)[kSteps]) const
    {
        if (!anyNonZero(state))
            return;
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s)
            addDecayed(place, s, a, state, y);
    }

    MIXER_DEVICE void addDecayed(const Place& place, int s, const float (&a)[kSteps][NS], float (&state)[NS],
                                 float (&y)[kSteps]) const
    {
        float C[NS];
        readStates(Cs(), stateIndex(place, s), C);
#pragma unroll
        for (int i = 0; i < NS; ++i) {
            state[i] *= a[s][i];
            y[s] += C[i] * state[i];
        }
    }

    /// The state in front of a tile that begins a chunk of kChunkLength steps; `behind`: the one behind a tile that
    /// ends such a chunk or the sequence.
    MIXER_DEVICE void saveState(float* states, const Place& place, const ScanView<T>& view, std::int64_t chunk,
                                const float (&state)[NS], bool behind) const
    {
        const std::int64_t first = chunk * plan.shape.chunk + place.tile * kSteps;
        const std::int64_t end = first + kSteps;
        const bool at_border = behind ? end % kChunkLength == 0 || end >= p.seqlen : first % kChunkLength == 0;
        if (!states || first >= p.seqlen || !at_border)
            return;
        const std::int64_t saved_chunks = (p.seqlen + kChunkLength - 1) / kChunkLength;
        float* to = states
            + ((static_cast<std::int64_t>(view.run) * saved_chunks + first / kChunkLength) * p.dim
               + view.firstLane(plan) + place.lane)
                * p.dstate
            + place.group * NS;
#pragma unroll
        for (int i = 0; i < NS; ++i)
            if (exists(place, view, i))
                to[i] = state[i];
    }

    MIXER_DEVICE void readBoundary(const Place& place, const ScanView<T>& view, std::int64_t chunk,
                                   float (&state)[NS]) const
    {
        const float* from = boundary(place, view, chunk);
#pragma unroll
        for (int i = 0; i < NS; ++i)
            state[i] = exists(place, view, i) ? from[i] : 0.0F;
    }

    /// boundary(c) = the state k that arrives at chunk c from behind, for every chunk but the last (0 there).
    MIXER_DEVICE void findBoundaries(const Place& place, const ScanView<T>& view, const float (&A)[NS]) const
    {
        float carry[NS] = {}, unused[NS] = {};
        const TileSummaries<NS> summaries(plan, place, summaryMemory());
        for (std::int64_t chunk = plan.chunks - 1; chunk > 0; --chunk) {
            const Steps steps(p, plan, chunk);
            loadInputs(p, plan, view, steps, deltas(), us(), RawChunk<T>(plan, false));
            loadStates(p, plan, view, steps, view.B(p), p.B_step_stride, Bs(), false, Bs());
            device::barrier();
            summarizeBackward(place, A, summaries);
            device::barrier();
            // The first tile's threads do it for all: one per lane and state.
            if (place.tile > 0)
                continue;
            summaries.foldBackward(2, carry, unused);
            float* to = boundary(place, view, chunk - 1);
#pragma unroll
            for (int i = 0; i < NS; ++i)
                if (exists(place, view, i))
                    to[i] = carry[i];
        }
    }

    MIXER_DEVICE void summarizeBackward(const Place& place, const float (&A)[NS],
                                        const TileSummaries<NS>& summaries) const
    {
        float k[NS] = {}, product[NS];
        float total = 0.0F;
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s) {
            const float delta = deltas().read(inputIndex(place, s));
            const float x = delta * us().read(inputIndex(place, s));
            float B[NS];
            readStates(Bs(), stateIndex(place, s), B);
            total += delta;
#pragma unroll
            for (int i = 0; i < NS; ++i)
                k[i] = device::fastExp2(delta * A[i]) * k[i] + x * B[i];
        }
#pragma unroll
        for (int i = 0; i < NS; ++i)
            product[i] = device::fastExp2(total * A[i]);
        summaries.write(0, product);
        summaries.write(2, k);
    }

    MIXER_DEVICE ScanSum<T> scanSum(const ScanView<T>& view) const
    {
        ScanSum<T> sum;
        sum.out = static_cast<T*>(p.out) + view.image * p.out_batch_stride + view.firstLane(plan);
        sum.out_step_stride = p.out_step_stride;
        if (plan.workspace.sums >= 0) {
            const std::int64_t part = plan.split_scans ? view.run : view.image;
            sum.sums = static_cast<float*>(p.workspace) + plan.workspace.sums + part * p.seqlen * p.dim
                + view.firstLane(plan);
            sum.sums_step_stride = p.dim;
        }
        sum.parts = plan.split_scans;
        sum.add_first = p.accumulate;
        sum.vectors = plan.vector_out;
        return sum;
    }

    MIXER_DEVICE void storeChunk(const ScanView<T>& view, Steps steps, bool first, bool last) const
    {
        const ScanSum<T> sum = scanSum(view);
        const float weight = view.weight(p);
        constexpr int kWidth = Packed<T>::kCount;
        forEachPack(plan.shape, kWidth, [&](int, int r, int c) {
            const int count = r < steps.count ? view.lanes - c : 0;
            if (count <= 0)
                return;
            const std::int64_t row = view.row(p, steps.first + r);
            float y[kWidth], u[kWidth];
            const int index = r * plan.shape.lanes + c;
#pragma unroll
            for (int i = 0; i < kWidth; i += 4) {
                deltas().read4(index + i, y + i);
                us().read4(index + i, u + i);
            }
#pragma unroll
            for (int i = 0; i < kWidth; ++i) {
                if (p.D && i < count)
                    y[i] += view.D(p, plan, row, c + i) * u[i];
                y[i] *= weight;
            }
            sum.add(row, c, count, first, last, y);
        });
    }
};

}  // namespace mixer::kernels::cuda
