// SPDX-License-Identifier: MIT
#include "engine/trace/MemoryPlan.h"

#include "engine/checkpoint/ModelConfig.h"
#include "engine/core/Error.h"
#include "kernels/scan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mixer {

namespace {

std::string megabytes(std::uint64_t bytes)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.0f MB", static_cast<double>(bytes) / 1e6);
    return text;
}

/// Tokens along one side: the first stage cuts off what fills no patch, merging pads to even.
int tokensAlong(int pixels, int stage)
{
    int tokens = pixels / kPatchSize;
    for (int i = 0; i < stage; ++i)
        tokens = (tokens + 1) / 2;
    return std::max(tokens, 1);
}

}  // namespace

MemoryPlan planMemory(const ModelConfig& config, const std::vector<MixerRecord>& mixers, int inputHeight,
                      int inputWidth, int elementBytes)
{
    const auto element = static_cast<std::uint64_t>(elementBytes);
    const auto states = static_cast<std::uint64_t>(config.dState);
    MemoryPlan plan;
    plan.inputHeight = inputHeight;
    plan.inputWidth = inputWidth;
    for (const MixerRecord& record : mixers) {
        MemoryPlan::Mixer mixer;
        mixer.id = record.id;
        mixer.height = tokensAlong(inputHeight, record.id.stage);
        mixer.width = tokensAlong(inputWidth, record.id.stage);
        const std::uint64_t tokens = static_cast<std::uint64_t>(mixer.height) * static_cast<std::uint64_t>(mixer.width);
        const auto inner = static_cast<std::uint64_t>(record.inner);
        const auto scans = static_cast<std::uint64_t>(
            record.id.isChannelMixer ? config.scanDirections()
                                     : config.topK.value_or(static_cast<int>(config.scans.size())));
        const std::uint64_t lanes = record.id.isChannelMixer ? tokens : inner;
        const std::uint64_t positions = record.id.isChannelMixer ? inner : tokens;
        const auto chunks = static_cast<std::uint64_t>(kernels::chunk_count(static_cast<std::int64_t>(positions)));
        mixer.trace = 2 * tokens * static_cast<std::uint64_t>(record.channels) * element;
        // Per scan: raw Delta and its array, B and C, states at the borders of chunks (both ways if quasi-separable),
        // two permutations. Once: u, the gate and its array.
        const std::uint64_t perScan = lanes * positions * (element + 4) + 2 * positions * states * element
            + (config.quasiSeparable() ? 2 : 1) * chunks * lanes * states * element + 2 * positions * 4;
        mixer.detail = scans * perScan + lanes * positions * (2 * element + 4);
        mixer.states = (config.quasiSeparable() ? 2 : 1) * scans * lanes * positions * states * element;
        plan.trace += mixer.trace;
        plan.largestDetail = std::max(plan.largestDetail, mixer.detail);
        plan.allStates += mixer.states;
        plan.mixers.push_back(mixer);
    }
    plan.trace += 3 * static_cast<std::uint64_t>(inputHeight) * static_cast<std::uint64_t>(inputWidth) * 4;
    return plan;
}

void requireMemory(const MemoryPlan& plan, std::uint64_t limitBytes)
{
    if (plan.needed() <= limitBytes)
        return;
    const auto largest
        = std::max_element(plan.mixers.begin(), plan.mixers.end(),
                           [](const MemoryPlan::Mixer& a, const MemoryPlan::Mixer& b) { return a.detail < b.detail; });
    // Everything grows with the number of pixels.
    const double scale = std::sqrt(static_cast<double>(limitBytes) / static_cast<double>(plan.needed()));
    const auto fitting = [&](int side) { return std::to_string(static_cast<int>(side * scale) / 32 * 32); };
    throw Error(ErrorKind::Memory,
                "a picture of " + std::to_string(plan.inputHeight) + " x " + std::to_string(plan.inputWidth)
                    + " pixels would take about " + megabytes(plan.needed()) + ": " + megabytes(plan.trace)
                    + " for what its run records and up to " + megabytes(plan.largestDetail)
                    + " for a closer look at one mixer (" + largest->id.shortName() + "); the limit is "
                    + megabytes(limitBytes) + ". About " + fitting(plan.inputHeight) + " x " + fitting(plan.inputWidth)
                    + " pixels would fit");
}

}  // namespace mixer
