// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/ScanProblem.h"

#include "tests/kernels_cuda/Elements.h"

#include "kernels/scan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>

namespace mixer::kernels::cuda::test {
namespace {

class Random {
public:
    explicit Random(unsigned seed)
        : m_engine(seed)
    {
    }
    std::vector<double> uniform(std::int64_t count, double low, double high, ElementType type = ElementType::Float32)
    {
        std::uniform_real_distribution<double> distribution(low, high);
        std::vector<double> values(static_cast<std::size_t>(count));
        for (double& value : values)
            value = roundTo(type, distribution(m_engine));
        return values;
    }
    std::mt19937& engine() { return m_engine; }

private:
    std::mt19937 m_engine;
};

std::int64_t perSize(const ProblemOptions& o, Per per)
{
    return per == Per::None ? 0 : per == Per::Lane ? o.dim : o.seqlen;
}

// One lane of one scan of one image: where its numbers are, and its share of the result.
class LaneScan {
public:
    LaneScan(const Problem& problem, std::int64_t image, std::int64_t slot, std::int64_t lane, Result& result)
        : m_p(problem)
        , m_o(problem.options)
        , m_image(image)
        , m_slot(slot)
        , m_lane(lane)
        , m_run(image * m_o.scans + slot)
        , m_scan(m_p.scan_ids.empty() ? slot : m_p.scan_ids[static_cast<std::size_t>(m_run)])
        , m_r(result)
        , m_states(static_cast<std::size_t>((m_o.seqlen + 1) * m_o.dstate))
        , m_behind(m_states.size())
    {
        for (std::int64_t t = 0; t < m_o.seqlen; ++t) {
            m_deltas.push_back(m_o.softplus ? std::log1p(std::exp(rawDelta(t))) : rawDelta(t));
            for (std::int64_t n = 0; n < m_o.dstate; ++n)
                m_decays.push_back(std::exp(m_deltas.back() * m_p.A[AAt(n)]));
        }
    }

    void forward(bool bidirectional)
    {
        runAlong();
        if (bidirectional)
            runAgainst();
        for (std::int64_t t = 0; t < m_o.seqlen; ++t) {
            double magnitude = 0.0;
            m_r.out[at(t)] += weight() * output(t, bidirectional, magnitude);
        }
        saveStates();
    }

    void backward(bool bidirectional)
    {
        for (std::int64_t n = 0; n < m_o.dstate; ++n) {
            differentiateAlong(n);
            if (bidirectional)
                differentiateAgainst(n);
        }
        for (std::int64_t t = 0; t < m_o.seqlen; ++t)
            differentiateRest(t, bidirectional);
    }

private:
    std::int64_t row(std::int64_t t) const
    {
        return m_p.orders.empty() ? t : m_p.orders[static_cast<std::size_t>(m_scan * m_o.seqlen + t)];
    }
    std::size_t at(std::int64_t t) const
    {
        return static_cast<std::size_t>((m_image * m_o.seqlen + row(t)) * m_o.dim + m_lane);
    }
    std::int64_t copy() const { return m_o.slots_have_data ? m_run : m_image; }
    std::size_t deltaAt(std::int64_t t) const
    {
        return static_cast<std::size_t>((copy() * m_o.seqlen + row(t)) * m_o.dim + m_lane);
    }
    std::size_t stateAt(std::int64_t t, std::int64_t n) const
    {
        return static_cast<std::size_t>((copy() * m_o.seqlen + row(t)) * m_o.dstate + n);
    }
    std::int64_t parameterCopy() const { return m_o.scans_have_parameters ? m_scan : 0; }
    std::size_t AAt(std::int64_t n) const
    {
        const std::int64_t lane = m_o.shared_A ? 0 : m_lane;
        return static_cast<std::size_t>((parameterCopy() * (m_o.shared_A ? 1 : m_o.dim) + lane) * m_o.dstate + n);
    }
    std::size_t perAt(Per per, std::int64_t t) const
    {
        return static_cast<std::size_t>(parameterCopy() * perSize(m_o, per) + (per == Per::Lane ? m_lane : row(t)));
    }

    double weight() const { return m_p.weights.empty() ? 1.0 : m_p.weights[static_cast<std::size_t>(m_run)]; }
    double u(std::int64_t t) const { return m_p.u[at(t)]; }
    double dy(std::int64_t t) const { return weight() * m_p.dout[at(t)]; }
    double rawDelta(std::int64_t t) const
    {
        return m_p.delta[deltaAt(t)] + (m_o.bias == Per::None ? 0.0 : m_p.bias[perAt(m_o.bias, t)]);
    }
    double delta(std::int64_t t) const { return m_deltas[static_cast<std::size_t>(t)]; }
    double decay(std::int64_t t, std::int64_t n) const
    {
        return m_decays[static_cast<std::size_t>(t * m_o.dstate + n)];
    }
    double B(std::int64_t t, std::int64_t n) const { return m_p.B[stateAt(t, n)]; }
    double C(std::int64_t t, std::int64_t n) const { return m_p.C[stateAt(t, n)]; }
    double skip(std::int64_t t) const { return m_o.skip == Per::None ? 0.0 : m_p.D[perAt(m_o.skip, t)]; }

