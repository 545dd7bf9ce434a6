// SPDX-License-Identifier: MIT
// Principal axes against Jacobi rotations and LibTorch's singular values, and what there is to go wrong.
#include "engine/analysis/FeatureAxes.h"
#include "engine/core/Error.h"
#include "engine/session/InferenceSession.h"
#include "engine/trace/TracedRun.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <utility>

namespace mixer {
namespace {

/// Noise whose spread falls from channel to channel, turned into no axis' favour, far from zero.
Array spreadFeatures(int tokens, int channels, unsigned seed)
{
    std::mt19937 generator(seed);
    std::normal_distribution<double> normal;
    std::vector<double> turn(static_cast<std::size_t>(channels * channels));
    for (double& value : turn)
        value = normal(generator);
    Array features({tokens, channels});
    for (int t = 0; t < tokens; ++t) {
        std::vector<double> parts;
        for (int c = 0; c < channels; ++c)
            parts.push_back(normal(generator) / (1 + c));
        for (int c = 0; c < channels; ++c) {
            double sum = 5;
            for (int k = 0; k < channels; ++k)
                sum += parts[static_cast<std::size_t>(k)] * turn[static_cast<std::size_t>(k * channels + c)];
            features.at(t, c) = static_cast<float>(sum);
        }
    }
    return features;
}

struct Eigen {
    std::vector<double> values;                ///< falling
    std::vector<std::vector<double>> vectors;  ///< of each
};

/// Cyclic Jacobi rotations on the covariance of (tokens, channels): slow, and shares no code with the engine.
Eigen jacobi(const Array& features)
{
    const auto tokens = static_cast<std::size_t>(features.size(0));
    const auto n = static_cast<std::size_t>(features.size(1));
    std::vector<double> mean(n, 0.0);
    for (std::size_t i = 0; i < tokens * n; ++i)
        mean[i % n] += static_cast<double>(features.values[i]) / static_cast<double>(tokens);
    std::vector<std::vector<double>> a(n, std::vector<double>(n, 0.0)), v = a;
    for (std::size_t i = 0; i < n; ++i) {
        v[i][i] = 1;
        for (std::size_t j = 0; j < n; ++j)
            for (std::size_t t = 0; t < tokens; ++t)
                a[i][j] += (features.values[t * n + i] - mean[i]) * (features.values[t * n + j] - mean[j])
                    / static_cast<double>(tokens);
    }
    for (int sweep = 0; sweep < 60; ++sweep)
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                if (a[p][q] == 0)
                    continue;
                const double angle = 0.5 * std::atan2(2 * a[p][q], a[q][q] - a[p][p]);
                const double c = std::cos(angle), s = std::sin(angle);
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x - s * y;
                    a[k][q] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[p][k], y = a[q][k];
                    a[p][k] = c * x - s * y;
                    a[q][k] = s * x + c * y;
                    const double vx = v[k][p], vy = v[k][q];
                    v[k][p] = c * vx - s * vy;
                    v[k][q] = s * vx + c * vy;
                }
            }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i][i] > a[j][j]; });
    Eigen eigen;
    for (const std::size_t i : order) {
        eigen.values.push_back(a[i][i]);
        std::vector<double> vector;
        for (std::size_t k = 0; k < n; ++k)
            vector.push_back(v[k][i]);
        eigen.vectors.push_back(vector);
    }
    return eigen;
}

double dot(const double* x, const double* y, int count)
{
    return std::inner_product(x, x + count, y, 0.0);
}

const double* axisOf(const FeatureAxes& axes, int axis)
{
    return axes.loadings.data() + static_cast<std::ptrdiff_t>(axis) * axes.channels;
}

void expectOrthonormal(const FeatureAxes& axes)
{
    for (int i = 0; i < axes.count(); ++i)
        for (int j = 0; j <= i; ++j)
            EXPECT_NEAR(dot(axisOf(axes, i), axisOf(axes, j), axes.channels), i == j ? 1 : 0, 1e-9) << i << ", " << j;
}

