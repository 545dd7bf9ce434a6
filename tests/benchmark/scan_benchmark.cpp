// SPDX-License-Identifier: MIT
// The scans on the shapes of ViM2-T at 224x224: four scans of each stage, batch 1. A step is one state update
// (lane x step x state). Run with --benchmark_repetitions=9 --benchmark_report_aggregates_only=true and compare medians
// within one run.
#include "kernels/depthwise_conv.h"
#include "kernels/parallel.h"
#include "kernels/scan.h"
#include "kernels/scan_backward.h"
#include "kernels/variants.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace mixer::kernels {
namespace {

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

std::vector<float> normal(std::size_t count, float scale, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> distribution(0.0F, scale);
    std::vector<float> values(count);
    std::generate(values.begin(), values.end(), [&] { return distribution(random); });
    return values;
}

// Down the columns of the square grid of tokens; the channel mixer's second direction.
std::vector<std::int32_t> makeOrder(const Shape& shape)
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

    template <typename Scan> void run(benchmark::State& state, Scan scan)
    {
        for (auto _ : state) {
            for (std::int64_t i = 0; i < m_shape.scans; ++i)
                scan(params(i));
            benchmark::DoNotOptimize(out.data());
            benchmark::ClobberMemory();
        }
        const double steps = double(m_shape.scans) * m_shape.dim * m_shape.seqlen * m_shape.dstate;
        const double floats = double(m_shape.scans) * (3 * m_shape.dim + 2 * m_shape.dstate) * m_shape.seqlen;
        state.counters["steps/s"] = benchmark::Counter(steps, benchmark::Counter::kIsIterationInvariantRate);
        state.counters["bytes/s"]
            = benchmark::Counter(floats * sizeof(float), benchmark::Counter::kIsIterationInvariantRate);
    }

private:
    Shape m_shape;
    std::vector<float> u, delta, A, B, C, D, bias, out, states, backward_states;
    std::vector<std::int32_t> order;
};

// What one writes first: lane by lane, float, expf.
void naiveScan(const ScanParams<float>& p)
{
    std::vector<float> h(p.dstate);
    for (std::int64_t d = 0; d < p.dim; ++d) {
        std::fill(h.begin(), h.end(), 0.0F);
        for (std::int64_t t = 0; t < p.seqlen; ++t) {
            const std::int64_t row = p.order ? p.order[t] : t;
            const float u = p.u[row * p.u_step_stride + d];
            const float x = p.delta[row * p.delta_step_stride + d]
                + p.delta_bias[row * p.bias_step_stride + d * p.bias_dim_stride];
            const float step = x > 20.0F ? x : std::log1p(std::exp(x));
            float y = p.D[row * p.D_step_stride + d * p.D_dim_stride] * u;
            for (std::int64_t n = 0; n < p.dstate; ++n) {
                h[n] = std::exp(step * p.A[d * p.A_dim_stride + n]) * h[n] + step * u * p.B[row * p.B_step_stride + n];
                y += h[n] * p.C[row * p.C_step_stride + n];
            }
            float& out = p.out[row * p.out_step_stride + d];
            out = p.accumulate ? out + y : y;
        }
    }
}

// Twice the scan, as a model without the quasi-separable pass needs it: there, and back through the reversed order.
void twoScans(const Variant& variant, ScanParams<float> p, std::vector<std::int32_t>& reversed)
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

template <typename Scan> void add(const std::string& name, const Shape& shape, int threads, bool trace, Scan scan)
{
    benchmark::RegisterBenchmark((name + "/" + shape.name + "/threads:" + std::to_string(threads)).c_str(),
                                 [=](benchmark::State& state) {
                                     set_num_threads(threads);
                                     Mixer(shape, trace).run(state, scan);
                                 })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
}

void addScans(const Shape& shape)
{
    add("naive", shape, 1, false, naiveScan);
    for (const Variant& variant : usable_variants()) {
        const Variant* v = &variant;
        const std::string name = variant.name;
        const bool fastest = &variant == &usable_variants().back();
        for (const int threads : {1, 2}) {
            if (threads == 2 && !fastest)
                continue;
            add(name + "/s6", shape, threads, false, [=](const ScanParams<float>& p) { selective_scan(*v, p); });
            add(name + "/s6-trace", shape, threads, true, [=](const ScanParams<float>& p) { selective_scan(*v, p); });
            add(name + "/two-s6", shape, threads, false, [=](const ScanParams<float>& p) {
                std::vector<std::int32_t> reversed(p.seqlen);
                twoScans(*v, p, reversed);
            });
            add(name + "/qs", shape, threads, false, [=](const ScanParams<float>& p) { quasi_separable_scan(*v, p); });
            const auto gradients = std::make_shared<Gradients>(shape);
            add(name + "/s6-backward", shape, threads, true,
                [=](const ScanParams<float>& p) { selective_scan_backward(*v, gradients->params(p)); });
            add(name + "/qs-backward", shape, threads, true,
                [=](const ScanParams<float>& p) { quasi_separable_scan_backward(*v, gradients->params(p)); });
            add(name + "/qs-trace", shape, threads, true,
                [=](const ScanParams<float>& p) { quasi_separable_scan(*v, p); });
        }
    }
}

void depthwiseConv(benchmark::State& state, const Variant& variant, int kernel, std::int64_t side,
                   std::int64_t channels)
{
    set_num_threads(1);
    const std::vector<float> in = normal(side * side * channels, 1.0F, 1);
    const std::vector<float> weight = normal(channels * kernel * kernel, 0.3F, 2), bias = normal(channels, 0.3F, 3);
    std::vector<float> out(in.size());
    DepthwiseConvParams<float> p;
    p.height = p.width = side, p.channels = channels, p.kernel = kernel, p.silu = true;
    p.in = in.data(), p.weight = weight.data(), p.bias = bias.data(), p.out = out.data();
    for (auto _ : state) {
        depthwise_conv(variant, p);
        benchmark::ClobberMemory();
    }
    const double products = double(out.size()) * kernel * kernel;
    state.counters["madd/s"] = benchmark::Counter(products, benchmark::Counter::kIsIterationInvariantRate);
}

void addConvolutions()
{
    for (const Variant& variant : usable_variants()) {
        const Variant* v = &variant;
        for (const int kernel : {3, 7}) {
            for (const std::int64_t side : {56, 7}) {
                const std::int64_t channels = side == 56 ? 192 : 1536;
                const std::string name = std::string(variant.name) + "/conv" + std::to_string(kernel) + "/"
                    + std::to_string(side) + "x" + std::to_string(channels);
                benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
                    depthwiseConv(state, *v, kernel, side, channels);
                })->Unit(benchmark::kMillisecond);
            }
        }
    }
}

}  // namespace
}  // namespace mixer::kernels

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    for (const mixer::kernels::Shape& shape : mixer::kernels::kShapes)
        mixer::kernels::addScans(shape);
    mixer::kernels::addConvolutions();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
