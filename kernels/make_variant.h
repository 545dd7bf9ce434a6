// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/conv_lanes.h"
#include "kernels/scan_backward_lanes.h"
#include "kernels/scan_lanes.h"
#include "kernels/scan_segment.h"
#include "kernels/variants.h"

namespace mixer::kernels {

/// The row of the variant table for a vector type.
template <class V> struct VariantOf {
    template <class Function>
    static MIXER_INLINE void map(const float* in, float* out, std::int64_t count, Function function)
    {
        for (std::int64_t i = 0; i < count; i += V::kLanes) {
            const int lanes = static_cast<int>(count - i < V::kLanes ? count - i : V::kLanes);
            function(V::load_first(in + i, lanes)).store_first(out + i, lanes);
        }
    }

    /// e^x as the scans compute it: without clamping where every lane is in range.
    static void exp2_decay(const float* in, float* out, std::int64_t count)
    {
        map(in, out, count, [](V x) {
            const V rate(kScaledLog2e);
            V clamped, plain;
            exp2_products<true, 1>(x, &rate, &clamped);
            exp2_products<false, 1>(x, &rate, &plain);
            const float largest = ScanLanes<V>::largest_lane(max_magnitude(V(0.0F), x));
            return ScanLanes<V>::needs_clamp(largest, kScaledLog2e) ? clamped : plain;
        });
    }
    static void softplus_all(const float* in, float* out, std::int64_t count)
    {
        map(in, out, count, [](V x) {
            softplus<1>(&x);
            return x;
        });
    }
    static void silu_all(const float* in, float* out, std::int64_t count)
    {
        map(in, out, count, [](V x) { return silu(x); });
    }

    static constexpr Variant row(const char* name)
    {
        using Scan = ScanLanes<V>;
        using Conv = ConvLanes<V>;
        return {name,
                V::kLanes,
                &Scan::scan,
                &Scan::scan_scratch,
                &Scan::bidirectional_scan,
                &Scan::bidirectional_scratch,
                &Scan::chunk_state,
                &SegmentLanes<V>::run,
                &SegmentLanes<V>::carry,
                &BackwardLanes<V>::template run<false>,
                &BackwardLanes<V>::template run<true>,
                &BackwardLanes<V>::template scratch<false>,
                &BackwardLanes<V>::template scratch<true>,
                &Conv::depthwise,
                &Conv::shared_conv3_silu,
                &exp2_decay,
                &softplus_all,
                &silu_all};
    }
};

}  // namespace mixer::kernels
