// SPDX-License-Identifier: MIT
// Laws of the plan, over many shapes: what the kernels take for granted.
#include "kernels/cuda/scan_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixer::kernels::cuda {
namespace {

constexpr Operation kOperations[] = {Operation::SelectiveScan, Operation::QuasiSeparableScan,
                                     Operation::SelectiveScanBackward, Operation::QuasiSeparableScanBackward};
// Turing, Ampere as sold to players, Hopper.
constexpr DeviceLimits kDevices[] = {{40, 64 * 1024}, {82, 100 * 1024}, {132, 228 * 1024}};

DeviceScan shaped(std::int64_t batch, std::int64_t scans, std::int64_t dim, std::int64_t seqlen, std::int64_t dstate)
{
    DeviceScan p;
    p.batch = batch;
    p.scans = p.scan_count = scans;
    p.dim = dim;
    p.seqlen = seqlen;
    p.dstate = dstate;
    return p;
}

template <class Visitor> void forEachPlan(const Visitor& visit)
{
    for (const Operation operation : kOperations)
        for (const DeviceLimits& device : kDevices)
            for (std::int64_t dstate = 1; dstate <= (isBackward(operation) ? 64 : 128); ++dstate)
                for (const std::int64_t dim : {1, 49, 192, 1536})
                    for (const std::int64_t seqlen : {1, 49, 784, 3136})
                        for (const std::int64_t batch : {1, 64})
                            for (const std::int64_t scans : {1, 4}) {
                                const DeviceScan p = shaped(batch, scans, dim, seqlen, dstate);
                                visit(p, operation, device, makePlan(p, operation, device));
                            }
}

TEST(Plan, ThreadsCoverTheBlockAndWarpsStayInATile)
{
    forEachPlan([](const DeviceScan& p, Operation operation, const DeviceLimits&, const Plan& plan) {
        const BlockShape& s = plan.shape;
        ASSERT_EQ(s.groups * s.lanes * s.tiles, s.threads);
        ASSERT_LE(s.threads, kMaxThreads);
        ASSERT_LE(s.chunk, s.threads);  // a thread looks up a step's row
        ASSERT_GE(s.groups * s.lanes, 32);
        ASSERT_LE(s.groups, 32);
        ASSERT_GE(s.lanes, 8);
        ASSERT_EQ(1 << s.log2_lanes, s.lanes);
        ASSERT_EQ(s.padded_states, s.groups * s.states_per_thread);
        ASSERT_GE(s.padded_states, p.dstate);
        ASSERT_EQ(s.chunk,
                  s.tiles
                      * (isBackward(operation) ? kBackwardSteps
                             : s.one_tile      ? oneTileSteps(s.groups)
                                               : kForwardSteps));
    });
}

TEST(Plan, BlocksCoverTheWork)
{
    forEachPlan([](const DeviceScan& p, Operation, const DeviceLimits&, const Plan& plan) {
        ASSERT_GE(plan.lane_tiles * plan.shape.lanes, p.dim);
        ASSERT_LT((plan.lane_tiles - 1) * plan.shape.lanes, p.dim);
        ASSERT_GE(plan.chunks * plan.shape.chunk, p.seqlen);
        ASSERT_EQ(plan.blocks * plan.scans_per_block, plan.lane_tiles * plan.segments * p.batch * p.scans);
        ASSERT_GE(plan.segments * plan.segment_chunks, plan.chunks);
        ASSERT_LT((plan.segments - 1) * plan.segment_chunks, plan.chunks);
        ASSERT_TRUE(plan.segments == 1 || plan.scans_per_block == 1);
        ASSERT_EQ(plan.split_scans, p.scans > 1 && plan.scans_per_block == 1);
    });
}

TEST(Plan, SharedMemorySufficesEverywhere)
{
    forEachPlan([](const DeviceScan& p, Operation operation, const DeviceLimits& device, const Plan& plan) {
        // A block may have 64 KiB on every device from 7.5 on. What is fetched ahead by choice leaves room for two
        // blocks.
        const int bytes = plan.shared.size * 4;
        ASSERT_LE(bytes, 64 * 1024) << "N " << p.dstate << " D " << p.dim << " L " << p.seqlen;
        const int blocks = residentThreads(operation, plan.shape) / plan.shape.threads;
        if (plan.shared.raw >= 0 && !plan.shape.one_tile) {
            ASSERT_LE(blocks * bytes, device.shared_bytes);
        }
    });
}

TEST(Plan, OneTileIsForWholePacks)
{
    int of_one_tile = 0;
    forEachPlan([&](const DeviceScan& p, Operation operation, const DeviceLimits&, const Plan& plan) {
        if (!plan.shape.one_tile)
            return;
        ASSERT_FALSE(isBackward(operation));
        ASSERT_EQ(plan.shape.tiles, 1);
        ++of_one_tile;
        ASSERT_TRUE(plan.whole && plan.shared.raw >= 0);
        ASSERT_EQ(p.dim % 4, 0);
        ASSERT_EQ(plan.shape.threads, oneTileThreads(plan.shape.groups));
    });
    EXPECT_GT(of_one_tile, 0);
    DeviceScan p = shaped(64, 4, 192, 3136, 16);
    EXPECT_TRUE(makePlan(p, Operation::SelectiveScan, kDevices[2]).shape.one_tile);
    p.u_step_stride = 193;  // rows that begin anywhere
    EXPECT_FALSE(makePlan(p, Operation::SelectiveScan, kDevices[2]).shape.one_tile);
}

TEST(Plan, FillsADeviceAtBatchOneAndKeepsScansTogetherAtManyImages)
{
    const DeviceLimits& hopper = kDevices[2];
    const Plan one = makePlan(shaped(1, 4, 192, 3136, 16), Operation::SelectiveScan, hopper);
    EXPECT_TRUE(one.split_scans);
    EXPECT_GE(one.blocks, 96);
    const Plan many = makePlan(shaped(64, 4, 192, 3136, 16), Operation::SelectiveScan, hopper);
    EXPECT_FALSE(many.split_scans);
    EXPECT_GE(many.blocks, 2 * hopper.multiprocessors);
}

TEST(Plan, PartsOfTheWorkspaceDoNotOverlap)
{
    forEachPlan([](const DeviceScan&, Operation, const DeviceLimits&, const Plan& plan) {
        const WorkspaceLayout& w = plan.workspace;
        std::int64_t last = -1;
        for (const std::int64_t offset : {w.segment_products, w.segment_ends, w.boundaries, w.adjoint_boundaries,
                                          w.sums, w.delta_sums, w.dB, w.dC, w.dA, w.dD, w.dbias, w.dweights}) {
            if (offset < 0)
                continue;
            ASSERT_EQ(offset % 4, 0);
            ASSERT_GT(offset, last);
            last = offset;
        }
        ASSERT_LT(last, std::max<std::int64_t>(w.size, 1));
    });
}

}  // namespace
}  // namespace mixer::kernels::cuda
