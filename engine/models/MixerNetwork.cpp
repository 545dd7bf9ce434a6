// SPDX-License-Identifier: MIT
#include "engine/models/MixerNetwork.h"

#include "engine/core/Error.h"
#include "engine/models/ForwardPass.h"
#include "engine/models/Layers.h"
#include "engine/models/Linear.h"

#include <ATen/ATen.h>

#include <optional>

namespace mixer {

MixMatrix::MixMatrix(const at::Tensor& matrix)
    : tensor(matrix)
{
    const at::Tensor host = matrix.detach().to(at::kCPU, at::kDouble).contiguous();
    const double* data = host.data_ptr<double>();
    for (std::int64_t row = 0; row < host.size(0); ++row, data += host.size(1))
        values.emplace_back(data, data + host.size(1));
}

namespace {

/// Adds weights[row][column] * y to the sum, or `edited` * y. A fixed weight of exactly 0 costs nothing, so a plain
/// residual network costs no sums.
void addWeighted(at::Tensor& sum, const MixMatrix& weights, std::size_t row, std::size_t column, const at::Tensor& y,
                 std::optional<double> edited)
{
    if (weights.tensor.requires_grad() && !edited) {
        const at::Tensor part = y * weights.tensor[static_cast<std::int64_t>(row)][static_cast<std::int64_t>(column)];
        sum = sum.defined() ? sum + part : part;
        return;
    }
    const double weight = edited.value_or(weights.values[row][column]);
    if (weight == 0)
        return;
    if (!sum.defined())
        sum = weight == 1 ? y : y * weight;
    else
        sum = at::add(sum, y, weight);
}

}  // namespace

MixerNetwork::Stage MixerNetwork::readStage(const MixerConfig& config, int stage, const WeightReader& weights,
                                            const CancelToken& cancel)
{
    Stage result;
    const std::int64_t channels = config.dims[stage];
    if (stage > 0) {
        const std::int64_t before = config.dims[stage - 1];
        const WeightReader downsample = weights.in("downsample");
        result.mergeNorm = LayerNorm(downsample, "norm", 4 * before);
        result.reduction = downsample.take("reduction.weight", {channels, 4 * before});
    }
    const auto& depths = config.tokenMixers[stage];
    const std::int64_t blocks = static_cast<std::int64_t>(depths.size());
    const WeightReader mix = weights.in("mix");
    result.mix.alpha = MixMatrix(mix.take("alpha", {blocks, blocks}));
    result.mix.beta = MixMatrix(mix.take("beta", {blocks, blocks}));
    result.mix.theta = MixMatrix(mix.take("theta", {blocks, blocks + 1}));
    result.mix.gamma = MixMatrix(mix.take("gamma", {blocks, blocks}));
    for (std::int64_t b = 0; b < blocks; ++b) {
        cancel.check();
        const WeightReader block = weights.in("blocks." + std::to_string(b));
        std::vector<SelectiveTokenMixer> tokenMixers;
        for (int m = 0; m < depths[b]; ++m)
            tokenMixers.emplace_back(config, stage, block.in("token_mixers." + std::to_string(m)));
        result.blocks.push_back({std::move(tokenMixers), {config, stage, block.in("channel_mixer")}});
    }
    return result;
}

MixerNetwork::MixerNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel)
    : MixerNetwork(checkpoint.config, WeightReader(checkpoint, options), c10::typeMetaToScalarType(options.dtype()),
                   cancel)
{
    m_parameterCounts = countParameters(checkpoint, mixers());
}

MixerNetwork::MixerNetwork(const ModelConfig& config, const WeightReader& weights, at::ScalarType type,
                           const CancelToken& cancel)
    : m_config(std::get<MixerConfig>(config.network))
    , m_type(type)
{
    const std::int64_t first = m_config.dims.front();
    const std::int64_t last = m_config.dims.back();
    m_stemWeight = weights.take("stem.proj.weight", {first, 3, kPatchSize, kPatchSize});
    m_stemBias = weights.take("stem.proj.bias", {first});
    m_stemNorm = LayerNorm(weights, "stem.norm", first);
    for (int stage = 0; stage < m_config.stageCount(); ++stage)
        m_stages.push_back(readStage(m_config, stage, weights.in("stages." + std::to_string(stage)), cancel));
    m_headNorm = LayerNorm(weights, "head.norm", last);
    m_headWeight = weights.take("head.fc.weight", {config.numClasses, last});
    m_headBias = weights.take("head.fc.bias", {config.numClasses});
    m_receipt = weights.finish();
}

