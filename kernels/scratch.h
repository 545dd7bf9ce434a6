// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace mixer::kernels {

/// At least `count` floats, 64-byte aligned, uninitialised, owned by the calling thread and reused by its next call:
/// valid until then. A thread keeps at most kKeptScratchBytes once release_large_scratch() has been called.
float* thread_scratch(std::size_t count);

/// Gives back the calling thread's scratch memory if it is larger than kKeptScratchBytes.
void release_large_scratch();

constexpr std::size_t kKeptScratchBytes = std::size_t{16} << 20;

}  // namespace mixer::kernels
