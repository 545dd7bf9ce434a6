// SPDX-License-Identifier: MIT
// Private to engine/ops: the two operators that every device brings for mixer::scan_set. Both take the members of
// ScanSet one by one, as operators must; the macros keep their list in one place.
//
// scan_set_forward(…, keep_states) -> (out, states, backward_states)
//     states: (B, K, chunks, E, N), see kernels/scan.h; empty without keep_states. backward_states: quasi-separable
//     sets only.
// scan_set_backward(dout, …, states, backward_states, wanted) -> gradients
//     of u, delta, A, B, C, D, delta_bias, weights, each of its input's shape, undefined where not wanted.
#pragma once

#include "engine/ops/ScanSetCheck.h"

#include <array>
#include <tuple>

#define SCAN_SET_ARGUMENTS                                                                                             \
    const at::Tensor &u, const at::Tensor &delta, const at::Tensor &A, const at::Tensor &B, const at::Tensor &C,       \
        const ::mixer::ops::OptionalTensor &D, const ::mixer::ops::OptionalTensor &deltaBias,                          \
        const ::mixer::ops::OptionalTensor &orders, const ::mixer::ops::OptionalTensor &scanIds,                       \
        const ::mixer::ops::OptionalTensor &weights, bool deltaSoftplus, bool quasiSeparable

#define SCAN_SET_FROM_ARGUMENTS                                                                                        \
    (::mixer::ScanSet{u, delta, A, B, C, D.value_or(at::Tensor()), deltaBias.value_or(at::Tensor()),                   \
                      orders.value_or(at::Tensor()), scanIds.value_or(at::Tensor()), weights.value_or(at::Tensor()),   \
                      deltaSoftplus, quasiSeparable})

namespace mixer::ops {

using ScanSetWanted = std::array<bool, 8>;
using ScanSetGradients
    = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

}  // namespace mixer::ops
