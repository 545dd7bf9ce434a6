// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace mixer::kernels {

/// At least `count` floats, 64-byte aligned, uninitialised, owned by the calling thread and reused by its next call:
/// valid until then. A thread keeps at most kKeptScratchBytes once release_large_scratch() has been called.
float* thread_scratch(std::size_t count);

/// The same, apart from it: what one call shares among the ranges that it hands out.
float* call_scratch(std::size_t count);

/// Each gives back the calling thread's memory of its kind if it is larger than kKeptScratchBytes.
void release_large_scratch();
void release_large_call_scratch();

constexpr std::size_t kKeptScratchBytes = std::size_t{16} << 20;

}  // namespace mixer::kernels
