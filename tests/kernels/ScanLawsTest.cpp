// SPDX-License-Identifier: MIT
// What must hold between scans, whatever the numbers are.
#include "tests/kernels/ScanTestCase.h"

#include "kernels/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace mixer::kernels::test {
namespace {

CaseOptions lawCase()
{
    CaseOptions o;
    o.batch = 2, o.dim = 21, o.seqlen = 200, o.dstate = 6, o.order = Order::Random;
    return o;
}

void run(const Variant& variant, bool bidirectional, const ScanParams<float>& p)
{
    ASSERT_EQ(check(p), nullptr);
    bidirectional ? quasi_separable_scan(variant, p) : selective_scan(variant, p);
}

template <typename Body> void forEveryScan(Body body)
{
    for (const Variant& variant : usable_variants()) {
        for (const bool bidirectional : {false, true}) {
            SCOPED_TRACE(testing::Message() << variant.name << (bidirectional ? " quasi-separable" : " S6"));
            body(variant, bidirectional);
        }
    }
}

std::vector<double> widen(const std::vector<float>& values)
{
    return {values.begin(), values.end()};
}

TEST(ScanLaws, ChunkStateIsTheStateOfAShorterScan)
{
    CaseOptions o = lawCase();
    o.chunk_states = true;
    ScanTestCase<float> c(o);
    for (const Variant& variant : usable_variants()) {
        SCOPED_TRACE(variant.name);
        selective_scan(variant, c.params());
        // A scan of the first two chunks and one more step carries the same states.
        ScanTestCase<float> shorter(o);
        shorter.params().seqlen = 2 * kChunkLength + 1;
        shorter.params().batch = 1;
        selective_scan(variant, shorter.params());
        const std::size_t states = 3 * o.dim * o.dstate;
        EXPECT_EQ(std::memcmp(c.chunk_states.data(), shorter.chunk_states.data(), states * sizeof(float)), 0);
    }
}

TEST(ScanLaws, ChunkStateFunctionReachesEveryStep)
{
    CaseOptions o = lawCase();
    o.chunk_states = true;
    ScanTestCase<float> c(o);
    const TextbookResult expected = textbook(c, true);
    const std::int64_t first = 3, lanes = 11, b = 1;
    for (const Variant& variant : usable_variants()) {
        SCOPED_TRACE(variant.name);
        quasi_separable_scan(variant, c.params());
        for (const std::int64_t step : {0, 1, 63, 64, 100, 127, 128, 192, 199}) {
            for (const bool backward : {false, true}) {
                const std::int64_t cell = (b * chunk_count(o.seqlen) + step / kChunkLength) * o.dim + first;
                const std::vector<float>& starts = backward ? c.backward_chunk_states : c.chunk_states;
                std::vector<float> state(lanes * o.dstate);
                chunk_state(variant, c.params(), b, first, lanes, step, backward, &starts[cell * o.dstate],
                            state.data());
                const std::vector<double>& all = backward ? expected.k : expected.h;
                const auto begin = all.begin() + ((b * o.seqlen + step) * o.dim + first) * o.dstate;
                const std::vector<double> exact(begin, begin + lanes * o.dstate);
                EXPECT_LE(largestError(state, exact), 6e-7 * expected.state_scale) << step << ' ' << backward;
            }
        }
    }
}

TEST(ScanLaws, ChunkStateFunctionOfTheReference)
{
    CaseOptions o = lawCase();
    o.chunk_states = true;
    ScanTestCase<double> c(o);
    const TextbookResult expected = textbook(c, true);
    quasi_separable_scan(c.params());
    for (const bool backward : {false, true}) {
        const std::int64_t step = 150;
        const std::int64_t cell = step / kChunkLength * o.dim;
        std::vector<double> state(o.dim * o.dstate);
        const std::vector<double>& starts = backward ? c.backward_chunk_states : c.chunk_states;
        chunk_state(c.params(), 0, 0, o.dim, step, backward, &starts[cell * o.dstate], state.data());
        const std::vector<double>& all = backward ? expected.k : expected.h;
        const auto begin = all.begin() + step * o.dim * o.dstate;
        EXPECT_LE(largestError(state, std::vector<double>(begin, begin + o.dim * o.dstate)),
                  1e-13 * expected.state_scale);
    }
}

TEST(ScanLaws, QuasiSeparableIsBothDirectionsLessTheDiagonal)
{
    const CaseOptions o = lawCase();
    ScanTestCase<float> both(o), there(o), back(o);
    std::reverse(back.order.begin(), back.order.end());
    const TextbookResult expected = textbook(both, true);
    for (const Variant& variant : usable_variants()) {
        SCOPED_TRACE(variant.name);
        quasi_separable_scan(variant, both.params());
        selective_scan(variant, there.params());
        selective_scan(variant, back.params());
        const std::vector<float> a = there.output(), b = back.output();
        std::vector<double> sum(a.size());
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] = double(a[i]) + double(b[i]) - expected.diagonal[i];
        EXPECT_LE(largestError(both.output(), sum), 6e-7 * expected.y_scale);
    }
}

