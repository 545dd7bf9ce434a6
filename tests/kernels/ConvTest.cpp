// SPDX-License-Identifier: MIT
#include "kernels/depthwise_conv.h"

#include "kernels/parallel.h"
#include "kernels/variants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace mixer::kernels::test {
namespace {

constexpr float kPoison = -7.25e30F;
constexpr std::size_t kMargin = 16;

template <typename T> std::vector<T> normal(std::mt19937& random, std::size_t count)
{
    std::normal_distribution<float> distribution;
    std::vector<T> values(count);
    for (T& x : values)
        x = distribution(random);
    return values;
}

double exactSilu(double x)
{
    return x / (1.0 + std::exp(-x));
}

struct ConvCase {
    std::int64_t batch, height, width, channels;
    int kernel;
    bool silu, accumulate;
};

std::vector<ConvCase> convCases()
{
    std::vector<ConvCase> cases;
    for (const int kernel : {1, 3, 5, 7}) {
        cases.push_back({1, 1, 1, 1, kernel, false, false});  // less image than filter
        cases.push_back({2, 2, 9, 8, kernel, true, false});
        cases.push_back({1, 7, 5, 13, kernel, false, true});
        cases.push_back({3, 6, 17, 4, kernel, true, false});
        cases.push_back({2, 11, 13, 35, kernel, false, false});
    }
    return cases;
}

template <typename T> struct ConvData {
    explicit ConvData(const ConvCase& c)
    {
        std::mt19937 random(static_cast<unsigned>(c.kernel * 100 + c.channels));
        const std::size_t size = c.batch * c.height * c.width * c.channels;
        in = normal<T>(random, size);
        weight = normal<T>(random, c.channels * c.kernel * c.kernel);
        bias = normal<T>(random, c.channels);
        out.assign(size + 2 * kMargin, T(kPoison));
        if (c.accumulate)
            std::fill(out.begin() + kMargin, out.end() - kMargin, T(0.5));
        params.batch = c.batch, params.height = c.height, params.width = c.width, params.channels = c.channels;
        params.kernel = c.kernel, params.silu = c.silu, params.accumulate = c.accumulate;
        params.in = in.data(), params.weight = weight.data(), params.bias = bias.data();
        params.out = out.data() + kMargin;
    }

    double exact(std::int64_t b, std::int64_t y, std::int64_t x, std::int64_t c) const
    {
        const DepthwiseConvParams<T>& p = params;
        double sum = p.bias[c];
        for (std::int64_t i = 0; i < p.kernel; ++i) {
            for (std::int64_t j = 0; j < p.kernel; ++j) {
                const std::int64_t row = y + i - p.kernel / 2, column = x + j - p.kernel / 2;
                if (row >= 0 && row < p.height && column >= 0 && column < p.width)
                    sum += double(p.weight[(c * p.kernel + i) * p.kernel + j])
                        * double(p.in[((b * p.height + row) * p.width + column) * p.channels + c]);
            }
        }
        return (p.silu ? exactSilu(sum) : sum) + (p.accumulate ? 0.5 : 0.0);
    }

    void expectExact(double tolerance) const
    {
        const DepthwiseConvParams<T>& p = params;
        std::size_t at = kMargin;
        for (std::int64_t b = 0; b < p.batch; ++b) {
            for (std::int64_t y = 0; y < p.height; ++y) {
                for (std::int64_t x = 0; x < p.width; ++x) {
                    for (std::int64_t c = 0; c < p.channels; ++c)
                        ASSERT_NEAR(out[at++], exact(b, y, x, c), tolerance) << y << ' ' << x << ' ' << c;
                }
            }
        }
        for (std::size_t i = 0; i < kMargin; ++i) {
            EXPECT_EQ(out[i], T(kPoison));
            EXPECT_EQ(out[at + i], T(kPoison));
        }
    }

    DepthwiseConvParams<T> params;
    std::vector<T> in, weight, bias, out;
};

TEST(DepthwiseConv, AgreesWithTheDefinition)
{
    for (const ConvCase& c : convCases()) {
        SCOPED_TRACE(testing::Message() << "B=" << c.batch << " H=" << c.height << " W=" << c.width
                                        << " C=" << c.channels << " k=" << c.kernel);
        for (const Variant& variant : usable_variants()) {
            SCOPED_TRACE(variant.name);
            ConvData<float> data(c);
            depthwise_conv(variant, data.params);
            data.expectExact(2e-5);
        }
        ConvData<double> wide(c);
        depthwise_conv(wide.params);
        wide.expectExact(1e-12);
    }
}

TEST(DepthwiseConv, SameBitsOnAnyNumberOfThreads)
{
    const int before = num_threads();
    ConvData<float> one({2, 40, 31, 35, 5, true, false}), two({2, 40, 31, 35, 5, true, false});
    set_num_threads(1);
    depthwise_conv(one.params);
    set_num_threads(3);
    depthwise_conv(two.params);
    set_num_threads(before);
    EXPECT_EQ(one.out, two.out);
}

template <typename T, typename Run>
void expectSharedConv(std::int64_t rows, std::int64_t length, double tolerance, Run run)
{
    std::mt19937 random(static_cast<unsigned>(length));
    const std::vector<T> in = normal<T>(random, rows * length);
    std::vector<T> out(rows * length + 2 * kMargin, T(kPoison));
    const T weight[3] = {T(0.5), T(-1.25), T(2)};
    run(in.data(), out.data() + kMargin, weight, T(0.125));
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < length; ++c) {
            double sum = 0.125;
            for (std::int64_t j = 0; j < 3; ++j) {
                if (c + j - 1 >= 0 && c + j - 1 < length)
                    sum += double(weight[j]) * double(in[r * length + c + j - 1]);
            }
            ASSERT_NEAR(out[kMargin + r * length + c], exactSilu(sum), tolerance) << length << ' ' << r << ' ' << c;
        }
    }
    for (std::size_t i = 0; i < kMargin; ++i) {
        EXPECT_EQ(out[i], T(kPoison));
        EXPECT_EQ(out[out.size() - 1 - i], T(kPoison));
    }
}

