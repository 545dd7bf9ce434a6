// SPDX-License-Identifier: MIT
#include "kernels/scan.h"

#include "kernels/flush_denormals.h"
#include "kernels/parallel.h"
#include "kernels/scan_reference.h"
#include "kernels/scan_split.h"
#include "kernels/scratch.h"
#include "kernels/variants.h"

#include <algorithm>
#include <limits>

namespace mixer::kernels {
namespace {

// Calls body(batch_id, first, last) for units [first, last) of each batch element, units counted from 0 in each,
// on several threads.
template <typename Function> void forEachBatchRange(std::int64_t batch, std::int64_t units, Function body)
{
    parallel_for(batch * units, 1, [&](std::int64_t begin, std::int64_t end) {
        while (begin < end) {
            const std::int64_t batch_id = begin / units;
            const std::int64_t stop = std::min(end, (batch_id + 1) * units);
            body(batch_id, begin - batch_id * units, stop - batch_id * units);
            begin = stop;
        }
    });
}

template <typename Stored>
void runLanes(const Variant& variant, const ScanParams<float, Stored>& p, Variant::Scan<Stored> scan,
              Variant::ScratchSize<Stored> scratchSize)
{
    const std::int64_t blocks = (p.dim + variant.lanes - 1) / variant.lanes;
    forEachBatchRange(p.batch, blocks, [&](std::int64_t batch_id, std::int64_t first, std::int64_t last) {
        const FlushDenormals flush;
        scan(p, batch_id, first, last, thread_scratch(scratchSize(p, last - first)));
        release_large_scratch();
    });
}

template <bool Bidirectional> void runReference(const ScanParams<double>& p)
{
    forEachBatchRange(p.batch, p.dim, [&](std::int64_t batch_id, std::int64_t first, std::int64_t last) {
        reference_lanes<double, Bidirectional>(p, batch_id, first, last);
    });
}

}  // namespace

template <typename T, typename Stored> const char* check(const ScanParams<T, Stored>& p)
{
    if (p.batch < 1 || p.dim < 1 || p.seqlen < 1)
        return "A scan needs at least one batch element, one lane and one step.";
    if (p.dstate < 1 || p.dstate > kMostStates)
        return "The state size of a scan must lie between 1 and 256.";
    if (p.seqlen > std::numeric_limits<std::int32_t>::max())
        return "A scan can have at most 2147483647 steps.";
    if (!p.u || !p.delta)
        return "A scan needs its input u and its step sizes delta.";
    if (!p.A || !p.B || !p.C)
        return "A scan needs its matrices A, B and C.";
    if (!p.out)
        return "A scan needs memory for its output.";
    return nullptr;
}

template const char* check(const ScanParams<float>&);
template const char* check(const ScanParams<double>&);
template const char* check(const ScanParams<float, BFloat16>&);
template const char* check(const ScanParams<float, Float16>&);

void selective_scan(const Variant& variant, const ScanParams<float>& p)
{
    const int parts = split_parts(variant, p, false, num_threads());
    if (parts > 1)
        return split_selective_scan(variant, p, parts);
    runLanes(variant, p, variant.scans.selective_scan, variant.scans.selective_scan_scratch);
}

void quasi_separable_scan(const Variant& variant, const ScanParams<float>& p)
{
    const int parts = split_parts(variant, p, true, num_threads());
    if (parts > 1)
        return split_quasi_separable_scan(variant, p, parts);
    runLanes(variant, p, variant.scans.quasi_separable_scan, variant.scans.quasi_separable_scan_scratch);
}

void selective_scan(const Variant& variant, const ScanParams<float, BFloat16>& p)
{
    runLanes(variant, p, variant.bfloat16_scans.selective_scan, variant.bfloat16_scans.selective_scan_scratch);
}

void quasi_separable_scan(const Variant& variant, const ScanParams<float, BFloat16>& p)
{
    runLanes(variant, p, variant.bfloat16_scans.quasi_separable_scan,
             variant.bfloat16_scans.quasi_separable_scan_scratch);
}

void selective_scan(const Variant& variant, const ScanParams<float, Float16>& p)
{
    runLanes(variant, p, variant.float16_scans.selective_scan, variant.float16_scans.selective_scan_scratch);
}

void quasi_separable_scan(const Variant& variant, const ScanParams<float, Float16>& p)
{
    runLanes(variant, p, variant.float16_scans.quasi_separable_scan,
             variant.float16_scans.quasi_separable_scan_scratch);
}

void chunk_state(const Variant& variant, const ScanParams<float>& p, std::int64_t batch_id, std::int64_t first_lane,
                 std::int64_t lanes, std::int64_t step, bool backward, const float* start, float* state)
{
    const std::int64_t blocks = (lanes + variant.lanes - 1) / variant.lanes;
    parallel_for(blocks, 4, [&](std::int64_t begin, std::int64_t end) {
        const FlushDenormals flush;
        float* scratch = thread_scratch(variant.scans.selective_scan_scratch(p, 1));
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t first = block * variant.lanes;
            const int count = static_cast<int>(std::min<std::int64_t>(variant.lanes, lanes - first));
            variant.chunk_state(p, batch_id, first_lane + first, count, step, backward, start + first * p.dstate,
                                state + first * p.dstate, scratch);
        }
    });
}

void selective_scan(const ScanParams<float>& p)
{
    selective_scan(scan_variant(p.dim), p);
}

void selective_scan(const ScanParams<double>& p)
{
    runReference<false>(p);
}

void quasi_separable_scan(const ScanParams<float>& p)
{
    quasi_separable_scan(scan_variant(p.dim), p);
}

void quasi_separable_scan(const ScanParams<double>& p)
{
    runReference<true>(p);
}

void selective_scan(const ScanParams<float, BFloat16>& p)
{
    selective_scan(scan_variant(p.dim), p);
}

void quasi_separable_scan(const ScanParams<float, BFloat16>& p)
{
    quasi_separable_scan(scan_variant(p.dim), p);
}

void selective_scan(const ScanParams<float, Float16>& p)
{
    selective_scan(scan_variant(p.dim), p);
}

void quasi_separable_scan(const ScanParams<float, Float16>& p)
{
    quasi_separable_scan(scan_variant(p.dim), p);
}

template <>
void chunk_state(const ScanParams<float>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t lanes,
                 std::int64_t step, bool backward, const float* start, float* state)
{
    chunk_state(active_variant(), p, batch_id, first_lane, lanes, step, backward, start, state);
}

template <>
void chunk_state(const ScanParams<double>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t lanes,
                 std::int64_t step, bool backward, const double* start, double* state)
{
    reference_chunk_state(p, batch_id, first_lane, lanes, step, backward, start, state);
}

}  // namespace mixer::kernels