TEST(ScanLaws, AReversedOrderIsTheSameQuasiSeparableScan)
{
    const CaseOptions o = lawCase();
    ScanTestCase<float> a(o), b(o);
    std::reverse(b.order.begin(), b.order.end());
    const double scale = textbook(a, true).y_scale;
    for (const Variant& variant : usable_variants()) {
        quasi_separable_scan(variant, a.params());
        quasi_separable_scan(variant, b.params());
        EXPECT_LE(largestError(a.output(), widen(b.output())), 6e-7 * scale) << variant.name;
    }
}

TEST(ScanLaws, LinearInTheInput)
{
    const CaseOptions o = lawCase();
    CaseOptions other = o;
    other.seed = 77;
    forEveryScan([&](const Variant& variant, bool bidirectional) {
        ScanTestCase<float> x(o), y(o), sum(o);
        y.u = ScanTestCase<float>(other).u;
        y.params().u = y.u.data();
        for (std::size_t i = 0; i < sum.u.size(); ++i)
            sum.u[i] = 2.0F * x.u[i] - 0.5F * y.u[i];
        for (ScanTestCase<float>* c : {&x, &y, &sum})
            run(variant, bidirectional, c->params());
        const std::vector<float> a = x.output(), b = y.output();
        std::vector<double> expected(a.size());
        for (std::size_t i = 0; i < expected.size(); ++i)
            expected[i] = 2.0 * double(a[i]) - 0.5 * double(b[i]);
        EXPECT_LE(largestError(sum.output(), expected), 2e-6 * textbook(sum, bidirectional).y_scale);
    });
}

TEST(ScanLaws, ABatchElementDoesNotSeeItsNeighbours)
{
    CaseOptions o = lawCase();
    o.batch = 3;
    forEveryScan([&](const Variant& variant, bool bidirectional) {
        ScanTestCase<float> together(o), alone(o);
        run(variant, bidirectional, together.params());
        for (std::int64_t b = 0; b < o.batch; ++b) {
            ScanParams<float> p = alone.params();
            p.batch = 1;
            p.u += b * p.u_batch_stride, p.delta += b * p.delta_batch_stride;
            p.B += b * p.B_batch_stride, p.C += b * p.C_batch_stride, p.out += b * p.out_batch_stride;
            run(variant, bidirectional, p);
        }
        EXPECT_EQ(together.out, alone.out);
    });
}

TEST(ScanLaws, SameBitsOnAnyNumberOfThreads)
{
    const int before = num_threads();
    CaseOptions o = lawCase();
    o.chunk_states = true;
    forEveryScan([&](const Variant& variant, bool bidirectional) {
        ScanTestCase<float> first(o);
        set_num_threads(1);
        run(variant, bidirectional, first.params());
        for (const int threads : {1, 2, 3}) {
            ScanTestCase<float> again(o);
            set_num_threads(threads);
            run(variant, bidirectional, again.params());
            EXPECT_EQ(first.out, again.out) << threads;
            EXPECT_EQ(first.chunk_states, again.chunk_states) << threads;
            EXPECT_EQ(first.backward_chunk_states, again.backward_chunk_states) << threads;
        }
    });
    set_num_threads(before);
}

