// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_chunk.cuh"

namespace mixer::kernels::cuda {

/// What arrives at the block's segment: the segments before it, one after another.
template <class W, class T>
MIXER_DEVICE void foldSegments(const DeviceScan& p, const Plan& plan, const Place<W>& place, const ScanView<T>& view,
                               float (&state)[W::kStates])
{
    const float* workspace = static_cast<const float*>(p.workspace);
    for (int segment = 0; segment < view.segment; ++segment) {
        const std::int64_t at = stateIndex(p, place, view, plan.segments, segment);
        float product[W::kStates], end[W::kStates];
        readGlobalStates(workspace + plan.workspace.segment_products + at, p, place, view, product);
        readGlobalStates(workspace + plan.workspace.segment_ends + at, p, place, view, end);
#pragma unroll
        for (int i = 0; i < W::kStates; ++i)
            state[i] = product[i] * state[i] + end[i];
    }
}

/// Of every segment but the last: the product of its decays, and the state that its steps leave behind from a zero
/// state. Its grid is ForwardScan's. Bytes: u, delta and B once, 2e a lane and step, and 8 N a lane and segment.
template <class T, class W> class SegmentScan {
public:
    static constexpr int kBlockThreads = W::kBlockThreads;
    static constexpr int kResidentThreads = residentThreads(false, false, W::kOneTile);

    DeviceScan p;
    Plan plan;

    MIXER_DEVICE void operator()() const
    {
        const BlockPlace block(p, plan);
        if (block.segment + 1 == static_cast<int>(plan.segments))
            return;
        const ScanView<T> view(p, plan, block, block.first_slot);
        const Place<W> place(plan.shape);
        float A[kStates], product[kStates], state[kStates] = {};
        loadA(p, view, place, A);
#pragma unroll
        for (int i = 0; i < kStates; ++i)
            product[i] = 1.0F;
        walk(place, view, A, product, state);
        if (place.tile > 0)
            return;
        float* workspace = static_cast<float*>(p.workspace);
        const std::int64_t at = stateIndex(p, place, view, plan.segments, block.segment);
        writeGlobalStates(workspace + plan.workspace.segment_products + at, p, place, view, product);
        writeGlobalStates(workspace + plan.workspace.segment_ends + at, p, place, view, state);
    }

private:
    static constexpr int kRun = kForwardSteps;
    static constexpr int kSteps = W::kOneTile ? oneTileSteps(W::kGroups) : kRun;
    using Stage = ChunkStage<T, W, kSteps, false>;
    static constexpr int kStates = W::kStates;

    // Afterwards the first tile's threads have what the whole segment comes to.
    MIXER_DEVICE void walk(const Place<W>& place, const ScanView<T>& view, const float (&A)[kStates],
                           float (&product)[kStates], float (&state)[kStates]) const
    {
        Stage stage(p, plan, view);
        stage.loadLaneParameters();
        const TileSummaries<W> summaries(plan, place);
        const int count = static_cast<int>(plan.segment_chunks);
        stage.begin(view.segment * count, 1, count, false);
        for (int i = 0; i < count; ++i) {
            float u[Stage::kPacks][kPack], h[kStates] = {}, own[kStates], unused[kStates] = {}, total = 0.0F;
            stage.wait();
            stage.depositInputs(u);
            stage.convertStates(false);
            device::barrier();
            stage.beginNext(false);
#pragma unroll 1
            for (int first = 0; first < kSteps; first += kRun)
                scanRun(place, first, A, W::kOneTile ? state : h, total);
#pragma unroll
            for (int n = 0; n < kStates; ++n)
                own[n] = device::fastExp2(total * A[n]);
            if (!W::kOneTile) {
                summaries.write(0, own);
                summaries.write(1, h);
            }
            stage.endNext();
            device::barrier();
            stage.advance();
            if (W::kOneTile) {
#pragma unroll
                for (int n = 0; n < kStates; ++n)
                    product[n] *= own[n];
            } else if (place.tile == 0) {
                summaries.foldForward(1, state, unused);
                summaries.multiplyProducts(product);
            }
        }
    }

    MIXER_DEVICE void scanRun(const Place<W>& place, int first_step, const float (&A)[kStates], float (&h)[kStates],
                              float& total) const
    {
        const int inputs = ((place.tile << W::log2Lanes(plan.shape)) + place.lane) * Stage::kStride + first_step;
        const device::SharedFloats deltas = device::sharedMemory().from(plan.shared.delta + inputs);
        const device::SharedFloats us = device::sharedMemory().from(plan.shared.u + inputs);
        const device::SharedFloats Bs
            = device::sharedMemory().from(plan.shared.B + Stage::stateAt(place, 0) + first_step * W::kPadded);
#pragma unroll
        for (int first = 0; first < kRun; first += 4) {
            float delta[4], x[4];
            deltas.read4(first, delta);
            us.read4(first, x);
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                float B[kStates];
                readStates(Bs, (first + j) * W::kPadded, B);
                total += delta[j];
#pragma unroll
                for (int i = 0; i < kStates; ++i)
                    h[i] = device::fastExp2(delta[j] * A[i]) * h[i] + x[j] * B[i];
            }
        }
    }
};

}  // namespace mixer::kernels::cuda
