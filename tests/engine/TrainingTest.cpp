// SPDX-License-Identifier: MIT
// Training: initial values, optimizer, schedule, losses, gradients of whole networks, and runs that learn, stop and go
// on.
#include "TrainingFiles.h"

#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Error.h"
#include "engine/session/InferenceSession.h"
#include "engine/training/AdamW.h"
#include "engine/training/InitialValues.h"
#include "engine/training/Losses.h"
#include "engine/training/Presets.h"
#include "engine/training/Trainer.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adamw.h>

#include <cmath>
#include <cstring>

using namespace mixer;

namespace {

/// Everything that a network can have, as small as it goes.
ModelConfig tinyConfig(Family family, bool perScan = false)
{
    ModelConfig config = presetConfig(family, "nano");
    auto& network = std::get<MixerConfig>(config.network);
    network.dims = {8, 12};
    network.tokenMixers = {{1}, {2, 1}};
    network.channelInner = {8, 12};
    network.dState = 4;
    network.scans = {"row", "column", "hilbert"};
    network.topK = 2;
    network.perScanParameters = perScan;
    config.imageHeight = config.imageWidth = 16;
    config.numClasses = 4;
    config.labels = {"a", "b", "c", "d"};
    return config;
}

at::Tensor randomTensor(at::IntArrayRef shape, std::uint64_t key, at::ScalarType type = at::kDouble)
{
    CounterRandom random(99, {key});
    at::Tensor tensor = at::empty(shape, at::kDouble);
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
        tensor.data_ptr<double>()[i] = random.normal();
    return tensor.to(type);
}

TEST(CounterRandom, IsUniformAndNormal)
{
    CounterRandom random(3, {1, 2});
    double sum = 0, squares = 0, normalSum = 0, normalSquares = 0;
    std::vector<int> counts(7, 0);
    constexpr int kCount = 70000;
    for (int i = 0; i < kCount; ++i) {
        const double u = random.uniform();
        sum += u, squares += u * u;
        const double z = random.normal();
        normalSum += z, normalSquares += z * z;
        ++counts[random.below(7)];
    }
    EXPECT_NEAR(sum / kCount, 0.5, 0.005);
    EXPECT_NEAR(squares / kCount, 1.0 / 3, 0.005);
    EXPECT_NEAR(normalSum / kCount, 0, 0.02);
    EXPECT_NEAR(normalSquares / kCount, 1, 0.03);
    for (const int count : counts)
        EXPECT_NEAR(count, kCount / 7, 400);
    EXPECT_EQ(CounterRandom(3, {1, 2}).next(), CounterRandom(3, {1, 2}).next());
    EXPECT_NE(CounterRandom(3, {1, 2}).next(), CounterRandom(3, {2, 1}).next());
    EXPECT_NE(CounterRandom(3, {1, 2}).next(), CounterRandom(4, {1, 2}).next());
}

TEST(InitialValues, AreThoseOfTheModelsDescription)
{
    const auto expectUniform = [](const std::string& name, at::IntArrayRef shape, double bound) {
        const at::Tensor value = initialValue(name, shape, 1);
        EXPECT_LE(value.abs().max().item<double>(), bound) << name;
        EXPECT_NEAR(value.std().item<double>(), bound / std::sqrt(3.0), 0.06 * bound) << name;
        EXPECT_NEAR(value.mean().item<double>(), 0, 0.1 * bound) << name;
    };
    const std::string mixer = "stages.0.blocks.0.token_mixers.0.";
    expectUniform(mixer + "in_proj.weight", {48, 24}, std::sqrt(3.0 / 24));
    expectUniform(mixer + "gate_proj.weight", {48, 24}, std::sqrt(3.0 / 24));
    expectUniform(mixer + "x_proj.weight", {1, 34, 48}, std::sqrt(3.0 / 48));
    expectUniform(mixer + "router.fc1.weight", {16, 24}, std::sqrt(3.0 / 24));
    expectUniform(mixer + "conv.weight", {48, 1, 3, 3}, 1.0 / 3);
    expectUniform("stem.proj.weight", {24, 3, 4, 4}, 1 / std::sqrt(48.0));
    expectUniform(mixer + "dt_proj.weight", {1, 480, 4}, 0.5);
    expectUniform("stages.0.blocks.0.channel_mixer.select.weight", {2, 36, 16}, std::sqrt(3.0 / 16));
    const at::Tensor out = initialValue(mixer + "out_proj.weight", {64, 48}, 1);
    EXPECT_LE(out.abs().max().item<double>(), 0.04);
    EXPECT_NEAR(out.std().item<double>(), 0.02 * 0.8796, 0.001);  // of a normal cut at two deviations
    const at::Tensor step = at::softplus(initialValue(mixer + "dt_proj.bias", {8, 480}, 1));
    EXPECT_GE(step.min().item<double>(), 0.001 * (1 - 1e-9));
    EXPECT_LE(step.max().item<double>(), 0.1 * (1 + 1e-9));
    EXPECT_NEAR(step.log().mean().item<double>(), 0.5 * (std::log(0.001) + std::log(0.1)), 0.1);
    const at::Tensor aLog = initialValue(mixer + "A_log", {1, 48, 16}, 1);
    EXPECT_TRUE(at::allclose(aLog.exp()[0][7], at::arange(1, 17, at::kDouble)));
    EXPECT_TRUE(at::equal(initialValue(mixer + "D", {1, 48}, 1), at::ones({1, 48}, at::kDouble)));
    EXPECT_TRUE(at::equal(initialValue("head.norm.weight", {48}, 1), at::ones({48}, at::kDouble)));
    EXPECT_EQ(initialValue("head.fc.bias", {48}, 1).abs().max().item<double>(), 0);
    EXPECT_TRUE(at::equal(initialValue("stages.1.mix.beta", {2, 2}, 1), at::eye(2, at::kDouble)));
    EXPECT_EQ(initialValue("stages.1.mix.theta", {2, 3}, 1)[1][2].item<double>(), 1);
    EXPECT_EQ(initialValue("stages.1.mix.theta", {2, 3}, 1).sum().item<double>(), 2);
    EXPECT_EQ(initialValue("stages.1.mix.alpha", {2, 2}, 1).abs().sum().item<double>(), 0);
    EXPECT_FALSE(at::equal(initialValue(mixer + "in_proj.weight", {4, 4}, 1),
                           initialValue(mixer + "in_proj.weight", {4, 4}, 2)));
}

TEST(Presets, HaveTheParametersOfTheTable)
{
    const auto count = [](Family family, const std::string& name) {
        ModelConfig config = presetConfig(family, name);
        config.numClasses = name == "micro" ? 50 : 1000;
        config.validate();
        return ParameterSet(config, 0, at::kFloat).elementCount();
    };
    EXPECT_EQ(count(Family::Vim2, "micro"), 1855697);
    EXPECT_EQ(count(Family::Viqs, "micro"), 1863042);
    EXPECT_EQ(count(Family::Vim2, "tiny"), 21708610);
    EXPECT_EQ(count(Family::Viqs, "tiny"), 22437388);
    EXPECT_THROW(presetConfig(Family::Vim2, "huge"), Error);
}

TEST(AdamW, MatchesLibTorch)
{
    ParameterSet ours(tinyConfig(Family::Vim2), 5, at::kDouble);
    ParameterSet theirs(tinyConfig(Family::Vim2), 5, at::kDouble);
    AdamWOptions options;
    options.decay = 0.1;
    AdamW adam(ours, options);
    std::vector<torch::optim::OptimizerParamGroup> groups;
    for (const bool decays : {true, false}) {
        std::vector<at::Tensor> members;
        for (const Parameter& parameter : theirs.all())
            if (parameter.decays() == decays)
                members.push_back(parameter.value);
        auto settings = std::make_unique<torch::optim::AdamWOptions>(1e-2);
        settings->betas(std::make_tuple(0.9, 0.98)).eps(1e-8).weight_decay(decays ? 0.1 : 0.0);
        groups.emplace_back(std::move(members), std::move(settings));
    }
    torch::optim::AdamW reference(groups, torch::optim::AdamWOptions(1e-2));
    for (std::uint64_t step = 0; step < 3; ++step) {
        std::vector<at::Tensor> gradients;
        for (std::size_t i = 0; i < ours.all().size(); ++i) {
            gradients.push_back(randomTensor(ours.all()[i].value.sizes(), 1000 * step + i));
            theirs.all()[i].value.mutable_grad() = gradients.back().clone();
        }
        adam.step(gradients, 1e-2);
        reference.step();
    }
    for (std::size_t i = 0; i < ours.all().size(); ++i)
        EXPECT_TRUE(at::allclose(ours.all()[i].value, theirs.all()[i].value, 1e-12, 1e-14)) << ours.all()[i].name;
}

TEST(AdamW, DecayLeavesNormsBiasesRoutersAndDynamicsAlone)
{
    const ParameterSet set(tinyConfig(Family::Viqs), 0, at::kFloat);
    int decaying = 0;
    for (const Parameter& parameter : set.all()) {
        const bool isMatrix = parameter.name.find("proj.weight") != std::string::npos
            || parameter.name.find("reduction") != std::string::npos || parameter.name == "head.fc.weight"
            || parameter.name.find("select") != std::string::npos;
        EXPECT_EQ(parameter.decays(), isMatrix) << parameter.name;
        decaying += parameter.decays();
    }
    EXPECT_GT(decaying, 10);
}

TEST(Schedule, RisesThenFallsAsACosine)
{
    const auto rate = [](std::int64_t step) { return scheduledRate(step, 1000, 2.0, 0.1, 0.01); };
    EXPECT_NEAR(rate(0), 2.0 / 101, 1e-12);
    EXPECT_NEAR(rate(50), 2.0 * 51 / 101, 1e-12);
    EXPECT_NEAR(rate(100), 2.0, 1e-12);
    EXPECT_NEAR(rate(550), 2.0 * (0.01 + 0.99 * 0.5), 1e-12);
    EXPECT_NEAR(rate(1000), 0.02, 1e-12);
    for (int step = 100; step < 999; ++step)
        EXPECT_GT(rate(step), rate(step + 1));
    EXPECT_GT(scheduledRate(0, 1, 1e-3, 0.5, 0), 0);
}

TEST(Averages, FollowTheirFormula)
{
    EXPECT_NEAR(averageKeep(0, 0.9995), 0.1, 1e-12);
    EXPECT_NEAR(averageKeep(90, 0.9995), 91.0 / 100, 1e-12);
    EXPECT_EQ(averageKeep(1000000, 0.9995), 0.9995);
    const at::Tensor average = at::full({3}, 1.0, at::kDouble);
    updateAverages({average}, {at::full({3}, 5.0, at::kDouble)}, 0.75);
    EXPECT_TRUE(at::allclose(average, at::full({3}, 2.0, at::kDouble)));
}

TEST(Losses, SmoothedCrossEntropy)
{
    const at::Tensor logits = randomTensor({3, 5}, 1);
    at::Tensor targets = at::zeros({3, 5}, at::kDouble);
    targets[0][2] = 1, targets[1][0] = 0.25, targets[1][4] = 0.75, targets[2][3] = 1;
    double expected = 0;
    for (int i = 0; i < 3; ++i) {
        double sum = 0;
        for (int c = 0; c < 5; ++c)
            sum += std::exp(logits[i][c].item<double>());
        for (int c = 0; c < 5; ++c)
            expected -= (0.9 * targets[i][c].item<double>() + 0.02) * (logits[i][c].item<double>() - std::log(sum)) / 3;
    }
    EXPECT_NEAR(smoothedCrossEntropy(logits, targets, 0.1).item<double>(), expected, 1e-12);
}

ScanChoice choiceOfProbabilities(const at::Tensor& p, const at::Tensor& ids)
{
    ScanChoice choice;
    choice.scans
        = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"row", "column", "spiral"});
    choice.logits = p.log();
    choice.probabilities = p;
    choice.ids = ids;
    return choice;
}

