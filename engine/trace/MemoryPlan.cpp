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

/// What of a family's configuration sizes what is kept.
struct ScanSizes {
    int states;        ///< N
    int tokenScans;    ///< scans that a token mixer runs
    int channelScans;  ///< directions of a channel mixer
    int ways;          ///< states of a scan: 2 where it is quasi-separable
    int classTokens;
};

ScanSizes sizesOf(const MixerConfig& config)
{
    return {config.dState, config.topK.value_or(static_cast<int>(config.scans.size())), config.scanDirections(),
            config.quasiSeparable() ? 2 : 1, 0};
}

ScanSizes sizesOf(const VMambaConfig& config)
{
    return {config.dState, static_cast<int>(config.scanNames().size()), 0, 1, 0};
}

ScanSizes sizesOf(const VimConfig& config)
{
    return {config.dState, static_cast<int>(config.scanNames().size()), 0, 1, config.classTokenCount()};
}

int halved(int tokens, int times)
{
    for (int i = 0; i < times; ++i)
        tokens = (tokens + 1) / 2;
    return std::max(tokens, 1);
}

/// Tokens along one side, at most. The first stage cuts off what fills no patch (VMamba's convolutions may pad),
/// merging pads to even.
int tokensAlong(const MixerConfig&, int pixels, int stage)
{
    return halved(pixels / kPatchSize, stage);
}

int tokensAlong(const VMambaConfig& config, int pixels, int stage)
{
    return halved((pixels + config.patchSize - 1) / config.patchSize, stage);
}

int tokensAlong(const VimConfig& config, int pixels, int)
{
    return std::max((pixels - config.patchSize) / config.stride + 1, 1);
}

}  // namespace

MemoryPlan planMemory(const ModelConfig& config, const std::vector<MixerRecord>& mixers, int inputHeight,
                      int inputWidth, int elementBytes)
{
    const auto element = static_cast<std::uint64_t>(elementBytes);
    const ScanSizes sizes = std::visit([](const auto& network) { return sizesOf(network); }, config.network);
    const auto states = static_cast<std::uint64_t>(sizes.states);
    const auto ways = static_cast<std::uint64_t>(sizes.ways);
    MemoryPlan plan;
    plan.inputHeight = inputHeight;
    plan.inputWidth = inputWidth;
    for (const MixerRecord& record : mixers) {
        MemoryPlan::Mixer mixer;
        mixer.id = record.id;
        const auto along = [&](int pixels) {
            return std::visit([&](const auto& network) { return tokensAlong(network, pixels, record.id.stage); },
                              config.network);
        };
        mixer.height = along(inputHeight);
        mixer.width = along(inputWidth);
        const std::uint64_t tokens = static_cast<std::uint64_t>(mixer.height) * static_cast<std::uint64_t>(mixer.width)
            + static_cast<std::uint64_t>(sizes.classTokens);
        const auto inner = static_cast<std::uint64_t>(record.inner);
        const auto scans = static_cast<std::uint64_t>(record.id.isChannelMixer ? sizes.channelScans : sizes.tokenScans);
        const std::uint64_t lanes = record.id.isChannelMixer ? tokens : inner;
        const std::uint64_t positions = record.id.isChannelMixer ? inner : tokens;
        const auto chunks = static_cast<std::uint64_t>(kernels::chunk_count(static_cast<std::int64_t>(positions)));
        mixer.trace = 2 * tokens * static_cast<std::uint64_t>(record.channels) * element;
        // Per scan: raw Delta and its array, B and C, states at the borders of chunks (both ways if quasi-separable),
        // two permutations. Once: u, the gate and its array.
        const std::uint64_t perScan = lanes * positions * (element + 4) + 2 * positions * states * element
            + ways * chunks * lanes * states * element + 2 * positions * 4;
        mixer.detail = scans * perScan + lanes * positions * (2 * element + 4);
        mixer.states = ways * scans * lanes * positions * states * element;
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
