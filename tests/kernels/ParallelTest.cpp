// SPDX-License-Identifier: MIT
#include "kernels/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace mixer::kernels::test {
namespace {

class ParallelFor : public testing::Test {
protected:
    void TearDown() override
    {
        set_parallel_backend(nullptr);
        set_num_threads(m_before);
    }

    const int m_before = num_threads();
};

TEST_F(ParallelFor, CoversEveryIndexOnce)
{
    for (const int threads : {1, 2, 5}) {
        set_num_threads(threads);
        EXPECT_EQ(num_threads(), threads);
        for (const std::int64_t count : {0, 1, 2, 7, 100, 1001}) {
            for (const std::int64_t grain : {0, 1, 3, 64}) {
                std::vector<std::atomic<int>> visits(count);
                std::mutex mutex;
                std::vector<std::pair<std::int64_t, std::int64_t>> ranges;
                parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i)
                        visits[i].fetch_add(1);
                    const std::lock_guard lock(mutex);
                    ranges.emplace_back(begin, end);
                });
                for (const std::atomic<int>& visit : visits)
                    ASSERT_EQ(visit.load(), 1);
                for (const auto& [begin, end] : ranges)
                    EXPECT_TRUE(end - begin >= grain || end == count);
                EXPECT_LE(ranges.size(), static_cast<std::size_t>(threads));
            }
        }
    }
}

TEST_F(ParallelFor, CallersOnSeveralThreadsDoNotMix)
{
    set_num_threads(3);
    constexpr int callers = 4, rounds = 200;
    constexpr std::int64_t count = 97;
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                std::vector<int> visits(count, 0);
                parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i)
                        ++visits[i];
                });
                for (const int visit : visits)
                    wrong += visit != 1;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(wrong.load(), 0);
}

TEST_F(ParallelFor, ResultsAreVisibleToTheCaller)
{
    set_num_threads(4);
    for (int round = 0; round < 500; ++round) {
        std::vector<int> values(64, 0);
        parallel_for(64, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                values[i] = round;
        });
        for (const int value : values)
            ASSERT_EQ(value, round);
    }
}

std::atomic<int> backend_calls{0};

void countingBackend(std::int64_t count, std::int64_t, const std::function<void(std::int64_t, std::int64_t)>& body)
{
    ++backend_calls;
    body(0, count);
}

TEST_F(ParallelFor, AHostsBackendCarriesTheRanges)
{
    set_num_threads(2);
    backend_calls = 0;
    set_parallel_backend(countingBackend);
    std::int64_t covered = 0;
    parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end) { covered += end - begin; });
    EXPECT_EQ(covered, 10);
    EXPECT_EQ(backend_calls.load(), 1);
    set_parallel_backend(nullptr);
    std::atomic<std::int64_t> own{0};
    parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end) { own += end - begin; });
    EXPECT_EQ(own.load(), 10);
    EXPECT_EQ(backend_calls.load(), 1);
}

TEST_F(ParallelFor, AtLeastOneThread)
{
    set_num_threads(0);
    EXPECT_EQ(num_threads(), 1);
    set_num_threads(-5);
    EXPECT_EQ(num_threads(), 1);
}

}  // namespace
}  // namespace mixer::kernels::test