TEST(Losses, LoadBalanceIsOneWhenEvenAndMoreWhenNot)
{
    const at::Tensor even = at::full({3, 3}, 1.0 / 3, at::kDouble);
    BalanceLoss balanced;
    balanced.record({}, {}, {}, choiceOfProbabilities(even, at::tensor({0, 1, 0, 2, 1, 2}, at::kInt).view({3, 2})));
    EXPECT_NEAR(balanced.mean().item<double>(), 1, 1e-12);
    BalanceLoss skewed;
    const at::Tensor p = at::tensor({0.8, 0.1, 0.1, 0.6, 0.3, 0.1}, at::kDouble).view({2, 3});
    skewed.record({}, {}, {}, choiceOfProbabilities(p, at::tensor({0, 0}, at::kInt).view({2, 1})));
    EXPECT_NEAR(skewed.mean().item<double>(), 3 * 0.7, 1e-12);
    EXPECT_FALSE(BalanceLoss().mean().defined());
}

TEST(StepNoise, IsAFunctionOfSeedAndStep)
{
    StepNoise noise(1, 7, 5, 0.01, 0.4, at::TensorOptions().dtype(at::kFloat));
    StepNoise again(1, 7, 5, 0.01, 0.4, at::TensorOptions().dtype(at::kFloat));
    StepNoise next(1, 8, 5, 0.01, 0.4, at::TensorOptions().dtype(at::kFloat));
    const at::Tensor factors = noise.routerFactors(2, 64, 32);
    EXPECT_GE(factors.min().item<float>(), 0.99F);
    EXPECT_LE(factors.max().item<float>(), 1.01F);
    EXPECT_TRUE(at::equal(factors, again.routerFactors(2, 64, 32)));
    EXPECT_FALSE(at::equal(factors, next.routerFactors(2, 64, 32)));
    EXPECT_FALSE(noise.branchFactors(0, 64).defined());
    const at::Tensor branches = noise.branchFactors(4, 4000);
    EXPECT_NEAR(branches.mean().item<float>(), 1, 0.05);
    EXPECT_NEAR((branches == 0).to(at::kFloat).mean().item<float>(), 0.4, 0.03);
}

