// SPDX-License-Identifier: MIT
// Scans over 16-bit floats in memory: against the textbook scan of the very values that the memory holds.
#include "tests/kernels/ScanTestCase.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace mixer::kernels::test {
namespace {

constexpr double kFloatTolerance = 3e-7;  // of the arithmetic, as in ScanParityTest.cpp

template <typename Stored> struct StoredType;
template <> struct StoredType<BFloat16> {
    static constexpr int kFractionBits = 7, kLeastExponent = -133;
};
template <> struct StoredType<Float16> {
    static constexpr int kFractionBits = 10, kLeastExponent = -24;
};

/// The nearest representable value, ties to even, by arithmetic alone.
template <typename Stored> double nearest(double x)
{
    if (x == 0.0)
        return x;
    const int exponent
        = std::max(std::ilogb(x) - StoredType<Stored>::kFractionBits, StoredType<Stored>::kLeastExponent);
    return std::ldexp(std::nearbyint(std::ldexp(x, -exponent)), exponent);
}

double value(BFloat16 x)
{
    const std::uint32_t bits = std::uint32_t{x.bits} << 16;
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

double value(Float16 x)
{
    const int exponent = x.bits >> 10 & 31, fraction = x.bits & 1023;
    const double sign = x.bits & 0x8000 ? -1.0 : 1.0;
    if (exponent == 31)
        return fraction ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
    return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
}

/// Of a value that is representable.
template <typename Stored> Stored encoded(float x);
template <> BFloat16 encoded(float x)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return {static_cast<std::uint16_t>(bits >> 16)};
}
template <> Float16 encoded(float x)
{
    const unsigned sign = std::signbit(x) ? 0x8000U : 0U;
    const double magnitude = std::abs(double(x));
    if (magnitude < std::ldexp(1.0, -14))
        return {static_cast<std::uint16_t>(sign | unsigned(std::ldexp(magnitude, 24)))};
    const int exponent = std::ilogb(magnitude);
    const unsigned fraction = unsigned(std::ldexp(magnitude, 10 - exponent)) - 1024U;
    return {static_cast<std::uint16_t>(sign | unsigned(exponent + 15) << 10 | fraction)};
}

template <typename Stored> std::vector<Stored> encode(std::vector<float>& values)
{
    std::vector<Stored> stored;
    for (float& x : values) {
        x = static_cast<float>(nearest<Stored>(x));
        stored.push_back(encoded<Stored>(x));
    }
    return stored;
}

/// A case with its inputs rounded, and the same inputs and output as they are stored.
template <typename Stored> struct StoredCase {
    explicit StoredCase(const CaseOptions& options)
        : c(options)
        , u(encode<Stored>(c.u))
        , delta(encode<Stored>(c.delta))
        , B(encode<Stored>(c.B))
        , C(encode<Stored>(c.C))
        , out(c.out.size())
    {
        const ScanParams<float>& p = c.params();
        q.batch = p.batch, q.dim = p.dim, q.seqlen = p.seqlen, q.dstate = p.dstate;
        q.u = u.data(), q.u_batch_stride = p.u_batch_stride, q.u_step_stride = p.u_step_stride;
        q.u_dim_stride = p.u_dim_stride;
        q.delta = delta.data(), q.delta_batch_stride = p.delta_batch_stride, q.delta_step_stride = p.delta_step_stride;
        q.delta_dim_stride = p.delta_dim_stride;
        q.A = p.A, q.A_dim_stride = p.A_dim_stride;
        q.B = B.data(), q.B_batch_stride = p.B_batch_stride, q.B_step_stride = p.B_step_stride;
        q.C = C.data(), q.C_batch_stride = p.C_batch_stride, q.C_step_stride = p.C_step_stride;
        q.D = p.D, q.D_dim_stride = p.D_dim_stride, q.D_step_stride = p.D_step_stride;
        q.delta_bias = p.delta_bias, q.bias_dim_stride = p.bias_dim_stride, q.bias_step_stride = p.bias_step_stride;
        q.delta_softplus = p.delta_softplus, q.order = p.order, q.weight = p.weight, q.accumulate = p.accumulate;
        q.out = out.data() + (p.out - c.out.data());
        q.out_batch_stride = p.out_batch_stride, q.out_step_stride = p.out_step_stride;
        q.out_dim_stride = p.out_dim_stride;
        q.chunk_states = p.chunk_states, q.backward_chunk_states = p.backward_chunk_states;
    }

    /// What the output holds before the scan, poison around it included, rounded.
    void reset()
    {
        c.resetOutput();
        const std::vector<Stored> poison = encode<Stored>(c.out);
        std::copy(poison.begin(), poison.end(), out.begin());
    }

    /// Brings the stored output back into the case.
    void decode()
    {
        for (std::size_t i = 0; i < out.size(); ++i)
            c.out[i] = static_cast<float>(value(out[i]));
    }

    ScanTestCase<float> c;
    std::vector<Stored> u, delta, B, C, out;
    ScanParams<float, Stored> q;
};

template <typename Stored> void expectParity(const CaseOptions& options, bool bidirectional)
{
    StoredCase<Stored> s(options);
    ASSERT_EQ(check(s.q), nullptr);
    const TextbookResult expected = textbook(s.c, bidirectional);
    for (const Variant& variant : usable_variants()) {
        SCOPED_TRACE(std::string(variant.name) + ": " + describe(options));
        s.reset();
        bidirectional ? quasi_separable_scan(variant, s.q) : selective_scan(variant, s.q);
        s.decode();
        const std::vector<float> found = s.c.output();
        ASSERT_EQ(found.size(), expected.y.size());
        const double arithmetic = (options.A_scale < 0.01F ? 4 : 1) * (options.accumulate ? 3 : 1)
            * (options.seqlen > 10000 ? 1.5 : 1) * kFloatTolerance * expected.y_scale;
        // Half a unit in the last place of what was written: of the sum, where the scan accumulates.
        const double half_unit = std::ldexp(1.0, -StoredType<Stored>::kFractionBits - 1);
        const double least = std::ldexp(1.0, StoredType<Stored>::kLeastExponent - 1);
        // Too long to keep its decays, a quasi-separable scan writes its first direction and adds the second.
        const double halfway = bidirectional && options.seqlen > 16384 ? expected.y_scale : 0.0;
        const double before = options.accumulate ? 0.75 : 0.0;
        double worst = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double allowed = half_unit * (std::abs(expected.y[i] + before) + halfway) + 2 * arithmetic + least;
            worst = std::max(worst, std::abs(double(found[i]) - expected.y[i]) / allowed);
            ASSERT_TRUE(std::isfinite(found[i]));
        }
        EXPECT_LE(worst, 1.0);
    }
}

