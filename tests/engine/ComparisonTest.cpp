// SPDX-License-Identifier: MIT
// Two runs against each other: every number against one computed here from the tensors behind.
#include "engine/analysis/TraceComparison.h"
#include "engine/core/Error.h"
#include "engine/report/ComparisonReport.h"
#include "engine/trace/TracedRun.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace mixer {
namespace {

using SessionPtr = std::shared_ptr<const InferenceSession>;
using TracePtr = std::shared_ptr<const Trace>;

SessionPtr open(const char* name, Precision precision = Precision::Float32)
{
    SessionOptions options;
    options.precision = precision;
    options.device = "cpu";
    return InferenceSession::open(fixture(name), options);
}

at::Tensor wide(const at::Tensor& tensor)
{
    return tensor.to(at::kDouble).flatten();
}

/// Every comparable mixer once more, with LibTorch's own sums.
void expectBruteForce(const TraceComparison& found, const Trace& a, const Trace& b)
{
    ASSERT_EQ(found.mixers.size(), a.mixers().size());
    int comparable = 0;
    for (std::size_t i = 0; i < found.mixers.size(); ++i) {
        const MixerDifference& m = found.mixers[i];
        EXPECT_EQ(m.id, a.mixers()[i].id);
        if (!m.problem.empty()) {
            EXPECT_TRUE(std::isnan(m.output.relative));
            continue;
        }
        ++comparable;
        const auto j = static_cast<std::size_t>(b.find(*m.other) - b.mixers().data());
        const at::Tensor x = wide(a.tensors()->outputs[i]);
        const at::Tensor y = wide(b.tensors()->outputs[j]);
        const double relative = ((y - x).norm() / x.norm()).item<double>();
        EXPECT_NEAR(m.output.relative, relative, 1e-9 * (1 + relative)) << m.id.name();
        EXPECT_NEAR(m.output.largest, (y - x).abs().max().item<double>(), 1e-12) << m.id.name();
        const at::Tensor dx = x - x.mean();
        const at::Tensor dy = y - y.mean();
        const double correlation = ((dx * dy).sum() / (dx.norm() * dy.norm())).item<double>();
        EXPECT_NEAR(m.output.correlation, correlation, 1e-9) << m.id.name();
    }
    EXPECT_EQ(found.comparable, comparable);
}

TEST(Comparison, DiscrepancyOfValues)
{
    const double a[] = {3, 0, -4, 1};
    const double b[] = {3, 2, -4, 0};
    const Discrepancy d = discrepancyOf(a, b, 4);
    EXPECT_DOUBLE_EQ(d.relative, std::sqrt(5.0 / 26.0));
    EXPECT_DOUBLE_EQ(d.largest, 2);
    // Means 0 and 0.25: covariance 25, variances 26 and 29 - 4 / 16.
    EXPECT_NEAR(d.correlation, 25 / std::sqrt(26 * 28.75), 1e-15);

    const float far[] = {10000.0F, 10000.5F, 10001.0F};
    const float back[] = {10001.0F, 10000.5F, 10000.0F};
    EXPECT_NEAR(discrepancyOf(far, back, 3).correlation, -1, 1e-12);
    const float zero[] = {0, 0, 0};
    const float three[] = {0, 3, 4};
    EXPECT_DOUBLE_EQ(discrepancyOf(zero, three, 3).relative, 5) << "absolute where A has no size";
    EXPECT_TRUE(std::isnan(discrepancyOf(zero, three, 3).correlation));
    EXPECT_EQ(discrepancyOf(zero, zero, 3).relative, 0);
    const float broken[] = {0, std::numeric_limits<float>::quiet_NaN(), 1};
    EXPECT_TRUE(std::isnan(discrepancyOf(three, broken, 3).relative));
    EXPECT_TRUE(std::isnan(discrepancyOf(three, broken, 3).largest));
    EXPECT_TRUE(std::isnan(discrepancyOf(three, three, 0).relative));
}

class ComparisonOf : public testing::TestWithParam<const char*> { };

TEST_P(ComparisonOf, TwoImages)
{
    const SessionPtr session = open(GetParam());
    const TracePtr a = session->run(randomImage(45, 38, 21));
    const TracePtr b = session->run(randomImage(45, 38, 22));
    const TraceComparison found = compareTraces(*a, *b, 0);
    expectBruteForce(found, *a, *b);
    EXPECT_TRUE(found.isComplete());
    EXPECT_EQ(found.firstParting(), 0);
    for (std::size_t i = 0; i < found.mixers.size(); ++i) {
        const Routing& first = a->mixers()[i].routing;
        std::vector<int> chosenA = first.chosen, chosenB = b->mixers()[i].routing.chosen;
        std::sort(chosenA.begin(), chosenA.end());
        std::sort(chosenB.begin(), chosenB.end());
        EXPECT_EQ(found.mixers[i].hasRouters, first.hasRouter);
        EXPECT_EQ(found.mixers[i].choseAlike, !first.hasRouter || chosenA == chosenB);
    }
    const TraceComparison same = compareTraces(*a, *session->run(randomImage(45, 38, 21)), 0);
    EXPECT_EQ(same.firstParting(), -1) << "the same run twice is the same in every bit";
    EXPECT_EQ(same.firstOtherChoice(), -1);
}

INSTANTIATE_TEST_SUITE_P(Families, ComparisonOf,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vmamba-v2.safetensors", "vim-default.safetensors"));

TEST(Comparison, DistanceOfEachToken)
{
    for (const char* name : {"vim2-default.safetensors", "vim-default.safetensors"}) {
        const SessionPtr session = open(name);
        const TracePtr a = session->run(randomImage(64, 64, 21));
        const TracePtr b = session->run(randomImage(64, 64, 22));
        const MixerRecord& record = a->mixers()[1];
        const Array found = tokenDistances(*a, record.id, *b, record.id);
        ASSERT_EQ(found.shape, (std::vector<std::int64_t>{record.height, record.width}));
        const at::Tensor x = a->tensors()->outputs[1].reshape({-1, record.channels}).to(at::kDouble);
        const at::Tensor y = b->tensors()->outputs[1].reshape({-1, record.channels}).to(at::kDouble);
        for (int token = 0; token < record.tokenCount(); ++token) {
            double sum = 0;
            for (int c = 0; c < record.channels; ++c) {
                const int position = record.positionOf(token);
                const double d = y[position][c].item<double>() - x[position][c].item<double>();
                sum += d * d;
            }
            EXPECT_NEAR(found.values[static_cast<std::size_t>(token)], std::sqrt(sum), 1e-5 * std::sqrt(sum)) << name;
        }
        EXPECT_THROW(tokenDistances(*a, record.id, *session->run(randomImage(32, 32, 1)), record.id), Error);
    }
}

TEST(Comparison, AnEditPartsWhereItReaches)
{
    const SessionPtr session = open("vim2-default.safetensors");
    const TracePtr baseline = session->run(randomImage(45, 38, 21));
    Interventions skip;
    const std::size_t at = baseline->mixers().size() - 3;
    skip.edits.push_back({SkipMixer{}, {baseline->mixers()[at].id}, true});
    const TracePtr edited = session->edit(baseline, skip);
    const TraceComparison found = compareTraces(*baseline, *edited, 0);
    EXPECT_EQ(found.firstParting(), edited->firstDeparture());
    EXPECT_EQ(found.firstParting(), static_cast<int>(at));
    for (std::size_t i = 0; i < found.mixers.size(); ++i)
        EXPECT_NEAR(found.mixers[i].output.relative, edited->departure()[i], 1e-5 * (1 + edited->departure()[i]));
}

TEST(Comparison, PrecisionsPartOnlyByRounding)
{
    const SessionPtr single = open("vim2-default.safetensors");
    const SessionPtr wider = open("vim2-default.safetensors", Precision::Float64);
    const TracePtr a = single->run(randomImage(45, 38, 21));
    const TracePtr b = wider->run(randomImage(45, 38, 21));
    const Arithmetic inSingle{Precision::Float32, "CPU"}, inDouble{Precision::Float64, "CPU"};
    TraceComparison found = compareTraces(*a, *b, roundingTolerance(inSingle, inDouble));
    expectBruteForce(found, *a, *b);
    EXPECT_EQ(found.firstParting(), -1);
    found.tolerance = 0;
    EXPECT_EQ(found.firstParting(), 0) << "but no rounding at all would be a comparison with itself";
    EXPECT_EQ(roundingTolerance(inSingle, inSingle), 0);
    EXPECT_GT(roundingTolerance({Precision::BFloat16, "GPU"}, inDouble), roundingTolerance(inSingle, inDouble));
    EXPECT_GT(roundingTolerance(inSingle, {Precision::Float32, "GPU"}), 0);
    found.mixers[2].output.relative = std::numeric_limits<double>::quiet_NaN();
    found.tolerance = 1;
    EXPECT_EQ(found.firstParting(), 2) << "what is no number is no agreement";
}

TEST(Comparison, AnotherWeightIsFoundInItsMixer)
{
    EditedCheckpoint changed(fixture("vim2-default.safetensors"), [](nlohmann::json&) {});
    const SessionPtr original = open("vim2-default.safetensors");
    const MixerId id = original->mixers()[original->mixers().size() / 2].id;
    changed.change(id.name() + ".out_proj.weight", [](float* values, std::size_t) { values[0] += 0.5F; });
    const TracePtr a = original->run(randomImage(45, 38, 21));
    const TracePtr b = InferenceSession::open(changed.path())->run(randomImage(45, 38, 21));
    const TraceComparison found = compareTraces(*a, *b, 0);
    ASSERT_GE(found.firstParting(), 0);
    EXPECT_EQ(found.mixers[static_cast<std::size_t>(found.firstParting())].id, id);
}

TEST(Comparison, OtherNetworksAreMatchedByPlace)
{
    const PreparedImage image = randomImage(64, 64, 5);
    const TracePtr a = open("vim2-default.safetensors")->run(image);
    const TracePtr b = open("vmamba-v2.safetensors")->run(image);
    const TracePtr c = open("vim-default.safetensors")->run(image);
    const MixerId token = MixerId::parse("stages.0.blocks.0.token_mixers.0");
    ASSERT_TRUE(counterpart(*b, token));
    EXPECT_EQ(counterpart(*b, token)->name(), "layers.0.blocks.0.op");
    EXPECT_EQ(counterpart(*a, MixerId::parse("layers.0.blocks.0.op")), token);
    EXPECT_FALSE(counterpart(*b, MixerId::parse("stages.0.blocks.0.channel_mixer")));
    EXPECT_FALSE(counterpart(*c, token)) << "Vim has no stages";
    EXPECT_FALSE(counterpart(*a, MixerId::parse("layers.0.mixer")));

    const TraceComparison found = compareTraces(*a, *b, 0);
    expectBruteForce(found, *a, *b);
    EXPECT_FALSE(found.isComplete());
    for (const MixerDifference& m : found.mixers)
        EXPECT_EQ(m.other.has_value(), counterpart(*b, m.id).has_value());
    const TraceComparison none = compareTraces(*a, *c, 0);
    EXPECT_EQ(none.comparable, 0);
    EXPECT_EQ(none.firstParting(), -1);
    EXPECT_EQ(none.onlyInB.size(), c->mixers().size());
}

TEST(Comparison, ClassesMeetByIndexOrByName)
{
    const SessionPtr session = open("vim2-default.safetensors");
    const TracePtr a = session->run(randomImage(45, 38, 21));
    const TracePtr b = session->run(randomImage(45, 38, 22));
    ModelConfig bare = session->config();
    bare.labels.clear();
    const std::vector<ClassPair> all = compareClasses(*a, bare, *b, bare);
    ASSERT_EQ(all.size(), a->logits().size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto index = static_cast<std::size_t>(all[i].a);
        EXPECT_EQ(all[i].b, all[i].a);
        EXPECT_EQ(all[i].probabilityB, b->probabilities()[index]);
        EXPECT_EQ(all[i].logitA, a->logits()[index]);
        if (i > 0) {
            EXPECT_GE(std::abs(all[i - 1].change()), std::abs(all[i].change()));
        }
    }
    ModelConfig named = bare, turned = bare;
    for (std::size_t i = 0; i < a->logits().size(); ++i) {
        named.labels.push_back("n" + std::to_string(i));
        turned.labels.push_back("n" + std::to_string(a->logits().size() - i));  // n0 is not there
    }
    const std::vector<ClassPair> byName = compareClasses(*a, named, *b, turned);
    EXPECT_EQ(byName.size(), a->logits().size() - 1);
    for (const ClassPair& pair : byName) {
        EXPECT_EQ(named.label(pair.a), turned.label(pair.b));
        EXPECT_EQ(pair.probabilityB, b->probabilities()[static_cast<std::size_t>(pair.b)]);
    }
}

TEST(Comparison, ReportsSayTheSame)
{
    const SessionPtr session = open("vim2-default.safetensors");
    const TracePtr a = session->run(randomImage(45, 38, 21));
    const TracePtr b = session->run(randomImage(45, 38, 22));
    const TraceComparison found = compareTraces(*a, *b, 0);
    const ComparedRun first{session, a, "a.png", Precision::Float32}, second{session, b, "b.png", Precision::Float32};
    const std::string text = comparisonText(first, second, found, 3);
    EXPECT_NE(text.find("They part at " + a->mixers().front().id.name() + " ("), std::string::npos) << text;
    const nlohmann::json json = nlohmann::json::parse(comparisonJson(first, second, found, 3));
    EXPECT_EQ(json["parts_at"]["number"], 1);
    ASSERT_EQ(json["mixers"].size(), found.mixers.size());
    EXPECT_EQ(json["mixers"][4]["relative"].get<double>(), found.mixers[4].output.relative);
    EXPECT_EQ(json["classes"].size(), 3U);
    EXPECT_EQ(json["b"]["image"], "b.png");
}

}  // namespace
}  // namespace mixer