/// The whole loss of a training step in float64: noise, mixers left out and load balance included.
at::Tensor wholeLoss(const MixerNetwork& network, const at::Tensor& images, const at::Tensor& targets)
{
    StepNoise noise(3, 5, network.mixers().size(), 0.01, 0.3, images.options());
    BalanceLoss balance;
    ForwardContext context;
    context.noise = &noise;
    context.recorder = &balance;
    const at::Tensor logits = network.forward(images, context);  // records the balance
    return smoothedCrossEntropy(logits, targets, 0.1) + 0.01 * balance.mean();
}

class WholeNetworkGradient : public ::testing::TestWithParam<std::pair<Family, bool>> { };

TEST_P(WholeNetworkGradient, OfEveryParameterIsThatOfFiniteDifferences)
{
    const ModelConfig config = tinyConfig(GetParam().first, GetParam().second);
    const ParameterSet parameters(config, 1, at::kDouble);
    {
        // Moved from where much is zero or one and would hide a wrong gradient.
        const c10::NoGradGuard noGradients;
        std::uint64_t key = 0;
        for (const Parameter& parameter : parameters.all())
            parameter.value.add_(0.2 * randomTensor(parameter.value.sizes(), ++key));
    }
    const auto network = parameters.network(config);
    const at::Tensor images = randomTensor({3, 3, 16, 16}, 500);
    const at::Tensor targets = at::softmax(randomTensor({3, 4}, 501), 1);
    const std::vector<at::Tensor> gradients = torch::autograd::grad({wholeLoss(*network, images, targets)},
                                                                    parameters.values(), {}, c10::nullopt, false, true);
    const c10::NoGradGuard noGradients;
    CounterRandom random(8, {});
    double largest = 0;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const Parameter& parameter = parameters.all()[i];
        ASSERT_TRUE(gradients[i].defined()) << parameter.name << " has no gradient";
        for (int sample = 0; sample < 2; ++sample) {
            const auto at
                = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(parameter.value.numel())));
            const at::Tensor place = parameter.value.detach().view(-1)[at];
            const double before = place.item<double>();
            const double step = 1e-5;
            const auto lossAt = [&](double value) {
                place.fill_(value);
                // What a network keeps of weights without gradients must not get in the way: these have them.
                return wholeLoss(*network, images, targets).item<double>();
            };
            const double expected = (lossAt(before + step) - lossAt(before - step)) / (2 * step);
            place.fill_(before);
            const double found = gradients[i].reshape(-1)[at].item<double>();
            EXPECT_NEAR(found, expected, 1e-7 + 1e-5 * std::abs(expected)) << parameter.name << " [" << at << "]";
            largest = std::max(largest, std::abs(expected));
        }
    }
    EXPECT_GT(largest, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Nets, WholeNetworkGradient,
                         ::testing::Values(std::make_pair(Family::Vim2, false), std::make_pair(Family::Vim2, true),
                                           std::make_pair(Family::Viqs, false), std::make_pair(Family::Viqs, true)));

