// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/ProblemCases.h"
#include "tests/kernels_cuda/ProblemOnDevice.h"

#include <gtest/gtest.h>

namespace mixer::kernels::cuda::test {
namespace {

class Backward : public testing::TestWithParam<bool> { };

double loss(const Problem& problem, bool bidirectional)
{
    const Result result = solve(problem, bidirectional);
    double sum = 0.0;
    for (std::size_t i = 0; i < result.out.size(); ++i)
        sum += result.out[i] * problem.dout[i];
    return sum;
}

// Central differences of the textbook's own output: what the textbook's gradients, and by them the kernels', rest on.
double differenceError(Problem& problem, std::vector<double>& values, const std::vector<double>& gradient,
                       bool bidirectional)
{
    constexpr double kStep = 1e-5;
    double worst = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double value = values[i];
        values[i] = value + kStep;
        const double above = loss(problem, bidirectional);
        values[i] = value - kStep;
        const double below = loss(problem, bidirectional);
        values[i] = value;
        worst = std::max(worst, std::abs((above - below) / (2 * kStep) - gradient[i]));
    }
    return worst;
}

TEST_P(Backward, TextbookAgreesWithFiniteDifferences)
{
    for (const bool per_row : {false, true}) {
        ProblemOptions options;
        options.dim = 2;
        options.seqlen = 7;
        options.dstate = 3;
        options.batch = 2;
        options.scans = 2;
        options.scan_count = 3;
        options.orders = options.choose = options.scans_have_parameters = true;
        options.slots_have_data = per_row;
        options.shared_A = per_row;
        options.skip = options.bias = per_row ? Per::Row : Per::Lane;
        SCOPED_TRACE(describe(options));
        Problem problem(options);
        const bool both = GetParam();
        const Result r = solve(problem, both);
        EXPECT_LE(differenceError(problem, problem.u, r.du, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.delta, r.ddelta, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.A, r.dA, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.B, r.dB, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.C, r.dC, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.D, r.dD, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.bias, r.dbias, both), 1e-8);
        EXPECT_LE(differenceError(problem, problem.weights, r.dweights, both), 1e-8);
    }
}

// Gradients are sums with much cancellation: measured against the largest of their kind.
double compareAll(const ProblemOnDevice& device, const Result& expected, ElementType type)
{
    const double tolerance = gradientTolerance(type);
    double worst = 0.0;
    const auto compare
        = [&](const char* name, const DeviceTensor& got, const std::vector<double>& wanted, double allowed) {
              if (wanted.empty())
                  return;
              const double error = relativeError(got.values(), wanted);
              EXPECT_LE(error, allowed) << name;
              worst = std::max(worst, error);
          };
    compare("du", device.du, expected.du, tolerance);
    compare("ddelta", device.ddelta, expected.ddelta, tolerance);
    compare("dB", device.dB, expected.dB, tolerance);
    compare("dC", device.dC, expected.dC, tolerance);
    // Always float32, also where the data are not.
    const double exact = gradientTolerance(ElementType::Float32);
    compare("dA", device.dA, expected.dA, exact);
    compare("dD", device.dD, expected.dD, exact);
    compare("dbias", device.dbias, expected.dbias, exact);
    EXPECT_LE(largestError(device.dweights.values(), expected.dweights), exact * expected.dweights_scale);
    return type == ElementType::Float32 ? worst : 0.0;
}

TEST_P(Backward, AgreesWithTheTextbook)
{
    const bool bidirectional = GetParam();
    double worst = 0.0;
    for (const ProblemOptions& options : backwardCases()) {
        SCOPED_TRACE(describe(options));
        const Problem problem(options);
        const Result expected = solve(problem, bidirectional);
        ProblemOnDevice device(problem);
        ASSERT_EQ(device.backward(bidirectional), "");
        worst = std::max(worst, compareAll(device, expected, options.type));
        if (HasFailure())
            return;
    }
    std::printf("largest float32 error / largest gradient of its kind: %.2g\n", worst);
}

TEST_P(Backward, UsesSavedStates)
{
    const bool bidirectional = GetParam();
    ProblemOptions options;
    options.dim = 16;
    options.seqlen = 200;
    options.save_states = true;
    options.multiprocessors = 200;  // narrow blocks: their chunks end where states are saved
    const Problem problem(options);
    const Result expected = solve(problem, bidirectional);
    ProblemOnDevice device(problem);
    ASSERT_EQ(device.forward(bidirectional), "");
    ASSERT_EQ(device.backward(bidirectional), "");
    compareAll(device, expected, options.type);
}

TEST_P(Backward, GivesTheSameBitsAgain)
{
    ProblemOptions options;
    options.dim = 70;
    options.seqlen = 90;
    options.scans = options.scan_count = 2;
    options.orders = true;
    const Problem problem(options);
    ProblemOnDevice first(problem), second(problem);
    ASSERT_EQ(first.backward(GetParam()), "");
    ASSERT_EQ(second.backward(GetParam()), "");
    EXPECT_EQ(first.dB.values(), second.dB.values());
    EXPECT_EQ(first.dA.values(), second.dA.values());
    EXPECT_EQ(first.ddelta.values(), second.ddelta.values());
}

TEST_P(Backward, LeavesOutWhatIsNotWanted)
{
    ProblemOptions options;
    options.dim = 9;
    options.scans = options.scan_count = 2;
    const Problem problem(options);
    const Result expected = solve(problem, GetParam());
    ProblemOnDevice device(problem);
    const void* dout = device.gradients.dout;
    const std::int64_t batch_stride = device.gradients.dout_batch_stride;
    const std::int64_t step_stride = device.gradients.dout_step_stride;
    void* du = device.gradients.du;
    device.gradients = {};
    device.gradients.dout = dout;
    device.gradients.dout_batch_stride = batch_stride;
    device.gradients.dout_step_stride = step_stride;
    device.gradients.du = du;
    ASSERT_EQ(device.backward(GetParam()), "");
    EXPECT_LE(relativeError(device.du.values(), expected.du), gradientTolerance(ElementType::Float32));
}

INSTANTIATE_TEST_SUITE_P(Scans, Backward, testing::Bool(),
                         [](const auto& scan) { return scan.param ? "QuasiSeparable" : "Selective"; });

}  // namespace
}  // namespace mixer::kernels::cuda::test
