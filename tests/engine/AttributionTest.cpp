// SPDX-License-Identifier: MIT
// Attributions against finite differences and plain runs, in float64.
#include "engine/attribution/Attribution.h"
#include "engine/attribution/Ablation.h"
#include "engine/session/InferenceSession.h"
#include "engine/trace/TracedRun.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace mixer {
namespace {

constexpr int kHeight = 20;
constexpr int kWidth = 24;

SessionOptions exact()
{
    SessionOptions options;
    options.precision = Precision::Float64;
    return options;
}

class AttributionOf : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<const InferenceSession> session = InferenceSession::open(fixture(GetParam()), exact());
    PreparedImage image = randomImage(kHeight, kWidth, 31);
    std::shared_ptr<const Trace> trace = session->run(image);

    double logit(const PreparedImage& changed, int classIndex) const
    {
        Array batch = changed.tensor;
        batch.shape.insert(batch.shape.begin(), 1);
        return static_cast<double>(session->logits(batch).values[static_cast<std::size_t>(classIndex)]);
    }

    /// The picture in the network's type, so that a step may be as small as double allows.
    at::Tensor input() const
    {
        return at::from_blob(const_cast<float*>(image.tensor.values.data()), {1, 3, kHeight, kWidth}, at::kFloat)
            .to(at::kDouble);
    }

    at::Tensor forward(const at::Tensor& pictures, const ForwardContext& context = {}) const
    {
        const c10::NoGradGuard noGradients;
        return trace->tensors()->runtime->network->forward(pictures, context);
    }
};

/// Each pixel's value is the derivative of the logit when its colours grow in proportion.
TEST_P(AttributionOf, GradientTimesInputIsADerivative)
{
    AttributionOptions options;
    options.classIndex = 1;
    const AttributionResult map = gradientTimesInput(*trace, options);
    ASSERT_EQ(map.values.shape, (std::vector<std::int64_t>{kHeight, kWidth}));
    EXPECT_NEAR(map.logit, static_cast<double>(trace->logits()[1]), 1e-5);
    double scale = 0;
    for (const float value : map.values.values)
        scale = std::max(scale, static_cast<double>(std::abs(value)));
    ASSERT_GT(scale, 0);
    for (int i = 0; i < 25; ++i) {
        const int y = (7 * i) % kHeight;
        const int x = (11 * i + 3) % kWidth;
        const double h = 1e-5;
        at::Tensor both = input().repeat({2, 1, 1, 1});
        both[0].select(1, y).select(1, x) *= 1 + h;
        both[1].select(1, y).select(1, x) *= 1 - h;
        const at::Tensor logits = forward(both);
        const double derivative = (logits[0][1] - logits[1][1]).item<double>() / (2 * h);
        EXPECT_NEAR(static_cast<double>(map.values.at(y, x)), derivative, 1e-4 * scale) << y << "," << x;
    }
}

TEST_P(AttributionOf, OcclusionIsWhatIsLostWithoutTheSquare)
{
    AttributionOptions options;
    options.classIndex = 0;
    options.memoryBytes = 1;  // one picture at a time
    const AttributionResult alone = occlusion(*trace, 8, 8, options);
    options.memoryBytes = std::size_t{1} << 30;
    const AttributionResult map = occlusion(*trace, 8, 8, options);
    ASSERT_EQ(map.values.shape, (std::vector<std::int64_t>{3, 3}));
    for (std::size_t i = 0; i < 9; ++i)
        EXPECT_NEAR(alone.values.values[i], map.values.values[i], 1e-5);
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            PreparedImage hidden = image;
            for (int c = 0; c < 3; ++c)
                for (int y = 8 * row; y < std::min(8 * row + 8, kHeight); ++y)
                    for (int x = 8 * column; x < 8 * column + 8; ++x)
                        hidden.tensor.values[static_cast<std::size_t>((c * kHeight + y) * kWidth + x)] = 0;
            EXPECT_NEAR(static_cast<double>(map.values.at(row, column)), logit(image, 0) - logit(hidden, 0), 1e-5);
        }
    }
    EXPECT_EQ(occlusion(*trace, 9, 4, options).values.shape, (std::vector<std::int64_t>{5, 6}));
    EXPECT_THROW(occlusion(*trace, 4, 8, options), Error);
}