void expectSettledSigns(const FeatureAxes& axes)
{
    for (int i = 0; i < axes.count(); ++i) {
        const double* axis = axisOf(axes, i);
        const double* largest = std::max_element(axis, axis + axes.channels,
                                                 [](double a, double b) { return std::abs(a) < std::abs(b); });
        EXPECT_GT(*largest, 0) << "axis " << i;
    }
}

void expectUsage(const Array& features, const std::string& part)
{
    try {
        principalAxes(features);
        ADD_FAILURE() << "expected an error that says: " << part;
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Usage);
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

TEST(FeatureAxes, AreThoseOfJacobiRotations)
{
    // More tokens than channels and fewer; several blocks of tokens; two tokens; one channel.
    const std::pair<int, int> shapes[] = {{40, 7}, {5, 12}, {2500, 6}, {2, 9}, {30, 1}};
    for (const auto& [tokens, channels] : shapes) {
        SCOPED_TRACE(std::to_string(tokens) + " x " + std::to_string(channels));
        const Array features = spreadFeatures(tokens, channels, 3);
        const Eigen expected = jacobi(features);
        const FeatureAxes axes = principalAxes(features);
        ASSERT_EQ(axes.count(), std::min({3, tokens - 1, channels}));
        EXPECT_EQ(axes.tokens, tokens);
        EXPECT_EQ(axes.channels, channels);
        const double total = std::accumulate(expected.values.begin(), expected.values.end(), 0.0);
        EXPECT_NEAR(axes.totalVariance, total, 1e-9 * total);
        double shares = 0;
        for (int i = 0; i < axes.count(); ++i) {
            const auto index = static_cast<std::size_t>(i);
            EXPECT_NEAR(axes.variance[index], expected.values[index], 1e-9 * total) << "axis " << i;
            EXPECT_NEAR(std::abs(dot(axisOf(axes, i), expected.vectors[index].data(), channels)), 1, 1e-7);
            EXPECT_TRUE(i == 0 || axes.variance[index] <= axes.variance[index - 1]);
            shares += axes.share(i);
        }
        EXPECT_LE(shares, 1 + 1e-12);
        if (axes.count() < 3) {
            EXPECT_NEAR(shares, 1, 1e-9) << "there is no other direction";
        }
        expectOrthonormal(axes);
        expectSettledSigns(axes);
    }
}

TEST(FeatureAxes, DoNotDependOnTheOrderOfTokensNorOnMirroring)
{
    const Array features = spreadFeatures(60, 5, 8);
    const FeatureAxes axes = principalAxes(features);
    Array shuffled = features;
    std::vector<std::int64_t> order(60);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(1));
    for (std::int64_t t = 0; t < 60; ++t)
        for (std::int64_t c = 0; c < 5; ++c)
            shuffled.at(t, c) = features.at(order[static_cast<std::size_t>(t)], c);
    Array mirrored = features;
    for (float& value : mirrored.values)
        value = 10 - value;
    for (const Array& other : {shuffled, mirrored}) {
        const FeatureAxes same = principalAxes(other);
        ASSERT_EQ(same.count(), axes.count());
        for (std::size_t i = 0; i < axes.loadings.size(); ++i)
            EXPECT_NEAR(same.loadings[i], axes.loadings[i], 1e-5);
        for (std::size_t i = 0; i < axes.reach.size(); ++i)
            EXPECT_NEAR(same.reach[i], axes.reach[i], 1e-4 * axes.reach[i]);
    }
}

