// SPDX-License-Identifier: MIT
#include "engine/training/Presets.h"

#include "engine/core/Error.h"

namespace mixer {

std::vector<std::string> presetNames()
{
    return {"nano", "micro", "tiny", "small", "base"};
}

ModelConfig presetConfig(Family family, const std::string& name)
{
    ModelConfig config;
    config.family = family;
    config.scans = ModelConfig::defaultScans(family);
    config.topK = family == Family::Viqs ? 2 : 4;
    config.gate = family == Family::Viqs ? GateKind::Multires : GateKind::Linear;
    const bool isOurs = name == "nano" || name == "micro";
    config.imageHeight = config.imageWidth = isOurs ? 64 : 224;
    if (name == "nano") {
        config.dims = {32, 48, 80, 96};
        config.tokenMixers = {{1}, {1}, {1}, {1}};
        config.channelInner = {48, 80, 120, 96};
    } else if (name == "micro") {
        const bool isViqs = family == Family::Viqs;
        config.dims = isViqs ? std::vector<int>{48, 96, 152, 176} : std::vector<int>{48, 96, 160, 192};
        config.tokenMixers = {{2}, {2}, {2, 2}, {1}};
        config.channelInner = isViqs ? std::vector<int>{96, 160, 240, 176} : std::vector<int>{96, 192, 240, 192};
    } else if (name == "tiny" || name == "small" || name == "base") {
        const bool isBase = name == "base";
        config.dims = isBase ? std::vector<int>{128, 256, 512, 1024} : std::vector<int>{96, 192, 384, 768};
        config.channelInner = isBase ? std::vector<int>{256, 512, 1024, 1024} : std::vector<int>{192, 384, 768, 768};
        config.tokenMixers = {{2}, {2}, std::vector<int>(name == "tiny" ? 3 : 9, 2), {2}};
    } else {
        throw Error(ErrorKind::Usage, "there is no preset '" + name + "'; expected nano, micro, tiny, small or base");
    }
    return config;
}

}  // namespace mixer
