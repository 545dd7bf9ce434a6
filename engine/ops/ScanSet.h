// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

namespace mixer {

/// All the scans of a batch of images in one operator, `mixer::scan_set`: what a token mixer runs over its K chosen
/// scans, and a channel mixer over its Q directions. Letters: B images, K scans of each image (slots), S scans to
/// choose from, L steps, E lanes that scan side by side, N states. For image b and slot k, with s = scanIds[b][k], step
/// t works on row = orders[s][t]:
///     delta_t = softplus(delta[b][k][row] + deltaBias[s])
///     h_t     = exp(delta_t * A[s]) . h_{t-1} + delta_t * u_t * B_t,    u_t = u[b][row], B_t = B[b][k][row]
///     y_t     = <C_t, h_t> + D[s] * u_t                                 (quasi-separable: see kernels/scan.h)
///     out[b][row] = sum over k of weights[b][k] * y_t
/// (Mamba, arXiv 2312.00752, alg. 2; the sum over scans: VMamba, arXiv 2401.10166, and QSMixer's Switch of Scans.)
/// An axis K or S may be 1: one copy for all slots or all scans. All tensors are of one device and, but for the
/// integers, of one type: float32 or float64; on a GPU float32, bfloat16 or float16, with A, D, deltaBias and weights
/// of any, taken as float32. There scanIds and orders are not looked at: wrong ones give wrong numbers.
struct ScanSet {
    at::Tensor u;          ///< (B, L, E)
    at::Tensor delta;      ///< (B, K or 1, L, E), before bias and softplus
    at::Tensor A;          ///< (S or 1, E or 1, N), negative
    at::Tensor B;          ///< (B, K or 1, L, N)
    at::Tensor C;          ///< (B, K or 1, L, N)
    at::Tensor D;          ///< (S or 1, E), or (S or 1, L, 1) for one value at each row; undefined: no skip
    at::Tensor deltaBias;  ///< like D; undefined: none
    at::Tensor orders;     ///< int32 (S or 1, L), each a permutation of 0..L-1; undefined: the natural order
    at::Tensor scanIds;    ///< int32 (B, K), each in 0..S-1; undefined: slot k runs scan k
    at::Tensor weights;    ///< (B, K); undefined: 1 each
    bool deltaSoftplus = true;
    bool quasiSeparable = false;

    std::int64_t images() const { return u.size(0); }
    std::int64_t steps() const { return u.size(1); }
    std::int64_t lanes() const { return u.size(2); }
    std::int64_t states() const { return A.size(2); }
    std::int64_t slots() const;  ///< K
    std::int64_t scans() const;  ///< S
};

/// The sum over the scans, (B, L, E), with gradients for all that is no integer. Throws c10::Error that names the
/// tensor, its shape and the expected one; an order that is no permutation (only its range is checked here) makes wrong
/// numbers, not wrong accesses.
at::Tensor scanSet(const ScanSet& set);

}  // namespace mixer
