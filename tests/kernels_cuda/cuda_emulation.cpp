// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/cuda_emulation.h"

#include <ucontext.h>

#include <algorithm>
#include <limits>
#include <memory>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace mixer::kernels::cuda::emulation {
namespace {

constexpr int kWarp = 32;
constexpr std::size_t kStackSize = 128 * 1024;
constexpr std::size_t kMaxTrouble = 20;
constexpr int kNobody = -1, kSeveral = -2;

struct PendingCopy {
    float* to;
    const void* from;
    int count;
};

struct Fiber {
    ucontext_t context{};
    std::unique_ptr<char[]> stack;
    bool done = false;
    const std::int64_t* waits_for = nullptr;  // runnable once this differs from `seen`
    std::int64_t seen = 0;
    void* fake_stack = nullptr;
    std::vector<PendingCopy> copies;
};

struct Warp {
    float values[2][kWarp] = {};  // by parity of the generation: a fast thread may be one operation ahead
    int arrived = 0;
    std::int64_t generation = 0;
};

// Who touched a float of shared memory, and in which epoch (number of barriers so far).
struct Touch {
    std::int64_t written = -1, read = -1;
    int writer = kNobody, reader = kNobody;
    bool initialized = false;
};

class Machine {
public:
    Report run(const std::function<void()>& body, std::int64_t blocks, int threads, int shared_floats);

    int thread() const { return m_current; }
    std::int64_t block() const { return m_block; }
    float* shared() { return m_shared.data(); }

    void barrier();
    const float* exchange(float value);
    bool note(const float* at, int count, bool write);
    void copyAsync(const PendingCopy& copy);
    void waitForCopies();

private:
    static void enter();
    void runBlock();
    void resume(Fiber& fiber);
    void leave();
    void waitFor(const std::int64_t& counter, std::int64_t seen);
    void complain(const std::string& what);
    void noteFloat(std::size_t index, bool write);
    std::string where(std::size_t index) const;

    const std::function<void()>* m_body = nullptr;
    std::vector<Fiber> m_fibers;
    std::vector<Warp> m_warps;
    // In quarters of 16 bytes, as the device aligns it; the pool beyond the launch's size is never handed out.
    std::vector<float> m_shared_pool;
    struct {
        float* first = nullptr;
        std::size_t count = 0;
        float* data() const { return first; }
        std::size_t size() const { return count; }
    } m_shared;
    std::vector<Touch> m_touches;
    ucontext_t m_scheduler{};
    const void* m_scheduler_stack = nullptr;
    std::size_t m_scheduler_stack_size = 0;
    void* m_scheduler_fake_stack = nullptr;
    int m_current = 0;
    std::int64_t m_block = 0;
    std::int64_t m_epoch = 0;
    int m_arrived = 0;
    Report m_report;
};

Machine* g_machine = nullptr;

void startSwitch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* stack,
                 [[maybe_unused]] std::size_t size)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(fake_stack, stack, size);
#endif
}

void finishSwitch([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** from,
                  [[maybe_unused]] std::size_t* size)
{
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack, from, size);
#endif
}

// ASan would clear a whole stack's shadow at every switch if it knew the stack's size. It need not: the switches are
// announced to it, and a stack is cleared when a thread begins on it.
void makeStackFresh([[maybe_unused]] Fiber& fiber)
{
#if defined(__SANITIZE_ADDRESS__)
    ASAN_UNPOISON_MEMORY_REGION(fiber.stack.get(), kStackSize);
    fiber.context.uc_stack.ss_size = 0;
#endif
}

void Machine::enter()
{
    Machine& machine = *g_machine;
    finishSwitch(nullptr, &machine.m_scheduler_stack, &machine.m_scheduler_stack_size);
    (*machine.m_body)();
    Fiber& self = machine.m_fibers[static_cast<std::size_t>(machine.m_current)];
    self.done = true;
    startSwitch(nullptr, machine.m_scheduler_stack, machine.m_scheduler_stack_size);
    setcontext(&machine.m_scheduler);
}

void Machine::resume(Fiber& fiber)
{
    startSwitch(&m_scheduler_fake_stack, fiber.stack.get(), kStackSize);
    swapcontext(&m_scheduler, &fiber.context);
    finishSwitch(m_scheduler_fake_stack, nullptr, nullptr);
}

