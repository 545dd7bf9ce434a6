// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_backward.cuh"
#include "kernels/cuda/scan_forward.cuh"
#include "kernels/cuda/sum_parts.cuh"

namespace mixer::kernels::cuda {

/// Which kernels run for a call, in what order, with what: the same for a GPU and for the emulation. `Launcher` has
/// `Status launch(const Body&, std::int64_t blocks, int shared_floats)`.
template <class T, class Launcher> class ScanLaunch {
public:
    ScanLaunch(const DeviceScan& p, Launcher& launcher)
        : m_p(p)
        , m_launcher(launcher)
    {
    }

    Status forward(const Plan& plan, bool bidirectional)
    {
        if (bidirectional)
            launchForward<true>(plan);
        else
            launchForward<false>(plan);
        if (plan.split_scans)
            sumScans(static_cast<T*>(m_p.out), plan.workspace.sums, m_p.out_batch_stride, m_p.out_step_stride,
                     m_p.accumulate);
        return m_status;
    }

    Status backward(const Plan& plan, const DeviceScanGradients& g, bool bidirectional)
    {
        if (bidirectional)
            launchBackward<true>(plan, g);
        else
            launchBackward<false>(plan, g);
        sumGradients(plan, g);
        return m_status;
    }

private:
    template <class Body> void launch(const Body& body, std::int64_t blocks, int threads, int shared_floats)
    {
        if (m_status.ok())
            m_status = m_launcher.launch(body, blocks, threads, shared_floats);
    }

    template <class Body> void launch(const Body& body, const Plan& plan)
    {
        launch(body, plan.blocks, plan.shape.threads, plan.shared.size);
    }

    // Calls body(Width) with the plan's number of states and groups.
    template <bool OneTile, class Body> static void withWidth(const BlockShape& shape, const Body& body)
    {
        if (!OneTile && shape.groups == 1)
            body(Width<1, 1, false>());
        else if (shape.groups == 4)
            body(Width<4, 4, OneTile>());
        else if (shape.groups == 16)
            body(Width<4, 16, OneTile>());
        else
            body(Width<4, 32, OneTile>());
    }

    template <class W, bool Bidirectional> void launchForward(const Plan& plan)
    {
        if constexpr (!Bidirectional)
            if (plan.segments > 1)
                launch(SegmentScan<T, W>{m_p, plan}, plan);
        launch(ForwardScan<T, W, Bidirectional>{m_p, plan}, plan);
    }

    template <bool Bidirectional> void launchForward(const Plan& plan)
    {
        const auto launchWith = [&](auto width) { launchForward<decltype(width), Bidirectional>(plan); };
        if (plan.shape.one_tile)
            withWidth<true>(plan.shape, launchWith);
        else
            withWidth<false>(plan.shape, launchWith);
    }

    template <bool Bidirectional> void launchBackward(const Plan& plan, const DeviceScanGradients& g)
    {
        withWidth<false>(plan.shape, [&](auto width) {
            if constexpr (decltype(width)::kPadded <= kMaxBackwardStates)
                launch(BackwardScan<T, decltype(width), Bidirectional>{m_p, g, plan}, plan);
        });
    }

    template <class Out> void launch(SumParts<Out> sum)
    {
        const std::int64_t parts = sum.by_scan ? sum.runs * sum.parts_per_run : sum.runs_per_out * sum.parts_per_run;
        while (sum.ways < 8 && sum.ways * 4 <= parts && sum.inner <= 65536)
            sum.ways *= 2;
        sum.vectors = sum.inner % kPack == 0 && sum.row % kPack == 0 && sum.row_stride % kPack == 0
            && sum.out_stride % kPack == 0 && sum.inner < (std::int64_t{1} << 31)
            && reinterpret_cast<std::uintptr_t>(sum.out) % (kPack * sizeof(Out)) == 0;
        launch(sum, sum.blocks(), kSumThreads, SumParts<Out>::kSharedFloats);
    }

    template <class Out>
    SumParts<Out> parts(Out* out, std::int64_t offset, std::int64_t parts_per_run, std::int64_t inner) const
    {
        SumParts<Out> sum;
        sum.parts = static_cast<const float*>(m_p.workspace) + offset;
        sum.runs = m_p.batch * m_p.scans;
        sum.parts_per_run = parts_per_run;
        sum.inner = inner;
        sum.out = out;
        sum.out_stride = inner;
        sum.row = inner;
        sum.scan_ids = m_p.scan_ids;
        sum.scans = m_p.scans;
        return sum;
    }

    void sumScans(T* out, std::int64_t offset, std::int64_t batch_stride, std::int64_t step_stride, bool accumulate)
    {
        SumParts<T> sum = parts(out, offset, 1, m_p.seqlen * m_p.dim);
        sum.outs = m_p.batch;
        sum.runs_per_out = m_p.scans;
        sum.out_stride = batch_stride;
        sum.row = m_p.dim;
        sum.row_stride = step_stride;
        sum.accumulate = accumulate;
        launch(sum);
    }

    // One output per image, or one per image and slot.
    template <class Out>
    void sumData(Out* out, std::int64_t offset, bool per_slot, std::int64_t parts_per_run, std::int64_t inner)
    {
        if (!out)
            return;
        SumParts<Out> sum = parts(out, offset, parts_per_run, inner);
        sum.outs = per_slot ? m_p.batch * m_p.scans : m_p.batch;
        sum.runs_per_out = per_slot ? 1 : m_p.scans;
        launch(sum);
    }

    // One output, or one per scan of the set.
    void sumParameter(float* out, std::int64_t offset, bool per_scan, std::int64_t parts_per_run, std::int64_t inner)
    {
        if (!out || offset < 0)
            return;
        SumParts<float> sum = parts(out, offset, parts_per_run, inner);
        sum.by_scan = true;
        sum.outs = per_scan ? m_p.scan_count : 1;
        launch(sum);
    }

    void sumGradients(const Plan& plan, const DeviceScanGradients& g)
    {
        const WorkspaceLayout& w = plan.workspace;
        const std::int64_t sequence = m_p.seqlen * m_p.dim;
        if (plan.split_scans && g.du)
            sumScans(static_cast<T*>(g.du), w.sums, sequence, m_p.dim, false);
        if (plan.split_scans && g.ddelta && w.delta_sums >= 0)
            sumScans(static_cast<T*>(g.ddelta), w.delta_sums, sequence, m_p.dim, false);
        sumData(static_cast<T*>(g.dB), w.dB, m_p.B_scan_stride != 0, plan.lane_tiles, m_p.seqlen * m_p.dstate);
        sumData(static_cast<T*>(g.dC), w.dC, m_p.C_scan_stride != 0, plan.lane_tiles, m_p.seqlen * m_p.dstate);
        sumData(g.dweights, w.dweights, true, plan.lane_tiles, 1);

        const bool A_per_lane = m_p.A_dim_stride != 0;
        sumParameter(g.dA, w.dA, m_p.A_scan_stride != 0, A_per_lane ? 1 : plan.lane_tiles,
                     A_per_lane ? m_p.dim * m_p.dstate : m_p.dstate);
        const auto laneOrRow = [&](float* out, std::int64_t offset, std::int64_t scan_stride, std::int64_t dim_stride) {
            sumParameter(out, offset, scan_stride != 0, dim_stride ? 1 : plan.lane_tiles,
                         dim_stride ? m_p.dim : m_p.seqlen);
        };
        laneOrRow(g.dD, w.dD, m_p.D_scan_stride, m_p.D_dim_stride);
        laneOrRow(g.ddelta_bias, w.dbias, m_p.bias_scan_stride, m_p.bias_dim_stride);
    }

    const DeviceScan& m_p;
    Launcher& m_launcher;
    Status m_status;
};

}  // namespace mixer::kernels::cuda
