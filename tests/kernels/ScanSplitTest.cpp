// SPDX-License-Identifier: MIT
// Scans whose sequence is divided among threads.
#include "tests/kernels/ScanTestCase.h"

#include "kernels/parallel.h"
#include "kernels/scan_split.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mixer::kernels::test {
namespace {

// As the undivided scan (ScanParityTest.cpp), and the two roundings of a carried state.
double toleranceFor(const CaseOptions& o)
{
    return 4e-7 * (o.A_scale < 0.01F ? 4.0 : 1.0) * (o.accumulate ? 3.0 : 1.0);
}

std::vector<CaseOptions> splitCases()
{
    std::vector<CaseOptions> cases = parityCases();
    const auto fewChunks = [](const CaseOptions& o) { return o.seqlen <= kChunkLength || o.seqlen > 10000; };
    cases.erase(std::remove_if(cases.begin(), cases.end(), fewChunks), cases.end());
    CaseOptions o;
    o.seqlen = 1000, o.dim = 5, o.order = Order::Random, o.chunk_states = true;
    for (const float A_scale : {1.0F, 1e-4F}) {  // states that fade within a segment, and that live through all
        o.A_scale = A_scale;
        cases.push_back(o);
    }
    return cases;
}

class ScanSplit : public testing::TestWithParam<CaseOptions> { };

TEST_P(ScanSplit, AgreesWithTheTextbook)
{
    ScanTestCase<float> c(GetParam()), undivided(GetParam());
    const double tolerance = toleranceFor(GetParam());
    const auto widen = [](const std::vector<float>& x) { return std::vector<double>(x.begin(), x.end()); };
    for (const bool bidirectional : {false, true}) {
        const TextbookResult expected = textbook(c, bidirectional);
        for (const Variant& variant : usable_variants()) {
            undivided.resetOutput();
            bidirectional ? quasi_separable_scan(variant, undivided.params())
                          : selective_scan(variant, undivided.params());
            for (const int parts : {2, 3, 50}) {
                SCOPED_TRACE(testing::Message() << variant.name << ' ' << parts << ": " << describe(GetParam()));
                c.resetOutput();
                bidirectional ? split_quasi_separable_scan(variant, c.params(), parts)
                              : split_selective_scan(variant, c.params(), parts);
                EXPECT_TRUE(c.wroteExactlyTheOutput());
                EXPECT_LE(largestError(c.output(), expected.y), tolerance * expected.y_scale);
                EXPECT_LE(largestError(c.chunk_states, widen(undivided.chunk_states)),
                          2 * tolerance * expected.state_scale);
                EXPECT_LE(largestError(c.backward_chunk_states, widen(undivided.backward_chunk_states)),
                          2 * tolerance * expected.state_scale);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, ScanSplit, testing::ValuesIn(splitCases()));

TEST(ScanSplitChoice, OnlyWhereThreadsWouldIdle)
{
    CaseOptions o;
    constexpr std::int64_t kEnough = kLeastSplit / 16;
    o.dim = 8, o.dstate = 16, o.seqlen = kEnough;
    const Variant& variant = kPortableVariant;  // two blocks of four lanes
    const auto parts = [&](std::int64_t batch, std::int64_t seqlen, bool bidirectional, int threads) {
        ScanTestCase<float> c(o);
        c.params().batch = batch, c.params().seqlen = seqlen;
        return split_parts(variant, c.params(), bidirectional, threads);
    };
    EXPECT_EQ(parts(1, kEnough, false, 4), 2);
    EXPECT_EQ(parts(1, kEnough, false, 9), 4);
    EXPECT_EQ(parts(1, kEnough, false, 3), 1);
    EXPECT_EQ(parts(2, kEnough, false, 4), 1);
    EXPECT_EQ(parts(1, kEnough - 1, false, 4), 1);
    EXPECT_EQ(parts(1, kEnough, true, 4), 1);
    EXPECT_EQ(parts(1, kEnough, true, 8), 4);
    EXPECT_EQ(parts(100, kEnough, true, 8), 1);
}

TEST(ScanSplitChoice, LongScansTakeIt)
{
    const int before = num_threads();
    set_num_threads(4);
    CaseOptions o;
    o.dim = 3, o.dstate = 16, o.seqlen = kLeastSplit / 16 + 5, o.order = Order::Random;
    for (const Variant& variant : usable_variants()) {
        ScanTestCase<float> chosen(o), split(o);
        selective_scan(variant, chosen.params());
        split_selective_scan(variant, split.params(), 4);
        EXPECT_EQ(chosen.out, split.out) << variant.name;
        quasi_separable_scan(variant, chosen.params());
        split_quasi_separable_scan(variant, split.params(), 4);
        EXPECT_EQ(chosen.out, split.out) << variant.name;
    }
    set_num_threads(before);
}

}  // namespace
}  // namespace mixer::kernels::test
