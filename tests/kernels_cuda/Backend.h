// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_plan.h"

#include <cstddef>
#include <string>

namespace mixer::kernels::cuda::test {

// What the tests of the scans run on: EmulatedBackend.cpp (everywhere) or CudaBackend.cpp (a GPU).

void* allocate(std::size_t bytes);  ///< at a multiple of 16
void release(void* memory);
void upload(void* to, const void* from, std::size_t bytes);
void download(void* to, const void* from, std::size_t bytes);

/// Runs one operation to its end with a poisoned workspace of exactly the size it asks for. Empty, or what went wrong.
bool isEmulated();

/// Of the device that a test pretends to have: a single multiprocessor is an old one.
inline DeviceLimits limitsOf(int multiprocessors)
{
    return {multiprocessors, multiprocessors > 1 ? 228 * 1024 : 64 * 1024};
}

std::string runOperation(DeviceScan p, const DeviceScanGradients* gradients, Operation operation, int multiprocessors);

}  // namespace mixer::kernels::cuda::test
