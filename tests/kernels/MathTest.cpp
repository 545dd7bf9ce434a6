// SPDX-License-Identifier: MIT
// Error bounds of the functions inside the variants, over their whole range.
#include "kernels/variants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace mixer::kernels::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<float> sweep(float from, float to, int count)
{
    std::vector<float> values;
    for (int i = 0; i <= count; ++i)
        values.push_back(from + (to - from) * float(i) / float(count));
    return values;
}

std::vector<float> evaluate(Variant::Map function, const std::vector<float>& in)
{
    std::vector<float> out(in.size() + 1, -1.0F);
    function(in.data(), out.data(), static_cast<std::int64_t>(in.size()));
    EXPECT_EQ(out.back(), -1.0F) << "wrote behind the last element";
    out.pop_back();
    return out;
}

template <typename Exact> double largestRelativeError(Variant::Map function, const std::vector<float>& in, Exact exact)
{
    const std::vector<float> out = evaluate(function, in);
    double error = 0.0;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const double y = exact(double(in[i]));
        error = std::max(error, std::abs(out[i] - y) / std::max(std::abs(y), 1e-300));
    }
    return error;
}

class KernelMath : public testing::TestWithParam<std::string> {
protected:
    const Variant& variant() const
    {
        for (const Variant& v : usable_variants()) {
            if (v.name == GetParam())
                return v;
        }
        throw std::runtime_error("no such variant");
    }
};

TEST_P(KernelMath, DecayIsAccurate)
{
    const auto exact = [](double x) { return std::exp(x); };
    // The polynomial's 2e-7, the rounding of the sum, and of A log2(e) times the argument.
    EXPECT_LE(largestRelativeError(variant().exp2_decay, sweep(-1.0F, 0.0F, 400000), exact), 3.2e-7);
    EXPECT_LE(largestRelativeError(variant().exp2_decay, sweep(-16.0F, 2.0F, 400000), exact), 2.5e-6);
    EXPECT_LE(largestRelativeError(variant().exp2_decay, sweep(-87.0F, 87.0F, 400000), exact), 1.2e-5);
}

TEST_P(KernelMath, DecayOfNothingIsExactlyOne)
{
    EXPECT_EQ(evaluate(variant().exp2_decay, {0.0F, -0.0F, -1e-30F}), (std::vector<float>{1.0F, 1.0F, 1.0F}));
}

TEST_P(KernelMath, DecayBeyondTheRangeEndsAtZeroAndInfinity)
{
    const std::vector<float> out
        = evaluate(variant().exp2_decay, {-100.0F, -1e30F, -kInfinity, 100.0F, kInfinity, kNaN});
    for (int i : {0, 1, 2})
        EXPECT_EQ(out[i], 0.0F);
    EXPECT_EQ(out[3], kInfinity);
    EXPECT_EQ(out[4], kInfinity);
    EXPECT_TRUE(std::isnan(out[5]));
    for (const float y : evaluate(variant().exp2_decay, sweep(-89.0F, -87.0F, 100000))) {
        EXPECT_GE(y, 0.0F);
        EXPECT_LE(y, 1.7e-38F);
    }
}

TEST_P(KernelMath, SoftplusIsAccurate)
{
    const auto exact = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
    EXPECT_LE(largestRelativeError(variant().softplus, sweep(-20.0F, 25.0F, 400000), exact), 4e-7);
    EXPECT_LE(largestRelativeError(variant().softplus, sweep(-87.0F, -20.0F, 400000), exact), 5e-7);
    EXPECT_LE(largestRelativeError(variant().softplus, sweep(25.0F, 1e6F, 1000), exact), 1e-7);
}

TEST_P(KernelMath, SoftplusAtTheEnds)
{
    const std::vector<float> out = evaluate(variant().softplus, {-kInfinity, -1e30F, -90.0F, kInfinity, kNaN, 1e30F});
    for (int i : {0, 1, 2}) {
        EXPECT_GE(out[i], 0.0F);
        EXPECT_LE(out[i], 1.3e-38F);
    }
    EXPECT_EQ(out[3], kInfinity);
    EXPECT_TRUE(std::isnan(out[4]));
    EXPECT_EQ(out[5], 1e30F);
}

TEST_P(KernelMath, SiluIsAccurate)
{
    const auto exact = [](double x) { return x / (1.0 + std::exp(-x)); };
    EXPECT_LE(largestRelativeError(variant().silu, sweep(-80.0F, 100.0F, 400001), exact), 6e-7);
    const std::vector<float> out = evaluate(variant().silu, {0.0F, -1000.0F, 1e30F, kNaN, kInfinity});
    EXPECT_EQ(out[0], 0.0F);
    EXPECT_NEAR(out[1], 0.0F, 1e-30F);
    EXPECT_EQ(out[2], 1e30F);
    EXPECT_TRUE(std::isnan(out[3]));
    EXPECT_EQ(out[4], kInfinity);
}

std::vector<std::string> variantNames()
{
    std::vector<std::string> names;
    for (const Variant& v : usable_variants())
        names.push_back(v.name);
    return names;
}

INSTANTIATE_TEST_SUITE_P(Variants, KernelMath, testing::ValuesIn(variantNames()),
                         [](const testing::TestParamInfo<std::string>& row) { return row.param; });

}  // namespace
}  // namespace mixer::kernels::test
