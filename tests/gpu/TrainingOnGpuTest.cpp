// SPDX-License-Identifier: MIT
// Training steps on a GPU: gradients against those of the CPU, and batches learned by heart in both precisions.
#include "engine/models/MixerNetwork.h"
#include "engine/training/AdamW.h"
#include "engine/training/Losses.h"
#include "engine/training/Presets.h"
#include "tests/gpu/OnGpu.h"

#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace mixer::test {
namespace {

ModelConfig smallConfig(Family family)
{
    ModelConfig config = presetConfig(family, "nano");
    config.imageHeight = config.imageWidth = 32;
    config.numClasses = 4;
    config.labels = {"a", "b", "c", "d"};
    return config;
}

std::vector<at::Tensor> gradientsOf(const at::Tensor& loss, const ParameterSet& parameters)
{
    return torch::autograd::grad({loss}, parameters.trainedValues(), {}, c10::nullopt, false, /*allow_unused=*/true);
}

at::Tensor lossOf(const MixerNetwork& network, const at::Tensor& images, const at::Tensor& targets)
{
    StepNoise noise(3, 5, network.mixers().size(), 0.01, 0.3, images.options());
    BalanceLoss balance;
    ForwardContext context;
    context.noise = &noise;
    context.recorder = &balance;
    const at::Tensor logits = network.forward(images, context);
    return smoothedCrossEntropy(logits, targets, 0.1) + 0.01 * balance.mean().to(at::kFloat);
}

TEST(TrainingOnGpu, GradientsAreThoseOfTheCpu)
{
    for (const Family family : {Family::Vim2, Family::Viqs}) {
        const ModelConfig config = smallConfig(family);
        const ParameterSet cpu(config, 1, at::kFloat);
        const ParameterSet gpu(config, 1, at::TensorOptions(at::kFloat).device(at::kCUDA));
        const at::Tensor images = uniform({6, 3, 32, 32}, -2, 2, at::kFloat).to(at::kCPU, at::kFloat);
        const at::Tensor targets = at::one_hot(at::arange(6) % 4, 4).to(at::kFloat);
        const auto expected = gradientsOf(lossOf(*cpu.network(config), images, targets), cpu);
        const auto found = gradientsOf(lossOf(*gpu.network(config), images.cuda(), targets.cuda()), gpu);
        const auto mixed = gradientsOf(lossOf(*gpu.network(config, at::kBFloat16), images.cuda(), targets.cuda()), gpu);
        double difference = 0, mixedDifference = 0, norm = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            ASSERT_TRUE(found[i].defined() && mixed[i].defined()) << cpu.all()[i].name;
            EXPECT_TRUE(found[i].is_cuda());
            EXPECT_EQ(mixed[i].scalar_type(), at::kFloat) << cpu.all()[i].name;
            const double scale = expected[i].norm().item<double>();
            EXPECT_LE((found[i].cpu() - expected[i]).norm().item<double>(), 2e-3 * scale + 1e-6) << cpu.all()[i].name;
            difference += (found[i].cpu() - expected[i]).square().sum().item<double>();
            mixedDifference += (mixed[i].cpu() - expected[i]).square().sum().item<double>();
            norm += scale * scale;
        }
        EXPECT_LE(std::sqrt(difference / norm), 1e-4);
        EXPECT_LE(std::sqrt(mixedDifference / norm), 0.1);
        std::printf("largest distance of gradients / norm: float32 %.2g, mixed %.2g\n", std::sqrt(difference / norm),
                    std::sqrt(mixedDifference / norm));
    }
}

TEST(TrainingOnGpu, ABatchIsLearnedByHeart)
{
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
        for (const Family family : {Family::Vim2, Family::Viqs}) {
            const ModelConfig config = smallConfig(family);
            const ParameterSet parameters(config, 2, at::TensorOptions(at::kFloat).device(at::kCUDA));
            const at::Tensor images = uniform({8, 3, 32, 32}, -2, 2, at::kFloat).to(at::kCUDA, at::kFloat);
            const at::Tensor targets = at::one_hot(at::arange(8) % 4, 4).to(at::kCUDA, at::kFloat);
            AdamWOptions options;
            options.decay = 0;
            AdamW adam(parameters, options);
            double last = 0;
            for (int step = 0; step < 150; ++step) {
                const auto network = parameters.network(config, type);
                const at::Tensor loss = smoothedCrossEntropy(network->forward(images), targets, 0);
                std::vector<at::Tensor> gradients = gradientsOf(loss, parameters);
                clipGradients(gradients, 1);
                adam.step(gradients, 2e-3);
                last = loss.item<double>();
            }
            EXPECT_LT(last, 0.05);
        }
}

}  // namespace
}  // namespace mixer::test