TEST(FeatureAxes, ReachHoldsMostScores)
{
    Array features({100, 1});
    for (int t = 0; t < 100; ++t)
        features.at(t, 0) = static_cast<float>(t < 50 ? t + 1 : 49 - t);  // 1 to 50 and -1 to -50
    const FeatureAxes axes = principalAxes(features);
    ASSERT_EQ(axes.count(), 1);
    EXPECT_NEAR(axes.reach[0], 49, 1e-9) << "98 of 100";
    EXPECT_NEAR(axes.share(0), 1, 1e-12);

    Array spike({1000, 2});
    spike.at(500, 1) = 1000;
    EXPECT_GT(principalAxes(spike).reach[0], 0) << "most lie together, one far away";
}

TEST(FeatureAxes, FewDirectionsGiveFewAxes)
{
    for (const int channels : {4, 200}) {
        Array line({50, channels});
        for (int t = 0; t < 50; ++t)
            for (int c = 0; c < channels; ++c)
                line.at(t, c) = static_cast<float>(7 + t * (c % 3));
        const FeatureAxes axes = principalAxes(line);
        ASSERT_EQ(axes.count(), 1) << channels << " channels";
        EXPECT_NEAR(axes.share(0), 1, 1e-9);
        expectSettledSigns(axes);
    }
}

TEST(FeatureAxes, SayWhyThereAreNone)
{
    expectUsage(Array({1, 5}), "1 token: principal components need at least two");
    Array constant({20, 3});
    std::fill(constant.values.begin(), constant.values.end(), 0.1F);
    expectUsage(constant, "the same at every token");
    std::fill(constant.values.begin(), constant.values.end(), 0.0F);
    expectUsage(constant, "the same at every token");
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
        Array broken = spreadFeatures(2000, 3, 1);
        broken.at(1500, 2) = wrong;
        expectUsage(broken, "token 1500, channel 2");
    }
    const CancelToken cancelled;
    cancelled.cancel();
    EXPECT_THROW(principalAxes(spreadFeatures(20, 3, 1), cancelled), Cancelled);
}

class FeatureAxesOf : public testing::TestWithParam<const char*> { };

/// Every mixer of a family: scores on the grid, against singular values of the tensors behind.
TEST_P(FeatureAxesOf, MixersAreTheirSingularVectors)
{
    SessionOptions options;
    options.device = "cpu";
    const auto session = InferenceSession::open(fixture(std::string(GetParam()) + ".safetensors"), options);
    const auto trace = session->run(randomImage(40, 36, 4));
    int seen = 0;
    for (const MixerRecord& record : trace->mixers()) {
        SCOPED_TRACE(record.id.name());
        if (record.tokenCount() < 2)
            continue;
        ++seen;
        const at::Tensor& output
            = trace->tensors()->outputs[static_cast<std::size_t>(&record - trace->mixers().data())];
        at::Tensor x = at::empty({record.tokenCount(), output.size(-1)}, at::kDouble);
        const at::Tensor rows = output.reshape({-1, output.size(-1)}).to(at::kDouble);
        for (int token = 0; token < record.tokenCount(); ++token)
            x[token].copy_(rows[record.positionOf(token)]);
        x = x - x.mean(0, true);
        const auto [u, s, v] = at::linalg_svd(x, false);
        const double total = s.square().sum().item<double>();
        const FeatureAxes axes = principalAxes(*trace, record.id);
        const FeatureScores scores = featureScores(*trace, record.id, axes);
        ASSERT_GT(axes.count(), 0);
        ASSERT_EQ(scores.values.shape, (std::vector<std::int64_t>{axes.count(), record.height, record.width}));
        expectOrthonormal(axes);
        for (int i = 0; i < axes.count(); ++i) {
            EXPECT_NEAR(axes.share(i), s[i].square().item<double>() / total, 1e-9);
            EXPECT_NEAR(scores.share[static_cast<std::size_t>(i)], axes.share(i), 1e-9) << "of its own run";
            const double sign = dot(axisOf(axes, i), v[i].contiguous().data_ptr<double>(), axes.channels) > 0 ? 1 : -1;
            const at::Tensor expected = u.select(1, i) * s[i] * sign;
            const double size = s[i].item<double>();
            for (int token = 0; token < record.tokenCount(); ++token)
                ASSERT_NEAR(scores.values.values[static_cast<std::size_t>(i * record.tokenCount() + token)],
                            expected[token].item<double>(), 1e-4 * size)
                    << "axis " << i << ", token " << token;
        }
    }
    EXPECT_GT(seen, 0);
}

