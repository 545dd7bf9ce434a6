// SPDX-License-Identifier: MIT
#include "engine/training/Workers.h"

#include "kernels/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace mixer {

void forEachIndex(std::size_t count, int threads, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto serve = [&] {
        const kernels::SerialScope oneThreadEach;
        try {
            for (std::size_t i = next++; i < count; i = next++)
                work(i);
        } catch (...) {
            next = count;
            const std::lock_guard lock(mutex);
            if (!failure)
                failure = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(std::max(threads, 1)), count);
    try {
        while (others.size() + 1 < wanted)
            others.emplace_back(serve);
    } catch (const std::system_error&) {
        // No more threads to be had: those that are there do the rest.
    }
    serve();
    for (std::thread& other : others)
        other.join();
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace mixer