void Machine::leave()
{
    Fiber& self = m_fibers[static_cast<std::size_t>(m_current)];
    startSwitch(&self.fake_stack, m_scheduler_stack, m_scheduler_stack_size);
    swapcontext(&self.context, &m_scheduler);
    finishSwitch(self.fake_stack, &m_scheduler_stack, &m_scheduler_stack_size);
}

void Machine::waitFor(const std::int64_t& counter, std::int64_t seen)
{
    Fiber& self = m_fibers[static_cast<std::size_t>(m_current)];
    self.waits_for = &counter;
    self.seen = seen;
    leave();
    self.waits_for = nullptr;
}

void Machine::barrier()
{
    if (++m_arrived == static_cast<int>(m_fibers.size())) {
        m_arrived = 0;
        ++m_epoch;
        ++m_report.barriers;
        return;
    }
    waitFor(m_epoch, m_epoch);
}

const float* Machine::exchange(float value)
{
    Warp& warp = m_warps[static_cast<std::size_t>(m_current / kWarp)];
    const std::int64_t generation = warp.generation;
    float* values = warp.values[generation % 2];
    values[m_current % kWarp] = value;
    if (++warp.arrived == kWarp) {
        warp.arrived = 0;
        ++warp.generation;
        ++m_report.warp_operations;
    } else {
        waitFor(warp.generation, generation);
    }
    return values;
}

void Machine::complain(const std::string& what)
{
    if (m_report.trouble.size() < kMaxTrouble)
        m_report.trouble.push_back("block " + std::to_string(m_block) + ": " + what);
}

std::string Machine::where(std::size_t index) const
{
    return "shared float " + std::to_string(index) + " after barrier " + std::to_string(m_epoch);
}

void Machine::noteFloat(std::size_t index, bool write)
{
    Touch& touch = m_touches[index];
    const bool written_by_other = touch.written == m_epoch && touch.writer != m_current;
    const bool read_by_other = touch.read == m_epoch && touch.reader != m_current;
    if (written_by_other)
        complain("race: thread " + std::to_string(m_current) + (write ? " writes" : " reads") + " what thread "
                 + std::to_string(touch.writer) + " wrote: " + where(index));
    if (write) {
        if (read_by_other)
            complain("race: thread " + std::to_string(m_current) + " writes what another thread read: " + where(index));
        touch.written = m_epoch;
        touch.writer = m_current;
        touch.initialized = true;
        return;
    }
    if (!touch.initialized)
        complain("thread " + std::to_string(m_current) + " reads what nothing wrote: " + where(index));
    touch.reader = read_by_other ? kSeveral : m_current;
    touch.read = m_epoch;
}

bool Machine::note(const float* at, int count, bool write)
{
    const std::ptrdiff_t offset = at - m_shared.data();
    if (offset < 0 || static_cast<std::size_t>(offset) + static_cast<std::size_t>(count) > m_shared.size()) {
        complain("thread " + std::to_string(m_current) + " leaves shared memory at float " + std::to_string(offset));
        return false;
    }
    if (offset % count != 0)
        complain("thread " + std::to_string(m_current) + " accesses several floats at " + std::to_string(offset));
    for (int i = 0; i < count; ++i)
        noteFloat(static_cast<std::size_t>(offset + i), write);
    return true;
}

void Machine::copyAsync(const PendingCopy& copy)
{
    const std::size_t bytes = static_cast<std::size_t>(copy.count) * sizeof(float);
    if (reinterpret_cast<std::uintptr_t>(copy.from) % bytes != 0)
        complain("thread " + std::to_string(m_current) + " copies from an address that is no multiple of "
                 + std::to_string(bytes));
    m_fibers[static_cast<std::size_t>(m_current)].copies.push_back(copy);
}

void Machine::waitForCopies()
{
    std::vector<PendingCopy>& copies = m_fibers[static_cast<std::size_t>(m_current)].copies;
    for (const PendingCopy& copy : copies)
        if (note(copy.to, copy.count, true))
            std::memcpy(copy.to, copy.from, static_cast<std::size_t>(copy.count) * sizeof(float));
    copies.clear();
}

