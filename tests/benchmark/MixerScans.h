// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan.h"
#include "kernels/scan_backward.h"
#include "kernels/variants.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

// The scans of ViM2-T at 224x224 with random inputs: what the benchmarks run. A step is one state update (lane x step x
// state).
namespace mixer::kernels {

struct Shape {
    const char* name;
    std::int64_t scans, dim, seqlen, dstate;
    bool channel_mixer;  // lanes are tokens, A shared, D and bias by step
};

constexpr Shape kShapes[] = {
    {"stage1", 4, 192, 3136, 16, false},       {"stage2", 4, 384, 784, 16, false},
    {"stage3", 4, 768, 196, 16, false},        {"stage4", 4, 1536, 49, 16, false},
    {"stage1at448", 1, 192, 12544, 16, false}, {"stage1at1024", 1, 192, 65536, 16, false},
    {"stage1/n1", 4, 192, 3136, 1, false},     {"stage2/n1", 4, 384, 784, 1, false},
    {"stage3/n1", 4, 768, 196, 1, false},      {"stage4/n1", 4, 1536, 49, 1, false},
    {"channel1", 2, 3136, 192, 16, true},      {"channel2", 2, 784, 384, 16, true},
    {"channel3", 2, 196, 768, 16, true},       {"channel4", 2, 49, 768, 16, true},
    {"narrow9216", 1, 8, 9216, 16, false},     {"narrow16384", 1, 8, 16384, 16, false},
};

inline std::vector<float> normal(std::size_t count, float scale, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> distribution(0.0F, scale);
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return distribution(random); });
    return values;
}

// Down the columns of the square grid of tokens; the channel mixer's second direction.
inline std::vector<std::int32_t> makeOrder(const Shape& shape)
{
    std::vector<std::int32_t> order(shape.seqlen);
    std::iota(order.begin(), order.end(), 0);
    if (shape.channel_mixer) {
        std::reverse(order.begin(), order.end());
        return order;
    }
    const auto side = static_cast<std::int32_t>(std::floor(std::sqrt(double(shape.seqlen))));
    for (std::int32_t t = 0; t < side * side; ++t)
        order[t] = t % side * side + t / side;
    return order;
}

// All scans of one mixer, run one after the other into the same output, as the engine does.
class Mixer {
public:
    Mixer(const Shape& shape, bool trace)
        : m_shape(shape)
    {
        const std::int64_t size = shape.dim * shape.seqlen;
        u = normal(size, 1.0F, 1);
        delta = normal(size, 0.5F, 2);
        A.resize((shape.channel_mixer ? 1 : shape.dim) * shape.dstate);
        const std::vector<float> noise = normal(A.size(), 0.1F, 3);
        for (std::size_t i = 0; i < A.size(); ++i)
            A[i] = -float(i % shape.dstate + 1) * std::exp(noise[i]);
        B = normal(shape.seqlen * shape.dstate, 1.0F, 4);
        C = normal(shape.seqlen * shape.dstate, 1.0F, 5);
        D.assign(std::max(shape.dim, shape.seqlen), 1.0F);
        bias.assign(D.size(), -4.0F);
        out.assign(size, 0.0F);
        order = makeOrder(shape);
        if (trace) {
            states.resize(chunk_count(shape.seqlen) * shape.dim * shape.dstate);
            backward_states = states;
        }
    }

    ScanParams<float> params(std::int64_t scan)
    {
        ScanParams<float> p;
        p.dim = m_shape.dim, p.seqlen = m_shape.seqlen, p.dstate = m_shape.dstate;
        p.u = u.data(), p.delta = delta.data(), p.out = out.data();
        p.u_step_stride = p.delta_step_stride = p.out_step_stride = m_shape.dim;
        p.A = A.data(), p.A_dim_stride = m_shape.channel_mixer ? 0 : m_shape.dstate;
        p.B = B.data(), p.C = C.data(), p.B_step_stride = p.C_step_stride = m_shape.dstate;
        p.D = D.data(), p.delta_bias = bias.data();
        if (m_shape.channel_mixer) {
            p.D_dim_stride = p.bias_dim_stride = 0;
            p.D_step_stride = p.bias_step_stride = 1;
        }
        p.order = scan % 2 ? order.data() : nullptr;
        p.accumulate = scan > 0;
        p.chunk_states = states.empty() ? nullptr : states.data();
        p.backward_chunk_states = backward_states.empty() ? nullptr : backward_states.data();
        return p;
    }

    /// All scans, one after the other.
    template <typename Scan> void run(Scan scan)
    {
        for (std::int64_t i = 0; i < m_shape.scans; ++i)
            scan(params(i));
    }

    const Shape& shape() const { return m_shape; }
    double stepCount() const { return double(m_shape.scans) * m_shape.dim * m_shape.seqlen * m_shape.dstate; }
    /// Bytes of the inputs that each scan reads and of the output that it writes.
    double bytes() const
    {
        return double(m_shape.scans) * (3 * m_shape.dim + 2 * m_shape.dstate) * m_shape.seqlen * sizeof(float);
    }

    std::vector<float> u, delta, A, B, C, D, bias, out, states, backward_states;
    std::vector<std::int32_t> order;

private:
    Shape m_shape;
};

// Twice the scan, as a model without the quasi-separable pass needs it: there, and back through the reversed order.
inline void twoScans(const Variant& variant, ScanParams<float> p, std::vector<std::int32_t>& reversed)
{
    selective_scan(variant, p);
    for (std::int64_t t = 0; t < p.seqlen; ++t)
        reversed[t] = static_cast<std::int32_t>(p.order ? p.order[p.seqlen - 1 - t] : p.seqlen - 1 - t);
    p.order = reversed.data();
    p.accumulate = true;
    selective_scan(variant, p);
}

// Room for the gradients of a scan, written by every scan of a mixer.
struct Gradients {
    explicit Gradients(const Shape& shape)
        : dout(normal(shape.dim * shape.seqlen, 1.0F, 6))
        , du(dout.size())
        , ddelta(dout.size())
        , dA(shape.dim * shape.dstate)
        , dB(shape.seqlen * shape.dstate)
        , dC(dB.size())
        , dD(std::max(shape.dim, shape.seqlen))
        , dbias(dD.size())
    {
    }

    ScanBackwardParams<float> params(const ScanParams<float>& scan)
    {
        ScanBackwardParams<float> p;
        p.scan = scan;
        p.dout = dout.data(), p.du = du.data(), p.ddelta = ddelta.data(), p.dA = dA.data();
        p.dB = dB.data(), p.dC = dC.data(), p.dD = dD.data(), p.ddelta_bias = dbias.data();
        p.dout_step_stride = p.du_step_stride = p.ddelta_step_stride = scan.dim;
        p.dB_step_stride = p.dC_step_stride = scan.dstate;
        return p;
    }

    std::vector<float> dout, du, ddelta, dA, dB, dC, dD, dbias;
};

}  // namespace mixer::kernels
