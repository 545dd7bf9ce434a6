// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/ScanSet.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace mixer {

/// The forward state of a scan is another one after a step.
struct StatePatch {
    int scan = 0;  ///< of the scan set, or a direction
    int step = 0;
    at::Tensor state;  ///< (lanes, N)
};

/// By how much a state is moved after a step, (lanes, N), on top of earlier jumps. A scan is linear in its state, so
/// that from there on the state differs by exp(A (c_t - c_step)) difference and the output by <C_t, that>, c the
/// running sum of Delta.
struct StateJump {
    int step = 0;
    at::Tensor difference;
};

/// Step sizes of a scan set as the scans use them, bias and softplus applied: (B, K, L, E).
at::Tensor stepSizes(const ScanSet& set);

/// The jumps that the patches make in one image and slot, by rising step.
std::vector<StateJump> stateJumps(const ScanSet& set, std::int64_t image, std::int64_t slot,
                                  const std::vector<StatePatch>& patches);

/// One scan in the order of its steps: delta (L, E), A (E or 1, N), C (L, N). What the jumps add to its output, by
/// step: (L, E).
at::Tensor jumpOutputs(const std::vector<StateJump>& jumps, const at::Tensor& delta, const at::Tensor& A,
                       const at::Tensor& C);

/// y (B, L, E), the sum over the scans, with what the patches change; with gradients.
at::Tensor patchStates(const ScanSet& set, const std::vector<StatePatch>& patches, const at::Tensor& y);

}  // namespace mixer
