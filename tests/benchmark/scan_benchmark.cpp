// SPDX-License-Identifier: MIT
// The scans on the shapes of ViM2-T at 224x224: four scans of each stage, batch 1. A step is one state update
// (lane x step x state). Run with --benchmark_repetitions=9 --benchmark_report_aggregates_only=true and compare medians
// within one run.
#include "kernels/depthwise_conv.h"
#include "kernels/parallel.h"
#include "tests/benchmark/MixerScans.h"

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

template <typename Scan> void runMixer(benchmark::State& state, const Shape& shape, bool trace, Scan scan)
{
    Mixer mixer(shape, trace);
    for (auto _ : state) {
        mixer.run(scan);
        benchmark::DoNotOptimize(mixer.out.data());
        benchmark::ClobberMemory();
    }
    state.counters["steps/s"] = benchmark::Counter(mixer.stepCount(), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["bytes/s"] = benchmark::Counter(mixer.bytes(), benchmark::Counter::kIsIterationInvariantRate);
}

template <typename Scan> void add(const std::string& name, const Shape& shape, int threads, bool trace, Scan scan)
{
    benchmark::RegisterBenchmark((name + "/" + shape.name + "/threads:" + std::to_string(threads)).c_str(),
                                 [=](benchmark::State& state) {
                                     set_num_threads(threads);
                                     runMixer(state, shape, trace, scan);
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
