// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_tile.cuh"

namespace mixer::kernels::cuda {

/// Gradients of both scans. With dy the gradient of a scan's y (unweighted; the weight comes in at the end):
///     forward h_t = a_t h_{t-1} + x_t B_t,   its adjoint  g_t = C_t dy_t + q_{t+1},    q_t = a_t g_t    (against the
///     grain) behind  k_t = a_t k_{t+1} + x_t B_t,   its adjoint  e_t = C_t dy_t + m_t,        m_{t+1} = a_t e_t (along
///     it) dB_t = x_t (g_t + m_t);  dC_t = dy_t (h_t + a_t k_{t+1});  dx_t = <B_t, g_t + m_t>; d(delta_t A) = a_t (g_t
///     h_{t-1} + e_t k_{t+1});  the behind terms are the quasi-separable scan's.
/// h and m come along the grain, k and q against it. A first pass along the chunks leaves h (and m) at every chunk's
/// start in the workspace (S6: chunk_states of the forward pass serve where chunks end on them); the second walks back
/// from the last chunk with everything at hand. A thread owns 8 steps x 4 states; its exp are computed once per pass.
///
/// dB and dC are sums over lanes: over a warp's by halving butterflies (7 shuffles for 8 steps), over a block's in
/// shared memory, over blocks by SumParts in a fixed order. No atomics.
///
/// Bytes moved, per lane and step, of e-byte elements: 3e read (u, delta, dout) and, where the first pass runs, 2e more
/// (quasi-separable 3e); 2e written (du, ddelta; K > 1: (K - 1) * 16 + 2e); parts of dB and dC: 16 N / lanes written
/// and read. Floor by bandwidth, S6, K = 1, N = 16, 16 lanes: 7e + 16 = 30 bytes for bf16, 44 for float32: 10 ps and 15
/// ps at 3.0 TB/s. Floor by exp: two per state: 7.6 ps.
template <class T, int NS, bool Bidirectional> class BackwardScan {
public:
    static constexpr int kMinBlocks = Bidirectional ? 1 : 2;

    DeviceScan p;
    DeviceScanGradients g;
    Plan plan;

    MIXER_DEVICE void operator()() const
    {
        const Place place(plan.shape);
        const BlockPlace block(p, plan);
        for (int i = 0; i < plan.scans_per_block; ++i) {
            const ScanView<T> view(p, plan, block, block.first_slot + i);
            runScan(place, view, i == 0, i == plan.scans_per_block - 1);
        }
    }

private:
    static constexpr int kSteps = kBackwardSteps;
    static constexpr int kSlots = Bidirectional ? 5 : 3;  // products and one summary per recurrence
    enum Slot { kH = 1, kQ = 2, kM = 3, kK = 4 };

    // What a thread adds up over a whole scan.
    struct Totals {
        float dA[NS] = {};
        float dD = 0.0F, dbias = 0.0F, dweight = 0.0F;
    };

    // A thread's steps in registers.
    struct Tile {
        float a[kSteps][NS];
        float x[kSteps], delta[kSteps], dout[kSteps];
    };

    // Shared memory, in this order: delta, later ddelta; dout, later du; u, later weight * u * dout; B; C; summaries;
    // dB and dC by warp.
    MIXER_DEVICE int laneFloats() const { return plan.shape.chunk * plan.shape.lanes; }
    MIXER_DEVICE int stateFloats() const { return plan.shape.chunk * plan.shape.padded_states; }
    MIXER_DEVICE device::SharedFloats deltas() const { return device::sharedMemory(); }
    MIXER_DEVICE device::SharedFloats douts() const { return deltas().from(laneFloats()); }
    MIXER_DEVICE device::SharedFloats us() const { return douts().from(laneFloats()); }
    MIXER_DEVICE device::SharedFloats Bs() const { return us().from(laneFloats()); }
    MIXER_DEVICE device::SharedFloats Cs() const { return Bs().from(stateFloats()); }
    MIXER_DEVICE device::SharedFloats summaryMemory() const { return Cs().from(stateFloats()); }
    MIXER_DEVICE device::SharedFloats dBs() const { return summaryMemory().from(kSlots * kThreads * NS); }
    MIXER_DEVICE device::SharedFloats dCs() const { return dBs().from(warpsPerTile() * stateFloats()); }
    MIXER_DEVICE int warpsPerTile() const { return plan.shape.lanes * plan.shape.groups / 32; }

    MIXER_DEVICE int inputIndex(const Place& place, int s) const
    {
        return (place.tile * kSteps + s) * plan.shape.lanes + place.lane;
    }

    MIXER_DEVICE int stateIndex(const Place& place, int s) const
    {
        return (place.tile * kSteps + s) * plan.shape.padded_states + place.group * NS;
    }

    MIXER_DEVICE bool exists(const Place& place, const ScanView<T>& view, int i) const
    {
        return place.lane < view.lanes && place.group * NS + i < p.dstate;
    }

    MIXER_DEVICE float* workspace(std::int64_t offset) const { return static_cast<float*>(p.workspace) + offset; }

    MIXER_DEVICE bool forwardSavedStates() const
    {
        return !Bidirectional && p.chunk_states && plan.shape.chunk % kChunkLength == 0;
    }

    // State number `index` of `per_run`, (runs, per_run, D, N), of the thread's lane and states.
    MIXER_DEVICE float* stateAt(float* states, const Place& place, const ScanView<T>& view, std::int64_t per_run,
                                std::int64_t index) const
    {
        return states
            + ((static_cast<std::int64_t>(view.run) * per_run + index) * p.dim + view.firstLane(plan) + place.lane)
            * p.dstate
            + place.group * NS;
    }

    MIXER_DEVICE void readState(const float* from, const Place& place, const ScanView<T>& view,
                                float (&state)[NS]) const
    {
#pragma unroll
        for (int i = 0; i < NS; ++i)
            state[i] = exists(place, view, i) ? from[i] : 0.0F;
    }

    MIXER_DEVICE void runScan(const Place& place, const ScanView<T>& view, bool first, bool last) const
    {
        float A[NS];
        loadA(p, plan, view, place, A);
        if (plan.chunks > 1 && !forwardSavedStates())
            findBoundaries(place, view, A);
        Totals totals;
        float q[NS] = {}, k[NS] = {};
        for (std::int64_t chunk = plan.chunks - 1; chunk >= 0; --chunk) {
            const Steps steps(p, plan, chunk);
            loadChunk(view, steps, true);
            device::barrier();
            scanChunk(place, view, chunk, A, q, k, totals);
            device::barrier();
            storeLaneGradients(view, steps, first, last);
            storeRowSums(view, steps);
            storeStateGradients(view, steps);
            device::barrier();
        }
        storeTotals(place, view, totals);
    }

    MIXER_DEVICE void loadChunk(const ScanView<T>& view, Steps steps, bool all) const
    {
        loadInputs(p, plan, view, steps, deltas(), us(), RawChunk<T>(plan, false));
        loadStates(p, plan, view, steps, view.B(p), p.B_step_stride, Bs(), false, Bs());
        if (!all && !Bidirectional)
            return;
        loadStates(p, plan, view, steps, view.C(p), p.C_step_stride, Cs(), false, Cs());
        const T* dout = static_cast<const T*>(g.dout) + view.image * g.dout_batch_stride + view.firstLane(plan);
        constexpr int kWidth = Packed<T>::kCount;
        forEachPack(plan.shape, kWidth, [&](int, int r, int c) {
            float values[kWidth] = {};
            const int count = r < steps.count ? view.lanes - c : 0;
            if (count > 0)
                loadPacked(dout + view.row(p, steps.first + r) * g.dout_step_stride + c,
                           count >= kWidth && plan.vector_dout, count, values);
            depositPack<kWidth>(douts(), r * plan.shape.lanes + c, values);
        });
    }

    // The tile's decays and inputs, and the summaries of what runs along the grain.
    MIXER_DEVICE void summarizeAlong(const Place& place, const float (&A)[NS], Tile& tile,
                                     const TileSummaries<NS>& summaries) const
    {
        float h[NS] = {}, m[NS] = {}, product[NS];
        float total = 0.0F;
#pragma unroll
        for (int s = 0; s < kSteps; ++s) {
            tile.delta[s] = deltas().read(inputIndex(place, s));
            tile.x[s] = tile.delta[s] * us().read(inputIndex(place, s));
            total += tile.delta[s];
            float B[NS], C[NS] = {};
            readStates(Bs(), stateIndex(place, s), B);
            if constexpr (Bidirectional) {
                readStates(Cs(), stateIndex(place, s), C);
                tile.dout[s] = douts().read(inputIndex(place, s));
            }
#pragma unroll
            for (int i = 0; i < NS; ++i) {
                tile.a[s][i] = device::fastExp2(tile.delta[s] * A[i]);
                h[i] = tile.a[s][i] * h[i] + tile.x[s] * B[i];
                if constexpr (Bidirectional)
                    m[i] = tile.a[s][i] * (m[i] + C[i] * tile.dout[s]);
            }
        }
#pragma unroll
        for (int i = 0; i < NS; ++i)
            product[i] = device::fastExp2(total * A[i]);
        summaries.write(0, product);
        summaries.write(kH, h);
        if constexpr (Bidirectional)
            summaries.write(kM, m);
    }

    MIXER_DEVICE void summarizeAgainst(const Place& place, Tile& tile, const TileSummaries<NS>& summaries) const
    {
        float q[NS] = {}, k[NS] = {};
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s) {
            tile.dout[s] = douts().read(inputIndex(place, s));
            float B[NS] = {}, C[NS];
            readStates(Cs(), stateIndex(place, s), C);
            if constexpr (Bidirectional)
                readStates(Bs(), stateIndex(place, s), B);
#pragma unroll
            for (int i = 0; i < NS; ++i) {
                q[i] = tile.a[s][i] * (q[i] + C[i] * tile.dout[s]);
                if constexpr (Bidirectional)
                    k[i] = tile.a[s][i] * k[i] + tile.x[s] * B[i];
            }
        }
        summaries.write(kQ, q);
        if constexpr (Bidirectional)
            summaries.write(kK, k);
    }