    // h after step t - 1; k before it arrives at step t - 1, that is k_t.
    double& h(std::int64_t t, std::int64_t n) { return m_states[static_cast<std::size_t>(t * m_o.dstate + n)]; }
    double& k(std::int64_t t, std::int64_t n) { return m_behind[static_cast<std::size_t>(t * m_o.dstate + n)]; }

    void runAlong()
    {
        for (std::int64_t t = 0; t < m_o.seqlen; ++t)
            for (std::int64_t n = 0; n < m_o.dstate; ++n)
                h(t + 1, n) = decay(t, n) * h(t, n) + delta(t) * u(t) * B(t, n);
    }

    void runAgainst()
    {
        for (std::int64_t t = m_o.seqlen - 1; t >= 0; --t)
            for (std::int64_t n = 0; n < m_o.dstate; ++n)
                k(t, n) = decay(t, n) * k(t + 1, n) + delta(t) * u(t) * B(t, n);
    }

    double output(std::int64_t t, bool bidirectional, double& magnitude)
    {
        double y = skip(t) * u(t);
        magnitude = std::abs(y);
        for (std::int64_t n = 0; n < m_o.dstate; ++n) {
            const double state = h(t + 1, n) + (bidirectional ? decay(t, n) * k(t + 1, n) : 0.0);
            y += C(t, n) * state;
            magnitude += std::abs(C(t, n) * state);
        }
        return y;
    }

    void saveStates()
    {
        const std::int64_t chunks = chunk_count(m_o.seqlen);
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
            for (std::int64_t n = 0; n < m_o.dstate; ++n) {
                const auto to
                    = static_cast<std::size_t>(((m_run * chunks + chunk) * m_o.dim + m_lane) * m_o.dstate + n);
                m_r.chunk_states[to] = h(chunk * kChunkLength, n);
                m_r.backward_chunk_states[to] = k(std::min((chunk + 1) * kChunkLength, m_o.seqlen), n);
            }
        }
    }

    void add(std::int64_t t, std::int64_t n, double dstate, double ddecay)
    {
        const double x = delta(t) * u(t);
        const double input = dstate * B(t, n);
        m_r.dB[stateAt(t, n)] += dstate * x;
        m_r.du[at(t)] += input * delta(t);
        const double a = decay(t, n);
        addDelta(t, input * u(t) + ddecay * a * m_p.A[AAt(n)]);
        m_r.dA[AAt(n)] += ddecay * a * delta(t);
    }

    void addDelta(std::int64_t t, double ddelta)
    {
        const double raw = ddelta * (m_o.softplus ? 1.0 / (1.0 + std::exp(-rawDelta(t))) : 1.0);
        m_r.ddelta[deltaAt(t)] += raw;
        if (m_o.bias != Per::None)
            m_r.dbias[perAt(m_o.bias, t)] += raw;
    }

    void differentiateAlong(std::int64_t n)
    {
        double gradient = 0.0;  // of h_t
        for (std::int64_t t = m_o.seqlen - 1; t >= 0; --t) {
            gradient += C(t, n) * dy(t);
            m_r.dC[stateAt(t, n)] += dy(t) * h(t + 1, n);
            add(t, n, gradient, gradient * h(t, n));
            gradient *= decay(t, n);
        }
    }

    void differentiateAgainst(std::int64_t n)
    {
        double gradient = 0.0;  // of k_t
        for (std::int64_t t = 0; t < m_o.seqlen; ++t) {
            const double decayed = gradient + C(t, n) * dy(t);  // of a_t k_{t+1}
            m_r.dC[stateAt(t, n)] += dy(t) * decay(t, n) * k(t + 1, n);
            add(t, n, gradient, decayed * k(t + 1, n));
            gradient = decayed * decay(t, n);
        }
    }

    void differentiateRest(std::int64_t t, bool bidirectional)
    {
        double magnitude = 0.0;
        m_r.dweights[static_cast<std::size_t>(m_run)] += m_p.dout[at(t)] * output(t, bidirectional, magnitude);
        m_r.dweights_scale += std::abs(m_p.dout[at(t)]) * magnitude / static_cast<double>(m_o.batch * m_o.scans);
        m_r.du[at(t)] += skip(t) * dy(t);
        if (m_o.skip != Per::None)
            m_r.dD[perAt(m_o.skip, t)] += dy(t) * u(t);
    }

    const Problem& m_p;
    const ProblemOptions& m_o;
    std::int64_t m_image, m_slot, m_lane, m_run, m_scan;
    Result& m_r;
    std::vector<double> m_states, m_behind, m_deltas, m_decays;
};

}  // namespace

double roundTo(ElementType type, double x)
{
    const auto value = static_cast<float>(x);
    switch (type) {
    case ElementType::Float32:
        return value;
    case ElementType::BFloat16:
        return fromBFloat16(toBFloat16(value));
    case ElementType::Float16:
        return fromFloat16(toFloat16(value));
    }
    return value;
}

