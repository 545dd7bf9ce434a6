// SPDX-License-Identifier: MIT
#include "engine/checkpoint/VMambaConfig.h"

#include <cstddef>

namespace mixer {

namespace {

// Far above any network that was trained, low enough that products of them fit 64 bits.
constexpr int kMaxStages = 16;
constexpr int kMaxBlocks = 512;
constexpr int kMaxDim = 16384;
constexpr int kMaxWidth = 262144;
constexpr int kMaxState = 256;
constexpr int kMaxConv = 7;  // of the depth-wise kernel
constexpr int kMaxPatch = 256;
constexpr int kMaxGrid = 4096;

using Problem = std::optional<std::string>;

Problem outside(const std::string& key, int value, int low, int high)
{
    if (value >= low && value <= high)
        return std::nullopt;
    return key + " must be from " + std::to_string(low) + " to " + std::to_string(high) + ", found "
        + std::to_string(value);
}

Problem stageProblem(const VMambaConfig::Stage& stage, std::size_t index)
{
    const std::string place = "[" + std::to_string(index) + "]";
    if (auto problem = outside("dims" + place, stage.dim, 1, kMaxDim))
        return problem;
    if (auto problem = outside("depths" + place, stage.depth, 1, kMaxBlocks))
        return problem;
    if (auto problem = outside("inner" + place, stage.inner, 1, kMaxWidth))
        return problem;
    if (auto problem = outside("dt_rank" + place, stage.dtRank, 1, kMaxDim))
        return problem;
    return outside("mlp_hidden" + place, stage.mlpHidden, 0, kMaxWidth);
}

}  // namespace

std::string VMambaConfig::version() const
{
    const bool first = !stages.empty() && stages.front().mlpHidden == 0 && gate == Gate::Activated && convBias
        && convKernel == 3 && outNorm == OutNorm::Layer && scan == Scan::Cross && downsample == Downsample::Merge
        && patchEmbed == PatchEmbed::Patches;
    return first ? "v0" : "v2";
}

std::vector<std::string> VMambaConfig::scanNames() const
{
    if (scan == Scan::OneWay)
        return {"row", "row (2)", "row (3)", "row (4)"};
    if (scan == Scan::TwoWays)
        return {"row", "row (2)", "row-reverse", "row-reverse (2)"};
    return {"row", "column", "row-reverse", "column-reverse"};
}

std::optional<std::string> VMambaConfig::problem() const
{
    if (auto problem = outside("the number of stages in dims", static_cast<int>(stages.size()), 1, kMaxStages))
        return problem;
    for (std::size_t i = 0; i < stages.size(); ++i)
        if (auto problem = stageProblem(stages[i], i))
            return problem;
    if (auto problem = outside("d_state", dState, 1, kMaxState))
        return problem;
    if (convKernel != 0 && convKernel % 2 == 0)
        return "conv must be odd, or 0 for none, found " + std::to_string(convKernel);
    if (auto problem = outside("conv", convKernel, 0, kMaxConv))
        return problem;
    if (auto problem = outside("patch_size", patchSize, 1, kMaxPatch))
        return problem;
    if (patchEmbed == PatchEmbed::Convolutions && patchSize % 2 != 0)
        return "patch_size must be even with two convolutions, found " + std::to_string(patchSize);
    if (auto problem = outside("pos_embed[0]", posHeight, 0, kMaxGrid))
        return problem;
    return outside("pos_embed[1]", posWidth, posHeight > 0 ? 1 : 0, kMaxGrid);
}

bool VMambaConfig::operator==(const VMambaConfig& o) const
{
    return stages == o.stages && dState == o.dState && convKernel == o.convKernel && convBias == o.convBias
        && projBias == o.projBias && gate == o.gate && activation == o.activation && outNorm == o.outNorm
        && outGelu == o.outGelu && scan == o.scan && gatedMlp == o.gatedMlp && mlpActivation == o.mlpActivation
        && postNorm == o.postNorm && patchEmbed == o.patchEmbed && patchSize == o.patchSize && patchNorm == o.patchNorm
        && downsample == o.downsample && posHeight == o.posHeight && posWidth == o.posWidth;
}

}  // namespace mixer