at::Tensor MixerNetwork::runStage(int stageIndex, const at::Tensor& x, ForwardPass& pass) const
{
    const Stage& stage = m_stages[static_cast<std::size_t>(stageIndex)];
    std::vector<at::Tensor> yToken{x};    // y_T^(0), y_T^(1) ...
    std::vector<at::Tensor> yChannel{x};  // y_C^(0), y_C^(1) ...
    for (std::size_t l = 0; l < stage.blocks.size(); ++l) {
        const Block& block = stage.blocks[l];
        MixerId id;
        id.stage = stageIndex;
        id.block = static_cast<int>(l);

        const auto edited = [&](SetMixWeight::Matrix matrix, std::size_t column) {
            return pass.plan() ? pass.plan()->mixWeight(stageIndex, matrix, l, column) : std::nullopt;
        };
        using Matrix = SetMixWeight::Matrix;
        at::Tensor sum;
        for (std::size_t i = 0; i <= l; ++i) {
            addWeighted(sum, stage.mix.alpha, l, i, yToken[i], edited(Matrix::Alpha, i));
            addWeighted(sum, stage.mix.beta, l, i, yChannel[i], edited(Matrix::Beta, i));
        }
        at::Tensor y = sum.defined() ? sum : at::zeros_like(x);
        for (std::size_t m = 0; m < block.tokenMixers.size(); ++m) {
            id.index = static_cast<int>(m);
            y = pass.run(describe(id, y), y, [&](ScanChoice& choice, const MixerEdits* edits) {
                return block.tokenMixers[m].forward(y, choice, edits, pass.routerFactors(y));
            });
        }
        yToken.push_back(y);

        sum = at::Tensor();
        for (std::size_t i = 0; i <= l + 1; ++i)
            addWeighted(sum, stage.mix.theta, l, i, yToken[i], edited(Matrix::Theta, i));
        for (std::size_t i = 0; i <= l; ++i)
            addWeighted(sum, stage.mix.gamma, l, i, yChannel[i], edited(Matrix::Gamma, i));
        id.index = 0;
        id.isChannelMixer = true;
        y = sum.defined() ? sum : at::zeros_like(x);
        yChannel.push_back(pass.run(describe(id, y), y, [&](ScanChoice&, const MixerEdits* edits) {
            return block.channelMixer.forward(y, edits);
        }));
    }
    return yChannel.back();
}

at::Tensor MixerNetwork::forward(const at::Tensor& images, const ForwardContext& context) const
{
    requireImages(images, kPatchSize);
    ForwardPass pass(context, mixers().size());
    at::Tensor x = m_stemNorm(
        patchesOf(images.to(m_stemWeight.options().requires_grad(false)), m_stemWeight, m_stemBias, kPatchSize));
    for (int stage = 0; stage < m_config.stageCount(); ++stage) {
        const Stage& downsampled = m_stages[static_cast<std::size_t>(stage)];
        if (stage > 0)
            x = mixer::linear(downsampled.mergeNorm(mergedNeighbours(x)), downsampled.reduction);
        x = runStage(stage, x, pass);
    }
    return at::linear(m_headNorm(x).mean({1, 2}), m_headWeight, m_headBias);
}

MixerRecord MixerNetwork::describe(const MixerId& id, const at::Tensor& input) const
{
    MixerRecord record;
    record.id = id;
    if (input.defined()) {
        record.height = static_cast<int>(input.size(1));
        record.width = static_cast<int>(input.size(2));
    }
    record.channels = m_config.dims[id.stage];
    record.inner = id.isChannelMixer ? m_config.channelInner[id.stage] : m_config.inner(id.stage);
    return record;
}

std::vector<MixerRecord> MixerNetwork::mixers() const
{
    std::vector<MixerRecord> records;
    MixerId id;
    for (id.stage = 0; id.stage < m_config.stageCount(); ++id.stage) {
        const auto& depths = m_config.tokenMixers[id.stage];
        for (id.block = 0; id.block < static_cast<int>(depths.size()); ++id.block) {
            for (id.index = 0; id.index < depths[id.block]; ++id.index)
                records.push_back(describe(id));
            id.index = 0;
            id.isChannelMixer = true;
            records.push_back(describe(id));
            id.isChannelMixer = false;
        }
    }
    return records;
}

std::int64_t MixerNetwork::parameterCount(const MixerId& id) const
{
    const auto found = m_parameterCounts.find(id.name());
    return found == m_parameterCounts.end() ? 0 : found->second;
}

MixerParts MixerNetwork::parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                               const MixerEdits* edits) const
{
    MixerParts result;
    if (const SelectiveTokenMixer* mixer = tokenMixer(id)) {
        auto parts = mixer->parts(input, routing, edits);
        result.scans = std::move(parts.scans);
        result.outputGate = parts.outputGate;
        for (const int scan : routing.chosen)
            result.names.push_back(routing.scans[static_cast<std::size_t>(scan)]);
        return result;
    }
    const SelectiveChannelMixer* mixer = channelMixer(id);
    if (!mixer)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    auto parts = mixer->parts(input, edits);
    result.scans = std::move(parts.scans);
    result.outputGate = parts.outputGate;
    result.names = m_config.quasiSeparable() ? std::vector<std::string>{"both"}
                                             : std::vector<std::string>{"forward", "backward"};
    return result;
}

const MixerNetwork::Block* MixerNetwork::block(const MixerId& id) const
{
    if (id.stage < 0 || id.stage >= static_cast<int>(m_stages.size()))
        return nullptr;
    const auto& blocks = m_stages[static_cast<std::size_t>(id.stage)].blocks;
    if (id.block < 0 || id.block >= static_cast<int>(blocks.size()))
        return nullptr;
    return &blocks[static_cast<std::size_t>(id.block)];
}

const SelectiveTokenMixer* MixerNetwork::tokenMixer(const MixerId& id) const
{
    const Block* found = id.isChannelMixer ? nullptr : block(id);
    if (!found || id.index < 0 || id.index >= static_cast<int>(found->tokenMixers.size()))
        return nullptr;
    return &found->tokenMixers[static_cast<std::size_t>(id.index)];
}

const SelectiveChannelMixer* MixerNetwork::channelMixer(const MixerId& id) const
{
    const Block* found = id.isChannelMixer && id.index == 0 ? block(id) : nullptr;
    return found ? &found->channelMixer : nullptr;
}

}  // namespace mixer
