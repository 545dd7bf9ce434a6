// SPDX-License-Identifier: MIT
// Private to engine/ops: what a scan set must be before any kernel sees its pointers.
#pragma once

#include "engine/ops/ScanSet.h"

#include <torch/version.h>

#if TORCH_VERSION_MAJOR == 1
#include <c10/util/Optional.h>
#else
#include <optional>
#endif

namespace mixer::ops {

#if TORCH_VERSION_MAJOR == 1
using OptionalTensor = c10::optional<at::Tensor>;
#else
using OptionalTensor = std::optional<at::Tensor>;
#endif

inline OptionalTensor optional(const at::Tensor& tensor)
{
    return tensor.defined() ? OptionalTensor(tensor) : OptionalTensor();
}

void checkShape(const char* name, const at::Tensor& tensor, at::IntArrayRef expected, const char* meaning);

/// Shapes, types and devices; not the values of integers. Throws c10::Error.
void checkScanSet(const ScanSet& set);

/// Every row of orders must be a permutation. Throws c10::Error that names the first step that is wrong.
void checkPermutations(const at::Tensor& orders);

}  // namespace mixer::ops
