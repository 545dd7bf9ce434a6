// SPDX-License-Identifier: MIT
// Gradients of the scans: the reference against finite differences, every variant against the reference.
#include "tests/kernels/ScanTestCase.h"

#include "kernels/parallel.h"
#include "kernels/scan_backward.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer::kernels::test {
namespace {

constexpr float kUntouched = -7.25e30F;

CaseOptions traced(CaseOptions o)
{
    o.chunk_states = true;
    return o;
}

// A scan with a random gradient of its output; all gradients lie as the inputs do.
template <typename T> class BackwardTestCase : public ScanTestCase<T> {
public:
    explicit BackwardTestCase(const CaseOptions& options)
        : ScanTestCase<T>(traced(options))
    {
        std::mt19937 random(options.seed + 1);
        std::normal_distribution<float> distribution;
        dout.resize(this->out.size());
        for (T& x : dout)
            x = distribution(random);
    }

    ScanBackwardParams<T> backwardParams()
    {
        const ScanParams<T>& s = this->params();
        ScanBackwardParams<T> p;
        p.scan = s;
        p.dout = dout.data() + (s.out - this->out.data());
        p.dout_batch_stride = s.out_batch_stride, p.dout_step_stride = s.out_step_stride;
        p.dout_dim_stride = s.out_dim_stride;
        const std::vector<T>* inputs[] = {&this->u, &this->delta, &this->A, &this->B, &this->C, &this->D, &this->bias};
        for (int i = 0; i < 7; ++i)
            gradients[i].assign(inputs[i]->size(), T(kUntouched));
        p.du = gradients[0].data(), p.ddelta = gradients[1].data(), p.dA = gradients[2].data();
        p.dB = gradients[3].data(), p.dC = gradients[4].data();
        p.dD = s.D ? gradients[5].data() : nullptr;
        p.ddelta_bias = s.delta_bias ? gradients[6].data() : nullptr;
        p.du_batch_stride = s.u_batch_stride, p.du_step_stride = s.u_step_stride, p.du_dim_stride = s.u_dim_stride;
        p.ddelta_batch_stride = s.delta_batch_stride, p.ddelta_step_stride = s.delta_step_stride;
        p.ddelta_dim_stride = s.delta_dim_stride;
        p.dB_batch_stride = s.B_batch_stride, p.dB_step_stride = s.B_step_stride;
        p.dC_batch_stride = s.C_batch_stride, p.dC_step_stride = s.C_step_stride;
        return p;
    }

    std::vector<T> dout;
    std::vector<T> gradients[7];  ///< of u, delta, A, B, C, D, delta_bias; kUntouched between and behind
};

constexpr const char* kNames[] = {"u", "delta", "A", "B", "C", "D", "delta_bias"};

double largest(const std::vector<float>& gradient)
{
    double magnitude = 0.0;
    for (const float x : gradient)
        magnitude = x == kUntouched ? magnitude : std::max(magnitude, std::abs(double(x)));
    return magnitude;
}

void backward(const Variant& variant, bool bidirectional, const ScanBackwardParams<float>& p)
{
    ASSERT_EQ(check(p, bidirectional), nullptr);
    bidirectional ? quasi_separable_scan_backward(variant, p) : selective_scan_backward(variant, p);
}

void forward(const Variant& variant, bool bidirectional, const ScanParams<float>& p)
{
    bidirectional ? quasi_separable_scan(variant, p) : selective_scan(variant, p);
}

double loss(BackwardTestCase<double>& c, bool bidirectional)
{
    c.resetOutput();
    bidirectional ? quasi_separable_scan_reference(c.params()) : selective_scan_reference(c.params());
    const std::vector<double> y = c.output();
    double sum = 0.0;
    std::size_t i = 0;
    const ScanBackwardParams<double> p = c.backwardParams();
    for (std::int64_t b = 0; b < p.scan.batch; ++b) {
        for (std::int64_t t = 0; t < p.scan.seqlen; ++t) {
            for (std::int64_t d = 0; d < p.scan.dim; ++d)
                sum += y[i++] * p.dout[b * p.dout_batch_stride + t * p.dout_step_stride + d * p.dout_dim_stride];
        }
    }
    return sum;
}

std::vector<CaseOptions> smallCases()
{
    std::vector<CaseOptions> cases = parityCases();
    const auto large = [](const CaseOptions& o) { return o.batch * o.dim * o.seqlen * o.dstate > 20000; };
    cases.erase(std::remove_if(cases.begin(), cases.end(), large), cases.end());
    return cases;
}

std::vector<CaseOptions> floatCases()
{
    std::vector<CaseOptions> cases = parityCases();
    cases.erase(std::remove_if(cases.begin(), cases.end(), [](const CaseOptions& o) { return o.seqlen > 10000; }),
                cases.end());
    // The longest quasi-separable scan of one segment with 16, 8 and 4 lanes to a vector, and more than that.
    for (const std::int64_t seqlen : {13 * 64, 14 * 64 + 1, 26 * 64, 27 * 64 + 5, 53 * 64, 54 * 64}) {
        CaseOptions o;
        o.seqlen = seqlen, o.dim = 9, o.dstate = 5, o.order = Order::Random;
        cases.push_back(o);
    }
    return cases;
}

class ScanBackwardReference : public testing::TestWithParam<CaseOptions> { };

// Along a random direction in each input: dL/de at e = 0, to the fourth order in the step.
TEST_P(ScanBackwardReference, AgreesWithFiniteDifferences)
{
    constexpr double kStep = 1e-3;
    SCOPED_TRACE(describe(GetParam()));
    for (const bool bidirectional : {false, true}) {
        BackwardTestCase<double> c(GetParam());
        const ScanBackwardParams<double> p = c.backwardParams();
        ASSERT_EQ(check(p, bidirectional), nullptr);
        bidirectional ? quasi_separable_scan_backward(p) : selective_scan_backward(p);
        const std::vector<std::vector<double>> gradients(std::begin(c.gradients), std::end(c.gradients));
        std::vector<double>* inputs[] = {&c.u, &c.delta, &c.A, &c.B, &c.C, &c.D, &c.bias};
        std::mt19937 random(5);
        std::normal_distribution<double> distribution;
        for (int which = 0; which < 7; ++which) {
            const std::vector<double> at = *inputs[which];
            std::vector<double> direction(at.size(), 0.0);
            double expected = 0.0, terms = 0.0;
            for (std::size_t i = 0; i < at.size(); ++i) {
                if (gradients[which][i] == double(kUntouched))
                    continue;
                direction[i] = distribution(random) * (which == 2 ? std::abs(at[i]) : 1.0);
                expected += direction[i] * gradients[which][i];
                terms += std::abs(direction[i] * gradients[which][i]);
            }
            const auto lossAt = [&](double distance) {
                for (std::size_t i = 0; i < at.size(); ++i)
                    (*inputs[which])[i] = at[i] + distance * direction[i];
                return loss(c, bidirectional);
            };
            const double near = lossAt(kStep) - lossAt(-kStep), far = lossAt(2 * kStep) - lossAt(-2 * kStep);
            *inputs[which] = at;
            EXPECT_NEAR((8 * near - far) / (12 * kStep), expected, 1e-7 * terms + 1e-9)
                << kNames[which] << (bidirectional ? " quasi-separable" : " S6");
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, ScanBackwardReference, testing::ValuesIn(smallCases()));

class ScanBackward : public testing::TestWithParam<CaseOptions> { };

TEST_P(ScanBackward, VariantsAgreeWithTheReference)
{
    for (const bool bidirectional : {false, true}) {
        BackwardTestCase<float> exact(GetParam());
        scan_backward_reference(exact.backwardParams(), bidirectional);
        for (const Variant& variant : usable_variants()) {
            SCOPED_TRACE(testing::Message()
                         << variant.name << (bidirectional ? " quasi-separable: " : " S6: ") << describe(GetParam()));
            BackwardTestCase<float> c(GetParam());
            forward(variant, bidirectional, c.params());
            backward(variant, bidirectional, c.backwardParams());
            for (int which = 0; which < 7; ++which) {
                const std::vector<float>& ours = c.gradients[which];
                const std::vector<float>& theirs = exact.gradients[which];
                // What is summed over all steps and lanes may cancel: it is as exact as its partial sums.
                const double terms = double(c.out.size()) / double(ours.size());
                double scale = which == 2 || which == 6 ? largest(exact.gradients[1]) * std::sqrt(terms) : 1e-30;
                double error = 0.0;
                for (std::size_t i = 0; i < theirs.size(); ++i) {
                    if (theirs[i] == kUntouched || ours[i] == kUntouched) {
                        ASSERT_EQ(ours[i], theirs[i]) << kNames[which] << ' ' << i;
                        continue;
                    }
                    scale = std::max(scale, std::abs(double(theirs[i])));
                    error = std::max(error, std::abs(double(theirs[i]) - double(ours[i])));
                    ASSERT_TRUE(std::isfinite(ours[i])) << kNames[which] << ' ' << i;
                }
                const double tolerance = GetParam().A_scale < 0.01F ? 2e-5 : 4e-6;
                EXPECT_LE(error, tolerance * scale) << kNames[which];
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cases, ScanBackward, testing::ValuesIn(floatCases()));

CaseOptions lawCase()
{
    CaseOptions o;
    o.batch = 2, o.dim = 70, o.seqlen = 200, o.dstate = 6, o.order = Order::Random, o.skip = Per::Step;
    return o;
}

TEST(ScanBackwardLaws, SameBitsOnAnyNumberOfThreads)
{
    const int before = num_threads();
    for (const Variant& variant : usable_variants()) {
        for (const bool bidirectional : {false, true}) {
            BackwardTestCase<float> first(lawCase());
            forward(variant, bidirectional, first.params());
            set_num_threads(1);
            backward(variant, bidirectional, first.backwardParams());
            for (const int threads : {2, 3, 5}) {
                BackwardTestCase<float> again(lawCase());
                forward(variant, bidirectional, again.params());
                set_num_threads(threads);
                backward(variant, bidirectional, again.backwardParams());
                for (int which = 0; which < 7; ++which)
                    EXPECT_EQ(first.gradients[which], again.gradients[which]) << kNames[which] << ' ' << threads;
            }
        }
    }
    set_num_threads(before);
}

template <typename T, typename Run> void expectUnwantedGradientsAreLeftOut(Run run)
{
    for (int unwanted = 0; unwanted < 7; ++unwanted) {
        BackwardTestCase<T> all(lawCase()), some(lawCase());
        run(all.params(), all.backwardParams());
        ScanBackwardParams<T> p = some.backwardParams();
        T** wanted[] = {&p.du, &p.ddelta, &p.dA, &p.dB, &p.dC, &p.dD, &p.ddelta_bias};
        *wanted[unwanted] = nullptr;
        run(some.params(), p);
        for (int which = 0; which < 7; ++which) {
            if (which != unwanted) {
                EXPECT_EQ(some.gradients[which], all.gradients[which]) << kNames[which];
            }
        }
    }
}

TEST(ScanBackwardLaws, UnwantedGradientsAreLeftOut)
{
    for (const Variant& variant : usable_variants()) {
        for (const bool bidirectional : {false, true}) {
            expectUnwantedGradientsAreLeftOut<float>([&](const auto& scan, const auto& p) {
                forward(variant, bidirectional, scan);
                backward(variant, bidirectional, p);
            });
        }
    }
    expectUnwantedGradientsAreLeftOut<double>([](const auto&, const auto& p) { selective_scan_backward(p); });
}

TEST(ScanBackwardLaws, PublicFunctionsAreTheSelectedVariant)
{
    BackwardTestCase<float> by_name(lawCase()), by_dispatch(lawCase());
    for (const bool bidirectional : {false, true}) {
        forward(active_variant(), bidirectional, by_name.params());
        forward(active_variant(), bidirectional, by_dispatch.params());
        backward(active_variant(), bidirectional, by_name.backwardParams());
        const ScanBackwardParams<float> p = by_dispatch.backwardParams();
        bidirectional ? quasi_separable_scan_backward(p) : selective_scan_backward(p);
        for (int which = 0; which < 7; ++which)
            EXPECT_EQ(by_name.gradients[which], by_dispatch.gradients[which]) << kNames[which];
    }
}

TEST(ScanBackwardCheck, NamesWhatIsWrong)
{
    using P = ScanBackwardParams<float>;
    const auto complaint = [](bool bidirectional, auto&& change) {
        CaseOptions o;
        BackwardTestCase<float> c(o);
        P p = c.backwardParams();
        change(p);
        const char* reason = check(p, bidirectional);
        return std::string(reason ? reason : "");
    };
    EXPECT_EQ(complaint(true, [](P&) {}), "");
    EXPECT_EQ(complaint(false, [](P& p) { p.scan.backward_chunk_states = nullptr, p.scan.out = nullptr; }), "");
    EXPECT_NE(complaint(false, [](P& p) { p.scan.u = nullptr; }).find("input u"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.dout = nullptr; }).find("gradient of its output"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.scan.D = nullptr; }).find("no gradient"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.scan.delta_bias = nullptr; }).find("no gradient"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.scan.D_step_stride = 1; }).find("one value"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.scan.bias_dim_stride = 0; }).find("one value"), std::string::npos);
    EXPECT_NE(complaint(false, [](P& p) { p.scan.chunk_states = nullptr; }).find("chunk states"), std::string::npos);
    EXPECT_NE(complaint(true, [](P& p) { p.scan.backward_chunk_states = nullptr; }).find("chunk states"),
              std::string::npos);
}

}  // namespace
}  // namespace mixer::kernels::test
