// SPDX-License-Identifier: MIT
#include "engine/models/VimNetwork.h"

#include "engine/core/Error.h"
#include "engine/models/ForwardPass.h"
#include "engine/models/Layers.h"

#include <ATen/ATen.h>

namespace mixer {

using ClassToken = VimConfig::ClassToken;
using Pool = VimConfig::Pool;

VimNetwork::VimNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel)
    : m_config(std::get<VimConfig>(checkpoint.config.network))
    , m_type(c10::typeMetaToScalarType(options.dtype()))
{
    const WeightReader weights(checkpoint, options);
    const std::int64_t dim = m_config.dim;
    const std::int64_t patch = m_config.patchSize;
    m_patchWeight = weights.take("patch_embed.proj.weight", {dim, 3, patch, patch});
    m_patchBias = weights.take("patch_embed.proj.bias", {dim});
    if (m_config.classToken == ClassToken::Both)
        m_classTokens = {weights.take("cls_token_head", {1, 1, dim}), weights.take("cls_token_tail", {1, 1, dim})};
    else if (m_config.classToken != ClassToken::None)
        m_classTokens = {weights.take("cls_token", {1, 1, dim})};
    if (m_config.hasPosEmbed) {
        const std::int64_t tokens = std::int64_t{m_config.gridHeight} * m_config.gridWidth;
        m_posEmbed = weights.take("pos_embed", {1, tokens + m_config.classTokenCount(), dim});
    }
    for (int layer = 0; layer < m_config.depth; ++layer) {
        cancel.check();
        m_layers.emplace_back(m_config, weights.in("layers." + std::to_string(layer)));
    }
    m_norm = RmsOrLayerNorm(weights, "norm_f", dim, m_config.norm);
    m_headWeight = weights.take("head.weight", {checkpoint.config.numClasses, dim});
    m_headBias = weights.take("head.bias", {checkpoint.config.numClasses});
    m_receipt = weights.finish();
    m_parameterCounts = countParameters(checkpoint, mixers());
}

bool VimNetwork::isTrainedGrid(Grid grid) const
{
    if (grid.height == m_config.gridHeight && grid.width == m_config.gridWidth)
        return true;
    // Only a square is told by the number of tokens; of any other grid, all that is known is how many it has.
    return !m_config.strideKnown && m_config.gridHeight != m_config.gridWidth
        && grid.height * grid.width == std::int64_t{m_config.gridHeight} * m_config.gridWidth;
}

std::int64_t VimNetwork::strideFor(const at::Tensor& images) const
{
    const std::int64_t patch = m_config.patchSize;
    const auto fits = [&](std::int64_t stride) {
        return isTrainedGrid({(images.size(2) - patch) / stride + 1, (images.size(3) - patch) / stride + 1});
    };
    if (m_config.strideKnown || !m_config.hasPosEmbed || fits(m_config.stride))
        return m_config.stride;
    for (std::int64_t stride = patch; stride > 1 && stride >= patch / 4; stride /= 2)
        if (fits(stride))
            return stride;
    return m_config.stride;
}

/// The position embedding on another grid than the one it was trained on.
at::Tensor VimNetwork::positionsFor(Grid grid) const
{
    if (isTrainedGrid(grid))
        return m_posEmbed;
    const int tokens = m_config.gridHeight * m_config.gridWidth;
    std::vector<at::Tensor> ofClassTokens;
    std::vector<at::Tensor> ofPatches;
    std::int64_t next = 0;
    for (const int place : m_config.classTokens(tokens)) {
        ofPatches.push_back(m_posEmbed.narrow(1, next, place - next));
        ofClassTokens.push_back(m_posEmbed.narrow(1, place, 1));
        next = place + 1;
    }
    ofPatches.push_back(m_posEmbed.narrow(1, next, m_posEmbed.size(1) - next));
    const at::Tensor map
        = at::cat(ofPatches, 1).view({1, m_config.gridHeight, m_config.gridWidth, m_config.dim}).permute({0, 3, 1, 2});
    const at::Tensor resampled
        = at::upsample_bicubic2d(map.contiguous(), {grid.height, grid.width}, /*align_corners=*/false)
              .flatten(2)
              .transpose(1, 2);
    std::vector<at::Tensor> pieces;
    next = 0;
    const std::vector<int> places = m_config.classTokens(static_cast<int>(grid.height * grid.width));
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::int64_t before = places[i] - static_cast<std::int64_t>(i);  // patches in front of it
        pieces.push_back(resampled.narrow(1, next, before - next));
        pieces.push_back(ofClassTokens[i]);
        next = before;
    }
    pieces.push_back(resampled.narrow(1, next, resampled.size(1) - next));
    return at::cat(pieces, 1);
}

