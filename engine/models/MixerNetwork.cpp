// SPDX-License-Identifier: MIT
#include "engine/models/MixerNetwork.h"

#include "engine/core/Error.h"
#include "engine/models/ForwardPass.h"

#include <ATen/ATen.h>

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

/// Adds weights[row][column] * y to the sum. A fixed weight of exactly 0 costs nothing, so a plain residual network
/// costs no sums.
void addWeighted(at::Tensor& sum, const MixMatrix& weights, std::size_t row, std::size_t column, const at::Tensor& y)
{
    if (weights.tensor.requires_grad()) {
        const at::Tensor part = y * weights.tensor[static_cast<std::int64_t>(row)][static_cast<std::int64_t>(column)];
        sum = sum.defined() ? sum + part : part;
        return;
    }
    const double weight = weights.values[row][column];
    if (weight == 0)
        return;
    if (!sum.defined())
        sum = weight == 1 ? y : y * weight;
    else
        sum = at::add(sum, y, weight);
}

std::map<std::string, std::int64_t> countMixerParameters(const Checkpoint& checkpoint)
{
    std::map<std::string, std::int64_t> counts;
    for (const TensorInfo& info : checkpoint.file->tensors()) {
        const std::string name = checkpoint.shortName(info);
        for (const char* part : {".token_mixers.", ".channel_mixer."}) {
            std::size_t end = name.find(part);
            if (end == std::string::npos)
                continue;
            end += std::string(part).size();
            const bool isToken = part[1] == 't';
            const std::size_t stop = isToken ? name.find('.', end) : end - 1;
            counts[name.substr(0, stop)] += info.elementCount();
        }
    }
    return counts;
}

}  // namespace

MixerNetwork::Stage MixerNetwork::readStage(const ModelConfig& config, int stage, const WeightReader& weights,
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
    : m_config(checkpoint.config)
    , m_type(c10::typeMetaToScalarType(options.dtype()))
    , m_parameterCounts(countMixerParameters(checkpoint))
{
    const WeightReader weights(checkpoint, options);
    const std::int64_t first = m_config.dims.front();
    const std::int64_t last = m_config.dims.back();
    m_stemWeight = weights.take("stem.proj.weight", {first, 3, kPatchSize, kPatchSize});
    m_stemBias = weights.take("stem.proj.bias", {first});
    m_stemNorm = LayerNorm(weights, "stem.norm", first);
    for (int stage = 0; stage < m_config.stageCount(); ++stage)
        m_stages.push_back(readStage(m_config, stage, weights.in("stages." + std::to_string(stage)), cancel));
    m_headNorm = LayerNorm(weights, "head.norm", last);
    m_headWeight = weights.take("head.fc.weight", {m_config.numClasses, last});
    m_headBias = weights.take("head.fc.bias", {m_config.numClasses});
    m_receipt = weights.finish();
}

at::Tensor MixerNetwork::embedPatches(const at::Tensor& images) const
{
    constexpr std::int64_t k = kPatchSize;
    const std::int64_t height = images.size(2) / k;
    const std::int64_t width = images.size(3) / k;
    // Stride equals the kernel's size, so the convolution is one matrix product over whole patches.
    const at::Tensor patches = images.narrow(2, 0, height * k)
                                   .narrow(3, 0, width * k)
                                   .reshape({images.size(0), 3, height, k, width, k})
                                   .permute({0, 2, 4, 1, 3, 5})
                                   .reshape({images.size(0), height, width, 3 * k * k});
    return m_stemNorm(at::linear(patches, m_stemWeight.flatten(1), m_stemBias));
}

at::Tensor MixerNetwork::mergePatches(const Stage& stage, const at::Tensor& x)
{
    const std::int64_t padRight = x.size(2) % 2;
    const std::int64_t padBottom = x.size(1) % 2;
    const at::Tensor even = padRight || padBottom ? at::constant_pad_nd(x, {0, 0, 0, padRight, 0, padBottom}) : x;
    const auto corner = [&](std::int64_t row, std::int64_t column) {
        return even.slice(1, row, c10::nullopt, 2).slice(2, column, c10::nullopt, 2);
    };
    const at::Tensor merged = at::cat({corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)}, 3);
    return at::linear(stage.mergeNorm(merged), stage.reduction);
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

        at::Tensor sum;
        for (std::size_t i = 0; i <= l; ++i) {
            addWeighted(sum, stage.mix.alpha, l, i, yToken[i]);
            addWeighted(sum, stage.mix.beta, l, i, yChannel[i]);
        }
        at::Tensor y = sum.defined() ? sum : at::zeros_like(x);
        for (std::size_t m = 0; m < block.tokenMixers.size(); ++m) {
            id.index = static_cast<int>(m);
            y = pass.run(describe(id, y), y,
                         [&](ScanChoice& choice) { return block.tokenMixers[m].forward(y, choice); });
        }
        yToken.push_back(y);

        sum = at::Tensor();
        for (std::size_t i = 0; i <= l + 1; ++i)
            addWeighted(sum, stage.mix.theta, l, i, yToken[i]);
        for (std::size_t i = 0; i <= l; ++i)
            addWeighted(sum, stage.mix.gamma, l, i, yChannel[i]);
        id.index = 0;
        id.isChannelMixer = true;
        y = sum.defined() ? sum : at::zeros_like(x);
        yChannel.push_back(pass.run(describe(id, y), y, [&](ScanChoice&) { return block.channelMixer.forward(y); }));
    }
    return yChannel.back();
}

at::Tensor MixerNetwork::forward(const at::Tensor& images, const ForwardContext& context) const
{
    if (images.dim() != 4 || images.size(1) != 3 || images.size(2) < kPatchSize || images.size(3) < kPatchSize)
        throw Error(ErrorKind::Image,
                    "expected images of shape (batch, 3, height, width), height and width at least 4 pixels");
    ForwardPass pass(context, mixers().size());
    at::Tensor x = embedPatches(images.to(m_stemWeight.options()));
    for (int stage = 0; stage < m_config.stageCount(); ++stage) {
        if (stage > 0)
            x = mergePatches(m_stages[static_cast<std::size_t>(stage)], x);
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

MixerParts MixerNetwork::parts(const MixerId& id, const at::Tensor& input, const Routing& routing) const
{
    MixerParts result;
    if (const SelectiveTokenMixer* mixer = tokenMixer(id)) {
        auto parts = mixer->parts(input, routing);
        result.scans = std::move(parts.scans);
        result.outputGate = parts.outputGate;
        for (const int scan : routing.chosen)
            result.names.push_back(routing.scans[static_cast<std::size_t>(scan)]);
        return result;
    }
    const SelectiveChannelMixer* mixer = channelMixer(id);
    if (!mixer)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    auto parts = mixer->parts(input);
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
