// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/element.cuh"
#include "kernels/cuda/scan_plan.h"

#include <cstdint>

namespace mixer::kernels::cuda {

/// out[o][i] = sum of parts[run][j][i] over j < parts_per_run and over the runs that belong to output o: with `by_scan`
/// those whose scan id is o (all, if there is one output only), otherwise runs_per_out in a row. Always in the same
/// order.
///
/// A block sums 32 neighbouring i, eight parts at a time. Bytes: every part once, 4 each, in rows of 128; floor: that
/// over the bandwidth.
template <class T> class SumParts {
public:
    static constexpr int kMinBlocks = 1;
    static constexpr int kColumns = 32;
    static constexpr int kSharedFloats = kThreads;

    const float* parts = nullptr;  ///< (runs, parts_per_run, inner)
    std::int64_t runs = 0, parts_per_run = 1, inner = 0;
    std::int64_t runs_per_out = 1;
    bool by_scan = false;
    const std::int32_t* scan_ids = nullptr;  ///< null: run % scans
    std::int64_t scans = 1, outs = 1;
    T* out = nullptr;  ///< (outs, inner): element i at out_stride * o + (i / row) * row_stride + i % row
    std::int64_t out_stride = 0, row = 1, row_stride = 1;
    bool accumulate = false;

    std::int64_t blocks() const { return outs * ((inner + kColumns - 1) / kColumns); }

    MIXER_DEVICE void operator()() const
    {
        const std::int64_t columns = (inner + kColumns - 1) / kColumns;
        const std::int64_t o = device::blockIndex() / columns;
        const int column = device::threadIndex() % kColumns;
        const int first_part = device::threadIndex() / kColumns;
        const std::int64_t i = device::blockIndex() % columns * kColumns + column;
        const device::SharedFloats sums = device::sharedMemory();
        sums.write(device::threadIndex(), i < inner ? sumFrom(o, i, first_part) : 0.0F);
        device::barrier();
        if (first_part > 0 || i >= inner)
            return;
        float sum = 0.0F;
        for (int j = 0; j < kThreads / kColumns; ++j)
            sum += sums.read(j * kColumns + column);
        T& to = out[o * out_stride + i / row * row_stride + i % row];
        to = fromFloat<T>(accumulate ? toFloat(to) + sum : sum);
    }

private:
    MIXER_DEVICE bool belongs(std::int64_t run, std::int64_t o) const
    {
        return outs == 1 || (scan_ids ? scan_ids[run] : run % scans) == o;
    }

    MIXER_DEVICE float sumFrom(std::int64_t o, std::int64_t i, int first_part) const
    {
        const std::int64_t first_run = by_scan ? 0 : o * runs_per_out;
        const std::int64_t last_run = by_scan ? runs : first_run + runs_per_out;
        float sum = 0.0F;
        for (std::int64_t run = first_run; run < last_run; ++run) {
            if (by_scan && !belongs(run, o))
                continue;
            // The eighths go round over runs too, so that many runs of one part each are shared out as well.
            const std::int64_t offset
                = (first_part + kThreads / kColumns - (run * parts_per_run) % (kThreads / kColumns))
                % (kThreads / kColumns);
            for (std::int64_t j = offset; j < parts_per_run; j += kThreads / kColumns)
                sum += parts[(run * parts_per_run + j) * inner + i];
        }
        return sum;
    }
};

}  // namespace mixer::kernels::cuda
