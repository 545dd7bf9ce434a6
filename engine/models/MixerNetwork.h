// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/Network.h"
#include "engine/models/SelectiveChannelMixer.h"
#include "engine/models/SelectiveTokenMixer.h"

#include <map>
#include <vector>

namespace mixer {

class ForwardPass;

/// Weights of earlier features in the input of each block's mixers, row = block (MambaMixer, section 3.2).
struct MixMatrix {
    at::Tensor tensor;
    std::vector<std::vector<double>> values;  ///< the same on the host

    MixMatrix() = default;
    explicit MixMatrix(const at::Tensor& matrix);
};

/// ViM2 and ViQS complete (MambaMixer, arXiv 2403.19888, table 5, and QSMixer): stem, stages of blocks joined by
/// weighted averaging of earlier features, head. Immutable after construction.
class MixerNetwork : public Network {
public:
    /// Takes every tensor of the checkpoint, converted as `options` say. Throws LoadError.
    MixerNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel = {});

    /// The same with tensors of any origin; parameterCount() tells nothing then.
    MixerNetwork(const ModelConfig& config, const WeightReader& weights, at::ScalarType type,
                 const CancelToken& cancel = {});

    /// Images of any size from 4 x 4 pixels.
    at::Tensor forward(const at::Tensor& images, const ForwardContext& context = {}) const override;

    at::ScalarType type() const override { return m_type; }
    const LoadReceipt& receipt() const override { return m_receipt; }
    std::vector<MixerRecord> mixers() const override;
    std::int64_t parameterCount(const MixerId& id) const override;
    MixerParts parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                     const MixerEdits* edits = nullptr) const override;
    /// Null when there is no such mixer.
    const SelectiveTokenMixer* tokenMixer(const MixerId& id) const;
    const SelectiveChannelMixer* channelMixer(const MixerId& id) const;

private:
    struct Block {
        std::vector<SelectiveTokenMixer> tokenMixers;
        SelectiveChannelMixer channelMixer;
    };
    struct MixWeights {
        MixMatrix alpha, beta, theta, gamma;
    };
    struct Stage {
        LayerNorm mergeNorm;  ///< patch merging; unused in the first stage
        at::Tensor reduction;
        std::vector<Block> blocks;
        MixWeights mix;
    };

    static Stage readStage(const MixerConfig& config, int stage, const WeightReader& weights,
                           const CancelToken& cancel);
    at::Tensor runStage(int stage, const at::Tensor& x, ForwardPass& pass) const;
    /// With the grid of `input` where one is given.
    MixerRecord describe(const MixerId& id, const at::Tensor& input = {}) const;
    const Block* block(const MixerId& id) const;

    MixerConfig m_config;
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