/// Mixed precision, with the types that the CPU has: float32 parameters under a network that computes in float64.
TEST(MixedPrecision, GradientsReachParametersOfAnotherType)
{
    for (const Family family : {Family::Vim2, Family::Viqs}) {
        const ModelConfig config = tinyConfig(family);
        const ParameterSet single(config, 1, at::kFloat), wide(config, 1, at::kDouble);
        {
            const c10::NoGradGuard noGradients;
            for (std::size_t i = 0; i < wide.all().size(); ++i)
                wide.all()[i].value.copy_(single.all()[i].value);
        }
        const at::Tensor images = randomTensor({3, 3, 16, 16}, 500);
        const at::Tensor targets = at::softmax(randomTensor({3, 4}, 501), 1);
        const auto gradientsOf = [&](const ParameterSet& parameters) {
            const auto network = parameters.network(config, at::kDouble);
            EXPECT_EQ(network->type(), at::kDouble);
            return torch::autograd::grad({wholeLoss(*network, images, targets)}, parameters.values(), {}, c10::nullopt,
                                         false, true);
        };
        const std::vector<at::Tensor> found = gradientsOf(single), expected = gradientsOf(wide);
        for (std::size_t i = 0; i < found.size(); ++i) {
            SCOPED_TRACE(single.all()[i].name);
            EXPECT_EQ(found[i].scalar_type(), at::kFloat);
            const double scale = expected[i].abs().max().item<double>();
            EXPECT_LE((found[i].to(at::kDouble) - expected[i]).abs().max().item<double>(), 1e-7 * scale);
        }
    }
}