TEST(ScanLaws, TracingDoesNotChangeTheOutput)
{
    CaseOptions traced = lawCase();
    traced.chunk_states = true;
    forEveryScan([&](const Variant& variant, bool bidirectional) {
        ScanTestCase<float> with(traced), without(lawCase());
        run(variant, bidirectional, with.params());
        run(variant, bidirectional, without.params());
        EXPECT_EQ(with.out, without.out);
    });
}

// A value that is not finite stays in its own lane, and nothing crashes.
TEST(ScanLaws, StrangeValuesStayInTheirLane)
{
    const CaseOptions o = lawCase();
    constexpr std::int64_t lane = 5;
    for (const float strange :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -3e38F}) {
        forEveryScan([&](const Variant& variant, bool bidirectional) {
            ScanTestCase<float> clean(o), dirty(o);
            for (std::int64_t t = 0; t < o.seqlen; ++t) {
                dirty.delta[t * o.dim + lane] = strange;
                if (t % 2)
                    dirty.u[t * o.dim + lane] = strange;
            }
            run(variant, bidirectional, clean.params());
            run(variant, bidirectional, dirty.params());
            const std::vector<float> a = clean.output(), b = dirty.output();
            const double scale = textbook(clean, bidirectional).y_scale;
            for (std::size_t i = 0; i < a.size(); ++i) {
                const bool touched = std::int64_t(i) % o.dim == lane && std::int64_t(i) < o.seqlen * o.dim;
                // Another lane of the block may take the clamped exponential: equal but for rounding.
                if (!touched) {
                    ASSERT_NEAR(a[i], b[i], 6e-7 * scale) << i;
                }
            }
            if (std::isnan(strange)) {
                EXPECT_TRUE(std::isnan(b[dirty.order.back() * o.dim + lane]));
            }
        });
    }
}

TEST(ScanLaws, AStateThatFadesToNothingStaysNothing)
{
    CaseOptions o;
    o.dim = 8, o.seqlen = 4096, o.dstate = 4, o.skip = Per::None;
    forEveryScan([&](const Variant& variant, bool bidirectional) {
        ScanTestCase<float> c(o);
        std::fill(c.u.begin() + o.dim, c.u.end(), 0.0F);  // one input, then silence
        run(variant, bidirectional, c.params());
        const std::vector<float> y = c.output();
        EXPECT_NE(y[0], 0.0F);
        for (std::int64_t i = 0; i < o.dim; ++i)
            EXPECT_EQ(y[(o.seqlen - 1) * o.dim + i], 0.0F);
    });
}

TEST(ScanCheck, NamesWhatIsWrong)
{
    const auto complaint = [](auto&& change) {
        ScanTestCase<float> c(CaseOptions{});
        change(c.params());
        const char* reason = check(c.params());
        return std::string(reason ? reason : "");
    };
    using P = ScanParams<float>;
    EXPECT_EQ(complaint([](P&) {}), "");
    EXPECT_EQ(complaint([](P& p) { p.D = nullptr, p.delta_bias = nullptr, p.order = nullptr; }), "");
    EXPECT_NE(complaint([](P& p) { p.dim = 0; }).find("at least one"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.seqlen = -1; }).find("at least one"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.batch = 0; }).find("at least one"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.dstate = 0; }).find("between 1 and 256"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.dstate = 257; }).find("between 1 and 256"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.u = nullptr; }).find("input u"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.delta = nullptr; }).find("delta"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.A = nullptr; }).find("A, B and C"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.C = nullptr; }).find("A, B and C"), std::string::npos);
    EXPECT_NE(complaint([](P& p) { p.out = nullptr; }).find("output"), std::string::npos);
}

}  // namespace
}  // namespace mixer::kernels::test
