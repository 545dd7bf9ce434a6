// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan_lanes.h"
#include "kernels/variants.h"

namespace mixer::kernels {

/// Part of a scan along the sequence, for one lane block: what split_scan() divides a long sequence into.
template <class V> struct SegmentLanes {
    using Scan = ScanLanes<V>;
    using Params = ScanParams<float>;
    static constexpr int W = V::kLanes;

    template <bool kReverse>
    static void run_chunks(const Params& p, LaneBlock block, const ScanSegment& segment, float* state, float* delta_sum,
                           float* scratch)
    {
        const auto b = Scan::divide(p, 1, scratch);
        const float largest_rate = Scan::pack_rates(p, block, b.rates);
        V sum(0.0F);
        std::int64_t rows[kChunkLength];
        for (std::int64_t i = 0; i < segment.last_chunk - segment.first_chunk; ++i) {
            const std::int64_t chunk = kReverse ? segment.last_chunk - 1 - i : segment.first_chunk + i;
            const std::int64_t first_step = chunk * kChunkLength;
            const int steps = Scan::chunk_steps(p, chunk);
            Scan::list_rows(p, chunk, rows);
            Scan::pack(p, block.batch_id, first_step, steps, b.packed);
            for (int t = 0; t < steps && segment.without_diagonal; ++t)
                b.diagonal[t] = Scan::diagonal_of(p, b.packed, t);
            if (p.chunk_states && segment.write)
                Scan::write_states(p, block, chunk, state, p.chunk_states);
            const float largest_delta = Scan::prepare_any(
                p, block, rows, steps, segment.without_diagonal ? b.diagonal : nullptr, b.delta, b.input, b.y);
            for (int t = 0; t < steps; ++t)
                sum = sum + V::load(b.delta + t * W);
            Scan::template sweep_chunk<kReverse>(p, Scan::needs_clamp(largest_delta, largest_rate), steps, b, b.rates,
                                                 state, block, rows);
            if (segment.write)
                Scan::finish_any(p, block, first_step, steps, b.y);
        }
        sum.store(delta_sum);
    }

    static void run(const Params& p, std::int64_t batch_id, std::int64_t block, const ScanSegment& segment,
                    float* state, float* delta_sum, float* scratch)
    {
        const LaneBlock lanes = Scan::block_at(p, batch_id, block);
        segment.reverse ? run_chunks<true>(p, lanes, segment, state, delta_sum, scratch)
                        : run_chunks<false>(p, lanes, segment, state, delta_sum, scratch);
    }

    /// The product of a segment's decays is the decay of its summed step sizes.
    static void carry(const Params& p, std::int64_t block, const float* delta_sum, const float* entering,
                      float* leaving, float* scratch)
    {
        float* rates = Scan::divide(p, 1, scratch).rates;
        Scan::pack_rates(p, Scan::block_at(p, 0, block), rates);
        for (std::int64_t n = 0; n < p.dstate; ++n) {
            const V rate = V::load(rates + n * W);
            V decay;
            exp2_products<true, 1>(V::load(delta_sum), &rate, &decay);
            fma(decay, V::load(entering + n * W), V::load(leaving + n * W)).store(leaving + n * W);
        }
    }
};

}  // namespace mixer::kernels
