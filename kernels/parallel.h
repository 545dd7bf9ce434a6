// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

namespace mixer::kernels {

/// Runs body(begin, end) over disjoint ranges that cover [0, count), none smaller than `grain` but the last; returns
/// when all are done. Ranges may run on several threads. A body must not throw and must not call parallel_for.
void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);

/// While one lives, parallel_for on the same thread runs its body on that thread alone: for threads of a host program
/// that share the cores in a way of their own.
class SerialScope {
public:
    SerialScope();
    ~SerialScope();
    SerialScope(const SerialScope&) = delete;
    SerialScope& operator=(const SerialScope&) = delete;

private:
    bool m_before;
};
/// Whether one lives on this thread, or a body of parallel_for runs on it.
bool is_serial();

/// Threads that parallel_for uses, >= 1. Default: one for each core that this process may use.
void set_num_threads(int threads);
int num_threads();

/// Lets a host program's own thread pool carry the ranges. Null: the built-in pool, whose threads spin briefly and then
/// sleep. Not while a parallel_for is running.
using ParallelBackend
    = void (*)(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);
void set_parallel_backend(ParallelBackend backend);

}  // namespace mixer::kernels
