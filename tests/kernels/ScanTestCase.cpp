// SPDX-License-Identifier: MIT
#include "tests/kernels/ScanTestCase.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <sstream>

namespace mixer::kernels::test {
namespace {

// A value that no scan of these inputs produces.
constexpr float kPoison = -7.25e30F;
constexpr std::int64_t kMargin = 32;
constexpr float kBefore = 0.75F;  // what the output holds before an accumulating scan

struct Extent {
    std::int64_t batch_stride, step_stride, dim_stride, size;
};

Extent extentOf(const CaseOptions& o, std::int64_t extra)
{
    switch (o.layout) {
    case Layout::Padded:
        return {(o.seqlen + 2) * (o.dim + extra), o.dim + extra, 1, o.batch * (o.seqlen + 2) * (o.dim + extra)};
    case Layout::Transposed:
        return {o.dim * (o.seqlen + extra), 1, o.seqlen + extra, o.batch * o.dim * (o.seqlen + extra)};
    default:
        return {o.seqlen * o.dim, o.dim, 1, o.batch * o.seqlen * o.dim};
    }
}

template <typename T> std::vector<T> normal(std::mt19937& random, std::int64_t count, float scale)
{
    std::normal_distribution<float> distribution(0.0F, scale);
    std::vector<T> values(count);
    for (T& x : values)
        x = distribution(random);
    return values;
}

std::vector<std::int32_t> makeOrder(Order kind, std::int64_t seqlen, std::mt19937& random)
{
    if (kind == Order::None)
        return {};
    std::vector<std::int32_t> order(seqlen);
    std::iota(order.begin(), order.end(), 0);
    if (kind == Order::Reversed)
        std::reverse(order.begin(), order.end());
    else
        std::shuffle(order.begin(), order.end(), random);
    return order;
}

}  // namespace

std::string describe(const CaseOptions& o)
{
    std::ostringstream text;
    text << "B=" << o.batch << " D=" << o.dim << " L=" << o.seqlen << " N=" << o.dstate
         << " order=" << static_cast<int>(o.order) << " layout=" << static_cast<int>(o.layout)
         << " skip=" << static_cast<int>(o.skip) << " bias=" << static_cast<int>(o.bias) << " sharedA=" << o.shared_A
         << " softplus=" << o.softplus << " accumulate=" << o.accumulate << " weight=" << o.weight
         << " A_scale=" << o.A_scale << " seed=" << o.seed;
    return text.str();
}

template <typename T>
ScanTestCase<T>::ScanTestCase(const CaseOptions& options)
    : m_options(options)
{
    const CaseOptions& o = options;
    std::mt19937 random(o.seed);
    const Extent in = extentOf(o, 3), step = extentOf(o, 5), result = extentOf(o, 7);
    u = normal<T>(random, in.size, 1.0F);
    delta = normal<T>(random, step.size, 1.0F);
    if (!o.softplus) {
        for (T& x : delta)
            x = std::abs(x) * T(0.3);
    }
    A.resize((o.shared_A ? 1 : o.dim) * o.dstate);
    for (std::size_t i = 0; i < A.size(); ++i)
        A[i] = -o.A_scale * float(i % o.dstate + 1) * std::exp(normal<T>(random, 1, 0.1F)[0]);
    const std::int64_t row = o.layout == Layout::Contiguous ? o.dstate : 2 * o.dstate + 3;
    const std::int64_t rows = o.seqlen + (o.layout == Layout::Contiguous ? 0 : 1);
    B = normal<T>(random, o.batch * rows * row, 1.0F);
    C = normal<T>(random, o.batch * rows * row, 1.0F);
    D = normal<T>(random, std::max(o.dim, o.seqlen), 1.0F);
    bias = normal<T>(random, std::max(o.dim, o.seqlen), 0.5F);
    for (T& x : bias)
        x = o.softplus ? x - T(2) : std::abs(x) * T(0.1);  // a step size is never negative
    order = makeOrder(o.order, o.seqlen, random);
    out.resize(result.size + 2 * kMargin);

    ScanParams<T>& p = m_params;
    p.batch = o.batch, p.dim = o.dim, p.seqlen = o.seqlen, p.dstate = o.dstate;
    p.u = u.data(), p.u_batch_stride = in.batch_stride, p.u_step_stride = in.step_stride;
    p.u_dim_stride = in.dim_stride;
    p.delta = delta.data(), p.delta_batch_stride = step.batch_stride, p.delta_step_stride = step.step_stride;
    p.delta_dim_stride = step.dim_stride;
    p.A = A.data(), p.A_dim_stride = o.shared_A ? 0 : o.dstate;
    p.B = B.data(), p.B_batch_stride = rows * row, p.B_step_stride = row;
    p.C = C.data(), p.C_batch_stride = rows * row, p.C_step_stride = row;
    if (o.skip != Per::None)
        p.D = D.data();
    p.D_dim_stride = o.skip == Per::Lane ? 1 : 0, p.D_step_stride = o.skip == Per::Step ? 1 : 0;
    if (o.bias != Per::None)
        p.delta_bias = bias.data();
    p.bias_dim_stride = o.bias == Per::Lane ? 1 : 0, p.bias_step_stride = o.bias == Per::Step ? 1 : 0;
    p.delta_softplus = o.softplus;
    p.order = order.empty() ? nullptr : order.data();
    p.weight = o.weight, p.accumulate = o.accumulate;
    p.out = out.data() + kMargin, p.out_batch_stride = result.batch_stride, p.out_step_stride = result.step_stride;
    p.out_dim_stride = result.dim_stride;
    if (o.chunk_states) {
        chunk_states.assign(o.batch * chunk_count(o.seqlen) * o.dim * o.dstate, T(kPoison));
        backward_chunk_states = chunk_states;
        p.chunk_states = chunk_states.data();
        p.backward_chunk_states = backward_chunk_states.data();
    }
    resetOutput();
}

template <typename T> std::int64_t ScanTestCase<T>::outIndex(std::int64_t b, std::int64_t t, std::int64_t d) const
{
    return kMargin + b * m_params.out_batch_stride + t * m_params.out_step_stride + d * m_params.out_dim_stride;
}

template <typename T> void ScanTestCase<T>::resetOutput()
{
    std::fill(out.begin(), out.end(), T(kPoison));
    if (!m_options.accumulate)
        return;
    for (std::int64_t b = 0; b < m_options.batch; ++b) {
        for (std::int64_t t = 0; t < m_options.seqlen; ++t) {
            for (std::int64_t d = 0; d < m_options.dim; ++d)
                out[outIndex(b, t, d)] = T(kBefore);
        }
    }
}

template <typename T> std::vector<T> ScanTestCase<T>::output() const
{
    std::vector<T> values;
    for (std::int64_t b = 0; b < m_options.batch; ++b) {
        for (std::int64_t t = 0; t < m_options.seqlen; ++t) {
            for (std::int64_t d = 0; d < m_options.dim; ++d)
                values.push_back(out[outIndex(b, t, d)] - (m_options.accumulate ? T(kBefore) : T(0)));
        }
    }
    return values;
}

template <typename T> bool ScanTestCase<T>::wroteExactlyTheOutput() const
{
    std::vector<bool> belongs(out.size(), false);
    for (std::int64_t b = 0; b < m_options.batch; ++b) {
        for (std::int64_t t = 0; t < m_options.seqlen; ++t) {
            for (std::int64_t d = 0; d < m_options.dim; ++d)
                belongs[outIndex(b, t, d)] = true;
        }
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        if ((out[i] == T(kPoison)) == belongs[i])
            return false;
    }
    return true;
}

template class ScanTestCase<float>;
template class ScanTestCase<double>;

template <typename T> TextbookResult textbook(const ScanTestCase<T>& c, bool bidirectional)
{
    const ScanParams<T>& p = c.params();
    const std::int64_t L = p.seqlen, N = p.dstate;
    TextbookResult r;
    r.y.assign(p.batch * L * p.dim, 0.0);
    r.diagonal = r.y;
    r.h.assign(p.batch * L * p.dim * N, 0.0);
    r.k = r.h;
    r.y_scale = r.state_scale = 1e-30;
    for (std::int64_t b = 0; b < p.batch; ++b) {
        for (std::int64_t d = 0; d < p.dim; ++d) {
            std::vector<double> step(L), x(L), skip(L);
            std::vector<std::int64_t> row(L);
            for (std::int64_t t = 0; t < L; ++t) {
                const std::int64_t at = row[t] = p.order ? p.order[t] : t;
                x[t] = p.u[b * p.u_batch_stride + at * p.u_step_stride + d * p.u_dim_stride];
                double raw = p.delta[b * p.delta_batch_stride + at * p.delta_step_stride + d * p.delta_dim_stride];
                if (p.delta_bias)
                    raw += p.delta_bias[d * p.bias_dim_stride + at * p.bias_step_stride];
                step[t] = p.delta_softplus ? std::max(raw, 0.0) + std::log1p(std::exp(-std::abs(raw))) : raw;
                skip[t] = p.D ? double(p.D[d * p.D_dim_stride + at * p.D_step_stride]) : 0.0;
            }
            const auto a = [&](std::int64_t t, std::int64_t n) {
                return std::exp(step[t] * double(p.A[d * p.A_dim_stride + n]));
            };
            const auto w = [&](std::int64_t t, std::int64_t n) {
                return step[t] * x[t] * double(p.B[b * p.B_batch_stride + row[t] * p.B_step_stride + n]);
            };
            const auto state = [&](std::int64_t t, std::int64_t n) { return ((b * L + t) * p.dim + d) * N + n; };
            for (std::int64_t n = 0; n < N; ++n) {
                for (std::int64_t t = 0; t < L; ++t)
                    r.h[state(t, n)] = (t > 0 ? a(t, n) * r.h[state(t - 1, n)] : 0.0) + w(t, n);
                for (std::int64_t t = L - 1; bidirectional && t >= 0; --t)
                    r.k[state(t, n)] = (t + 1 < L ? a(t, n) * r.k[state(t + 1, n)] : 0.0) + w(t, n);
            }
            for (std::int64_t t = 0; t < L; ++t) {
                double y = skip[t] * x[t], diagonal = y, terms = std::abs(y);
                for (std::int64_t n = 0; n < N; ++n) {
                    const double cn = p.C[b * p.C_batch_stride + row[t] * p.C_step_stride + n];
                    y += cn * (r.h[state(t, n)] + (bidirectional ? r.k[state(t, n)] - w(t, n) : 0.0));
                    diagonal += cn * w(t, n);
                    const double h = std::abs(r.h[state(t, n)]), k = std::abs(r.k[state(t, n)]);
                    terms += std::abs(cn) * std::max(h, k);
                    r.state_scale = std::max({r.state_scale, h, k});
                }
                r.y_scale = std::max(r.y_scale, std::abs(double(p.weight)) * terms);
                r.y[(b * L + row[t]) * p.dim + d] = double(p.weight) * y;
                r.diagonal[(b * L + row[t]) * p.dim + d] = double(p.weight) * diagonal;
            }
        }
    }
    return r;
}

template TextbookResult textbook(const ScanTestCase<float>&, bool);
template TextbookResult textbook(const ScanTestCase<double>&, bool);

template <typename T> double largestError(const std::vector<T>& a, const std::vector<double>& b)
{
    if (a.size() != b.size())
        return std::numeric_limits<double>::infinity();
    double error = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isfinite(a[i]) || !std::isfinite(b[i]))
            return std::numeric_limits<double>::infinity();
        error = std::max(error, std::abs(double(a[i]) - b[i]));
    }
    return error;
}