void Machine::runBlock()
{
    std::fill_n(m_shared.first, m_shared.count, std::numeric_limits<float>::quiet_NaN());
    m_touches.assign(m_shared.count, Touch{});
    m_warps.assign(m_warps.size(), Warp{});
    m_epoch = 0;
    m_arrived = 0;
    for (Fiber& fiber : m_fibers) {
        fiber.done = false;
        fiber.waits_for = nullptr;
        fiber.copies.clear();
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = kStackSize;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, &Machine::enter, 0);
        makeStackFresh(fiber);
    }
    std::size_t left = m_fibers.size();
    while (left > 0) {
        bool progress = false;
        for (std::size_t i = 0; i < m_fibers.size(); ++i) {
            Fiber& fiber = m_fibers[i];
            if (fiber.done || (fiber.waits_for && *fiber.waits_for == fiber.seen))
                continue;
            m_current = static_cast<int>(i);
            resume(fiber);
            progress = true;
            left -= fiber.done ? 1 : 0;
        }
        if (!progress) {
            complain(std::to_string(left) + " threads wait for others that do not come");
            return;
        }
    }
}

Report Machine::run(const std::function<void()>& body, std::int64_t blocks, int threads, int shared_floats)
{
    m_report = Report{};
    m_body = &body;
    // Every float of shared memory lies in a heap block of exactly this size, so ASan sees what slips past note().
    m_shared_pool.assign(static_cast<std::size_t>(shared_floats) + 4, 0.0F);
    const std::size_t skip = (16 - reinterpret_cast<std::uintptr_t>(m_shared_pool.data()) % 16) % 16 / sizeof(float);
    m_shared.first = m_shared_pool.data() + skip;
    m_shared.count = static_cast<std::size_t>(shared_floats);
    while (m_fibers.size() < static_cast<std::size_t>(threads)) {
        m_fibers.emplace_back();
        m_fibers.back().stack.reset(new char[kStackSize]);
    }
    m_fibers.resize(static_cast<std::size_t>(threads));
    m_warps.resize(static_cast<std::size_t>(threads / kWarp));
    for (m_block = 0; m_block < blocks && m_report.trouble.size() < kMaxTrouble; ++m_block)
        runBlock();
    return m_report;
}

}  // namespace

Report run(const std::function<void()>& body, std::int64_t blocks, int threads, int shared_floats)
{
    static Machine machine;
    g_machine = &machine;
    return machine.run(body, blocks, threads, shared_floats);
}

int threadIndex()
{
    return g_machine->thread();
}

std::int64_t blockIndex()
{
    return g_machine->block();
}

void barrier()
{
    g_machine->barrier();
}

float shuffleXor(float value, int mask)
{
    return g_machine->exchange(value)[(g_machine->thread() % kWarp) ^ mask];
}

bool anyInWarp(bool condition)
{
    const float* conditions = g_machine->exchange(condition ? 1.0F : 0.0F);
    bool any = false;
    for (int i = 0; i < kWarp; ++i)
        any = any || conditions[i] != 0.0F;
    return any;
}

float* sharedData()
{
    return g_machine->shared();
}

bool noteRead(const float* at, int count)
{
    return g_machine->note(at, count, false);
}

bool noteWrite(const float* at, int count)
{
    return g_machine->note(at, count, true);
}

void copyAsync(float* to, const void* from, int count)
{
    g_machine->copyAsync({to, from, count});
}

void waitForCopies()
{
    g_machine->waitForCopies();
}

float halfToFloat(std::uint16_t bits)
{
    const int exponent = (bits >> 10) & 0x1f;
    const int fraction = bits & 0x3ff;
    const float sign = bits & 0x8000 ? -1.0F : 1.0F;
    if (exponent == 0x1f)
        return fraction ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
    return sign
        * (exponent ? std::ldexp(static_cast<float>(fraction + 0x400), exponent - 25)
                    : std::ldexp(static_cast<float>(fraction), -24));
}

std::uint16_t floatToHalf(float x)
{
    const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    const float magnitude = std::fabs(x);
    if (std::isnan(x))
        return 0x7fff;
    if (magnitude >= 65520.0F)
        return static_cast<std::uint16_t>(sign | 0x7c00);
    if (magnitude == 0.0F)
        return sign;
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    const int scale = std::max(exponent - 11, -24);  // exponent of the last bit
    const int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, -scale)));
    // Units of 1024 and more carry the exponent in by addition; rounding up to 2048 moves to the next one.
    return static_cast<std::uint16_t>(sign | (((scale + 24) << 10) + units));
}

}  // namespace mixer::kernels::cuda::emulation