TEST_P(AttributionOf, GradCamWeighsChannelsByTheirMeanGradient)
{
    AttributionOptions options;
    options.classIndex = 0;
    const MixerRecord& record = *trace->find(lastMixer(*trace, trace->mixers().back().id.stage));
    const std::size_t index = static_cast<std::size_t>(&record - trace->mixers().data());
    const AttributionResult map = gradCam(*trace, record.id, options);
    const at::Tensor features = trace->tensors()->outputs[index].clone();
    const std::int64_t tokens = features.size(1) * features.size(2);
    at::Tensor wanted = at::zeros({tokens}, at::kDouble);
    for (std::int64_t d = 0; d < features.size(3); ++d) {
        // Moving a channel at every token by h / tokens moves the logit by h times its mean gradient.
        double ends[2];
        for (const int side : {0, 1}) {
            RecordedMixers recorded{trace->tensors()->outputs, trace->tensors()->choices, index + 1};
            at::Tensor moved = features.clone();
            moved.select(3, d) += (side == 0 ? 1e-4 : -1e-4) / static_cast<double>(tokens);
            recorded.outputs[index] = moved;
            ForwardContext context;
            context.recorded = &recorded;
            ends[side] = forward(input(), context)[0][0].item<double>();
        }
        wanted += features[0].flatten(0, 1).select(1, d) * (ends[0] - ends[1]) / 2e-4;
    }
    const double scale = wanted.abs().max().item<double>();
    ASSERT_GT(scale, 0);
    ASSERT_EQ(static_cast<std::int64_t>(map.values.values.size()), tokens);
    for (std::int64_t i = 0; i < tokens; ++i)
        EXPECT_NEAR(static_cast<double>(map.values.values[static_cast<std::size_t>(i)]), wanted[i].item<double>(),
                    1e-4 * scale);
    EXPECT_DOUBLE_EQ(map.cellHeight, static_cast<double>(kHeight) / record.height);
    for (const MixerRecord& other : trace->mixers())
        EXPECT_NEAR(gradCam(*trace, other.id, options).logit, map.logit, 1e-9);
}

TEST_P(AttributionOf, ReceptiveFieldIsTheGradientOfTheNorm)
{
    const MixerRecord& record = trace->mixers()[1];
    const int position = record.height * record.width / 2;
    const AttributionResult map = receptiveField(*trace, record.id, position);
    const auto norms = [&](const at::Tensor& picture) {
        struct Keep : Recorder {
            void record(const MixerRecord&, const at::Tensor&, const at::Tensor& output, const ScanChoice&) override
            {
                outputs.push_back(output);
            }
            std::vector<at::Tensor> outputs;
        } keep;
        ForwardContext context;
        context.recorder = &keep;
        forward(picture, context);
        return keep.outputs[1][0].flatten(0, 1)[position].norm().item<double>();
    };
    double scale = 0;
    for (const float value : map.values.values) {
        EXPECT_GE(value, 0.0F);
        scale = std::max(scale, static_cast<double>(value));
    }
    for (int i = 0; i < 6; ++i) {
        const int y = (5 * i + 9) % kHeight;
        const int x = (7 * i + 11) % kWidth;
        double sum = 0;
        for (int c = 0; c < 3; ++c) {
            at::Tensor up = input();
            at::Tensor down = input();
            up[0][c][y][x] += 1e-5;
            down[0][c][y][x] -= 1e-5;
            sum += std::abs(norms(up) - norms(down)) / 2e-5;
        }
        EXPECT_NEAR(static_cast<double>(map.values.at(y, x)), sum, 1e-4 * scale);
    }
    EXPECT_THROW(receptiveField(*trace, record.id, record.height * record.width), Error);
}

TEST_P(AttributionOf, ContributionsAreDerivativesAndAblationsAreRuns)
{
    AttributionOptions options;
    options.classIndex = 1;
    for (const MixerRecord& record : {trace->mixers().front(), trace->mixers().back()}) {
        const Array contributions = channelContributions(*trace, record.id, options);
        ASSERT_EQ(contributions.size(0), record.inner);
        const auto withFactor = [&](int channel, double factor) {
            Interventions edits;
            edits.edits.push_back({HoldChannels{{channel}, HoldChannels::At::Factor, factor}, {record.id}, true});
            const auto plan = InterventionPlan::make(edits, trace->mixers(), nullptr);
            ForwardContext context;
            context.plan = plan.get();
            return forward(input(), context)[0][1].item<double>();
        };
        double scale = 0;
        for (const float value : contributions.values)
            scale = std::max(scale, static_cast<double>(std::abs(value)));
        for (const int channel : {0, 3, record.inner - 1})
            EXPECT_NEAR(static_cast<double>(contributions.values[static_cast<std::size_t>(channel)]),
                        (withFactor(channel, 1 + 1e-5) - withFactor(channel, 1 - 1e-5)) / 2e-5, 1e-4 * scale);
        const auto scores = ablateChannels(*session, trace, record.id, {2}, options);
        ASSERT_EQ(scores.size(), 1U);
        EXPECT_NEAR(scores.front().logitDrop, withFactor(2, 1) - withFactor(2, 0), 1e-5);
    }
    const auto mixers = ablateMixers(*session, trace, options);
    ASSERT_EQ(mixers.size(), trace->mixers().size());
    Interventions skip;
    skip.edits.push_back({SkipMixer{}, {mixers[1].mixer}, true});
    EXPECT_NEAR(mixers[1].logitDrop,
                static_cast<double>(trace->logits()[1]) - static_cast<double>(session->edit(trace, skip)->logits()[1]),
                1e-6);
    std::size_t scans = 0;
    for (const MixerRecord& record : trace->mixers())
        scans += record.routing.chosen.size();
    EXPECT_EQ(ablateScans(*session, trace, options).size(), scans);
}