TEST(Training, ABatchIsLearnedByHeart)
{
    for (const Family family : {Family::Vim2, Family::Viqs}) {
        const ModelConfig config = tinyConfig(family);
        const ParameterSet parameters(config, 2, at::kFloat);
        const auto network = parameters.network(config);
        const at::Tensor images = randomTensor({8, 3, 16, 16}, 600, at::kFloat);
        const at::Tensor targets = at::one_hot(at::arange(8) % 4, 4).to(at::kFloat);
        AdamWOptions options;
        options.decay = 0;
        AdamW adam(parameters, options);
        double first = 0, last = 0;
        for (int step = 0; step < 150; ++step) {
            const at::Tensor loss = smoothedCrossEntropy(network->forward(images), targets, 0);
            std::vector<at::Tensor> gradients
                = torch::autograd::grad({loss}, parameters.trainedValues(), {}, c10::nullopt, false, true);
            clipGradients(gradients, 1);
            adam.step(gradients, 5e-3);
            last = loss.item<double>();
            first = step == 0 ? last : first;
        }
        EXPECT_GT(first, 1);
        EXPECT_LT(last, 0.01);
    }
}

TEST(Training, MixedPrecisionNeedsAGpu)
{
    TrainOptions options;
    options.data = "pictures";
    options.output = "net.safetensors";
    options.device = "cpu";
    options.precision = "bfloat16";
    EXPECT_THROW(train(options), Error);
    options.precision = "float16";
    EXPECT_THROW(options.validate(), Error);
}

