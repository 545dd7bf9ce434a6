// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/depthwise_conv.h"
#include "kernels/scan.h"
#include "kernels/scan_backward.h"

#include <cstddef>
#include <cstdint>
#include <vector>

// Inside of kernels/: the float implementations that dispatch chooses from, one row for each instruction set.
namespace mixer::kernels {

/// Chunks [first_chunk, last_chunk) of a scan, run from the first to the last or, `reverse`, back. `write`: with output
/// and chunk states; else for the state alone. `without_diagonal`: the output loses <C_t, delta_t u_t B_t>.
struct ScanSegment {
    std::int64_t first_chunk, last_chunk;
    bool reverse, without_diagonal, write;
};

/// Where a range of lane blocks adds its share of the gradients that are sums, all but dBC 0 at first.
struct BackwardSums {
    float* dBC;                     ///< (chunks, backward_sums_size(N)): dB and dC in the layout of packed B and C
    float* dA;                      ///< (blocks, N, lanes)
    float *dD, *dbias;              ///< (blocks, lanes)
    float *dD_steps, *dbias_steps;  ///< (L, lanes); null unless D or delta_bias is given by step
};

/// dB and dC of a chunk, and room for a tile's vector of sums that reaches over its end.
constexpr std::int64_t backward_sums_size(std::int64_t dstate)
{
    return 2 * dstate * kChunkLength + 8;
}

/// A lane block is `lanes` lanes from lane `block * lanes` on; the last block of a row may be partial. The range
/// functions work on blocks [first, last) of one batch element (scans) or on output rows [first, last) (convolutions),
/// never allocate, and give the same bits however the blocks are divided into ranges.
struct Variant {
    using Scan = void (*)(const ScanParams<float>& p, std::int64_t batch_id, std::int64_t first, std::int64_t last,
                          float* scratch);
    using ScratchSize = std::size_t (*)(const ScanParams<float>& p, std::int64_t blocks);
    using ChunkState = void (*)(const ScanParams<float>& p, std::int64_t batch_id, std::int64_t first_lane, int lanes,
                                std::int64_t step, bool backward, const float* start, float* state, float* scratch);
    /// `state` (N, lanes): entering, then leaving; `delta_sum` (lanes): the segment's step sizes summed
    using Segment = void (*)(const ScanParams<float>& p, std::int64_t batch_id, std::int64_t block,
                             const ScanSegment& segment, float* state, float* delta_sum, float* scratch);
    /// leaving += decay of the whole segment . entering
    using Carry = void (*)(const ScanParams<float>& p, std::int64_t block, const float* delta_sum,
                           const float* entering, float* leaving, float* scratch);
    using Backward = void (*)(const ScanBackwardParams<float>& p, std::int64_t batch_id, std::int64_t first,
                              std::int64_t last, const BackwardSums& sums, float* scratch);
    using BackwardScratchSize = std::size_t (*)(const ScanBackwardParams<float>& p, std::int64_t blocks);
    /// `taps`: the filter as (k, k, C)
    using Conv
        = void (*)(const DepthwiseConvParams<float>& p, const float* taps, std::int64_t first, std::int64_t last);
    using Conv3 = void (*)(const float* in, float* out, std::int64_t rows, std::int64_t length, const float* weight,
                           float bias);
    using Map = void (*)(const float* in, float* out, std::int64_t count);

    const char* name;
    int lanes;
    Scan selective_scan;
    ScratchSize selective_scan_scratch;  ///< floats
    Scan quasi_separable_scan;
    ScratchSize quasi_separable_scan_scratch;  ///< floats
    ChunkState chunk_state;  ///< at most `lanes` lanes, from any first lane; scratch as for one block of selective_scan
    Segment scan_segment;    ///< scratch as for one block of selective_scan, carry_state the same
    Carry carry_state;
    Backward selective_scan_backward, quasi_separable_scan_backward;
    BackwardScratchSize selective_scan_backward_scratch, quasi_separable_scan_backward_scratch;  ///< floats
    Conv depthwise_conv;
    Conv3 shared_conv3_silu;
    Map exp2_decay, softplus, silu;  ///< the functions inside, for tests of their error bounds
};

/// Variants that this machine can run, slowest first; "portable" is always there.
const std::vector<Variant>& usable_variants();

/// The variant behind selected_variant().
const Variant& active_variant();

/// The variant for scans of `dim` lanes: the active one, or AVX2 instead of AVX-512 where its narrower vectors hold all
/// lanes (a scan of 8 then takes 0.64 to 0.87 of the time), unless the environment forces one.
const Variant& scan_variant(std::int64_t dim);

/// The public functions, through one given variant.
void selective_scan(const Variant& variant, const ScanParams<float>& p);
void quasi_separable_scan(const Variant& variant, const ScanParams<float>& p);
void chunk_state(const Variant& variant, const ScanParams<float>& p, std::int64_t batch_id, std::int64_t first_lane,
                 std::int64_t lanes, std::int64_t step, bool backward, const float* start, float* state);
void selective_scan_backward(const Variant& variant, const ScanBackwardParams<float>& p);
void quasi_separable_scan_backward(const Variant& variant, const ScanBackwardParams<float>& p);
void depthwise_conv(const Variant& variant, const DepthwiseConvParams<float>& p);
void shared_conv3_silu(const Variant& variant, const float* in, float* out, std::int64_t rows, std::int64_t length,
                       const float weight[3], float bias);

extern const Variant kPortableVariant;
#if defined(MIXER_KERNELS_X86)
extern const Variant kAvx2Variant, kAvx512Variant;
#endif

}  // namespace mixer::kernels
