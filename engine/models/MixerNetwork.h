// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/LoadReceipt.h"
#include "engine/models/ForwardContext.h"
#include "engine/models/SelectiveChannelMixer.h"
#include "engine/models/SelectiveTokenMixer.h"

#include <map>
#include <vector>

namespace mixer {

/// ViM2 and ViQS complete (MambaMixer, arXiv 2403.19888, table 5, and QSMixer): stem, stages of blocks joined by
/// weighted averaging of earlier features, head. Immutable after construction.
class MixerNetwork {
public:
    /// Takes every tensor of the checkpoint, converted to `type` (float or double). Throws LoadError.
    MixerNetwork(const Checkpoint& checkpoint, at::ScalarType type, const CancelToken& cancel = {});

    /// images (B,3,h,w), normalized, h and w >= 4, to logits (B, classes). Throws Cancelled.
    at::Tensor forward(const at::Tensor& images, const ForwardContext& context = {}) const;

    at::ScalarType type() const { return m_type; }
    const LoadReceipt& receipt() const { return m_receipt; }
    /// In forward order.
    std::vector<MixerRecord> mixers() const;
    std::int64_t parameterCount(const MixerId& id) const;
    int innerWidth(const MixerId& id) const;  ///< E or P of the mixer's stage
    /// Null when there is no such mixer.
    const SelectiveTokenMixer* tokenMixer(const MixerId& id) const;
    const SelectiveChannelMixer* channelMixer(const MixerId& id) const;

private:
    struct Block {
        std::vector<SelectiveTokenMixer> tokenMixers;
        SelectiveChannelMixer channelMixer;
    };
    /// Weights of earlier features in the input of each block's mixers, row = block.
    struct MixWeights {
        std::vector<std::vector<double>> alpha, beta, theta, gamma;
    };
    struct Stage {
        LayerNorm mergeNorm;  ///< patch merging; unused in the first stage
        at::Tensor reduction;
        std::vector<Block> blocks;
        MixWeights mix;
    };
    class Pass;

    static Stage readStage(const ModelConfig& config, int stage, const WeightReader& weights,
                           const CancelToken& cancel);
    at::Tensor embedPatches(const at::Tensor& images) const;
    static at::Tensor mergePatches(const Stage& stage, const at::Tensor& x);
    at::Tensor runStage(int stage, const at::Tensor& x, Pass& pass) const;
    const Block* block(const MixerId& id) const;

    ModelConfig m_config;
    at::ScalarType m_type;
    LoadReceipt m_receipt;
    std::map<std::string, std::int64_t> m_parameterCounts;  ///< by mixer name
    at::Tensor m_stemWeight, m_stemBias;
    LayerNorm m_stemNorm;
    std::vector<Stage> m_stages;
    LayerNorm m_headNorm;
    at::Tensor m_headWeight, m_headBias;
};

}  // namespace mixer
