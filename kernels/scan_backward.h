// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan.h"

namespace mixer::kernels {

/// The gradients of a scan. Strides in elements; a null gradient is not wanted. Gradients overwrite what was there, and
/// must not overlap anything else. Whatever has a step stride goes through the scan's order, as in the scan itself.
template <typename T> struct ScanBackwardParams {
    /// The scan as it ran; its `out` and `accumulate` play no part. float: with the chunk states that it left behind
    /// (quasi-separable: both), from which all states are recomputed. double: those are not read.
    ScanParams<T> scan;

    const T* dout = nullptr;  ///< (B, L, D) by strides: the gradient for `out`, which the scan's weight multiplies
    std::int64_t dout_batch_stride = 0, dout_step_stride = 0, dout_dim_stride = 1;

    T* du = nullptr;  ///< (B, L, D) by strides
    std::int64_t du_batch_stride = 0, du_step_stride = 0, du_dim_stride = 1;
    T* ddelta = nullptr;  ///< (B, L, D) by strides: for delta as it was given, before bias and softplus
    std::int64_t ddelta_batch_stride = 0, ddelta_step_stride = 0, ddelta_dim_stride = 1;
    T* dA = nullptr;  ///< (D, N) contiguous; (N) if the lanes share one row of A
    T* dB = nullptr;  ///< (B, L, N), N contiguous
    std::int64_t dB_batch_stride = 0, dB_step_stride = 0;
    T* dC = nullptr;  ///< (B, L, N), N contiguous
    std::int64_t dC_batch_stride = 0, dC_step_stride = 0;
    T* dD = nullptr;           ///< (D), or (L) if D is given by step
    T* ddelta_bias = nullptr;  ///< (D), or (L) if delta_bias is given by step
};

/// Why these parameters cannot run: a sentence; null when they can.
template <typename T> const char* check(const ScanBackwardParams<T>& p, bool quasi_separable);

/// float: the fastest variant of this machine; the same bits on any number of threads. double: plain loops.
/// Precondition: check(p, ...) == nullptr.
void selective_scan_backward(const ScanBackwardParams<float>& p);
void selective_scan_backward(const ScanBackwardParams<double>& p);
void quasi_separable_scan_backward(const ScanBackwardParams<float>& p);
void quasi_separable_scan_backward(const ScanBackwardParams<double>& p);

/// Plain loops in double arithmetic over the definitions, on the threads of parallel_for by batch element.
template <typename T> void scan_backward_reference(const ScanBackwardParams<T>& p, bool quasi_separable);

}  // namespace mixer::kernels