/// patches (B, tokens, D): with the class tokens among them and their positions added.
at::Tensor VimNetwork::embedded(const at::Tensor& patches, Grid grid) const
{
    std::vector<at::Tensor> pieces;
    std::int64_t next = 0;
    const std::vector<int> places = m_config.classTokens(static_cast<int>(patches.size(1)));
    for (std::size_t i = 0; i < places.size(); ++i) {
        const std::int64_t before = places[i] - static_cast<std::int64_t>(i);
        pieces.push_back(patches.narrow(1, next, before - next));
        pieces.push_back(m_classTokens[i].expand({patches.size(0), 1, m_config.dim}));
        next = before;
    }
    pieces.push_back(patches.narrow(1, next, patches.size(1) - next));
    const at::Tensor x = at::cat(pieces, 1);
    return m_posEmbed.defined() ? x + positionsFor(grid) : x;
}

/// x (B,T,D), normalized, to logits: of the class token, their mean where there are two, or of what stands in for one.
at::Tensor VimNetwork::pooled(const at::Tensor& x) const
{
    const std::int64_t last = x.size(1) - 1;
    if (!m_classTokens.empty()) {
        const std::vector<int> places = m_config.classTokens(static_cast<int>(x.size(1)) - m_config.classTokenCount());
        at::Tensor features = x.select(1, places.front());
        if (places.size() == 2)
            features = (features + x.select(1, places.back())) / 2;
        return at::linear(features, m_headWeight, m_headBias);
    }
    if (m_config.pool == Pool::Max)
        return std::get<0>(at::linear(x, m_headWeight, m_headBias).max(1));
    return at::linear(m_config.pool == Pool::Mean ? x.mean(1) : x.select(1, last), m_headWeight, m_headBias);
}

at::Tensor VimNetwork::forward(const at::Tensor& images, const ForwardContext& context) const
{
    requireImages(images, m_config.patchSize);
    ForwardPass pass(context, m_layers.size());
    const at::Tensor typed = images.to(m_patchWeight.options());
    const std::int64_t stride = strideFor(images);
    const at::Tensor patches = stride == m_config.patchSize
        ? patchesOf(typed, m_patchWeight, m_patchBias, m_config.patchSize)
        : at::conv2d(typed, m_patchWeight, m_patchBias, stride).permute({0, 2, 3, 1});
    const Grid grid{patches.size(1), patches.size(2)};
    at::Tensor x = embedded(patches.flatten(1, 2), grid);
    for (std::size_t layer = 0; layer < m_layers.size(); ++layer) {
        x = pass.run(
            describe(static_cast<int>(layer), grid, stride), x,
            [&](ScanChoice& choice, const MixerEdits* edits) { return m_layers[layer].forward(x, choice, edits); });
    }
    return pooled(m_norm(x));
}

MixerRecord VimNetwork::describe(int layer, Grid grid, std::int64_t stride) const
{
    MixerRecord record;
    record.id.family = MixerId::Family::Vim;
    record.id.block = layer;
    record.height = static_cast<int>(grid.height);
    record.width = static_cast<int>(grid.width);
    if (record.tokenCount() > 0)
        record.classTokens = m_config.classTokens(record.tokenCount());
    record.cell = {static_cast<int>(stride), static_cast<int>(m_config.patchSize - stride) / 2};
    record.channels = m_config.dim;
    record.inner = m_config.inner;
    return record;
}

std::vector<MixerRecord> VimNetwork::mixers() const
{
    std::vector<MixerRecord> records;
    for (int layer = 0; layer < m_config.depth; ++layer)
        records.push_back(describe(layer, {}, m_config.stride));
    return records;
}

std::int64_t VimNetwork::parameterCount(const MixerId& id) const
{
    const auto found = m_parameterCounts.find(id.name());
    return found == m_parameterCounts.end() ? 0 : found->second;
}

MixerParts VimNetwork::parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                             const MixerEdits* edits) const
{
    if (id.family != MixerId::Family::Vim || id.block < 0 || id.block >= static_cast<int>(m_layers.size()))
        throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    return m_layers[static_cast<std::size_t>(id.block)].parts(input, routing, edits);
}

}  // namespace mixer
