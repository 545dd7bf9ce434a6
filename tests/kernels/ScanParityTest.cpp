// SPDX-License-Identifier: MIT
// Every float variant, and the references, against a textbook scan in double precision.
#include "tests/kernels/ScanTestCase.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace mixer::kernels::test {
namespace {

// Rounding of a float recurrence, relative to the largest sum of terms.
constexpr double kFloatTolerance = 3e-7;
// Where the state hardly decays, each step's rounding stays in the sum: it grows with the root of the steps (200).
constexpr double kLongMemoryFactor = 4.0;
// An accumulating scan rounds once more, to the spacing of what was there before.
constexpr double kAccumulateFactor = 3.0;
constexpr double kDoubleTolerance = 1e-13;

// The largest error among a hundred thousand outputs lies further out than among a thousand.
constexpr double kLongSequenceFactor = 1.5;

double toleranceFor(const CaseOptions& o)
{
    return kFloatTolerance * (o.A_scale < 0.01F ? kLongMemoryFactor : 1.0) * (o.accumulate ? kAccumulateFactor : 1.0)
        * (o.seqlen > 10000 ? kLongSequenceFactor : 1.0);
}

// (B, L, D, N) states to (B, chunks, D, N): before each chunk's first step, or behind its last one.
std::vector<double> expectedChunkStates(const CaseOptions& o, const std::vector<double>& states, bool backward)
{
    std::vector<double> expected;
    for (std::int64_t b = 0; b < o.batch; ++b) {
        for (std::int64_t chunk = 0; chunk < chunk_count(o.seqlen); ++chunk) {
            const std::int64_t t = backward ? (chunk + 1) * kChunkLength : chunk * kChunkLength - 1;
            for (std::int64_t i = 0; i < o.dim * o.dstate; ++i)
                expected.push_back(t < 0 || t >= o.seqlen ? 0.0 : states[(b * o.seqlen + t) * o.dim * o.dstate + i]);
        }
    }
    return expected;
}

template <typename T> void expectParity(const ScanTestCase<T>& c, bool bidirectional, double tolerance)
{
    const TextbookResult expected = textbook(c, bidirectional);
    EXPECT_TRUE(c.wroteExactlyTheOutput());
    EXPECT_LE(largestError(c.output(), expected.y), tolerance * expected.y_scale);
    if (!c.options().chunk_states)
        return;
    EXPECT_LE(largestError(c.chunk_states, expectedChunkStates(c.options(), expected.h, false)),
              tolerance * expected.state_scale);
    if (bidirectional) {
        EXPECT_LE(largestError(c.backward_chunk_states, expectedChunkStates(c.options(), expected.k, true)),
                  tolerance * expected.state_scale);
    }
}

class ScanParity : public testing::TestWithParam<CaseOptions> { };

TEST_P(ScanParity, VariantsAgreeWithTheTextbook)
{
    ScanTestCase<float> c(GetParam());
    ASSERT_EQ(check(c.params()), nullptr);
    for (const Variant& variant : usable_variants()) {
        SCOPED_TRACE(std::string(variant.name) + ": " + describe(GetParam()));
        c.resetOutput();
        selective_scan(variant, c.params());
        expectParity(c, false, toleranceFor(GetParam()));
        c.resetOutput();
        quasi_separable_scan(variant, c.params());
        expectParity(c, true, toleranceFor(GetParam()));
    }
}

TEST_P(ScanParity, ReferencesAgreeWithTheTextbook)
{
    SCOPED_TRACE(describe(GetParam()));
    ScanTestCase<float> single(GetParam());
    selective_scan_reference(single.params());
    expectParity(single, false, toleranceFor(GetParam()));
    single.resetOutput();
    quasi_separable_scan_reference(single.params());
    expectParity(single, true, toleranceFor(GetParam()));

    ScanTestCase<double> wide(GetParam());
    selective_scan_reference(wide.params());
    expectParity(wide, false, kDoubleTolerance);
    wide.resetOutput();
    quasi_separable_scan_reference(wide.params());
    expectParity(wide, true, kDoubleTolerance);
}

TEST_P(ScanParity, DoubleDispatchIsTheReference)
{
    SCOPED_TRACE(describe(GetParam()));
    ScanTestCase<double> c(GetParam());
    selective_scan(c.params());
    expectParity(c, false, kDoubleTolerance);
    c.resetOutput();
    quasi_separable_scan(c.params());
    expectParity(c, true, kDoubleTolerance);
}

INSTANTIATE_TEST_SUITE_P(Cases, ScanParity, testing::ValuesIn(parityCases()));

// The shape of a network's scan, long enough for errors to add up, with the error measured against max |y| alone.
TEST(ScanParity, ErrorOfAWholeScan)
{
    CaseOptions o;
    o.dim = 48, o.seqlen = 784, o.order = Order::Random;
    ScanTestCase<float> c(o);
    for (const bool bidirectional : {false, true}) {
        const TextbookResult expected = textbook(c, bidirectional);
        for (const Variant& variant : usable_variants()) {
            bidirectional ? quasi_separable_scan(variant, c.params()) : selective_scan(variant, c.params());
            const double error = largestError(c.output(), expected.y) / largestMagnitude(expected.y);
            EXPECT_LE(error, kFloatTolerance) << variant.name;
            RecordProperty(std::string(variant.name) + (bidirectional ? "_quasi_separable" : "_s6"),
                           std::to_string(error * 1e7) + "e-7");
        }
    }
}

TEST(ScanDispatch, FewLanesTakeTheNarrowerVectors)
{
    const Variant& fastest = usable_variants().back();
    EXPECT_STREQ(scan_variant(1000).name, active_variant().name);
    if (std::getenv("MIXERSCOPE_KERNEL") || std::string(fastest.name) != "avx512")
        GTEST_SKIP() << "no choice here";
    EXPECT_STREQ(scan_variant(1).name, "avx2");
    EXPECT_STREQ(scan_variant(8).name, "avx2");
    EXPECT_STREQ(scan_variant(9).name, "avx512");
    CaseOptions o;
    o.dim = 8, o.seqlen = 100;
    ScanTestCase<float> by_name(o), by_dispatch(o);
    selective_scan(scan_variant(8), by_name.params());
    selective_scan(by_dispatch.params());
    EXPECT_EQ(by_name.out, by_dispatch.out);
}

TEST(ScanDispatch, PublicScanIsTheSelectedVariant)
{
    CaseOptions o;
    o.dim = 20, o.seqlen = 100;
    ScanTestCase<float> by_name(o), by_dispatch(o);
    EXPECT_STREQ(selected_variant(), active_variant().name);
    selective_scan(active_variant(), by_name.params());
    selective_scan(by_dispatch.params());
    EXPECT_EQ(by_name.out, by_dispatch.out);
    quasi_separable_scan(active_variant(), by_name.params());
    quasi_separable_scan(by_dispatch.params());
    EXPECT_EQ(by_name.out, by_dispatch.out);
}

}  // namespace
}  // namespace mixer::kernels::test
