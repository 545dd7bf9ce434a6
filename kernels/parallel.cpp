// SPDX-License-Identifier: MIT
#include "kernels/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace mixer::kernels {
namespace {

using Body = std::function<void(std::int64_t, std::int64_t)>;

constexpr int kMaxThreads = 256;
// Long enough to bridge the serial code between two kernels of one layer, short enough to cost other processes nothing.
constexpr std::chrono::microseconds kSpinTime{40};

thread_local bool inside_parallel_for = false;

void relax()
{
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

template <typename Predicate> bool spinUntil(Predicate done)
{
    const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
    do {
        for (int i = 0; i < 16; ++i) {
            if (done())
                return true;
            relax();
        }
    } while (std::chrono::steady_clock::now() < deadline);
    return done();
}

int usableCores()
{
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return std::clamp(CPU_COUNT(&set), 1, kMaxThreads);
#endif
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kMaxThreads);
}

// Ranges are handed out by a counter, the caller takes them too: a worker that wakes late (a busy core) finds nothing
// left, and nobody waits for it.
class Pool {
public:
    ~Pool()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
            m_generation.fetch_add(1);
        }
        m_wake.notify_all();
        for (std::thread& worker : m_workers)
            worker.join();
    }

    void run(std::int64_t count, std::int64_t range, int threads, const Body& body)
    {
        const std::lock_guard oneCaller(m_callers);
        startWorkers(threads - 1);
        open(count, range, body);
        work();
        close();
    }

private:
    void startWorkers(int wanted)
    {
        try {
            while (static_cast<int>(m_workers.size()) < wanted)
                m_workers.emplace_back([this] { serve(); });
        } catch (const std::system_error&) {
            // No more threads to be had: the caller does the rest of the work.
        }
    }

    void open(std::int64_t count, std::int64_t range, const Body& body)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_count = count;
            m_range = range;
            m_body = &body;
            m_open = true;
            m_next.store(0);
            m_generation.fetch_add(1);
        }
        if (m_sleepers.load() > 0)
            m_wake.notify_all();
    }

    void work()
    {
        const SerialScope inside;
        for (;;) {
            const std::int64_t begin = m_next.fetch_add(m_range);
            if (begin >= m_count)
                return;
            (*m_body)(begin, std::min(begin + m_range, m_count));
        }
    }

    void close()
    {
        std::unique_lock lock(m_mutex);
        m_open = false;
        if (m_active.load() == 0)
            return;
        lock.unlock();
        if (spinUntil([this] { return m_active.load() == 0; }))
            return;
        lock.lock();
        m_done.wait(lock, [this] { return m_active.load() == 0; });
    }

    void serve()
    {
        std::uint64_t seen = 0;
        for (;;) {
            const auto changed = [&] { return m_generation.load() != seen; };
            const bool already = spinUntil(changed);
            std::unique_lock lock(m_mutex);
            if (!already) {
                m_sleepers.fetch_add(1);
                m_wake.wait(lock, changed);
                m_sleepers.fetch_sub(1);
            }
            seen = m_generation.load();
            if (m_stopping)
                return;
            if (!m_open)
                continue;
            m_active.fetch_add(1);
            lock.unlock();
            work();
            lock.lock();
            if (m_active.fetch_sub(1) == 1)
                m_done.notify_one();
        }
    }

    std::mutex m_callers;  ///< one job at a time
    std::mutex m_mutex;    ///< guards opening, joining and closing a job
    std::condition_variable m_wake, m_done;
    std::vector<std::thread> m_workers;
    std::atomic<std::uint64_t> m_generation{0};
    std::atomic<int> m_sleepers{0}, m_active{0};
    std::atomic<std::int64_t> m_next{0};
    std::int64_t m_count = 0, m_range = 1;
    const Body* m_body = nullptr;  ///< unchanged while a worker is active
    bool m_open = false;           ///< workers may still join the job
    bool m_stopping = false;
};

Pool& pool()
{
    static Pool instance;
    return instance;
}

std::atomic<int>& threadCount()
{
    static std::atomic<int> count{usableCores()};
    return count;
}

std::atomic<ParallelBackend> hostBackend{nullptr};

}  // namespace

bool is_serial()
{
    return inside_parallel_for;
}

SerialScope::SerialScope()
    : m_before(inside_parallel_for)
{
    inside_parallel_for = true;
}

SerialScope::~SerialScope()
{
    inside_parallel_for = m_before;
}

void parallel_for(std::int64_t count, std::int64_t grain, const Body& body)
{
    if (count <= 0)
        return;
    grain = std::max<std::int64_t>(grain, 1);
    const int threads = num_threads();
    // A nested call would wait for itself; it runs on the thread that it is on.
    if (threads == 1 || count <= grain || inside_parallel_for) {
        body(0, count);
        return;
    }
    if (const ParallelBackend backend = hostBackend.load()) {
        backend(count, grain, body);
        return;
    }
    const std::int64_t range = std::max(grain, (count + threads - 1) / threads);
    pool().run(count, range, threads, body);
}

void set_num_threads(int threads)
{
    threadCount().store(std::clamp(threads, 1, kMaxThreads));
}

int num_threads()
{
    return threadCount().load();
}

void set_parallel_backend(ParallelBackend backend)
{
    hostBackend.store(backend);
}

}  // namespace mixer::kernels
