// SPDX-License-Identifier: MIT
#include "engine/models/VMambaNetwork.h"

#include "engine/core/Error.h"
#include "engine/models/ForwardPass.h"
#include "engine/models/Layers.h"

#include <ATen/ATen.h>

namespace mixer {

namespace {

using PatchEmbed = VMambaConfig::PatchEmbed;
using Sampling = VMambaConfig::Downsample;

at::Tensor channelsLast(const at::Tensor& x)
{
    return x.permute({0, 2, 3, 1}).contiguous();
}

at::Tensor channelsFirst(const at::Tensor& x)
{
    return x.permute({0, 3, 1, 2});
}

}  // namespace

VMambaNetwork::VMambaNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel)
    : m_config(std::get<VMambaConfig>(checkpoint.config.network))
    , m_type(c10::typeMetaToScalarType(options.dtype()))
{
    const WeightReader weights(checkpoint, options);
    readPatchEmbed(weights);
    const std::int64_t last = m_config.stages.back().dim;
    for (int stage = 0; stage < static_cast<int>(m_config.stages.size()); ++stage)
        m_stages.push_back(readStage(stage, weights.in("layers." + std::to_string(stage)), cancel));
    m_headNorm = LayerNorm(weights, "classifier.norm", last);
    m_headWeight = weights.take("classifier.head.weight", {checkpoint.config.numClasses, last});
    m_headBias = weights.take("classifier.head.bias", {checkpoint.config.numClasses});
    m_receipt = weights.finish();
    m_parameterCounts = countParameters(checkpoint, mixers());
}

void VMambaNetwork::readPatchEmbed(const WeightReader& weights)
{
    const std::int64_t dim = m_config.stages.front().dim;
    const std::int64_t patch = m_config.patchSize;
    const WeightReader embed = weights.in("patch_embed");
    if (m_config.patchEmbed == PatchEmbed::Patches) {
        m_patchWeight = embed.take("0.weight", {dim, 3, patch, patch});
        m_patchBias = embed.take("0.bias", {dim});
        if (m_config.patchNorm)
            m_patchNorm = LayerNorm(embed, "2", dim);
    } else {
        const std::int64_t kernel = patch / 2 + 1;
        m_patchWeight = embed.take("0.weight", {dim / 2, 3, kernel, kernel});
        m_patchBias = embed.take("0.bias", {dim / 2});
        m_patchWeight2 = embed.take("5.weight", {dim, dim / 2, kernel, kernel});
        m_patchBias2 = embed.take("5.bias", {dim});
        if (m_config.patchNorm) {
            m_patchNorm = LayerNorm(embed, "2", dim / 2);
            m_patchNorm2 = LayerNorm(embed, "7", dim);
        }
    }
    if (m_config.posHeight > 0)
        m_posEmbed = weights.take("pos_embed", {1, dim, m_config.posHeight, m_config.posWidth});
}

VMambaNetwork::Stage VMambaNetwork::readStage(int stage, const WeightReader& weights, const CancelToken& cancel) const
{
    const VMambaConfig::Stage& sizes = m_config.stages[static_cast<std::size_t>(stage)];
    Stage result;
    for (int b = 0; b < sizes.depth; ++b) {
        cancel.check();
        const WeightReader block = weights.in("blocks." + std::to_string(b));
        Mlp mlp;
        if (sizes.mlpHidden > 0) {
            const std::int64_t hidden = sizes.mlpHidden;
            const std::int64_t rows = m_config.gatedMlp ? 2 * hidden : hidden;
            mlp.norm = LayerNorm(block, "norm2", sizes.dim);
            mlp.fc1Weight = takeLinear(block, "mlp.fc1.weight", rows, sizes.dim);
            mlp.fc1Bias = block.take("mlp.fc1.bias", {rows});
            mlp.fc2Weight = takeLinear(block, "mlp.fc2.weight", sizes.dim, hidden);
            mlp.fc2Bias = block.take("mlp.fc2.bias", {sizes.dim});
        }
        result.blocks.push_back({CrossScanMixer(m_config, stage, block), std::move(mlp)});
    }
    if (stage + 1 == static_cast<int>(m_config.stages.size()))
        return result;
    const std::int64_t dim = sizes.dim;
    const std::int64_t next = m_config.stages[static_cast<std::size_t>(stage) + 1].dim;
    const WeightReader downsample = weights.in("downsample");
    if (m_config.downsample == Sampling::Merge) {
        result.downsample.norm = LayerNorm(downsample, "1", 4 * dim);
        result.downsample.weight = takeLinear(downsample, "2.weight", next, 4 * dim);
        return result;
    }
    const std::int64_t kernel = m_config.downsample == Sampling::Patches ? 2 : 3;
    result.downsample.weight = downsample.take("1.weight", {next, dim, kernel, kernel});
    result.downsample.bias = downsample.take("1.bias", {next});
    result.downsample.norm = LayerNorm(downsample, "3", next);
    return result;
}

