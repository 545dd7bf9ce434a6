// SPDX-License-Identifier: MIT
#include "kernels/scan_split.h"

#include "kernels/flush_denormals.h"
#include "kernels/parallel.h"
#include "kernels/scratch.h"

#include <algorithm>
#include <vector>

namespace mixer::kernels {
namespace {

// One direction of a scan, divided. A unit is a lane block of a batch element.
class SplitScan {
public:
    SplitScan(const Variant& variant, const ScanParams<float>& p, bool reverse, bool withoutDiagonal, int parts)
        : m_variant(variant)
        , m_p(p)
        , m_reverse(reverse)
        , m_withoutDiagonal(withoutDiagonal)
        , m_blocks((p.dim + variant.lanes - 1) / variant.lanes)
        , m_parts(std::min<std::int64_t>(parts, chunk_count(p.seqlen) - 1))
        , m_stateSize(p.dstate * variant.lanes)
        , m_states(p.batch * m_blocks * (m_parts + 1) * m_stateSize)
        , m_deltaSums(p.batch * m_blocks * (m_parts + 1) * variant.lanes)
    {
    }

    void run()
    {
        const std::int64_t units = m_p.batch * m_blocks;
        if (m_parts < 1) {
            forEach(units, [this](std::int64_t unit, float* scratch) { runSegment(unit, 0, true, 0, scratch); });
            return;
        }
        forEach(units * m_parts, [this](std::int64_t i, float* scratch) {
            const std::int64_t unit = i / m_parts, segment = i % m_parts;
            // Segments run in the state that the next one enters with.
            runSegment(unit, segment, segment == 0, segment + 1, scratch);
        });
        forEach(units, [this](std::int64_t unit, float* scratch) {
            for (std::int64_t segment = 1; segment < m_parts; ++segment)
                m_variant.carry_state(m_p, unit % m_blocks, deltaSum(unit, segment), state(unit, segment),
                                      state(unit, segment + 1), scratch);
        });
        forEach(units * m_parts, [this](std::int64_t i, float* scratch) {
            const std::int64_t segment = i % m_parts + 1;
            runSegment(i / m_parts, segment, true, segment, scratch);
        });
    }

private:
    template <typename Function> void forEach(std::int64_t count, Function function)
    {
        parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
            const FlushDenormals flush;
            float* scratch = thread_scratch(m_variant.scans.selective_scan_scratch(m_p, 1));
            for (std::int64_t i = begin; i < end; ++i)
                function(i, scratch);
        });
    }

    float* state(std::int64_t unit, std::int64_t segment)
    {
        return &m_states[(unit * (m_parts + 1) + segment) * m_stateSize];
    }

    float* deltaSum(std::int64_t unit, std::int64_t segment)
    {
        return &m_deltaSums[(unit * (m_parts + 1) + segment) * m_variant.lanes];
    }

    // Segments are counted in running order.
    void runSegment(std::int64_t unit, std::int64_t segment, bool write, std::int64_t stateOf, float* scratch)
    {
        const std::int64_t chunks = chunk_count(m_p.seqlen);
        const std::int64_t place = m_reverse ? m_parts - segment : segment;
        const ScanSegment range{place * chunks / (m_parts + 1), (place + 1) * chunks / (m_parts + 1), m_reverse,
                                m_withoutDiagonal, write};
        m_variant.scan_segment(m_p, unit / m_blocks, unit % m_blocks, range, state(unit, stateOf),
                               deltaSum(unit, segment), scratch);
    }

    const Variant& m_variant;
    const ScanParams<float>& m_p;
    bool m_reverse, m_withoutDiagonal;
    std::int64_t m_blocks, m_parts, m_stateSize;
    std::vector<float> m_states;     ///< (units, parts + 1, N, lanes): with which a segment is entered
    std::vector<float> m_deltaSums;  ///< (units, parts + 1, lanes)
};

}  // namespace

int split_parts(const Variant& variant, const ScanParams<float>& p, bool bidirectional, int threads)
{
    const std::int64_t units = p.batch * ((p.dim + variant.lanes - 1) / variant.lanes);
    const std::int64_t parts = threads / units;
    const bool pays = p.seqlen * p.dstate >= kLeastSplit && parts >= (bidirectional ? 4 : 2);
    return pays ? static_cast<int>(parts) : 1;
}

void split_selective_scan(const Variant& variant, const ScanParams<float>& p, int parts)
{
    SplitScan(variant, p, false, false, parts).run();
}

void split_quasi_separable_scan(const Variant& variant, const ScanParams<float>& p, int parts)
{
    SplitScan(variant, p, false, true, parts).run();
    ScanParams<float> back = p;
    back.D = nullptr;
    back.accumulate = true;
    back.chunk_states = p.backward_chunk_states;
    SplitScan(variant, back, true, false, parts).run();
}

}  // namespace mixer::kernels
