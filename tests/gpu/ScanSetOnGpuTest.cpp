// SPDX-License-Identifier: MIT
// mixer::scan_set on a GPU, with gradients, against the same operator in float64 on the CPU.
#include "engine/ops/ScanSet.h"
#include "tests/gpu/OnGpu.h"

#include <gtest/gtest.h>

#include <vector>

namespace mixer::test {
namespace {

struct Shape {
    std::int64_t images, lanes, steps, states, slots, scans;
    bool dataPerSlot, parametersPerScan, sharedA, perRow;
};

struct Inputs {
    std::vector<at::Tensor> values;  ///< u, delta, A, B, C, D, deltaBias, weights: float64 on the CPU
    at::Tensor orders, scanIds, dout;
};

Inputs draw(const Shape& s, at::ScalarType type)
{
    const std::int64_t copies = s.dataPerSlot ? s.slots : 1, sets = s.parametersPerScan ? s.scans : 1;
    const auto parameter = [&](double low, double high) {
        return s.perRow ? uniform({sets, s.steps, 1}, low, high, at::kFloat)
                        : uniform({sets, s.lanes}, low, high, at::kFloat);
    };
    Inputs in;
    in.values = {uniform({s.images, s.steps, s.lanes}, -1.5, 1.5, type),
                 uniform({s.images, copies, s.steps, s.lanes}, -6, 1, type),
                 uniform({sets, s.sharedA ? 1 : s.lanes, s.states}, -2, -0.05, at::kFloat),
                 uniform({s.images, copies, s.steps, s.states}, -1, 1, type),
                 uniform({s.images, copies, s.steps, s.states}, -1, 1, type),
                 parameter(-1, 1),
                 parameter(-1, 1),
                 uniform({s.images, s.slots}, 0.1, 1, at::kFloat)};
    in.dout = uniform({s.images, s.steps, s.lanes}, -1, 1, type);
    std::vector<at::Tensor> orders, ids;
    for (std::int64_t scan = 0; scan < s.scans; ++scan)
        orders.push_back(at::randperm(s.steps, at::kInt));
    in.orders = at::stack(orders);
    for (std::int64_t image = 0; image < s.images; ++image)
        ids.push_back(at::randperm(s.scans, at::kInt).narrow(0, 0, s.slots));
    in.scanIds = at::stack(ids);
    return in;
}

struct Outputs {
    at::Tensor out;
    std::vector<at::Tensor> gradients;
};

Outputs run(const Inputs& in, bool quasiSeparable, const at::Device& device, at::ScalarType type)
{
    std::vector<at::Tensor> leaves;
    for (std::size_t i = 0; i < in.values.size(); ++i) {
        const bool data = i == 0 || i == 1 || i == 3 || i == 4;
        const at::ScalarType own = device.is_cpu() ? at::kDouble : data ? type : at::kFloat;
        leaves.push_back(in.values[i].to(device, own).detach().clone().set_requires_grad(true));
    }
    ScanSet set;
    set.u = leaves[0], set.delta = leaves[1], set.A = leaves[2], set.B = leaves[3], set.C = leaves[4];
    set.D = leaves[5], set.deltaBias = leaves[6], set.weights = leaves[7];
    set.orders = in.orders.to(device), set.scanIds = in.scanIds.to(device);
    set.quasiSeparable = quasiSeparable;
    Outputs outputs;
    outputs.out = scanSet(set);
    outputs.out.backward(in.dout.to(outputs.out.options()));
    for (const at::Tensor& leaf : leaves)
        outputs.gradients.push_back(leaf.grad());
    return outputs;
}

double toleranceOf(at::ScalarType type)
{
    return type == at::kFloat ? 1e-5 : type == at::kHalf ? 0x1p-11 + 2e-5 : 0x1p-8 + 2e-5;
}

class ScanSetOnGpu : public testing::TestWithParam<std::tuple<bool, at::ScalarType>> { };

TEST_P(ScanSetOnGpu, AgreesWithFloat64OnTheCpu)
{
    const auto [quasiSeparable, type] = GetParam();
    const Shape shapes[] = {
        {2, 24, 70, 16, 2, 5, false, false, false, false},  {1, 192, 784, 16, 4, 8, false, false, false, false},
        {3, 40, 49, 16, 4, 4, true, true, false, false},    {2, 49, 96, 16, 2, 2, true, true, true, true},
        {16, 64, 196, 16, 2, 6, false, true, false, false}, {2, 33, 65, 1, 4, 4, true, true, false, false},
        {1, 8, 200, 40, 1, 3, true, false, false, false},
    };
    const char* names[] = {"u", "delta", "A", "B", "C", "D", "delta_bias", "weights"};
    double worst = 0;
    for (const Shape& shape : shapes) {
        SCOPED_TRACE(testing::Message() << "images " << shape.images << " lanes " << shape.lanes << " steps "
                                        << shape.steps << " states " << shape.states << " slots " << shape.slots);
        const Inputs in = draw(shape, type);
        const Outputs wanted = run(in, quasiSeparable, at::kCPU, at::kDouble);
        const Outputs found = run(in, quasiSeparable, at::kCUDA, type);
        EXPECT_EQ(found.out.scalar_type(), type);
        EXPECT_LE(relativeError(found.out, wanted.out), toleranceOf(type));
        worst = std::max(worst, relativeError(found.out, wanted.out));
        for (std::size_t i = 0; i < wanted.gradients.size(); ++i) {
            const bool data = i == 0 || i == 1 || i == 3 || i == 4;
            // The weights' gradients are sums over everything, with much cancellation.
            const double tolerance = i == 7 ? 2e-4 : toleranceOf(data ? type : at::kFloat);
            EXPECT_LE(relativeError(found.gradients[i], wanted.gradients[i]), tolerance) << names[i];
        }
    }
    std::printf("largest error of the output / max |y|: %.2g\n", worst);
}

INSTANTIATE_TEST_SUITE_P(Types, ScanSetOnGpu,
                         testing::Combine(testing::Bool(), testing::Values(at::kFloat, at::kBFloat16, at::kHalf)));

TEST(ScanSetOnGpu, RefusesFloat64AndMixedTypes)
{
    const Inputs in = draw({1, 8, 16, 4, 1, 1, false, false, false, false}, at::kFloat);
    EXPECT_THROW(run(in, false, at::kCUDA, at::kDouble), c10::Error);
}

TEST(ScanSetOnGpu, WrongChoicesReadNothingOutside)
{
    const Inputs in = draw({2, 16, 64, 16, 2, 3, false, true, false, false}, at::kFloat);
    Inputs wrong = in;
    wrong.scanIds = at::full({2, 2}, 1 << 30, at::kInt);
    wrong.orders = at::full({3, 64}, -5, at::kInt);
    EXPECT_TRUE(at::isfinite(run(wrong, false, at::kCUDA, at::kFloat).out).all().item<bool>());
}

}  // namespace
}  // namespace mixer::test
