// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_chunk.cuh"

namespace mixer::kernels::cuda {

/// Gradients of both scans. With dy the gradient of a scan's y (unweighted; the weight comes in at the end):
///     forward h_t = a_t h_{t-1} + x_t B_t,   its adjoint  g_t = C_t dy_t + q_{t+1},    q_t = a_t g_t    (against it)
///     behind  k_t = a_t k_{t+1} + x_t B_t,   its adjoint  e_t = C_t dy_t + m_t,        m_{t+1} = a_t e_t (along it)
///     dB_t = x_t (g_t + m_t);  dC_t = dy_t (h_t + a_t k_{t+1});  dx_t = <B_t, g_t + m_t>;
///     d(delta_t A) = a_t (g_t h_{t-1} + e_t k_{t+1});  the behind terms are the quasi-separable scan's.
/// h and m come along the grain, k and q against it. A first pass along the chunks leaves h (and m) at every chunk's
/// start in the workspace (S6: chunk_states of the forward pass serve where chunks end on them); the second walks back
/// from the last chunk with everything at hand. A thread owns 8 steps x 4 states; its exp are computed once per pass.
/// It works a state at a time, so B and C lie by steps.
///
/// dB and dC are sums over lanes: over a warp's by halving butterflies (7 shuffles for 8 steps), over a block's in
/// shared memory, over blocks by SumParts in a fixed order. No atomics.
///
/// Bytes moved, per lane and step, of e-byte elements: 3e read (u, delta, dout) and, where the first pass runs, 2e more
/// (quasi-separable 3e); 2e written (du, ddelta; K > 1: (K - 1) * 16 + 2e); parts of dB and dC: 16 N / lanes written
/// and read. Floor by bandwidth, S6, K = 1, N = 16, 16 lanes: 7e + 16 = 30 bytes for bf16, 44 for float32: 10 ps and 15
/// ps at 3.0 TB/s. Floor by instructions, what binds here: about 35 per state (5 in the first pass, 21 in the second,
/// 9 for the sums): 20 ps for N = 16.
template <class T, class W, bool Bidirectional> class BackwardScan {
public:
    static constexpr int kBlockThreads = kMaxThreads;
    static constexpr int kResidentThreads = residentThreads(Bidirectional, true, false);

    DeviceScan p;
    DeviceScanGradients g;
    Plan plan;

    MIXER_DEVICE void operator()() const
    {
        const BlockPlace block(p, plan);
        for (int i = 0; i < static_cast<int>(plan.scans_per_block); ++i) {
            const ScanView<T> view(p, plan, block, block.first_slot + i);
            runScan(view, i == 0, i == static_cast<int>(plan.scans_per_block) - 1);
        }
    }

private:
    using Stage = ChunkStage<T, W, kBackwardSteps, true>;
    static constexpr int kSteps = kBackwardSteps;
    static constexpr int kStates = W::kStates;
    enum Slot { kH = 1, kQ = 2, kM = 3, kK = 4 };

    // What a thread adds up over a whole scan.
    struct Totals {
        float dA[kStates] = {};
        float dD = 0.0F, dbias = 0.0F, dweight = 0.0F;
    };

    // A thread's steps in registers.
    struct Tile {
        float a[kSteps][kStates];
        float x[kSteps], delta[kSteps], dout[kSteps];
    };

    // Shared memory: delta, later ddelta; out: dout, later du; u, later weight * u * dout.
    MIXER_DEVICE static device::SharedFloats shared(int offset) { return device::sharedMemory().from(offset); }
    MIXER_DEVICE float* workspace(std::int64_t offset) const { return static_cast<float*>(p.workspace) + offset; }
    MIXER_DEVICE int stateFloats() const { return plan.shape.chunk * W::kPadded; }
    MIXER_DEVICE int warpsPerTile() const { return plan.shape.lanes * W::kGroups / 32; }
    MIXER_DEVICE int inputIndex(const Place<W>& place) const
    {
        return ((place.tile << plan.shape.log2_lanes) + place.lane) * Stage::kStride;
    }

    MIXER_DEVICE static void readSteps(device::SharedFloats from, int index, float (&to)[kSteps])
    {
#pragma unroll
        for (int s = 0; s < kSteps; s += 4) {
            float values[4];
            from.read4(index + s, values);
#pragma unroll
            for (int j = 0; j < 4; ++j)
                to[s + j] = values[j];
        }
    }

    MIXER_DEVICE bool forwardSavedStates() const
    {
        return !Bidirectional && p.chunk_states && plan.shape.chunk % kChunkLength == 0;
    }

    MIXER_DEVICE void runScan(const ScanView<T>& view, bool first, bool last) const
    {
        const Place<W> place(plan.shape);
        float A[kStates];
        loadA(p, view, place, A);
        Stage stage(p, plan, view, &g);
        stage.loadLaneParameters();
        if (plan.chunks > 1 && !forwardSavedStates())
            findBoundaries(place, view, stage, A);
        Totals totals;
        float q[kStates] = {}, k[kStates] = {};
        const int chunks = static_cast<int>(plan.chunks);
        stage.begin(chunks - 1, -1, chunks, true);
        for (int chunk = chunks - 1; chunk >= 0; --chunk) {
            stage.wait();
            convert(stage, true);
            device::barrier();
            stage.beginNext(true);
            scanChunk(place, view, stage, A, q, k, totals);
            stage.endNext();
            device::barrier();
            storeLaneGradients(view, stage, first, last);
            storeRowSums(view, stage);
            storeStateGradients(view, stage);
            stage.advance();
            if (p.D_step_stride != 0 || p.bias_step_stride != 0)
                device::barrier();  // storeRowSums reads other threads' packs
        }
        storeTotals(place, view, totals);
    }

    MIXER_DEVICE void convert(const Stage& stage, bool with_C) const
    {
        stage.forEachPack([&](int, int pack, int r, int c) {
            float u[kPack], values[kPack];
            stage.readInputs(pack, r, c, u, values);
            stage.deposit(shared(plan.shared.u), r, c, u);
            stage.deposit(shared(plan.shared.delta), r, c, values);
            if (with_C) {
                stage.readDout(pack, r, c, values);
                stage.deposit(shared(plan.shared.out), r, c, values);
            }
        });
        stage.convertStates(with_C);
    }

    MIXER_DEVICE void loadTile(const Place<W>& place, bool with_dout, Tile& tile) const
    {
        const int index = inputIndex(place);
        readSteps(shared(plan.shared.delta), index, tile.delta);
        readSteps(shared(plan.shared.u), index, tile.x);
        if (with_dout)
            readSteps(shared(plan.shared.out), index, tile.dout);
#pragma unroll
        for (int s = 0; s < kSteps; ++s)
            tile.x[s] *= tile.delta[s];
    }

    // The tile's decays, and the summaries of what runs along the grain.
    MIXER_DEVICE void summarizeAlong(const Place<W>& place, const float (&A)[kStates], Tile& tile,
                                     const TileSummaries<W>& summaries) const
    {
        float h[kStates] = {}, m[kStates] = {}, product[kStates];
        float total = 0.0F;
#pragma unroll
        for (int s = 0; s < kSteps; ++s)
            total += tile.delta[s];
#pragma unroll
        for (int i = 0; i < kStates; ++i) {
            float B[kSteps], C[kSteps];
            readSteps(shared(plan.shared.B), Stage::stateAt(place, i), B);
            if constexpr (Bidirectional)
                readSteps(shared(plan.shared.C), Stage::stateAt(place, i), C);
#pragma unroll
            for (int s = 0; s < kSteps; ++s) {
                tile.a[s][i] = device::fastExp2(tile.delta[s] * A[i]);
                h[i] = tile.a[s][i] * h[i] + tile.x[s] * B[s];
                if constexpr (Bidirectional)
                    m[i] = tile.a[s][i] * (m[i] + C[s] * tile.dout[s]);
            }
            product[i] = device::fastExp2(total * A[i]);
        }
        summaries.write(0, product);
        summaries.write(kH, h);
        if constexpr (Bidirectional)
            summaries.write(kM, m);
    }

    MIXER_DEVICE void summarizeAgainst(const Place<W>& place, const Tile& tile, const TileSummaries<W>& summaries) const
    {
        float q[kStates] = {}, k[kStates] = {};
#pragma unroll
        for (int i = 0; i < kStates; ++i) {
            float B[kSteps], C[kSteps];
            readSteps(shared(plan.shared.C), Stage::stateAt(place, i), C);
            if constexpr (Bidirectional)
                readSteps(shared(plan.shared.B), Stage::stateAt(place, i), B);
#pragma unroll
            for (int s = kSteps - 1; s >= 0; --s) {
                q[i] = tile.a[s][i] * (q[i] + C[s] * tile.dout[s]);
                if constexpr (Bidirectional)
                    k[i] = tile.a[s][i] * k[i] + tile.x[s] * B[s];
            }
        }
        summaries.write(kQ, q);
        if constexpr (Bidirectional)
            summaries.write(kK, k);
    }

    MIXER_DEVICE float* boundary(std::int64_t offset, const Place<W>& place, const ScanView<T>& view, int chunk) const
    {
        return workspace(offset) + stateIndex(p, place, view, plan.chunks, chunk);
    }

    /// Leaves h (and m) in front of every chunk but the first (0 there) in the workspace. The first tile's threads
    /// write them; barriers stand between that and who reads them.
    MIXER_DEVICE void findBoundaries(const Place<W>& place, const ScanView<T>& view, Stage& stage,
                                     const float (&A)[kStates]) const
    {
        float h[kStates] = {}, m[kStates] = {}, unused[kStates] = {};
        const TileSummaries<W> summaries(plan, place);
        const int chunks = static_cast<int>(plan.chunks);
        stage.begin(0, 1, chunks - 1, Bidirectional);
        for (int chunk = 0; chunk + 1 < chunks; ++chunk) {
            stage.wait();
            convert(stage, Bidirectional);
            device::barrier();
            stage.beginNext(Bidirectional);
            Tile tile;
            loadTile(place, Bidirectional, tile);
            summarizeAlong(place, A, tile, summaries);
            stage.endNext();
            device::barrier();
            stage.advance();
            if (place.tile > 0)
                continue;
            summaries.foldForward(kH, h, unused);
            writeGlobalStates(boundary(plan.workspace.boundaries, place, view, chunk + 1), p, place, view, h);
            if constexpr (Bidirectional) {
                summaries.foldForward(kM, m, unused);
                writeGlobalStates(boundary(plan.workspace.adjoint_boundaries, place, view, chunk + 1), p, place, view,
                                  m);
            }
        }
    }

    MIXER_DEVICE void readFirstState(const Place<W>& place, const ScanView<T>& view, int chunk,
                                     float (&h)[kStates]) const
    {
        if (forwardSavedStates()) {
            const int saved_chunks = (static_cast<int>(p.seqlen) + kChunkLength - 1) / kChunkLength;
            readGlobalStates(p.chunk_states
                                 + stateIndex(p, place, view, saved_chunks, chunk * (plan.shape.chunk / kChunkLength)),
                             p, place, view, h);
        } else if (chunk > 0) {
            readGlobalStates(boundary(plan.workspace.boundaries, place, view, chunk), p, place, view, h);
        }
    }

    MIXER_DEVICE void scanChunk(const Place<W>& place, const ScanView<T>& view, const Stage& stage,
                                const float (&A)[kStates], float (&q)[kStates], float (&k)[kStates],
                                Totals& totals) const
    {
        const TileSummaries<W> summaries(plan, place);
        Tile tile;
        loadTile(place, true, tile);
        summarizeAlong(place, A, tile, summaries);
        summarizeAgainst(place, tile, summaries);
        device::barrier();

        float h[kStates] = {}, m[kStates] = {}, h_arriving[kStates] = {}, m_arriving[kStates] = {},
              q_arriving[kStates] = {}, k_arriving[kStates] = {};
        readFirstState(place, view, stage.chunk(), h);
        summaries.foldForward(kH, h, h_arriving);
        summaries.foldBackward(kQ, q, q_arriving);
        if constexpr (Bidirectional) {
            if (stage.chunk() > 0)
                readGlobalStates(boundary(plan.workspace.adjoint_boundaries, place, view, stage.chunk()), p, place,
                                 view, m);
            summaries.foldForward(kM, m, m_arriving);
            summaries.foldBackward(kK, k, k_arriving);
        }

        float dx[kSteps] = {}, ddecay[kSteps] = {};
#pragma unroll
        for (int i = 0; i < kStates; ++i)
            differentiateState(place, i, tile, A[i], h_arriving[i], m_arriving[i], q_arriving[i], k_arriving[i], dx,
                               ddecay, totals);
        const Share share = sumOverGroups(dx, place);
        sumOverGroups(ddecay, place);
        if (!share.mine)
            return;
#pragma unroll
        for (int i = 0; i < kShareOf<kSteps, W::kGroups>; ++i)
            finishStep(place, view, stage, share.first + i, dx[i], ddecay[i], totals);
    }

    /// Everything that state i of the thread adds; ddecay is d/d(delta) by way of the decay.
    MIXER_DEVICE void differentiateState(const Place<W>& place, int i, const Tile& tile, float A, float h, float m,
                                         float q, float k, float (&dx)[kSteps], float (&ddecay)[kSteps],
                                         Totals& totals) const
    {
        constexpr float kLn2 = 0.693147180559945309F;
        const float A_natural = A * kLn2;
        float B[kSteps], C[kSteps], before[kSteps], m_before[kSteps] = {}, dB[kSteps], dC[kSteps];
        readSteps(shared(plan.shared.B), Stage::stateAt(place, i), B);
        readSteps(shared(plan.shared.C), Stage::stateAt(place, i), C);
#pragma unroll
        for (int s = 0; s < kSteps; ++s) {
            before[s] = h;
            h = tile.a[s][i] * h + tile.x[s] * B[s];
            if constexpr (Bidirectional) {
                m_before[s] = m;
                m = tile.a[s][i] * (m + C[s] * tile.dout[s]);
            }
        }
#pragma unroll
        for (int s = kSteps - 1; s >= 0; --s) {
            const float Cdout = C[s] * tile.dout[s];
            const float xB = tile.x[s] * B[s];
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
            dx[s] += B[s] * dinput;
            ddecay[s] += ddelta_A * A_natural;
            totals.dA[i] += ddelta_A * tile.delta[s];
            totals.dweight += Cdout * state;
            q = tile.a[s][i] * gradient;
        }
        writeLaneSums(place, i, dB, shared(plan.shared.dB));
        writeLaneSums(place, i, dC, shared(plan.shared.dC));
    }

    // [warp of the tile][step][padded state]
    MIXER_DEVICE void writeLaneSums(const Place<W>& place, int i, float (&values)[kSteps],
                                    device::SharedFloats to) const
    {
        const Share share = sumOverLanes(values, place);
        if (!share.mine)
            return;
        const int warp = (place.lane * W::kGroups) >> 5;
        const int first
            = warp * stateFloats() + (place.tile * kSteps + share.first) * W::kPadded + place.group * kStates + i;
#pragma unroll
        for (int s = 0; s < kShareOf<kSteps, 32 / W::kGroups>; ++s)
            to.write(first + s * W::kPadded, values[s]);
    }

    /// Called by the one thread that holds the sums of this step and lane, the only one to touch their cells since the
    /// last barrier.
    MIXER_DEVICE void finishStep(const Place<W>& place, const ScanView<T>& view, const Stage& stage, int s, float dx,
                                 float ddecay, Totals& totals) const
    {
        const int index = inputIndex(place) + s;
        const float delta = shared(plan.shared.delta).read(index);
        const float u = shared(plan.shared.u).read(index);
        const float dout = shared(plan.shared.out).read(index);
        const int r = place.tile * kSteps + s;
        float D = shared(plan.shared.skip).read(place.lane);
        if (p.D && p.D_step_stride && r < stage.count() && place.lane < view.lanes)
            D += view.rowD(p, stage.row(r));
        const float weight = view.weight(p);
        float ddelta = weight * (ddecay + u * dx);
        if (p.delta_softplus)
            ddelta *= softplusSlope(delta);
        const float dskip = u * dout;
        totals.dbias += ddelta;
        totals.dD += weight * dskip;
        totals.dweight += D * dskip;
        shared(plan.shared.delta).write(index, ddelta);
        shared(plan.shared.out).write(index, weight * (delta * dx + D * dout));
        shared(plan.shared.u).write(index, weight * dskip);
    }

    MIXER_DEVICE ScanSum<T> gradientSum(void* out, std::int64_t sums, bool shared_by_scans,
                                        const ScanView<T>& view) const
    {
        ScanSum<T> sum;
        sum.vectors = plan.vector_out;
        const int copy = shared_by_scans ? view.image : view.run;
        sum.out = out ? static_cast<T*>(out) + copy * p.seqlen * p.dim + view.first_lane : nullptr;
        sum.out_step_stride = static_cast<int>(p.dim);
        if (shared_by_scans && sums >= 0) {
            const int part = plan.split_scans ? view.run : view.image;
            sum.sums = workspace(sums) + part * p.seqlen * p.dim + view.first_lane;
            sum.sums_step_stride = static_cast<int>(p.dim);
            sum.parts = plan.split_scans;
        }
        return sum;
    }

    MIXER_DEVICE void storeLaneGradients(const ScanView<T>& view, const Stage& stage, bool first, bool last) const
    {
        const bool delta_shared = p.delta_scan_stride == 0;
        const ScanSum<T> du = gradientSum(g.du, plan.workspace.sums, true, view);
        const ScanSum<T> ddelta = gradientSum(g.ddelta, plan.workspace.delta_sums, delta_shared, view);
        stage.forEachPack([&](int, int, int r, int c) {
            const int lanes_left = r < stage.count() ? view.lanes - c : 0;
            if (lanes_left <= 0)
                return;
            const int row = stage.row(r);
            float values[kPack];
            if (g.du) {
                stage.collect(shared(plan.shared.out), r, c, values);
                du.template add<false>(row, c, lanes_left, first, last, values);
            }
            if (g.ddelta) {
                stage.collect(shared(plan.shared.delta), r, c, values);
                ddelta.template add<false>(row, c, lanes_left, first || !delta_shared, last || !delta_shared, values);
            }
        });
    }

    // A part per (batch, slot, lane tile): which one is this block's.
    MIXER_DEVICE std::int64_t part(const ScanView<T>& view) const
    {
        return view.run * plan.lane_tiles + (view.first_lane >> plan.shape.log2_lanes);
    }

    /// D and the bias per row: sums over the block's lanes.
    MIXER_DEVICE void storeRowSums(const ScanView<T>& view, const Stage& stage) const
    {
        const bool want_D = p.D && p.D_step_stride != 0;
        const bool want_bias = p.delta_bias && p.bias_step_stride != 0;
        if (!want_D && !want_bias)
            return;
        const int r = device::threadIndex();
        if (r >= stage.count())
            return;
        float dD = 0.0F, dbias = 0.0F;
        for (int c = 0; c < view.lanes; ++c) {
            dD += shared(plan.shared.u).read(stage.laneIndex(r, c));
            dbias += shared(plan.shared.delta).read(stage.laneIndex(r, c));
        }
        const std::int64_t at = part(view) * p.seqlen + stage.row(r);
        if (want_D)
            workspace(plan.workspace.dD)[at] = dD;
        if (want_bias)
            workspace(plan.workspace.dbias)[at] = dbias;
    }

    MIXER_DEVICE void storeStateGradients(const ScanView<T>& view, const Stage& stage) const
    {
        float* dB_to = workspace(plan.workspace.dB) + part(view) * p.seqlen * p.dstate;
        float* dC_to = workspace(plan.workspace.dC) + part(view) * p.seqlen * p.dstate;
        const float weight = view.weight(p);
        const int states = static_cast<int>(p.dstate);
        constexpr int kWidth = W::kPadded == 1 ? 1 : kPack;
        constexpr int kPerStep = W::kPadded / kWidth;
        for (int i = device::threadIndex(); i < stage.count() * kPerStep; i += plan.shape.threads) {
            const int n = i % kPerStep * kWidth;
            if (n >= states)
                continue;
            const int at = stage.row(i / kPerStep) * states + n;
            storeStateSum(shared(plan.shared.dB), i * kWidth, weight, dB_to + at, states - n);
            storeStateSum(shared(plan.shared.dC), i * kWidth, weight, dC_to + at, states - n);
        }
    }

    MIXER_DEVICE void storeStateSum(device::SharedFloats from, int index, float weight, float* to, int left) const
    {
        if constexpr (W::kPadded == 1) {
            float sum = 0.0F;
            for (int warp = 0; warp < warpsPerTile(); ++warp)
                sum += from.read(warp * stateFloats() + index);
            *to = weight * sum;
        } else {
            float sum[kPack] = {};
            for (int warp = 0; warp < warpsPerTile(); ++warp) {
                float values[kPack];
                from.read4(warp * stateFloats() + index, values);
#pragma unroll
                for (int j = 0; j < kPack; ++j)
                    sum[j] += weight * values[j];
            }
            storePacked(to, p.dstate % kPack == 0, left, sum);
        }
    }

    /// Sums over the block's tiles of what its threads added up, by way of the summaries' memory (at least three slots
    /// of a float a thread and state).
    MIXER_DEVICE void storeTotals(const Place<W>& place, const ScanView<T>& view, const Totals& totals) const
    {
        const int threads = plan.shape.threads;
        const device::SharedFloats dA = shared(plan.shared.summaries);
        const device::SharedFloats dD = dA.from(threads * kStates);
        const device::SharedFloats dbias = dD.from(threads);
        writeStates(dA, place.thread * kStates, totals.dA);
        dD.write(place.thread, totals.dD);
        dbias.write(place.thread, totals.dbias);
        device::barrier();
        storeA(place, view, dA);
        storePerLane(place, view, dD, p.D && p.D_dim_stride != 0, plan.workspace.dD);
        storePerLane(place, view, dbias, p.delta_bias && p.bias_dim_stride != 0, plan.workspace.dbias);
        device::barrier();
        storeWeight(place, view, totals.dweight);
    }

    MIXER_DEVICE void storeA(const Place<W>& place, const ScanView<T>& view, device::SharedFloats dA) const
    {
        const bool per_lane = p.A_dim_stride != 0;
        const int owners = per_lane ? plan.shape.lanes * W::kGroups : W::kGroups;
        if (place.thread >= owners)
            return;
        float sum[kStates] = {};
        for (int other = place.thread; other < plan.shape.threads; other += owners) {
            float own[kStates];
            readStates(dA, other * kStates, own);
#pragma unroll
            for (int i = 0; i < kStates; ++i)
                sum[i] += own[i];
        }
        const float weight = view.weight(p);
#pragma unroll
        for (int i = 0; i < kStates; ++i)
            sum[i] *= weight;
        const std::int64_t row
            = per_lane ? static_cast<std::int64_t>(view.run) * p.dim + view.first_lane + place.lane : part(view);
        writeGlobalStates(workspace(plan.workspace.dA) + row * p.dstate + place.group * kStates, p, place, view, sum);
    }

    MIXER_DEVICE void storePerLane(const Place<W>& place, const ScanView<T>& view, device::SharedFloats totals,
                                   bool wanted, std::int64_t offset) const
    {
        if (!wanted || place.tile > 0 || place.group > 0 || place.lane >= view.lanes)
            return;
        float sum = 0.0F;
        for (int tile = 0; tile < plan.shape.tiles; ++tile)
            for (int group = 0; group < W::kGroups; ++group)
                sum += totals.read((tile * plan.shape.lanes + place.lane) * W::kGroups + group);
        workspace(offset)[static_cast<std::int64_t>(view.run) * p.dim + view.first_lane + place.lane] = sum;
    }

    MIXER_DEVICE void storeWeight(const Place<W>& place, const ScanView<T>& view, float value) const
    {
        const device::SharedFloats warps = shared(plan.shared.summaries);
#pragma unroll
        for (int mask = 16; mask > 0; mask /= 2)
            value += device::shuffleXor(value, mask);
        if (place.thread % 32 == 0)
            warps.write(place.thread / 32, value);
        device::barrier();
        if (place.thread == 0) {
            float sum = 0.0F;
            for (int warp = 0; warp < plan.shape.threads / 32; ++warp)
                sum += warps.read(warp);
            workspace(plan.workspace.dweights)[part(view)] = sum;
        }
        device::barrier();
    }
};

}  // namespace mixer::kernels::cuda