class TrainingRun : public ::testing::Test {
protected:
    TrainingRun()
    {
        writePictureFolders(m_folder.path("data"), 3, 11, 16);
        m_options.data = m_folder.path("data");
        m_options.output = m_folder.path("net.safetensors");
        m_options.config = tinyConfig(Family::Vim2);
        m_options.holdOut = 5;
        m_options.epochs = 3;
        m_options.batch = 6;
        m_options.rate = 4e-3;
        m_options.threads = 2;
        m_options.dropPath = 0.2;
    }

    static std::vector<std::string> contents(const std::string& path)
    {
        std::vector<std::string> result;
        const auto file = TensorFile::open(path);
        for (const TensorInfo& info : file->tensors())
            result.push_back(info.name + ' ' + info.typeName + ' '
                             + std::string(reinterpret_cast<const char*>(info.data), info.bytes));
        return result;
    }

    static std::string deterministicPart(const std::vector<CurvePoint>& curve)
    {
        std::vector<CurvePoint> copy = curve;
        for (CurvePoint& point : copy)
            point.seconds = point.imagesPerSecond = 0;
        return curveCsv(copy);
    }

    ScratchFolder m_folder;
    TrainOptions m_options;
};

TEST_F(TrainingRun, LearnsAndWritesACheckpointThatOpens)
{
    m_options.epochs = 12;
    m_options.dropPath = 0;
    m_options.half = true;
    const TrainResult result = train(m_options);
    EXPECT_EQ(result.trainPictures, 27U);
    EXPECT_EQ(result.steps, 12 * 4);
    ASSERT_TRUE(result.validation);
    EXPECT_EQ(result.validation->pictures, 6);
    EXPECT_GE(result.validation->top1, 0.8);
    EXPECT_LT(result.curve.back().trainLoss, result.curve.front().trainLoss);
    EXPECT_FALSE(std::filesystem::exists(m_options.statePath()));
    EXPECT_TRUE(std::filesystem::exists(m_options.curvePath()));

    const auto session = InferenceSession::open(m_options.output);
    EXPECT_EQ(session->config().labels, (std::vector<std::string>{"class-0", "class-1", "class-2"}));
    EXPECT_EQ(session->config().imageHeight, 16);
    const auto& metadata = session->checkpoint().file->metadata();
    ASSERT_TRUE(metadata.count("mixer_training"));
    EXPECT_NE(metadata.at("mixer_training").find("\"top_1\""), std::string::npos);
    EXPECT_EQ(metadata.at("mixer_training").find(m_folder.path()), std::string::npos) << "no paths of the trainer's";
    for (const TensorInfo& info : session->checkpoint().file->tensors())
        EXPECT_EQ(info.type == DataType::Float16,
                  info.shape.size() > 1 && info.name.find("router") == std::string::npos
                      && info.name.find(".mix.") == std::string::npos && info.name.find("A_log") == std::string::npos
                      && info.name.find("dt_proj.bias") == std::string::npos
                      && info.name.find(".D") == std::string::npos && info.name.find("dt_bias") == std::string::npos
                      && info.name.find(".w_r") == std::string::npos)
            << info.name;
}