template double largestError(const std::vector<float>&, const std::vector<double>&);
template double largestError(const std::vector<double>&, const std::vector<double>&);

double largestMagnitude(const std::vector<double>& values)
{
    double largest = 0.0;
    for (const double x : values)
        largest = std::max(largest, std::abs(x));
    return largest;
}

std::vector<CaseOptions> parityCases()
{
    std::vector<CaseOptions> cases;
    const auto add = [&cases](CaseOptions o) {
        o.seed = 100 + static_cast<unsigned>(cases.size());
        o.chunk_states = o.chunk_states || cases.size() % 2 == 0;
        cases.push_back(o);
    };
    CaseOptions plain;
    for (const std::int64_t seqlen : {1, 2, 63, 64, 65, 200}) {  // around one chunk, several, a ragged last
        CaseOptions o = plain;
        o.seqlen = seqlen;
        add(o);
    }
    for (const std::int64_t dim : {1, 7, 8, 9, 24, 100}) {  // full and partial lane blocks, more than one group
        CaseOptions o = plain;
        o.dim = dim, o.seqlen = 70;
        add(o);
        o.layout = Layout::Padded, o.batch = 2, o.order = Order::Random;
        add(o);
        o.layout = Layout::Transposed;
        add(o);
    }
    for (const std::int64_t dstate : {1, 2, 3, 4, 5, 16, 17, 64, 256}) {  // every tail of the state tile
        CaseOptions o = plain;
        o.dstate = dstate, o.seqlen = 130, o.dim = 11;
        add(o);
        o.order = Order::Reversed;
        add(o);
    }
    for (const Per skip : {Per::None, Per::Lane, Per::Step}) {
        for (const Per bias : {Per::None, Per::Lane, Per::Step}) {
            CaseOptions o = plain;
            o.skip = skip, o.bias = bias, o.dim = 13, o.seqlen = 77, o.dstate = 3, o.order = Order::Random;
            add(o);
            o.softplus = false, o.dstate = 1;
            add(o);
        }
    }
    {  // the channel mixer: lanes are tokens, one A for all
        CaseOptions o = plain;
        o.shared_A = true, o.skip = o.bias = Per::Step, o.dim = 49, o.seqlen = 192, o.order = Order::Reversed;
        add(o);
        o.dim = 1;
        add(o);
    }
    for (const float weight : {0.25F, -3.0F}) {
        CaseOptions o = plain;
        o.weight = weight, o.dim = 12, o.seqlen = 66;
        add(o);
        o.accumulate = true;
        add(o);
        o.layout = Layout::Transposed, o.order = Order::Random;
        add(o);
        o.layout = Layout::Padded, o.dim = 16, o.dstate = 1;
        add(o);
    }
    for (const float scale :
         {1000.0F, 30.0F, 1e-4F}) {  // decays that underflow, that need the clamp, that barely decay
        CaseOptions o = plain;
        o.A_scale = scale, o.seqlen = 200, o.dim = 9;
        add(o);
        o.dstate = 5, o.order = Order::Random;
        add(o);
    }
    {  // too long to keep the decays of a quasi-separable scan
        CaseOptions o = plain;
        o.seqlen = 16384 + 100, o.dim = 9, o.dstate = 3, o.order = Order::Random;
        add(o);
        o.chunk_states = true, o.accumulate = true, o.weight = 0.5F, o.layout = Layout::Transposed;
        add(o);
    }
    std::mt19937 random(20261123);
    const auto pick = [&random](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
    for (int i = 0; i < 60; ++i) {
        CaseOptions o;
        o.batch = pick(1, 3), o.dim = pick(1, 40), o.seqlen = pick(1, 150), o.dstate = pick(1, 20);
        o.order = static_cast<Order>(pick(0, 2)), o.layout = static_cast<Layout>(pick(0, 2));
        o.skip = static_cast<Per>(pick(0, 2)), o.bias = static_cast<Per>(pick(0, 2));
        o.shared_A = pick(0, 1), o.softplus = pick(0, 3) > 0, o.accumulate = pick(0, 1);
        o.weight = pick(0, 1) ? 1.0F : 0.375F;
        add(o);
    }
    return cases;
}

}  // namespace mixer::kernels::test