    /// Leaves h (and m) in front of every chunk but the first (0 there) in the workspace.
    MIXER_DEVICE void findBoundaries(const Place& place, const ScanView<T>& view, const float (&A)[NS]) const
    {
        float h[NS] = {}, m[NS] = {}, unused[NS] = {};
        const TileSummaries<NS> summaries(plan, place, summaryMemory());
        for (std::int64_t chunk = 0; chunk + 1 < plan.chunks; ++chunk) {
            loadChunk(view, Steps(p, plan, chunk), false);
            device::barrier();
            Tile tile;
            summarizeAlong(place, A, tile, summaries);
            device::barrier();
            if (place.tile > 0)
                continue;
            summaries.foldForward(kH, h, unused);
            writeBoundary(plan.workspace.boundaries, place, view, chunk + 1, h);
            if constexpr (Bidirectional) {
                summaries.foldForward(kM, m, unused);
                writeBoundary(plan.workspace.adjoint_boundaries, place, view, chunk + 1, m);
            }
        }
        device::barrier();
    }

    MIXER_DEVICE void writeBoundary(std::int64_t offset, const Place& place, const ScanView<T>& view,
                                    std::int64_t chunk, const float (&state)[NS]) const
    {
        float* to = stateAt(workspace(offset), place, view, plan.chunks, chunk);
#pragma unroll
        for (int i = 0; i < NS; ++i)
            if (exists(place, view, i))
                to[i] = state[i];
    }

