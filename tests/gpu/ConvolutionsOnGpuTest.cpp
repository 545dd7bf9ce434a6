// SPDX-License-Identifier: MIT
#include "engine/ops/Convolutions.h"
#include "tests/gpu/OnGpu.h"

#include <gtest/gtest.h>

namespace mixer::test {
namespace {

class ConvolutionsOnGpu : public testing::TestWithParam<at::ScalarType> { };

// A 16-bit result is rounded where LibTorch's operators hand over to each other: before SiLU and after.
double toleranceOf(at::ScalarType type)
{
    return type == at::kFloat ? 1e-6 : type == at::kHalf ? 0x1p-9 : 0x1p-6;
}

TEST_P(ConvolutionsOnGpu, AgreeWithTheCpu)
{
    const at::ScalarType type = GetParam();
    const auto onGpu = [&](const at::Tensor& x) { return x.to(at::kCUDA, type); };
    for (const std::int64_t kernel : {3, 5, 7}) {
        for (const std::int64_t side : {1, 7, 30}) {
            const at::Tensor x = uniform({2, side, side + 1, 24}, -1, 1, type);
            const at::Tensor weight = uniform({24, 1, kernel, kernel}, -0.3, 0.3, type);
            const at::Tensor bias = uniform({24}, -1, 1, type);
            for (const bool silu : {false, true}) {
                const at::Tensor wanted = depthwiseConv(x, weight, bias, silu);
                const at::Tensor found = depthwiseConv(onGpu(x), onGpu(weight), onGpu(bias), silu);
                EXPECT_TRUE(found.is_contiguous());
                EXPECT_LE(relativeError(found, wanted), toleranceOf(type)) << kernel << ' ' << side;
            }
            const at::Tensor sum = uniform(x.sizes(), -1, 1, type);
            EXPECT_LE(relativeError(addDepthwiseConv(onGpu(sum), onGpu(x), onGpu(weight), onGpu(bias)),
                                    addDepthwiseConv(sum.clone(), x, weight, bias)),
                      toleranceOf(type));
        }
    }
    const at::Tensor x = uniform({2, 5, 6, 40}, -1, 1, type);
    const at::Tensor weight = uniform({1, 1, 3}, -1, 1, type);
    const at::Tensor bias = uniform({1}, -1, 1, type);
    EXPECT_LE(relativeError(channelConv(onGpu(x), onGpu(weight), onGpu(bias)), channelConv(x, weight, bias)),
              toleranceOf(type));
}

INSTANTIATE_TEST_SUITE_P(Types, ConvolutionsOnGpu, testing::Values(at::kFloat, at::kBFloat16, at::kHalf));

}  // namespace
}  // namespace mixer::test
