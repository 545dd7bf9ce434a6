// SPDX-License-Identifier: MIT
#include "engine/models/Linear.h"
#include "engine/session/Runtime.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <gtest/gtest.h>

namespace mixer {
namespace {

class Linear : public testing::TestWithParam<int> {
protected:
    void SetUp() override { useThreads(GetParam()); }
    void TearDown() override { useThreads(resolveThreads(0)); }
};

void expectSame(const at::Tensor& found, const at::Tensor& wanted)
{
    ASSERT_EQ(found.sizes(), wanted.sizes());
    EXPECT_LE((found - wanted).abs().max().item<double>(), 1e-12);
}

TEST_P(Linear, isTorchsLinear)
{
    const c10::InferenceMode inference;
    for (const std::int64_t rows : {1, 127, 128, 129, 1000}) {
        for (const std::int64_t in : {1, 6, 96}) {
            const at::Tensor weight = at::randn({38, in}, at::kDouble);
            const at::Tensor x = at::randn({1, rows, in}, at::kDouble);
            expectSame(mixer::linear(x, weight), at::linear(x, weight));
            const at::Tensor part = at::randn({2, rows, in + 5}, at::kDouble).narrow(2, 3, in);
            expectSame(mixer::linear(part, weight), at::linear(part, weight));
            const at::Tensor turned = at::randn({in, rows}, at::kDouble).t();
            expectSame(mixer::linear(turned, weight), at::linear(turned, weight));
        }
    }
}

TEST_P(Linear, worksWithoutInferenceModeAndWithGradients)
{
    const at::Tensor weight = at::randn({7, 5}, at::kDouble).requires_grad_();
    const at::Tensor x = at::randn({300, 5}, at::kDouble);
    {
        const c10::NoGradGuard guard;
        const at::Tensor found = mixer::linear(x, weight);
        expectSame(found, at::linear(x, weight));
        EXPECT_FALSE(found.requires_grad());
    }
    mixer::linear(x, weight).sum().backward();
    expectSame(weight.grad(), x.sum(0).expand({7, 5}));
}

INSTANTIATE_TEST_SUITE_P(Threads, Linear, testing::Values(1, 2, 3));

}  // namespace
}  // namespace mixer
