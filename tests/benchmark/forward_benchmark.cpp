// SPDX-License-Identifier: MIT
// Whole forward passes: forward_benchmark CHECKPOINT [benchmark flags]. tests/reference/make_random_checkpoint.py
// writes a ViM2-T or ViQS-T with fresh weights to measure on. Counters: share of the time in token mixers and channel
// mixers, and images per second.
#include "engine/session/InferenceSession.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace {

std::shared_ptr<const mixer::InferenceSession> s_session;

mixer::PreparedImage noise(int side)
{
    mixer::PreparedImage image;
    image.tensor = mixer::Array({3, side, side});
    image.geometry.inputWidth = image.geometry.inputHeight = side;
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    for (float& value : image.tensor.values)
        value = normal(generator);
    return image;
}

void forward(benchmark::State& state)
{
    const mixer::PreparedImage image = noise(static_cast<int>(state.range(0)));
    double token = 0;
    double channel = 0;
    double total = 0;
    for (auto _ : state) {
        const auto trace = s_session->run(image);
        total += trace->milliseconds();
        for (const mixer::MixerRecord& mixer : trace->mixers())
            (mixer.id.isChannelMixer ? channel : token) += mixer.milliseconds;
    }
    state.counters["token_mixers"] = token / total;
    state.counters["channel_mixers"] = channel / total;
    state.counters["images/s"] = benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}

void detail(benchmark::State& state)
{
    const auto trace = s_session->run(noise(static_cast<int>(state.range(0))));
    const mixer::MixerId first = trace->mixers()[0].id;
    const mixer::MixerId second = trace->mixers()[1].id;
    bool odd = false;
    for (auto _ : state)  // alternating, since the last one asked for is kept
        benchmark::DoNotOptimize(trace->detail((odd = !odd) ? first : second));
}

void stateAtStep(benchmark::State& state)
{
    const auto trace = s_session->run(noise(static_cast<int>(state.range(0))));
    const auto mixer = trace->detail(trace->mixers()[0].id);
    int step = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(mixer->state(0, 0, mixer->laneCount(), step = (step + 977) % mixer->positionCount()));
}

BENCHMARK(forward)->Arg(64)->Arg(224)->Arg(448)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(detail)->Arg(224)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(stateAtStep)->Arg(224)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv)
{
    benchmark::Initialize(&argc, argv);
    if (argc != 2) {
        std::cerr << "usage: forward_benchmark CHECKPOINT [--benchmark_filter=... and other benchmark flags]\n";
        return 2;
    }
    s_session = mixer::InferenceSession::open(argv[1]);
    const mixer::RuntimeInfo info = s_session->runtime();
    std::cerr << s_session->config().familyName() << ", " << s_session->checkpoint().parameterCount() << " parameters, "
              << info.threads << " threads, kernel " << info.kernel << ", " << info.blas << '\n';
    benchmark::RunSpecifiedBenchmarks();
}
