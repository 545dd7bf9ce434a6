// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/InferenceSession.h"

#include <c10/core/Device.h>

namespace mixer {

/// 0 becomes the number of cores that this process may use; anything else is kept within 1 to 1024.
int resolveThreads(int requested);

/// Makes LibTorch and our kernels work with that many threads when called from this thread: OpenMP keeps the number for
/// each calling thread. The kernels run on their own pool: at::parallel_for is serial where it is compiled without
/// OpenMP.
void useThreads(int threads);

RuntimeInfo runtimeInfo(int threads, const c10::Device& device);

}  // namespace mixer