std::string describe(const ProblemOptions& o)
{
    static const char* const kPer[] = {"no", "lane", "row"};
    static const char* const kType[] = {"float32", "bfloat16", "float16"};
    std::ostringstream text;
    text << kType[static_cast<int>(o.type)] << " B" << o.batch << " K" << o.scans << "/" << o.scan_count << " D"
         << o.dim << " L" << o.seqlen << " N" << o.dstate << " skip " << kPer[static_cast<int>(o.skip)] << " bias "
         << kPer[static_cast<int>(o.bias)] << (o.orders ? " orders" : "") << (o.choose ? " chosen" : "")
         << (o.slots_have_data ? " data-per-slot" : "") << (o.scans_have_parameters ? " parameters-per-scan" : "")
         << (o.shared_A ? " shared-A" : "") << (o.softplus ? "" : " no-softplus") << (o.accumulate ? " accumulate" : "")
         << (o.padded ? " padded" : "") << (o.save_states ? " states" : "") << " SM" << o.multiprocessors << " seed "
         << o.seed;
    return text.str();
}

Problem::Problem(const ProblemOptions& o)
    : options(o)
{
    Random random(o.seed);
    const std::int64_t copies = o.batch * (o.slots_have_data ? o.scans : 1);
    const std::int64_t sets = o.scans_have_parameters ? o.scan_count : 1;
    u = random.uniform(o.batch * o.seqlen * o.dim, -1.5, 1.5, o.type);
    // With softplus from nearly shut to wide open; without it a positive step.
    delta = o.softplus ? random.uniform(copies * o.seqlen * o.dim, -6.0, 1.0, o.type)
                       : random.uniform(copies * o.seqlen * o.dim, 0.001, 0.5, o.type);
    B = random.uniform(copies * o.seqlen * o.dstate, -1.0, 1.0, o.type);
    C = random.uniform(copies * o.seqlen * o.dstate, -1.0, 1.0, o.type);
    A = random.uniform(sets * (o.shared_A ? 1 : o.dim) * o.dstate, -2.0, -0.05);
    D = random.uniform(sets * perSize(o, o.skip), -1.0, 1.0);
    bias = random.uniform(sets * perSize(o, o.bias), o.softplus ? -1.0 : 0.0, o.softplus ? 1.0 : 0.1);
    out_before = random.uniform(o.batch * o.seqlen * o.dim, -1.0, 1.0, o.type);
    dout = random.uniform(o.batch * o.seqlen * o.dim, -1.0, 1.0, o.type);
    if (o.choose) {
        weights = random.uniform(o.batch * o.scans, 0.1, 1.0);
        std::vector<std::int32_t> set(static_cast<std::size_t>(o.scan_count));
        std::iota(set.begin(), set.end(), 0);
        for (std::int64_t image = 0; image < o.batch; ++image) {
            std::shuffle(set.begin(), set.end(), random.engine());
            scan_ids.insert(scan_ids.end(), set.begin(), set.begin() + o.scans);
        }
    }
    for (std::int64_t scan = 0; o.orders && scan < o.scan_count; ++scan) {
        std::vector<std::int32_t> order(static_cast<std::size_t>(o.seqlen));
        std::iota(order.begin(), order.end(), 0);
        if (scan == 1)
            std::reverse_copy(orders.begin(), orders.begin() + o.seqlen, order.begin());
        else
            std::shuffle(order.begin(), order.end(), random.engine());
        orders.insert(orders.end(), order.begin(), order.end());
    }
}

Result solve(const Problem& problem, bool bidirectional)
{
    const ProblemOptions& o = problem.options;
    Result r;
    r.out.assign(problem.u.size(), 0.0);
    const auto states = static_cast<std::size_t>(o.batch * o.scans * chunk_count(o.seqlen) * o.dim * o.dstate);
    r.chunk_states.assign(states, 0.0);
    r.backward_chunk_states.assign(states, 0.0);
    r.du.assign(problem.u.size(), 0.0);
    r.ddelta.assign(problem.delta.size(), 0.0);
    r.dB.assign(problem.B.size(), 0.0);
    r.dC.assign(problem.C.size(), 0.0);
    r.dA.assign(problem.A.size(), 0.0);
    r.dD.assign(problem.D.size(), 0.0);
    r.dbias.assign(problem.bias.size(), 0.0);
    r.dweights.assign(static_cast<std::size_t>(o.batch * o.scans), 0.0);
    if (o.accumulate)
        r.out = problem.out_before;
    for (std::int64_t image = 0; image < o.batch; ++image) {
        for (std::int64_t slot = 0; slot < o.scans; ++slot) {
            for (std::int64_t lane = 0; lane < o.dim; ++lane) {
                LaneScan lane_scan(problem, image, slot, lane, r);
                lane_scan.forward(bidirectional);
                lane_scan.backward(bidirectional);
            }
        }
    }
    return r;
}

}  // namespace mixer::kernels::cuda::test
