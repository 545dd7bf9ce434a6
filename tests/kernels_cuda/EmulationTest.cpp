// SPDX-License-Identifier: MIT
// The emulation itself: what it must compute, and that it sees what it is there to see.
#include "tests/kernels_cuda/cuda_emulation.h"

#include "kernels/cuda/element.cuh"
#include "tests/kernels_cuda/Elements.h"

#include <gtest/gtest.h>

namespace mixer::kernels::cuda {
namespace {

using emulation::Report;
using emulation::run;

bool mentions(const Report& report, const std::string& word)
{
    for (const std::string& trouble : report.trouble)
        if (trouble.find(word) != std::string::npos)
            return true;
    return false;
}

TEST(Emulation, EveryThreadOfEveryBlockRunsOnce)
{
    std::vector<int> visits(3 * 64, 0);
    const Report report
        = run([&] { ++visits[device::blockIndex() * 64 + static_cast<std::size_t>(device::threadIndex())]; }, 3, 64, 0);
    EXPECT_TRUE(report.trouble.empty());
    EXPECT_EQ(visits, std::vector<int>(3 * 64, 1));
}

TEST(Emulation, ShufflesStayInTheWarp)
{
    std::vector<float> got(64);
    const Report report = run(
        [&] {
            const int thread = device::threadIndex();
            float value = static_cast<float>(thread);
            for (int mask = 1; mask < 32; mask *= 2)
                value += device::shuffleXor(value, mask);
            got[static_cast<std::size_t>(thread)] = value;
        },
        1, 64, 0);
    EXPECT_TRUE(report.trouble.empty());
    EXPECT_EQ(report.warp_operations, 10);
    for (int thread = 0; thread < 64; ++thread)
        EXPECT_EQ(got[static_cast<std::size_t>(thread)], thread < 32 ? 496.0F : 1520.0F);
}

TEST(Emulation, VotesStayInTheWarp)
{
    std::vector<int> got(64);
    run([&] { got[static_cast<std::size_t>(device::threadIndex())] = device::anyInWarp(device::threadIndex() == 40); },
        1, 64, 0);
    for (int thread = 0; thread < 64; ++thread)
        EXPECT_EQ(got[static_cast<std::size_t>(thread)], thread >= 32);
}

// Each thread reads a neighbour's float. With both barriers, right; without one of them, a race.
Report rotate(int neighbour, bool barrier_before_read, bool barrier_after_read)
{
    return run(
        [=] {
            const device::SharedFloats shared = device::sharedMemory();
            const int thread = device::threadIndex();
            float value = static_cast<float>(thread);
            for (int round = 0; round < 3; ++round) {
                shared.write(thread, value);
                if (barrier_before_read)
                    device::barrier();
                value = shared.read((thread + 64 + neighbour) % 64);
                if (barrier_after_read)
                    device::barrier();
            }
        },
        1, 64, 64);
}

TEST(Emulation, AcceptsWhatBarriersSeparate)
{
    const Report report = rotate(1, true, true);
    EXPECT_TRUE(report.trouble.empty()) << report.trouble.front();
    EXPECT_EQ(report.barriers, 6);
}

TEST(Emulation, ReportsReadAfterWriteRace)
{
    EXPECT_TRUE(mentions(rotate(-1, false, true), "reads what thread"));
}

TEST(Emulation, ReportsWriteAfterReadRace)
{
    EXPECT_TRUE(mentions(rotate(1, true, false), "writes what another thread read"));
}

TEST(Emulation, ReportsWriteWriteRace)
{
    const Report report = run([] { device::sharedMemory().write(0, 1.0F); }, 1, 32, 4);
    EXPECT_TRUE(mentions(report, "writes what thread"));
}

TEST(Emulation, SeesRacesInFourFloatAccesses)
{
    const Report report = run(
        [] {
            const float values[4] = {};
            if (device::threadIndex() == 0)
                device::sharedMemory().write4(4, values);
            if (device::threadIndex() == 1)
                device::sharedMemory().write(7, 1.0F);
        },
        1, 32, 8);
    EXPECT_TRUE(mentions(report, "shared float 7"));
}

TEST(Emulation, ReportsReadsOfNothing)
{
    EXPECT_TRUE(mentions(run([] { device::sharedMemory().read(0); }, 1, 32, 4), "reads what nothing wrote"));
}

TEST(Emulation, SharedMemoryDoesNotOutliveTheBlock)
{
    const Report report = run(
        [] {
            if (device::blockIndex() == 0 && device::threadIndex() == 0)
                device::sharedMemory().write(0, 1.0F);
            if (device::blockIndex() == 1)
                device::sharedMemory().read(0);
        },
        2, 32, 4);
    EXPECT_TRUE(mentions(report, "block 1: thread 0 reads what nothing wrote"));
}

TEST(Emulation, ReportsAccessesOutside)
{
    EXPECT_TRUE(mentions(run([] { device::sharedMemory().write(4, 1.0F); }, 1, 32, 4), "leaves shared memory"));
    EXPECT_TRUE(mentions(run([] { device::sharedMemory().read(-1); }, 1, 32, 4), "leaves shared memory"));
}

TEST(Emulation, ReportsBarrierThatNotAllReach)
{
    const Report report = run(
        [] {
            if (device::threadIndex() < 5)
                device::barrier();
        },
        1, 32, 0);
    EXPECT_TRUE(mentions(report, "5 threads wait"));
}

TEST(Emulation, ReportsDivergentShuffle)
{
    const Report report = run(
        [] {
            if (device::threadIndex() % 2 == 0)
                device::shuffleXor(1.0F, 2);
        },
        1, 32, 0);
    EXPECT_TRUE(mentions(report, "16 threads wait"));
}

// The copy is there for the thread that waited, and for the others after a barrier.
TEST(Emulation, CopiesArriveWhenWaitedFor)
{
    alignas(16) const float source[4] = {1.0F, 2.0F, 3.0F, 4.0F};
    const auto copyAndRead = [&](bool wait) {
        return run(
            [&source, wait] {
                const device::SharedFloats shared = device::sharedMemory();
                shared.from(4 * device::threadIndex()).copyAsync<4>(0, source);
                if (wait)
                    device::waitForCopies();
                EXPECT_EQ(shared.read(4 * device::threadIndex() + 2) == 3.0F, wait);
            },
            1, 32, 128);
    };
    EXPECT_TRUE(copyAndRead(true).trouble.empty());
    EXPECT_TRUE(mentions(copyAndRead(false), "reads what nothing wrote"));
}

TEST(Emulation, CopiesTakePartInRaces)
{
    alignas(16) const float source[4] = {};
    const Report report = run(
        [&source] {
            device::sharedMemory().copyAsync<4>(0, source);
            device::waitForCopies();
        },
        1, 32, 4);
    EXPECT_TRUE(mentions(report, "race"));
}

TEST(Elements, AllHalvesThereAndBack)
{
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const Float16 x{static_cast<std::uint16_t>(bits)};
        const double exact = test::fromFloat16(x.bits);
        if (std::isnan(exact)) {
            EXPECT_TRUE(std::isnan(toFloat(x)));
            EXPECT_TRUE(std::isnan(toFloat(fromFloat<Float16>(toFloat(x)))));
            continue;
        }
        ASSERT_EQ(toFloat(x), static_cast<float>(exact)) << bits;
        ASSERT_EQ(fromFloat<Float16>(toFloat(x)).bits, bits);
    }
}

TEST(Elements, RoundToNearestTiesToEven)
{
    unsigned state = 12345;
    for (int i = 0; i < 20000; ++i) {
        state = state * 1664525U + 1013904223U;
        // Magnitudes from 2^-20 to 2^12: both formats' normal range, and half's subnormal one.
        const float x = std::ldexp(static_cast<float>(static_cast<int>(state >> 8) - (1 << 23)),
                                   static_cast<int>(state % 32) - 43);
        ASSERT_EQ(fromFloat<Float16>(x).bits & 0x7fff, test::toFloat16(x) & 0x7fff) << x;
        ASSERT_EQ(fromFloat<BFloat16>(x).bits & 0x7fff, test::toBFloat16(x) & 0x7fff) << x;
    }
    EXPECT_EQ(fromFloat<BFloat16>(1.0F + 0x1p-8F).bits, 0x3f80);
    EXPECT_EQ(fromFloat<BFloat16>(1.0F + 3 * 0x1p-8F).bits, 0x3f82);
    EXPECT_TRUE(std::isnan(toFloat(fromFloat<BFloat16>(std::nanf("")))));
    EXPECT_TRUE(std::isinf(toFloat(fromFloat<Float16>(70000.0F))));
}

TEST(Elements, SoftplusKeepsSmallValues)
{
    for (const float x : {-80.0F, -17.0F, -15.0F, -1.0F, 0.0F, 1.0F, 19.9F, 20.1F, 80.0F}) {
        const double exact = std::log1p(std::exp(static_cast<double>(x)));
        EXPECT_NEAR(softplus(x) / exact, 1.0, 3e-7) << x;
    }
}

}  // namespace
}  // namespace mixer::kernels::cuda
