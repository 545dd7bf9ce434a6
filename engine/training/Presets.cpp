// SPDX-License-Identifier: MIT
#include "engine/training/Presets.h"

#include "engine/core/Error.h"

#include <utility>

namespace mixer {

std::vector<std::string> presetNames()
{
    return {"nano", "micro", "tiny", "small", "base"};
}

ModelConfig presetConfig(Family family, const std::string& name)
{
    MixerConfig network;
    network.family = family;
    network.scans = MixerConfig::defaultScans(family);
    network.topK = family == Family::Viqs ? 2 : 4;
    network.gate = family == Family::Viqs ? GateKind::Multires : GateKind::Linear;
    const bool isOurs = name == "nano" || name == "micro";
    if (name == "nano") {
        network.dims = {32, 48, 80, 96};
        network.tokenMixers = {{1}, {1}, {1}, {1}};
        network.channelInner = {48, 80, 120, 96};
    } else if (name == "micro") {
        const bool isViqs = family == Family::Viqs;
        network.dims = isViqs ? std::vector<int>{48, 96, 152, 176} : std::vector<int>{48, 96, 160, 192};
        network.tokenMixers = {{2}, {2}, {2, 2}, {1}};
        network.channelInner = isViqs ? std::vector<int>{96, 160, 240, 176} : std::vector<int>{96, 192, 240, 192};
    } else if (name == "tiny" || name == "small" || name == "base") {
        const bool isBase = name == "base";
        network.dims = isBase ? std::vector<int>{128, 256, 512, 1024} : std::vector<int>{96, 192, 384, 768};
        network.channelInner = isBase ? std::vector<int>{256, 512, 1024, 1024} : std::vector<int>{192, 384, 768, 768};
        network.tokenMixers = {{2}, {2}, std::vector<int>(name == "tiny" ? 3 : 9, 2), {2}};
    } else {
        throw Error(ErrorKind::Usage, "there is no preset '" + name + "'; expected nano, micro, tiny, small or base");
    }
    ModelConfig config;
    config.network = std::move(network);
    config.imageHeight = config.imageWidth = isOurs ? 64 : 224;
    return config;
}

}  // namespace mixer
