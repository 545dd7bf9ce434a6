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
/// A thread sums kPack neighbouring i; `ways` threads (a power of two) share the parts of the same i. Bytes: every part
/// once, 4 each; floor: that over the bandwidth.
template <class T> class SumParts {
public:
    static constexpr int kBlockThreads = kSumThreads;
    static constexpr int kResidentThreads = 1024;
    static constexpr int kSharedFloats = kSumThreads * kPack;

    const float* parts = nullptr;  ///< (runs, parts_per_run, inner)
    std::int64_t runs = 0, parts_per_run = 1, inner = 0;
    std::int64_t runs_per_out = 1;
    bool by_scan = false;
    const std::int32_t* scan_ids = nullptr;  ///< null: run % scans
    std::int64_t scans = 1, outs = 1;
    T* out = nullptr;  ///< (outs, inner): element i at out_stride * o + (i / row) * row_stride + i % row
    std::int64_t out_stride = 0, row = 1, row_stride = 1;
    bool accumulate = false;
    bool vectors = false;  ///< inner, row and the strides are multiples of kPack, out is aligned
    int ways = 1;

    std::int64_t columns() const { return kSumThreads / ways * kPack; }  ///< of a block
    std::int64_t blocks() const { return outs * ((inner + columns() - 1) / columns()); }

    MIXER_DEVICE void operator()() const
    {
        const int threads_of_column = kSumThreads / ways;
        const int width = threads_of_column * kPack;
        const auto per_out = static_cast<std::uint32_t>((inner + width - 1) / width);
        const auto block = static_cast<std::uint32_t>(device::blockIndex());
        const int o = static_cast<int>(block / per_out);
        const int way = device::threadIndex() / threads_of_column;
        const std::int64_t i
            = static_cast<std::int64_t>(block % per_out) * width + device::threadIndex() % threads_of_column * kPack;
        const int count = static_cast<int>(inner - i < kPack ? inner - i : kPack);
        float sum[kPack] = {};
        if (count > 0)
            addParts(o, i, count, way, sum);
        if (ways > 1)
            addWays(way, threads_of_column, sum);
        if (way == 0 && count > 0)
            store(o, i, count, sum);
    }

private:
    MIXER_DEVICE bool belongs(int run, int o) const
    {
        return outs == 1 || (scan_ids ? scan_ids[run] : run % static_cast<int>(scans)) == o;
    }

    // Parts go round over the ways, across runs.
    MIXER_DEVICE void addParts(int o, std::int64_t i, int count, int way, float (&sum)[kPack]) const
    {
        const int first_run = by_scan ? 0 : o * static_cast<int>(runs_per_out);
        const int last_run = by_scan ? static_cast<int>(runs) : first_run + static_cast<int>(runs_per_out);
        const int per_run = static_cast<int>(parts_per_run);
        int next = way;  // part of this run that is the way's
        for (int run = first_run; run < last_run; ++run) {
            if (by_scan && !belongs(run, o))
                continue;
            const float* from = parts + static_cast<std::int64_t>(run) * per_run * inner + i;
            for (; next < per_run; next += ways) {
                float values[kPack];
                loadPacked(from + next * inner, vectors, count, values);
#pragma unroll
                for (int j = 0; j < kPack; ++j)
                    sum[j] += values[j];
            }
            next -= per_run;
        }
    }

    MIXER_DEVICE void addWays(int way, int threads_of_column, float (&sum)[kPack]) const
    {
        const device::SharedFloats sums = device::sharedMemory();
        sums.write4(device::threadIndex() * kPack, sum);
        device::barrier();
        for (int other = 1; way == 0 && other < ways; ++other) {
            float values[kPack];
            sums.read4((other * threads_of_column + device::threadIndex()) * kPack, values);
#pragma unroll
            for (int j = 0; j < kPack; ++j)
                sum[j] += values[j];
        }
    }

    MIXER_DEVICE void store(int o, std::int64_t i, int count, float (&sum)[kPack]) const
    {
        if (vectors) {
            const auto line = static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(row);
            T* to = out + o * out_stride + line * row_stride + (i - line * row);
            if (accumulate)
                addBefore(to, sum);
            storePacked(to, true, kPack, sum);
            return;
        }
#pragma unroll
        for (int j = 0; j < kPack; ++j) {
            if (j >= count)
                continue;
            T& to = out[o * out_stride + (i + j) / row * row_stride + (i + j) % row];
            to = fromFloat<T>(accumulate ? toFloat(to) + sum[j] : sum[j]);
        }
    }

    MIXER_DEVICE static void addBefore(const T* from, float (&sum)[kPack])
    {
        float before[kPack];
        loadPacked(from, true, kPack, before);
#pragma unroll
        for (int j = 0; j < kPack; ++j)
            sum[j] += before[j];
    }
};

}  // namespace mixer::kernels::cuda
