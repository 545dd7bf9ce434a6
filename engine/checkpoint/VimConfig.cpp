// SPDX-License-Identifier: MIT
#include "engine/checkpoint/VimConfig.h"

namespace mixer {

namespace {

constexpr int kMaxLayers = 1024;
constexpr int kMaxDim = 16384;
constexpr int kMaxWidth = 262144;
constexpr int kMaxState = 256;
constexpr int kMaxConv = 64;
constexpr int kMaxPatch = 256;
constexpr int kMaxGrid = 1 << 20;

using Problem = std::optional<std::string>;

Problem outside(const char* key, int value, int low, int high)
{
    if (value >= low && value <= high)
        return std::nullopt;
    return std::string(key) + " must be from " + std::to_string(low) + " to " + std::to_string(high) + ", found "
        + std::to_string(value);
}

}  // namespace

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
        if (auto problem = outside(range.key, range.value, range.low, range.high))
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
