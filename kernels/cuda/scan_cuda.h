// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

struct CUstream_st;  // what cudaStream_t points to; this header needs no CUDA toolkit

namespace mixer::kernels::cuda {

enum class ElementType { Float32, BFloat16, Float16 };

enum class Operation { SelectiveScan, QuasiSeparableScan, SelectiveScanBackward, QuasiSeparableScanBackward };

/// What a call came to. `text` is a literal or the CUDA runtime's own and lives for ever; null on success.
struct Status {
    int code = 0;  ///< a cudaError_t; 1 (cudaErrorInvalidValue) when the parameters cannot run
    const char* text = nullptr;
    bool ok() const { return code == 0; }
};

/// All the chosen scans of a batch of images in one call. Letters: `batch` B, `scans` K (chosen per image), `dim` D
/// (lanes that scan side by side, contiguous in memory), `seqlen` L (steps), `dstate` N (1 to 128), S `scan_count` (the
/// set that the K were chosen from). All pointers are device memory, all strides are in elements, and state and sums
/// are float32 whatever the element type is.
///
/// For image b, slot k, with s = scan_ids[b][k], step t works on row = orders[s][t]:
///     delta_t = softplus(delta[b][k][row] + delta_bias[s])
///     h_t     = exp(delta_t * A[s]) . h_{t-1} + delta_t * u_t * B_t,    u_t = u[b][row], B_t = B[b][k][row]
///     y_t     = <C_t, h_t> + D[s] * u_t                                 (quasi-separable: see kernels/scan.h)
///     out[b][row] = sum over k of weights[b][k] * y_t                   (accumulate: added to what is there)
/// Data (delta, B, C) may be shared by the slots (scan stride 0) or have K copies; parameters (A, D, delta_bias) may be
/// shared by the scans (scan stride 0) or have S copies. The choice (scan_ids, weights) is read on the device.
struct DeviceScan {
    ElementType type = ElementType::Float32;  ///< of u, delta, B, C and out
    std::int64_t batch = 1, scans = 1, dim = 0, seqlen = 0, dstate = 0;
    std::int64_t scan_count = 1;

    const void* u = nullptr;  ///< (B, L, D)
    std::int64_t u_batch_stride = 0, u_step_stride = 0;
    const void* delta = nullptr;  ///< (B, K or 1, L, D)
    std::int64_t delta_batch_stride = 0, delta_scan_stride = 0, delta_step_stride = 0;
    const void* B = nullptr;  ///< (B, K or 1, L, N), N contiguous
    std::int64_t B_batch_stride = 0, B_scan_stride = 0, B_step_stride = 0;
    const void* C = nullptr;  ///< like B
    std::int64_t C_batch_stride = 0, C_scan_stride = 0, C_step_stride = 0;

    const float* A = nullptr;  ///< (S or 1, D or 1, N), N contiguous; stride 0 where it is shared
    std::int64_t A_scan_stride = 0, A_dim_stride = 0;
    const float* D = nullptr;  ///< null: no skip; per lane (dim stride 1) or per row (step stride 1)
    std::int64_t D_scan_stride = 0, D_dim_stride = 1, D_step_stride = 0;
    const float* delta_bias = nullptr;  ///< null: none; like D
    std::int64_t bias_scan_stride = 0, bias_dim_stride = 1, bias_step_stride = 0;
    bool delta_softplus = true;

    const std::int32_t* orders = nullptr;  ///< (S, L): permutations of 0..L-1; null: every scan in natural order
    std::int64_t order_stride = 0;
    const std::int32_t* scan_ids = nullptr;  ///< (B, K), each in 0..S-1; null: slot k runs scan k
    const float* weights = nullptr;          ///< (B, K); null: 1
    bool accumulate = false;                 ///< forward only

    void* out = nullptr;  ///< (B, L, D)
    std::int64_t out_batch_stride = 0, out_step_stride = 0;

    /// Forward: null, or (B, K, chunk_count(L), D, N), filled as kernels/scan.h says. selective_scan_backward reads
    /// chunk_states where given (and saves recomputing them); the other one is ignored there.
    float* chunk_states = nullptr;
    float* backward_chunk_states = nullptr;

    void* workspace = nullptr;  ///< 16-byte aligned, workspace_bytes() at least; null where that is 0
    std::size_t workspace_size = 0;
};

/// Gradients, all contiguous, each overwritten; null where not wanted. Sums run in a fixed order: the same input gives
/// the same bits on the same device.
struct DeviceScanGradients {
    const void* dout = nullptr;  ///< (B, L, D)
    std::int64_t dout_batch_stride = 0, dout_step_stride = 0;

    void* du = nullptr;            ///< (B, L, D), element type
    void* ddelta = nullptr;        ///< (B, K or 1, L, D), element type: one copy where delta_scan_stride is 0
    void* dB = nullptr;            ///< (B, K or 1, L, N), element type
    void* dC = nullptr;            ///< like dB
    float* dA = nullptr;           ///< (S or 1, D or 1, N), as A's strides say
    float* dD = nullptr;           ///< (S or 1, D or L), as D's strides say
    float* ddelta_bias = nullptr;  ///< (S or 1, D or L), as the bias' strides say
    float* dweights = nullptr;     ///< (B, K): what the router is trained by
};

/// Why these parameters cannot run: a sentence; null when they can. Reads no device memory.
const char* check(const DeviceScan& p, Operation operation);
const char* check(const DeviceScan& p, const DeviceScanGradients& g, Operation operation);

/// Bytes of workspace that this operation needs on the current device (0 if none).
Status workspace_bytes(const DeviceScan& p, Operation operation, std::size_t* bytes);

/// Enqueue on `stream` of the current device and return; nothing here waits for the device. Errors that happen while a
/// kernel runs show at the caller's next synchronisation, as everywhere in CUDA.
Status selective_scan(const DeviceScan& p, CUstream_st* stream);
Status quasi_separable_scan(const DeviceScan& p, CUstream_st* stream);
Status selective_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream);
Status quasi_separable_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream);

}  // namespace mixer::kernels::cuda