TEST(SharedConv3, AgreesWithTheDefinition)
{
    for (const std::int64_t length : {1, 2, 3, 7, 8, 9, 16, 17, 192}) {
        for (const Variant& variant : usable_variants()) {
            SCOPED_TRACE(variant.name);
            expectSharedConv<float>(5, length, 5e-6, [&](const float* in, float* out, const float* weight, float bias) {
                shared_conv3_silu(variant, in, out, 5, length, weight, bias);
            });
        }
        expectSharedConv<double>(200, length, 1e-14,
                                 [&](const double* in, double* out, const double* weight, double bias) {
                                     shared_conv3_silu(in, out, 200, length, weight, bias);
                                 });
    }
}

template <typename T> void checkConvGradient(const ConvCase& c, double tolerance)
{
    const ConvData<T> data(c);
    std::mt19937 random(5);
    const std::vector<T> dout = normal<T>(random, data.in.size());
    const std::size_t taps = static_cast<std::size_t>(c.kernel) * c.kernel;
    std::vector<T> dweight(c.channels * taps + 2 * kMargin, T(kPoison)), dbias(c.channels + 2 * kMargin, T(kPoison));
    DepthwiseConvGradientParams<T> p;
    p.batch = c.batch, p.height = c.height, p.width = c.width, p.channels = c.channels, p.kernel = c.kernel;
    p.in = data.in.data(), p.dout = dout.data();
    p.dweight = dweight.data() + kMargin, p.dbias = dbias.data() + kMargin;
    const auto check = [&](const char* name) {
        for (std::int64_t channel = 0; channel < c.channels; ++channel) {
            double bias = 0;
            std::vector<double> weight(taps, 0);
            for (std::int64_t b = 0; b < c.batch; ++b)
                for (std::int64_t y = 0; y < c.height; ++y)
                    for (std::int64_t x = 0; x < c.width; ++x) {
                        const auto at = [&](std::int64_t row, std::int64_t column) {
                            return ((b * c.height + row) * c.width + column) * c.channels + channel;
                        };
                        const double d = dout[at(y, x)];
                        bias += d;
                        for (std::size_t i = 0; i < taps; ++i) {
                            const std::int64_t row = y + std::int64_t(i) / c.kernel - c.kernel / 2;
                            const std::int64_t column = x + std::int64_t(i) % c.kernel - c.kernel / 2;
                            if (row >= 0 && row < c.height && column >= 0 && column < c.width)
                                weight[i] += d * double(data.in[at(row, column)]);
                        }
                    }
            EXPECT_NEAR(p.dbias[channel], bias, tolerance) << name;
            for (std::size_t i = 0; i < taps; ++i)
                EXPECT_NEAR(p.dweight[channel * taps + i], weight[i], tolerance) << name << " tap " << i;
        }
        for (const auto* guarded : {&dweight, &dbias})
            for (std::size_t i = 0; i < kMargin; ++i) {
                EXPECT_EQ((*guarded)[i], T(kPoison)) << name;
                EXPECT_EQ((*guarded)[guarded->size() - 1 - i], T(kPoison)) << name;
            }
    };
    if constexpr (std::is_same_v<T, float>) {
        for (const Variant& variant : usable_variants()) {
            depthwise_conv_gradient(variant, p);
            check(variant.name);
        }
    } else {
        depthwise_conv_gradient(p);
        check("double");
    }
}

TEST(DepthwiseConvGradient, IsTheSumOverTheBatch)
{
    std::vector<ConvCase> cases = convCases();
    cases.push_back({19, 4, 4, 33, 3, false, false});  // more images than parts
    for (const ConvCase& c : cases) {
        checkConvGradient<float>(c, 2e-4);
        checkConvGradient<double>(c, 1e-11);
    }
}

TEST(DepthwiseConvGradient, GivesTheSameBitsWithAnyNumberOfThreads)
{
    const ConvData<float> data({20, 16, 16, 40, 3, false, false});
    const int before = num_threads();
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 5}) {
        set_num_threads(threads);
        std::vector<float> dweight(40 * 9), dbias(40);
        DepthwiseConvGradientParams<float> p;
        p.batch = 20, p.height = 16, p.width = 16, p.channels = 40;
        p.in = data.in.data(), p.dout = data.in.data(), p.dweight = dweight.data(), p.dbias = dbias.data();
        depthwise_conv_gradient(p);
        results.push_back(dweight);
    }
    set_num_threads(before);
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace mixer::kernels::test