TEST_F(TrainingRun, GoesOnExactlyWhereItStopped)
{
    const TrainResult unbroken = train(m_options);
    const std::vector<std::string> expected = contents(m_options.output);

    m_options.output = m_folder.path("again.safetensors");
    // Stopped in the middle of the second epoch, then at the very end of it, then by another number of loader threads.
    for (const std::int64_t stop : {6, 8}) {
        const CancelToken cancel;
        TrainObserver observer;
        observer.step = [&](const TrainProgress& progress) {
            if (progress.step == stop)
                cancel.cancel();
        };
        if (stop == 6)
            EXPECT_THROW(train(m_options, observer, cancel), Cancelled);
        else
            EXPECT_THROW(resumeTraining(m_options.output, {}, observer, cancel), Cancelled);
        EXPECT_TRUE(std::filesystem::exists(m_options.statePath()));
        EXPECT_FALSE(std::filesystem::exists(m_options.output));
    }
    const TrainResult resumed
        = resumeTraining(m_options.output, [](TrainOptions& options) { options.loaderThreads = 3; });
    EXPECT_EQ(deterministicPart(resumed.curve), deterministicPart(unbroken.curve));
    EXPECT_EQ(contents(m_options.output), expected);
}

TEST_F(TrainingRun, RefusesToGoOnWithOtherPictures)
{
    const CancelToken cancel;
    TrainObserver observer;
    observer.step = [&](const TrainProgress&) { cancel.cancel(); };
    EXPECT_THROW(train(m_options, observer, cancel), Cancelled);
    writePictureFolders(m_folder.path("data"), 4, 3, 16);
    EXPECT_THROW(resumeTraining(m_options.output), Error);
    writeBytes(m_options.statePath(), "damaged");
    EXPECT_THROW(resumeTraining(m_options.output), Error);
    std::filesystem::remove(m_options.statePath());
    EXPECT_THROW(resumeTraining(m_options.output), Error);
}

TEST_F(TrainingRun, FineTunesWithANewHeadAndAFrozenBody)
{
    m_options.epochs = 1;
    train(m_options);
    const std::vector<std::string> start = contents(m_options.output);
    m_options.init = m_options.output;
    m_options.output = m_folder.path("tuned.safetensors");
    writePictureFolders(m_folder.path("other"), 2, 8, 16);
    std::filesystem::rename(m_folder.path("other/class-1"), m_folder.path("other/new"));
    m_options.data = m_folder.path("other");
    m_options.headOnly = true;
    m_options.average = 0;
    train(m_options);
    const std::vector<std::string> tuned = contents(m_options.output);
    ASSERT_EQ(start.size(), tuned.size());
    int changed = 0;
    for (std::size_t i = 0; i < start.size(); ++i) {
        if (start[i] == tuned[i])
            continue;
        ++changed;
        EXPECT_EQ(tuned[i].rfind("head.", 0), 0U) << tuned[i].substr(0, 40);
    }
    EXPECT_GE(changed, 2);
    EXPECT_EQ(InferenceSession::open(m_options.output)->config().labels, (std::vector<std::string>{"class-0", "new"}));
}

TEST_F(TrainingRun, NamesStepAndTensorOfALossThatIsNoNumber)
{
    m_options.rate = 1;
    m_options.clip = 0;
    m_options.warmup = 0;
    m_options.weightDecay = 10;  // 1 - rate * decay = -9: weights explode
    m_options.epochs = 200;
    try {
        train(m_options);
        FAIL() << "the run should have diverged";
    } catch (const Error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("step "), std::string::npos) << text;
        EXPECT_TRUE(text.find("parameter ") != std::string::npos || text.find("logits") != std::string::npos
                    || text.find("gradient of ") != std::string::npos)
            << text;
    }
}

TEST_F(TrainingRun, OptionsOutOfRangeAreNamed)
{
    m_options.smoothing = 1;
    try {
        train(m_options);
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("--smoothing"), std::string::npos);
    }
}

}  // namespace
