// SPDX-License-Identifier: MIT
#include "engine/checkpoint/VimConfig.h"

#include "engine/checkpoint/FamilyJson.h"

#include <algorithm>
#include <array>

namespace mixer {

namespace {

constexpr int kMaxLayers = 1024;
constexpr int kMaxDim = 16384;
constexpr int kMaxWidth = 262144;
constexpr int kMaxState = 256;
constexpr int kMaxConv = 64;
constexpr int kMaxPatch = 256;
constexpr int kMaxGrid = 4096;

using checkpoint::checkRange;
using checkpoint::ConfigReader;
using checkpoint::word;
using checkpoint::Words;

constexpr Words<VimConfig::Directions, 3> kDirections = {{{"two", VimConfig::Directions::Two},
                                                          {"shared", VimConfig::Directions::SharedTwo},
                                                          {"one", VimConfig::Directions::One}}};
constexpr Words<VimConfig::Norm, 2> kNorms = {{{"rms", VimConfig::Norm::Rms}, {"layer", VimConfig::Norm::Layer}}};
constexpr Words<VimConfig::ClassToken, 4> kClassTokens = {{{"middle", VimConfig::ClassToken::Middle},
                                                           {"first", VimConfig::ClassToken::First},
                                                           {"both", VimConfig::ClassToken::Both},
                                                           {"none", VimConfig::ClassToken::None}}};
constexpr Words<VimConfig::Pool, 3> kPools
    = {{{"mean", VimConfig::Pool::Mean}, {"last", VimConfig::Pool::Last}, {"max", VimConfig::Pool::Max}}};

}  // namespace

void checkpoint::writeJson(const VimConfig& config, nlohmann::ordered_json& result)
{
    result["arch"] = "vim";
    result["depth"] = config.depth;
    result["dim"] = config.dim;
    result["inner"] = config.inner;
    result["d_state"] = config.dState;
    result["dt_rank"] = config.dtRank;
    result["conv"] = config.convKernel;
    result["conv_bias"] = config.convBias;
    result["proj_bias"] = config.projBias;
    result["directions"] = word(kDirections, config.directions);
    result["halved"] = config.halved;
    result["layer_scale"] = config.layerScale;
    result["norm"] = word(kNorms, config.norm);
    result["patch_size"] = config.patchSize;
    if (config.strideKnown)
        result["stride"] = config.stride;
    result["class_token"] = word(kClassTokens, config.classToken);
    result["pool"] = word(kPools, config.pool);
    result["pos_embed"] = nullptr;
    if (config.hasPosEmbed)
        result["pos_embed"] = {config.gridHeight, config.gridWidth};
}

void checkpoint::readJson(ConfigReader& reader, VimConfig& config)
{
    reader.find("arch");
    reader.read("depth", config.depth);
    reader.read("dim", config.dim);
    reader.read("inner", config.inner);
    reader.read("d_state", config.dState);
    reader.read("dt_rank", config.dtRank);
    reader.read("conv", config.convKernel);
    reader.read("conv_bias", config.convBias);
    reader.read("proj_bias", config.projBias);
    reader.read("directions", kDirections, config.directions);
    reader.read("halved", config.halved);
    reader.read("layer_scale", config.layerScale);
    reader.read("norm", kNorms, config.norm);
    reader.read("patch_size", config.patchSize);
    config.stride = std::min(config.stride, config.patchSize);
    config.strideKnown = reader.read("stride", config.stride) || config.strideKnown;
    reader.read("class_token", kClassTokens, config.classToken);
    reader.read("pool", kPools, config.pool);
    if (reader.readGrid("pos_embed", config.gridHeight, config.gridWidth))
        config.hasPosEmbed = config.gridHeight > 0;
}

void checkpoint::addDeviations(const VimConfig& config, Deviations& result)
{
    result.compare("d_state", std::to_string(config.dState), "16");
    result.compare("directions", word(kDirections, config.directions), "two");
    result.compare("halved", config.halved ? "true" : "false", "true");
    result.compare("norm", word(kNorms, config.norm), "rms");
    result.compare("class_token", word(kClassTokens, config.classToken), "middle");
    result.compare("patch_size", std::to_string(config.patchSize), "16");
}

std::string VimConfig::sizeName() const
{
    if (depth != 24)
        return "";
    return dim == 192 ? "tiny" : dim == 384 ? "small" : dim == 768 ? "base" : "";
}

int VimConfig::classTokenCount() const
{
    return classToken == ClassToken::None ? 0 : classToken == ClassToken::Both ? 2 : 1;
}

std::vector<int> VimConfig::classTokens(int tokens) const
{
    switch (classToken) {
    case ClassToken::None:
        break;
    case ClassToken::First:
        return {0};
    case ClassToken::Middle:
        return {tokens / 2};
    case ClassToken::Both:
        return {0, tokens + 1};
    }
    return {};
}

std::vector<std::string> VimConfig::scanNames() const
{
    if (directions == Directions::One)
        return {"forward"};
    return {"forward", "backward"};
}

std::optional<std::string> VimConfig::problem() const
{
    struct Range {
        const char* key;
        int value, low, high;
    };
    const Range ranges[] = {
        {"depth", depth, 1, kMaxLayers},
        {"dim", dim, 1, kMaxDim},
        {"inner", inner, 1, kMaxWidth},
        {"d_state", dState, 1, kMaxState},
        {"dt_rank", dtRank, 1, kMaxDim},
        {"conv", convKernel, 1, kMaxConv},
        {"patch_size", patchSize, 1, kMaxPatch},
        {"stride", stride, 1, patchSize},
        {"pos_embed[0]", gridHeight, hasPosEmbed ? 1 : 0, kMaxGrid},
        {"pos_embed[1]", gridWidth, hasPosEmbed ? 1 : 0, kMaxGrid},
    };
    for (const Range& range : ranges)
        if (auto problem = checkRange(range.key, range.value, range.low, range.high))
            return problem;
    return std::nullopt;
}

bool VimConfig::operator==(const VimConfig& o) const
{
    return depth == o.depth && dim == o.dim && inner == o.inner && dState == o.dState && dtRank == o.dtRank
        && convKernel == o.convKernel && convBias == o.convBias && projBias == o.projBias && directions == o.directions
        && halved == o.halved && layerScale == o.layerScale && norm == o.norm && patchSize == o.patchSize
        && stride == o.stride && strideKnown == o.strideKnown && classToken == o.classToken && pool == o.pool
        && hasPosEmbed == o.hasPosEmbed && gridHeight == o.gridHeight && gridWidth == o.gridWidth;
}

}  // namespace mixer
