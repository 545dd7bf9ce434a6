// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/ProblemCases.h"
#include "tests/kernels_cuda/ProblemOnDevice.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace mixer::kernels::cuda::test {
namespace {

class Forward : public testing::TestWithParam<bool> { };

TEST_P(Forward, AgreesWithTheTextbook)
{
    const bool bidirectional = GetParam();
    const Operation operation = bidirectional ? Operation::QuasiSeparableScan : Operation::SelectiveScan;
    double worst = 0.0;
    std::set<std::pair<int, bool>> kernels;  // by groups; of one tile
    for (const ProblemOptions& options : forwardCases()) {
        SCOPED_TRACE(describe(options));
        const Problem problem(options);
        const Result expected = solve(problem, bidirectional);
        ProblemOnDevice device(problem);
        ASSERT_EQ(device.forward(bidirectional), "");
        const BlockShape shape = makePlan(device.scan, operation, limitsOf(options.multiprocessors)).shape;
        kernels.emplace(shape.groups, shape.one_tile);
        const double error = relativeError(device.out.values(), expected.out);
        ASSERT_LE(error, forwardTolerance(options.type));
        ASSERT_TRUE(device.out.poisonIntact());
        if (options.type == ElementType::Float32)
            worst = std::max(worst, error);
    }
    EXPECT_EQ(kernels.size(), 7U) << "every kernel has a case";
    RecordProperty("worst_float32_error", std::to_string(worst));
    std::printf("largest float32 error / max |y|: %.2g\n", worst);
}

TEST_P(Forward, SavesChunkStates)
{
    const bool bidirectional = GetParam();
    for (const std::int64_t seqlen : {1, 63, 64, 65, 200}) {
        for (const int multiprocessors : {1, 200}) {
            ProblemOptions options;
            options.seqlen = seqlen;
            options.dim = multiprocessors == 1 ? 32 : 33;  // one tile, and several
            options.batch = 2;
            options.scans = options.scan_count = 2;
            options.orders = true;
            options.save_states = true;
            options.multiprocessors = multiprocessors;
            SCOPED_TRACE(describe(options));
            const Problem problem(options);
            const Result expected = solve(problem, bidirectional);
            ProblemOnDevice device(problem);
            ASSERT_EQ(device.forward(bidirectional), "");
            EXPECT_LE(relativeError(device.chunk_states.values(), expected.chunk_states), 2e-6);
            if (bidirectional) {
                EXPECT_LE(relativeError(device.backward_chunk_states.values(), expected.backward_chunk_states), 2e-6);
            }
        }
    }
}

TEST_P(Forward, GivesTheSameBitsAgain)
{
    ProblemOptions options;
    options.dim = 40;
    options.seqlen = 130;
    options.scans = options.scan_count = 3;
    options.orders = true;
    const Problem problem(options);
    ProblemOnDevice first(problem), second(problem);
    ASSERT_EQ(first.forward(GetParam()), "");
    ASSERT_EQ(second.forward(GetParam()), "");
    EXPECT_EQ(first.out.values(), second.out.values());
}

// A scan of the first steps alone gives the same outputs there.
TEST(ForwardLaws, SelectiveScanIsCausal)
{
    ProblemOptions options;
    options.seqlen = 100;
    const Problem whole(options);
    Problem part = whole;
    part.options.seqlen = 37;
    part.u.resize(static_cast<std::size_t>(37 * options.dim));
    part.delta.resize(part.u.size());
    part.out_before.resize(part.u.size());
    part.dout.resize(part.u.size());
    part.B.resize(static_cast<std::size_t>(37 * options.dstate));
    part.C.resize(part.B.size());
    ProblemOnDevice on_whole(whole), on_part(part);
    ASSERT_EQ(on_whole.forward(false), "");
    ASSERT_EQ(on_part.forward(false), "");
    std::vector<double> beginning = on_whole.out.values();
    beginning.resize(part.u.size());
    EXPECT_LE(relativeError(on_part.out.values(), beginning), 1e-6);
}

TEST(ForwardChecks, SayWhatIsWrong)
{
    const Problem problem{ProblemOptions()};
    const ProblemOnDevice device(problem);
    const auto complaint = [&](auto&& change) {
        DeviceScan p = device.scan;
        change(p);
        const char* text = check(p, Operation::SelectiveScan);
        return std::string(text ? text : "");
    };
    EXPECT_EQ(complaint([](DeviceScan&) {}), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.u = nullptr; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.out = nullptr; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.seqlen = 0; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.dim = std::int64_t{1} << 60; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.dstate = 129; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.scans = 2; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.D_step_stride = 1; }), "");
    EXPECT_NE(complaint([](DeviceScan& p) { p.batch = p.dim = std::int64_t{1} << 30; }), "");
    DeviceScan wide = device.scan;
    wide.dstate = 65;
    EXPECT_NE(check(wide, device.gradients, Operation::SelectiveScanBackward), nullptr);
    DeviceScanGradients none = device.gradients;
    none.dout = nullptr;
    EXPECT_NE(check(device.scan, none, Operation::SelectiveScanBackward), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Scans, Forward, testing::Bool(),
                         [](const auto& scan) { return scan.param ? "QuasiSeparable" : "Selective"; });

}  // namespace
}  // namespace mixer::kernels::cuda::test