class ScanStorage : public testing::TestWithParam<CaseOptions> { };

TEST_P(ScanStorage, BFloat16AgreesWithTheTextbook)
{
    expectParity<BFloat16>(GetParam(), false);
    expectParity<BFloat16>(GetParam(), true);
}

TEST_P(ScanStorage, Float16AgreesWithTheTextbook)
{
    expectParity<Float16>(GetParam(), false);
    expectParity<Float16>(GetParam(), true);
}

INSTANTIATE_TEST_SUITE_P(Cases, ScanStorage, testing::ValuesIn(parityCases()));

// A scan of one step with delta = 0 and D = 1 hands u through:
// every value of 16 bits is read and written by every variant.
template <typename Stored> void expectEveryValueComesThrough()
{
    constexpr int kValues = 65536;
    std::vector<Stored> u(kValues), delta(kValues), B(1), C(1), out(kValues);
    for (int i = 0; i < kValues; ++i)
        u[i].bits = static_cast<std::uint16_t>(i);
    std::vector<float> A{-1.0F}, D(kValues, 1.0F);
    ScanParams<float, Stored> p;
    p.dim = kValues, p.seqlen = 1, p.dstate = 1, p.delta_softplus = false;
    p.u = u.data(), p.delta = delta.data(), p.A = A.data(), p.B = B.data(), p.C = C.data(), p.D = D.data();
    p.out = out.data();
    for (const Variant& variant : usable_variants()) {
        selective_scan(variant, p);
        for (int i = 0; i < kValues; ++i) {
            const double in = value(u[i]), came = value(out[i]);
            // Subnormal floats count as 0 in the scans: bfloat16 has the same.
            if (std::isnan(in) || std::isinf(in))
                ASSERT_FALSE(std::isfinite(came)) << variant.name << ' ' << i;
            else
                ASSERT_EQ(came, std::abs(in) < 0x1p-126 ? 0.0 : in) << variant.name << ' ' << i;
        }
    }
}

TEST(ScanStorage, EveryValueComesThrough)
{
    expectEveryValueComesThrough<BFloat16>();
    expectEveryValueComesThrough<Float16>();
}

// D * u for D that make ties, halfway values, overflow and subnormal results.
template <typename Stored> void expectRounding(double largest)
{
    std::vector<float> D, exact;
    std::vector<Stored> u;
    std::mt19937 random(7);
    std::uniform_real_distribution<float> exponent(-30.0F, 17.0F);
    for (int i = 0; i < 20000; ++i) {
        const float d = std::ldexp(1.0F + float(random() % 4096) / 4096.0F, int(exponent(random)));
        D.push_back(random() % 2 ? d : -d);
        u.push_back(encoded<Stored>(1.0F));
    }
    std::vector<Stored> delta(D.size()), B(1), C(1), out(D.size());
    std::vector<float> A{-1.0F};
    ScanParams<float, Stored> p;
    p.dim = std::int64_t(D.size()), p.seqlen = 1, p.dstate = 1, p.delta_softplus = false;
    p.u = u.data(), p.delta = delta.data(), p.A = A.data(), p.B = B.data(), p.C = C.data(), p.D = D.data();
    p.out = out.data();
    for (const Variant& variant : usable_variants()) {
        selective_scan(variant, p);
        for (std::size_t i = 0; i < D.size(); ++i) {
            const double wanted = nearest<Stored>(D[i]);
            if (std::abs(wanted) > largest)
                ASSERT_TRUE(std::isinf(value(out[i]))) << variant.name << ' ' << D[i];
            else
                ASSERT_EQ(value(out[i]), wanted) << variant.name << ' ' << D[i];
        }
    }
}

TEST(ScanStorage, RoundsToTheNearest)
{
    expectRounding<BFloat16>(3.3e38);
    expectRounding<Float16>(65504.0);
}

TEST(ScanStorage, PublicScansAreTheSelectedVariants)
{
    CaseOptions o;
    o.dim = 20, o.seqlen = 100;
    StoredCase<BFloat16> a(o), b(o);
    StoredCase<Float16> c(o), d(o);
    const auto same = [](const auto& x, const auto& y) {
        return std::memcmp(x.out.data(), y.out.data(), x.out.size() * sizeof x.out[0]) == 0;
    };
    selective_scan(scan_variant(o.dim), a.q), selective_scan(b.q);
    selective_scan(scan_variant(o.dim), c.q), selective_scan(d.q);
    EXPECT_TRUE(same(a, b) && same(c, d));
    quasi_separable_scan(scan_variant(o.dim), a.q), quasi_separable_scan(b.q);
    quasi_separable_scan(scan_variant(o.dim), c.q), quasi_separable_scan(d.q);
    EXPECT_TRUE(same(a, b) && same(c, d));
}

}  // namespace
}  // namespace mixer::kernels::test
