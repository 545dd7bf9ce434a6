// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/storage.h"

#include <cstdint>

namespace mixer::kernels {

/// One selective scan over raw memory. Letters: `batch` B, `dim` D (lanes that scan side by side), `seqlen` L (steps),
/// `dstate` N. All strides are in elements. `T` is float or double. Sizes are >= 1; outputs must not overlap inputs.
/// `Stored` is T, or for float BFloat16 or Float16: how u, delta, B, C and out lie in memory; all else is T.
///
/// With `order`, step t works on row order[t] of everything that has a step stride: inputs are read and the output is
/// written through the permutation, so no permuted copies are made. Without it, on row t.
///
/// S6 (Mamba, arXiv 2312.00752, alg. 2; MambaMixer, arXiv 2403.19888, eq. 2-5), per lane d:
///     delta_t = softplus(delta[t] + delta_bias)         (or delta[t] as it is, with delta_softplus = false)
///     h_t     = exp(delta_t * A) . h_{t-1} + delta_t * u_t * B_t,   h_{-1} = 0
///     y_t     = <C_t, h_t> + D * u_t
///     out_t   = weight * y_t   (accumulate: out_t += weight * y_t)
/// Quasi-separable S6 (after Hydra, arXiv 2407.09941): the backward state k_t beside h_t, one set of parameters,
///     y_t     = <C_t, h_t + k_t - delta_t * u_t * B_t> + D * u_t
template <typename T, typename Stored = T> struct ScanParams {
    std::int64_t batch = 1;
    std::int64_t dim = 0;
    std::int64_t seqlen = 0;
    std::int64_t dstate = 0;

    const Stored* u = nullptr;  ///< (B, L, D) by strides
    std::int64_t u_batch_stride = 0, u_step_stride = 0, u_dim_stride = 1;
    const Stored* delta = nullptr;  ///< (B, L, D) by strides
    std::int64_t delta_batch_stride = 0, delta_step_stride = 0, delta_dim_stride = 1;
    const T* A = nullptr;  ///< (D, N), N contiguous; A_dim_stride 0 shares one row among all lanes
    std::int64_t A_dim_stride = 0;
    const Stored* B = nullptr;  ///< (B, L, N), N contiguous
    std::int64_t B_batch_stride = 0, B_step_stride = 0;
    const Stored* C = nullptr;  ///< (B, L, N), N contiguous
    std::int64_t C_batch_stride = 0, C_step_stride = 0;
    const T* D = nullptr;  ///< skip, null: none. Token mixers: one per lane; channel mixers: one per step
    std::int64_t D_dim_stride = 1, D_step_stride = 0;
    const T* delta_bias = nullptr;  ///< null: none; per lane or per step, like D
    std::int64_t bias_dim_stride = 1, bias_step_stride = 0;
    bool delta_softplus = true;

    const std::int32_t* order = nullptr;  ///< null or a permutation of 0..L-1
    T weight = T(1);
    bool accumulate = false;

    Stored* out = nullptr;  ///< (B, L, D) by strides
    std::int64_t out_batch_stride = 0, out_step_stride = 0, out_dim_stride = 1;

    /// Null, or (B, chunks, D, N) contiguous with chunks = chunk_count(L): the state *before* the first step of each
    /// chunk of kChunkLength steps; of a quasi-separable scan the forward state h.
    T* chunk_states = nullptr;
    /// Null, or the same shape, quasi-separable only: the backward state k_{t+1} *behind* the last step of each chunk.
    T* backward_chunk_states = nullptr;
};

constexpr std::int64_t kMostStates = 256;  ///< of dstate
constexpr std::int64_t kChunkLength = 64;
constexpr std::int64_t chunk_count(std::int64_t seqlen)
{
    return (seqlen + kChunkLength - 1) / kChunkLength;
}

/// Why these parameters cannot run: a sentence; null when they can. Checks pointers, sizes and dstate (1 to 256).
template <typename T, typename Stored> const char* check(const ScanParams<T, Stored>& p);

/// The scans. float: the fastest variant of this machine (for 8 lanes and fewer AVX2, not AVX-512), on all threads of
/// parallel_for; double: the reference. The same bits on any number of threads, but for long sequences with too few
/// lanes to go round (scan_split.h). Precondition: check(p) == nullptr.
void selective_scan(const ScanParams<float>& p);
void selective_scan(const ScanParams<double>& p);
void quasi_separable_scan(const ScanParams<float>& p);
void quasi_separable_scan(const ScanParams<double>& p);

/// Stored as 16-bit floats. Results are rounded once more, as they are written: 2^-9 (bfloat16) or 2^-12 (float16) of
/// each, and again by each scan that accumulates on them; quasi-separable beyond 16384 steps twice. Never divided along
/// the sequence (scan_split.h).
void selective_scan(const ScanParams<float, BFloat16>& p);
void selective_scan(const ScanParams<float, Float16>& p);
void quasi_separable_scan(const ScanParams<float, BFloat16>& p);
void quasi_separable_scan(const ScanParams<float, Float16>& p);

/// Plain loops with double accumulation for float, one thread: what the others are tested against.
template <typename T> void selective_scan_reference(const ScanParams<T>& p);
template <typename T> void quasi_separable_scan_reference(const ScanParams<T>& p);

/// Hidden states inside one chunk, recomputed: runs steps [chunk * kChunkLength, step] of one batch element from
/// `start` (lanes x N) and leaves in `state` (lanes x N) the state after `step` for lanes [first_lane,
/// first_lane+lanes). `backward`: runs from the chunk's last step down to `step` with the recurrence k.
template <typename T>
void chunk_state(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t lanes,
                 std::int64_t step, bool backward, const T* start, T* state);

/// "avx512", "avx2" or "portable". The environment variable MIXERSCOPE_KERNEL=portable|avx2|avx512 forces one (an
/// unusable one is ignored).
const char* selected_variant();

}  // namespace mixer::kernels