    MIXER_DEVICE void readBoundary(std::int64_t offset, const Place& place, const ScanView<T>& view, std::int64_t chunk,
                                   float (&state)[NS]) const
    {
        if (chunk > 0)
            readState(stateAt(workspace(offset), place, view, plan.chunks, chunk), place, view, state);
    }

    MIXER_DEVICE void readFirstState(const Place& place, const ScanView<T>& view, std::int64_t chunk,
                                     float (&h)[NS]) const
    {
        if (!forwardSavedStates()) {
            readBoundary(plan.workspace.boundaries, place, view, chunk, h);
            return;
        }
        const std::int64_t saved_chunks = (p.seqlen + kChunkLength - 1) / kChunkLength;
        readState(stateAt(p.chunk_states, place, view, saved_chunks, chunk * plan.shape.chunk / kChunkLength), place,
                  view, h);
    }

    MIXER_DEVICE void scanChunk(const Place& place, const ScanView<T>& view, std::int64_t chunk, const float (&A)[NS],
                                float (&q)[NS], float (&k)[NS], Totals& totals) const
    {
        const TileSummaries<NS> summaries(plan, place, summaryMemory());
        Tile tile;
        summarizeAlong(place, A, tile, summaries);
        summarizeAgainst(place, tile, summaries);
        device::barrier();

        float h[NS] = {}, m[NS] = {}, h_arriving[NS] = {}, m_arriving[NS] = {}, q_arriving[NS] = {},
              k_arriving[NS] = {};
        readFirstState(place, view, chunk, h);
        summaries.foldForward(kH, h, h_arriving);
        summaries.foldBackward(kQ, q, q_arriving);
        if constexpr (Bidirectional) {
            readBoundary(plan.workspace.adjoint_boundaries, place, view, chunk, m);
            summaries.foldForward(kM, m, m_arriving);
            summaries.foldBackward(kK, k, k_arriving);
        }

        float dx[kSteps] = {}, ddecay[kSteps] = {};
#pragma unroll
        for (int i = 0; i < NS; ++i)
            differentiateState(place, i, tile, A[i], h_arriving[i], m_arriving[i], q_arriving[i], k_arriving[i], dx,
                               ddecay, totals);
        const Share share = sumOverGroups(dx, place, plan.shape.groups);
        sumOverGroups(ddecay, place, plan.shape.groups);
#pragma unroll
        for (int i = 0; i < kSteps; ++i)
            if (share.mine && i < share.count)
                finishStep(place, view, chunk, share.first + i, dx[i], ddecay[i], totals);
    }

