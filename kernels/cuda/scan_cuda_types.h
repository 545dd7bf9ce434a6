// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_plan.h"

#include <cuda_runtime_api.h>

namespace mixer::kernels::cuda {

/// One element type's kernels; each type is compiled in a file of its own, side by side.
template <class T> Status runForward(const DeviceScan& p, const Plan& plan, bool bidirectional, cudaStream_t stream);
template <class T>
Status runBackward(const DeviceScan& p, const DeviceScanGradients& g, const Plan& plan, bool bidirectional,
                   cudaStream_t stream);

inline Status statusOf(cudaError_t error)
{
    return error == cudaSuccess ? Status{} : Status{static_cast<int>(error), cudaGetErrorString(error)};
}

}  // namespace mixer::kernels::cuda