INSTANTIATE_TEST_SUITE_P(Families, FeatureAxesOf,
                         testing::Values("vim2-default", "viqs-default", "vmamba-v2", "vim-default"));

TEST(FeatureSpace, ShowsAnotherRunOnTheSameAxes)
{
    SessionOptions options;
    options.device = "cpu";
    const auto session = InferenceSession::open(fixture("vim2-default.safetensors"), options);
    const auto trace = session->run(randomImage(40, 36, 4));
    const auto other = session->run(randomImage(40, 36, 5));
    const MixerId first = trace->mixers().front().id;
    const FeatureSpace space(trace);
    const auto axes = space.axes(first);
    EXPECT_EQ(space.axes(first), axes) << "fitted once";
    const FeatureScores own = featureScores(*trace, first, *axes);
    const FeatureScores beside = featureScores(*other, first, *axes);
    // <x - mean, axis>, by hand.
    const MixerRecord& record = trace->mixers().front();
    const at::Tensor rows
        = other->tensors()->outputs.front().reshape({-1, axes->channels}).to(at::kDouble).contiguous();
    const double* x = rows.data_ptr<double>() + std::ptrdiff_t{3} * axes->channels;
    double score = 0;
    for (int c = 0; c < axes->channels; ++c)
        score += (x[c] - axes->mean[static_cast<std::size_t>(c)]) * axisOf(*axes, 1)[c];
    EXPECT_NEAR(beside.values.values[static_cast<std::size_t>(record.tokenCount() + 3)], score, 1e-5);
    EXPECT_LE(beside.share[0], 1);
    EXPECT_NE(own.values.values, beside.values.values);

    // Of both runs together: as of one table.
    const FeatureAxes both = principalAxes(FeatureRuns{trace, other}, first);
    Array table({2 * record.tokenCount(), axes->channels});
    for (const auto& run : {trace, other}) {
        const at::Tensor part = run->tensors()->outputs.front().reshape({-1}).contiguous();
        std::copy(part.data_ptr<float>(), part.data_ptr<float>() + part.numel(),
                  table.values.begin() + (run == other ? part.numel() : 0));
    }
    const FeatureAxes expected = principalAxes(table);
    EXPECT_EQ(both.tokens, 2 * record.tokenCount());
    for (std::size_t i = 0; i < expected.loadings.size(); ++i)
        EXPECT_NEAR(both.loadings[i], expected.loadings[i], 1e-9);
    EXPECT_NEAR(both.totalVariance, expected.totalVariance, 1e-9 * expected.totalVariance);
    int made = 0;
    const FeatureSpace later([&](const CancelToken&) {
        ++made;
        return FeatureRuns{trace, other};
    });
    EXPECT_EQ(made, 0) << "only when asked";
    EXPECT_EQ(later.axes(first)->loadings, both.loadings);
    later.axes(trace->mixers().back().id);
    EXPECT_EQ(made, 1);
    EXPECT_FALSE(later.isOf(trace));
    EXPECT_TRUE(space.isOf(trace));
    EXPECT_FALSE(space.isOf(other));
    EXPECT_THROW(principalAxes(FeatureRuns{}, first), Error);

    const MixerId last = trace->mixers().back().id;
    if (trace->mixers().back().channels != record.channels) {
        EXPECT_THROW(featureScores(*trace, last, *axes), Error);
    }
    EXPECT_THROW(principalAxes(*trace, MixerId::parse("stages.7.blocks.0.channel_mixer")), Error);
}

}  // namespace
}  // namespace mixer
