// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/InferenceSession.h"

namespace c10 {
struct Device;  // callers need not see LibTorch's headers
}

namespace mixer {

/// 0 becomes the number of cores that this process may use; anything else is kept within 1 to 1024.
int resolveThreads(int requested);

/// Makes LibTorch and our kernels work with that many threads when called from this thread: OpenMP keeps the number for
/// each calling thread. The kernels run on LibTorch's threads too: two pools would fight for the cores.
void useThreads(int threads);

/// Lets the process keep up to 512 MB that operations have freed: given back and asked for again, every large tensor
/// would be cleared by the system, page by page (a third of the time of ViM2-T at 1024 x 1024).
void keepFreedMemory();

RuntimeInfo runtimeInfo(int threads, const c10::Device& device);

}  // namespace mixer