TEST_P(AttributionOf, FaithfulnessMasksWhatTheMapNames)
{
    AttributionOptions options;
    options.classIndex = 1;
    AttributionResult map;
    map.classIndex = 1;
    map.values = Array({2, 2});
    map.values.values = {0, 3, 2, 1};  // order of cells: 1, 2, 3, 0
    map.cellHeight = kHeight / 2.0;
    map.cellWidth = kWidth / 2.0;
    const Faithfulness found = faithfulness(*trace, map, 4, 2, 1, options);
    const int order[] = {1, 2, 3, 0};
    for (int step = 0; step <= 4; ++step) {
        for (const bool insert : {false, true}) {
            PreparedImage masked = image;
            for (int y = 0; y < kHeight; ++y)
                for (int x = 0; x < kWidth; ++x) {
                    const int cell = 2 * (y / (kHeight / 2)) + x / (kWidth / 2);
                    const bool taken = std::find(order, order + step, cell) != order + step;
                    if (taken != insert)
                        for (int c = 0; c < 3; ++c)
                            masked.tensor.values[static_cast<std::size_t>((c * kHeight + y) * kWidth + x)] = 0;
                }
            const auto run = session->run(masked);
            EXPECT_NEAR((insert ? found.insertion : found.deletion)[static_cast<std::size_t>(step)],
                        run->probabilities()[1], 1e-6);
        }
    }
    EXPECT_NEAR(found.deletion.front(), found.insertion.back(), 1e-6);
    EXPECT_NEAR(found.randomDeletion.front(), found.deletion.front(), 1e-6);
    EXPECT_NEAR(found.score,
                found.insertionArea - found.deletionArea - found.randomInsertionArea + found.randomDeletionArea, 1e-12);
}

TEST_P(AttributionOf, EditsAreExplainedToo)
{
    Interventions skip;
    skip.edits.push_back({SkipMixer{}, {trace->mixers().front().id}, true});
    const auto edited = session->edit(trace, skip);
    AttributionOptions options;
    options.classIndex = 0;
    EXPECT_NEAR(gradientTimesInput(*edited, options).logit, static_cast<double>(edited->logits()[0]), 1e-5);
    EXPECT_NE(gradientTimesInput(*edited, options).values.values, gradientTimesInput(*trace, options).values.values);
}

TEST_P(AttributionOf, StopsWhenItIsCancelled)
{
    AttributionOptions options;
    options.cancel.cancel();
    EXPECT_THROW(integratedGradients(*trace, 8, options), Cancelled);
    EXPECT_THROW(occlusion(*trace, 8, 8, options), Cancelled);
    EXPECT_THROW(ablateMixers(*session, trace, options), Cancelled);
    AttributionOptions wrong;
    wrong.classIndex = 10000;
    EXPECT_THROW(gradientTimesInput(*trace, wrong), Error);
}

INSTANTIATE_TEST_SUITE_P(Nets, AttributionOf,
                         testing::Values("vim2-default.safetensors", "viqs-perscan-linear.safetensors"));

/// Without a router the logit is smooth along the path, and the attributions add up to its difference.
TEST(IntegratedGradients, AddUpToTheDifferenceOfTheLogits)
{
    for (const char* net : {"vim2-cross.safetensors", "viqs-cross.safetensors"}) {
        const auto session = InferenceSession::open(fixture(net), exact());
        const PreparedImage image = randomImage(kHeight, kWidth, 32);
        const auto trace = session->run(image);
        AttributionOptions options;
        std::vector<double> reported;
        options.progress = [&](const std::string&, double done) { reported.push_back(done); };
        const AttributionResult map = integratedGradients(*trace, 256, options);
        double sum = 0;
        for (const float value : map.values.values)
            sum += static_cast<double>(value);
        EXPECT_NEAR(map.logit, static_cast<double>(trace->logits()[static_cast<std::size_t>(map.classIndex)]), 1e-5);
        EXPECT_NEAR(std::abs(sum - (map.logit - map.referenceLogit)) / std::abs(map.logit - map.referenceLogit),
                    map.completenessGap, 1e-4);
        EXPECT_LT(map.completenessGap, 0.01) << net;
        EXPECT_LT(map.completenessGap, integratedGradients(*trace, 1, {}).completenessGap);
        EXPECT_EQ(reported.back(), 1.0);
    }
}

}  // namespace
}  // namespace mixer
