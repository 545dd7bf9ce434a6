// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorStatistics.h"

#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

namespace mixer {
namespace {

/// A tensor over bytes that start at an odd address, as files may have them.
template <typename T> struct Held {
    Held(DataType type, const std::vector<T>& values)
        : bytes(values.size() * sizeof(T) + 1)
    {
        if (!values.empty())
            std::memcpy(bytes.data() + 1, values.data(), values.size() * sizeof(T));
        info.name = "t";
        info.type = type;
        info.shape = {static_cast<std::int64_t>(values.size())};
        info.data = bytes.data() + 1;
        info.bytes = values.size() * sizeof(T);
    }
    std::vector<std::byte> bytes;
    TensorInfo info;
};

TEST(TensorStatistics, MatchTheTextbookFormula)
{
    std::mt19937 random(5);
    std::normal_distribution<double> normal(1000, 0.25);
    std::vector<double> values(200001);
    for (double& value : values)
        value = normal(random);
    const Held<double> held(DataType::Float64, values);
    const auto facts = tensorStatistics(held.info);
    ASSERT_TRUE(facts);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    double squares = 0;
    for (const double value : values)
        squares += (value - mean) * (value - mean);
    EXPECT_NEAR(facts->mean, mean, 1e-9);
    EXPECT_NEAR(facts->deviation, std::sqrt(squares / static_cast<double>(values.size())), 1e-9);
    EXPECT_EQ(facts->minimum, *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(facts->maximum, *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(facts->count, 200001);
}

TEST(TensorStatistics, NonFiniteAndZerosAreCounted)
{
    const float infinity = std::numeric_limits<float>::infinity();
    const Held<float> held(DataType::Float32, {0, -2, std::nanf(""), infinity, 4, 0, -infinity});
    const auto facts = tensorStatistics(held.info);
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->nonFinite, 3);
    EXPECT_EQ(facts->zeros, 2);
    EXPECT_EQ(facts->minimum, -2);
    EXPECT_EQ(facts->maximum, 4);
    EXPECT_EQ(facts->mean, 0.5);
}

TEST(TensorStatistics, HalfPrecisionIsReadBitByBit)
{
    // 1, -2, the smallest subnormal, the largest, infinity
    const Held<std::uint16_t> half(DataType::Float16, {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00});
    const Array values = tensorValues(half.info);
    EXPECT_EQ(values.values[0], 1);
    EXPECT_EQ(values.values[1], -2);
    EXPECT_EQ(values.values[2], std::ldexp(1.0F, -24));
    EXPECT_EQ(values.values[3], 65504);
    EXPECT_TRUE(std::isinf(values.values[4]));
    const Held<std::uint16_t> brain(DataType::BFloat16, {0x3f80, 0xc040});
    EXPECT_EQ(tensorValues(brain.info).values, (std::vector<float>{1, -3}));
}

TEST(TensorHistogram, CountsEveryFiniteValueOnce)
{
    const Held<std::int32_t> held(DataType::Int32, {0, 1, 2, 3, 4, 5, 6, 7, 8, 8});
    const auto histogram = tensorHistogram(held.info, 4);
    ASSERT_TRUE(histogram);
    EXPECT_EQ(histogram->counts, (std::vector<std::int64_t>{2, 2, 2, 4}));
    EXPECT_EQ(histogram->low, 0);
    EXPECT_EQ(histogram->high, 8);
    const Held<float> single(DataType::Float32, {3, 3, 3});
    const auto one = tensorHistogram(single.info, 5);
    EXPECT_EQ(one->counts, (std::vector<std::int64_t>{0, 0, 3, 0, 0}));
    const Held<float> none(DataType::Float32, {});
    EXPECT_EQ(tensorHistogram(none.info, 3)->counts, (std::vector<std::int64_t>{0, 0, 0}));
}

TEST(TensorStatistics, OpaqueAndCancelled)
{
    Held<float> held(DataType::Float32, {1, 2});
    const CancelToken cancel;
    cancel.cancel();
    EXPECT_THROW(tensorStatistics(held.info, cancel), Cancelled);
    EXPECT_THROW(tensorValues(held.info, 1), Error);
    held.info.type = DataType::Opaque;
    EXPECT_FALSE(tensorStatistics(held.info));
    EXPECT_THROW(tensorValues(held.info), Error);
}

TEST(MixWeights, AreTheCheckpoints)
{
    const Checkpoint checkpoint = Checkpoint::open(std::string(MIXER_FIXTURES) + "/golden/vim2.safetensors");
    const MixWeightMatrices mix = mixWeights(checkpoint, 2);
    ASSERT_FALSE(mix.isEmpty());
    EXPECT_EQ(mix.theta.size(1), mix.alpha.size(1) + 1);
    const TensorInfo* gamma = checkpoint.find("stages.2.mix.gamma");
    ASSERT_NE(gamma, nullptr);
    float first = 0;
    std::memcpy(&first, gamma->data, sizeof first);
    EXPECT_EQ(mix.gamma.values[0], first);
    EXPECT_TRUE(mixWeights(checkpoint, 9).isEmpty());
}

}  // namespace
}  // namespace mixer