    /// Everything that state i of the thread adds; ddecay is d/d(delta) by way of the decay.
    MIXER_DEVICE void differentiateState(const Place& place, int i, const Tile& tile, float A, float h, float m,
                                         float q, float k, float (&dx)[kSteps], float (&ddecay)[kSteps],
                                         Totals& totals) const
    {
        constexpr float kLn2 = 0.693147180559945309F;
        float before[kSteps], m_before[kSteps] = {}, dB[kSteps], dC[kSteps];
#pragma unroll
        for (int s = 0; s < kSteps; ++s) {
            before[s] = h;
            h = tile.a[s][i] * h + tile.x[s] * Bs().read(stateIndex(place, s) + i);
            if constexpr (Bidirectional) {
                m_before[s] = m;
                m = tile.a[s][i] * (m + Cs().read(stateIndex(place, s) + i) * tile.dout[s]);
            }
        }
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s) {
            const float B = Bs().read(stateIndex(place, s) + i);
            const float Cdout = Cs().read(stateIndex(place, s) + i) * tile.dout[s];
            const float xB = tile.x[s] * B;
            const float gradient = Cdout + q;
            float state = tile.a[s][i] * before[s] + xB;
            float dinput = gradient;
            float ddelta_A = gradient * before[s];
            if constexpr (Bidirectional) {
                const float decayed = tile.a[s][i] * k;
                state += decayed;
                dinput += m_before[s];
                ddelta_A += (Cdout + m_before[s]) * k;
                k = decayed + xB;
            }
            ddelta_A *= tile.a[s][i];
            dB[s] = tile.x[s] * dinput;
            dC[s] = tile.dout[s] * state;
            dx[s] += B * dinput;
            ddecay[s] += ddelta_A * (A * kLn2);
            totals.dA[i] += ddelta_A * tile.delta[s];
            totals.dweight += Cdout * state;
            q = tile.a[s][i] * gradient;
        }
        writeLaneSums(place, i, dB, dBs());
        writeLaneSums(place, i, dC, dCs());
    }

    // [warp of the tile][step][padded state]
    MIXER_DEVICE void writeLaneSums(const Place& place, int i, float (&values)[kSteps], device::SharedFloats to) const
    {
        const Share share = sumOverLanes(values, place, plan.shape.groups);
        const int warp = (place.lane * plan.shape.groups) >> 5;
#pragma unroll
        for (int s = 0; s < kSteps; ++s)
            if (share.mine && s < share.count)
                to.write(warp * stateFloats() + stateIndex(place, share.first + s) + i, values[s]);
    }

    /// Called by the one thread that holds the sums of this step and lane, the only one to touch their cells since the
    /// last barrier.
    MIXER_DEVICE void finishStep(const Place& place, const ScanView<T>& view, std::int64_t chunk, int s, float dx,
                                 float ddecay, Totals& totals) const
    {
        const int index = inputIndex(place, s);
        const float delta = deltas().read(index);
        const float u = us().read(index);
        const float dout = douts().read(index);
        const std::int64_t t = chunk * plan.shape.chunk + place.tile * kSteps + s;
        const bool inside = t < p.seqlen && place.lane < view.lanes;
        const float D = inside && p.D ? view.D(p, plan, view.row(p, t), place.lane) : 0.0F;
        float ddelta = view.weight(p) * (ddecay + u * dx);
        if (p.delta_softplus)
            ddelta *= -expm1f(-delta);  // softplus' derivative, by its value
        const float dskip = u * dout;
        totals.dbias += ddelta;
        totals.dD += view.weight(p) * dskip;
        totals.dweight += D * dskip;
        deltas().write(index, ddelta);
        douts().write(index, view.weight(p) * (delta * dx + D * dout));
        us().write(index, view.weight(p) * dskip);
    }

    MIXER_DEVICE ScanSum<T> gradientSum(void* out, std::int64_t sums, bool shared, const ScanView<T>& view) const
    {
        ScanSum<T> sum;
        sum.vectors = plan.vector_out;
        const std::int64_t copy = shared ? view.image : view.run;
        sum.out = out ? static_cast<T*>(out) + copy * p.seqlen * p.dim + view.firstLane(plan) : nullptr;
        sum.out_step_stride = p.dim;
        if (shared && sums >= 0) {
            const std::int64_t part = plan.split_scans ? view.run : view.image;
            sum.sums = workspace(sums) + part * p.seqlen * p.dim + view.firstLane(plan);
            sum.sums_step_stride = p.dim;
            sum.parts = plan.split_scans;
        }
        return sum;
    }

    MIXER_DEVICE void storeLaneGradients(const ScanView<T>& view, Steps steps, bool first, bool last) const
    {
        const bool delta_shared = p.delta_scan_stride == 0;
        const ScanSum<T> du = gradientSum(g.du, plan.workspace.sums, true, view);
        const ScanSum<T> ddelta = gradientSum(g.ddelta, plan.workspace.delta_sums, delta_shared, view);
        constexpr int kWidth = Packed<T>::kCount;
        forEachPack(plan.shape, kWidth, [&](int, int r, int c) {
            const int count = r < steps.count ? view.lanes - c : 0;
            if (count <= 0)
                return;
            const std::int64_t row = view.row(p, steps.first + r);
            float values[kWidth];
            if (g.du) {
                readPack(douts(), r * plan.shape.lanes + c, values);
                du.add(row, c, count, first, last, values);
            }
            if (g.ddelta) {
                readPack(deltas(), r * plan.shape.lanes + c, values);
                ddelta.add(row, c, count, first || !delta_shared, last || !delta_shared, values);
            }
        });
    }

    template <int Width> MIXER_DEVICE static void readPack(device::SharedFloats from, int index, float (&to)[Width])
    {
#pragma unroll
        for (int i = 0; i < Width; i += 4)
            from.read4(index + i, to + i);
    }

    // A part per (batch, slot, lane tile): which one is this block's.
    MIXER_DEVICE std::int64_t part(const ScanView<T>& view) const
    {
        return static_cast<std::int64_t>(view.run) * plan.lane_tiles + view.lane_tile;
    }

    /// D and the bias per row: sums over the block's lanes.
    MIXER_DEVICE void storeRowSums(const ScanView<T>& view, Steps steps) const
    {
        const bool want_D = p.D && p.D_step_stride != 0;
        const bool want_bias = p.delta_bias && p.bias_step_stride != 0;
        if (!want_D && !want_bias)
            return;
        for (int r = device::threadIndex(); r < steps.count; r += kThreads) {
            float dD = 0.0F, dbias = 0.0F;
            for (int c = 0; c < view.lanes; ++c) {
                dD += us().read(r * plan.shape.lanes + c);
                dbias += deltas().read(r * plan.shape.lanes + c);
            }
            const std::int64_t at = part(view) * p.seqlen + view.row(p, steps.first + r);
            if (want_D)
                workspace(plan.workspace.dD)[at] = dD;
            if (want_bias)
                workspace(plan.workspace.dbias)[at] = dbias;
        }
    }

    MIXER_DEVICE void storeStateGradients(const ScanView<T>& view, Steps steps) const
    {
        const int padded = plan.shape.padded_states;
        const std::int64_t base = part(view) * p.seqlen;
        for (int i = device::threadIndex(); i < steps.count * padded; i += kThreads) {
            const int r = i / padded;
            const int n = i - r * padded;
            if (n >= p.dstate)
                continue;
            float dB = 0.0F, dC = 0.0F;
            for (int warp = 0; warp < warpsPerTile(); ++warp) {
                dB += dBs().read(warp * stateFloats() + i);
                dC += dCs().read(warp * stateFloats() + i);
            }
            const std::int64_t at = (base + view.row(p, steps.first + r)) * p.dstate + n;
            workspace(plan.workspace.dB)[at] = view.weight(p) * dB;
            workspace(plan.workspace.dC)[at] = view.weight(p) * dC;
        }
    }

    /// Sums over the block's tiles of what its threads added up, by way of the summaries' memory (NS >= 1 floats a
    /// thread and slot).
    MIXER_DEVICE void storeTotals(const Place& place, const ScanView<T>& view, const Totals& totals) const
    {
        const device::SharedFloats dA = summaryMemory();
        const device::SharedFloats dD = dA.from(kThreads * NS);
        const device::SharedFloats dbias = dD.from(kThreads);
        writeStates(dA, place.thread * NS, totals.dA);
        dD.write(place.thread, totals.dD);
        dbias.write(place.thread, totals.dbias);
        device::barrier();
        storeA(place, view, dA);
        storePerLane(place, view, dD, p.D && p.D_dim_stride != 0, plan.workspace.dD);
        storePerLane(place, view, dbias, p.delta_bias && p.bias_dim_stride != 0, plan.workspace.dbias);
        device::barrier();
        storeWeight(place, view, totals.dweight);
    }

    MIXER_DEVICE void storeA(const Place& place, const ScanView<T>& view, device::SharedFloats dA) const
    {
        const bool per_lane = p.A_dim_stride != 0;
        const int owners = plan.shape.lanes * plan.shape.groups;
        if (place.thread >= (per_lane ? owners : plan.shape.groups))
            return;
        float sum[NS] = {};
        const int last = plan.shape.tiles * owners;
        for (int other = place.thread; other < last; other += per_lane ? owners : plan.shape.groups) {
            float own[NS];
            readStates(dA, other * NS, own);
#pragma unroll
            for (int i = 0; i < NS; ++i)
                sum[i] += own[i];
        }
        const std::int64_t row
            = per_lane ? static_cast<std::int64_t>(view.run) * p.dim + view.firstLane(plan) + place.lane : part(view);
        float* to = workspace(plan.workspace.dA) + row * p.dstate + place.group * NS;
#pragma unroll
        for (int i = 0; i < NS; ++i)
            if (exists(place, view, i))
                to[i] = view.weight(p) * sum[i];
    }

    MIXER_DEVICE void storePerLane(const Place& place, const ScanView<T>& view, device::SharedFloats totals,
                                   bool wanted, std::int64_t offset) const
    {
        if (!wanted || place.tile > 0 || place.group > 0 || place.lane >= view.lanes)
            return;
        float sum = 0.0F;
        for (int tile = 0; tile < plan.shape.tiles; ++tile)
            for (int group = 0; group < plan.shape.groups; ++group)
                sum += totals.read((tile * plan.shape.lanes + place.lane) * plan.shape.groups + group);
        workspace(offset)[static_cast<std::int64_t>(view.run) * p.dim + view.firstLane(plan) + place.lane] = sum;
    }

    MIXER_DEVICE void storeWeight(const Place& place, const ScanView<T>& view, float value) const
    {
        const device::SharedFloats warps = summaryMemory();
#pragma unroll
        for (int mask = 16; mask > 0; mask /= 2)
            value += device::shuffleXor(value, mask);
        if (place.thread % 32 == 0)
            warps.write(place.thread / 32, value);
        device::barrier();
        if (place.thread == 0) {
            float sum = 0.0F;
            for (int warp = 0; warp < kThreads / 32; ++warp)
                sum += warps.read(warp);
            workspace(plan.workspace.dweights)[part(view)] = sum;
        }
        device::barrier();
    }
};

}  // namespace mixer::kernels::cuda
