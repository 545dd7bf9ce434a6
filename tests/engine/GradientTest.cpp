// SPDX-License-Identifier: MIT
// Networks are differentiable: the gradient of the logits for the image, against finite differences in float64, and the
// gradients of the convolutions for their weights.
#include "Fixtures.h"

#include "engine/checkpoint/Checkpoint.h"
#include "engine/models/Network.h"
#include "engine/ops/Convolutions.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>

using namespace mixer;

namespace {

/// A fixed direction through the outputs, so that their gradient is one number's.
at::Tensor weightedSum(const at::Tensor& y)
{
    return (y * at::arange(y.numel(), y.options()).view(y.sizes()).sin()).sum();
}

/// Compares the gradient of weightedSum(f(x)) with central differences along random directions.
void checkGradient(const std::function<at::Tensor(const at::Tensor&)>& f, const at::Tensor& at, double tolerance)
{
    const at::Tensor x = at.detach().clone().requires_grad_();
    const at::Tensor gradient = torch::autograd::grad({weightedSum(f(x))}, {x})[0];
    at::manual_seed(7);
    for (int trial = 0; trial < 4; ++trial) {
        const at::Tensor direction = at::randn(x.sizes(), x.options().requires_grad(false));
        const double step = 1e-5;
        const c10::NoGradGuard noGradients;
        const double ahead = weightedSum(f(at + step * direction)).item<double>();
        const double behind = weightedSum(f(at - step * direction)).item<double>();
        const double expected = (ahead - behind) / (2 * step);
        EXPECT_NEAR((gradient * direction).sum().item<double>(), expected, tolerance * (1 + std::abs(expected)));
    }
}

at::Tensor someValues(at::IntArrayRef shape)
{
    at::manual_seed(3);
    return at::randn(shape, at::kDouble);
}

class NetworkGradient : public testing::TestWithParam<const char*> { };

TEST_P(NetworkGradient, OfTheImageIsThatOfFiniteDifferences)
{
    const Checkpoint checkpoint = Checkpoint::open(fixture(GetParam()));
    const auto network = makeNetwork(checkpoint, at::kDouble);
    checkGradient([&](const at::Tensor& x) { return network->forward(x); }, someValues({2, 3, 36, 28}), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Nets, NetworkGradient,
                         testing::Values("vim2-default.safetensors", "vim2-perscan-multires.safetensors",
                                         "vim2-cross.safetensors", "viqs-default.safetensors",
                                         "viqs-perscan-linear.safetensors"));

TEST(ConvolutionGradient, DepthwiseForInputAndWeights)
{
    const at::Tensor x = someValues({2, 5, 4, 3});
    const at::Tensor bias = someValues({3});
    for (const int k : {1, 3, 5, 7}) {
        const at::Tensor weight = someValues({3, 1, k, k});
        for (const bool silu : {false, true}) {
            checkGradient([&](const at::Tensor& y) { return depthwiseConv(y, weight, bias, silu); }, x, 1e-8);
            checkGradient([&](const at::Tensor& y) { return depthwiseConv(x, y, bias, silu); }, weight, 1e-8);
            checkGradient([&](const at::Tensor& y) { return depthwiseConv(x, weight, y, silu); }, bias, 1e-8);
        }
    }
}

TEST(ConvolutionGradient, ChannelConvolution)
{
    const at::Tensor x = someValues({2, 3, 4, 6});
    const at::Tensor weight = someValues({1, 1, 3});
    const at::Tensor bias = someValues({1});
    checkGradient([&](const at::Tensor& y) { return channelConv(y, weight, bias); }, x, 1e-8);
    checkGradient([&](const at::Tensor& y) { return channelConv(x, y, bias); }, weight, 1e-8);
    checkGradient([&](const at::Tensor& y) { return channelConv(x, weight, y); }, bias, 1e-8);
}

TEST(Convolution, SameWithAndWithoutGradients)
{
    const at::Tensor x = someValues({1, 5, 4, 3});
    const at::Tensor weight = someValues({3, 1, 5, 5});
    const at::Tensor bias = someValues({3});
    const at::Tensor sum = someValues({1, 5, 4, 3});
    const at::Tensor expected = sum + depthwiseConv(x, weight, bias, false);
    const at::Tensor kept = addDepthwiseConv(sum, x.detach().clone().requires_grad_(), weight, bias).detach();
    EXPECT_TRUE(at::allclose(kept, expected, 0, 1e-13));
    EXPECT_TRUE(at::allclose(addDepthwiseConv(sum, x, weight, bias), expected, 0, 1e-13));
    EXPECT_TRUE(at::allclose(sum, expected, 0, 1e-13)) << "without gradients the sum itself grows";
    const at::Tensor v = someValues({2, 7, 6});
    const at::Tensor filter = someValues({1, 1, 3});
    const at::Tensor offset = someValues({1});
    EXPECT_TRUE(at::allclose(channelConv(v.detach().clone().requires_grad_(), filter, offset).detach(),
                             channelConv(v, filter, offset), 0, 1e-13));
}

}  // namespace
