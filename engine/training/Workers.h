// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>

namespace mixer {

/// Runs work(0) … work(count-1), each once, on up to `threads` threads, and returns when all are done. The first
/// exception ends the rest early and is thrown again here. Work must not depend on the order.
void forEachIndex(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace mixer