at::Tensor VMambaNetwork::embedPatches(const at::Tensor& images) const
{
    const std::int64_t patch = m_config.patchSize;
    at::Tensor x;
    if (m_config.patchEmbed == PatchEmbed::Patches) {
        x = patchesOf(images, m_patchWeight, m_patchBias, patch);
        if (m_config.patchNorm)
            x = m_patchNorm(x);
    } else {
        const std::int64_t stride = patch / 2;
        x = channelsLast(at::conv2d(images, m_patchWeight, m_patchBias, stride, 1));
        if (m_config.patchNorm)
            x = m_patchNorm(x);
        x = channelsLast(at::conv2d(channelsFirst(at::gelu(x)), m_patchWeight2, m_patchBias2, stride, 1));
        if (m_config.patchNorm)
            x = m_patchNorm2(x);
    }
    if (!m_posEmbed.defined())
        return x;
    at::Tensor embedding = m_posEmbed;
    if (x.size(1) != m_config.posHeight || x.size(2) != m_config.posWidth)
        embedding = at::upsample_bicubic2d(m_posEmbed, {x.size(1), x.size(2)}, /*align_corners=*/false);
    return x + channelsLast(embedding);
}

at::Tensor VMambaNetwork::runMlp(const Mlp& mlp, const at::Tensor& x) const
{
    at::Tensor hidden = at::linear(m_config.postNorm ? x : mlp.norm(x), mlp.fc1Weight, mlp.fc1Bias);
    if (m_config.gatedMlp) {
        const std::int64_t width = hidden.size(3) / 2;
        hidden = hidden.narrow(3, 0, width) * activated(hidden.narrow(3, width, width), m_config.mlpActivation);
    } else {
        hidden = activated(hidden, m_config.mlpActivation);
    }
    const at::Tensor out = at::linear(hidden, mlp.fc2Weight, mlp.fc2Bias);
    return x + (m_config.postNorm ? mlp.norm(out) : out);
}

at::Tensor VMambaNetwork::downsampled(const Downsample& step, const at::Tensor& x) const
{
    if (m_config.downsample == Sampling::Merge)
        return at::linear(step.norm(mergedNeighbours(x)), step.weight);
    const std::int64_t padding = m_config.downsample == Sampling::Convolution ? 1 : 0;
    if (x.size(1) + 2 * padding < step.weight.size(2) || x.size(2) + 2 * padding < step.weight.size(3))
        throw Error(ErrorKind::Image,
                    "the picture is too small for this network: a grid of " + std::to_string(x.size(1)) + " x "
                        + std::to_string(x.size(2)) + " tokens cannot be halved again");
    return step.norm(channelsLast(at::conv2d(channelsFirst(x), step.weight, step.bias, /*stride=*/2, padding)));
}

at::Tensor VMambaNetwork::forward(const at::Tensor& images, const ForwardContext& context) const
{
    requireImages(images, m_config.patchSize);
    ForwardPass pass(context, mixers().size());
    at::Tensor x = embedPatches(images.to(m_patchWeight.options()));
    MixerId id;
    id.family = MixerId::Family::VMamba;
    for (std::size_t stage = 0; stage < m_stages.size(); ++stage) {
        id.stage = static_cast<int>(stage);
        for (std::size_t b = 0; b < m_stages[stage].blocks.size(); ++b) {
            const Block& block = m_stages[stage].blocks[b];
            id.block = static_cast<int>(b);
            x = pass.run(describe(id, x), x, [&](ScanChoice& choice, const MixerEdits* edits) {
                return block.mixer.forward(x, choice, edits);
            });
            if (block.mlp.fc1Weight.defined())
                x = runMlp(block.mlp, x);
        }
        if (stage + 1 < m_stages.size())
            x = downsampled(m_stages[stage].downsample, x);
    }
    return at::linear(m_headNorm(x).mean({1, 2}), m_headWeight, m_headBias);
}

MixerRecord VMambaNetwork::describe(const MixerId& id, const at::Tensor& input) const
{
    MixerRecord record;
    record.id = id;
    if (input.defined()) {
        record.height = static_cast<int>(input.size(1));
        record.width = static_cast<int>(input.size(2));
    }
    record.cell.side = m_config.patchSize << id.stage;
    record.channels = m_config.stages[static_cast<std::size_t>(id.stage)].dim;
    record.inner = m_config.stages[static_cast<std::size_t>(id.stage)].inner;
    return record;
}

std::vector<MixerRecord> VMambaNetwork::mixers() const
{
    std::vector<MixerRecord> records;
    MixerId id;
    id.family = MixerId::Family::VMamba;
    for (id.stage = 0; id.stage < static_cast<int>(m_config.stages.size()); ++id.stage)
        for (id.block = 0; id.block < m_config.stages[static_cast<std::size_t>(id.stage)].depth; ++id.block)
            records.push_back(describe(id));
    return records;
}

std::int64_t VMambaNetwork::parameterCount(const MixerId& id) const
{
    const auto found = m_parameterCounts.find(id.name());
    return found == m_parameterCounts.end() ? 0 : found->second;
}

MixerParts VMambaNetwork::parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                                const MixerEdits* edits) const
{
    const bool isHere = id.family == MixerId::Family::VMamba && id.stage >= 0
        && id.stage < static_cast<int>(m_stages.size()) && id.block >= 0
        && id.block < static_cast<int>(m_stages[static_cast<std::size_t>(id.stage)].blocks.size());
    if (!isHere)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    const Block& block = m_stages[static_cast<std::size_t>(id.stage)].blocks[static_cast<std::size_t>(id.block)];
    return block.mixer.parts(input, routing, edits);
}

}  // namespace mixer
