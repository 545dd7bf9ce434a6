// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/BidirectionalMixer.h"

#include <map>
#include <vector>

namespace mixer {

/// Vim for classification (Vision Mamba, arXiv 2401.09417; hustvl/Vim): patches as one sequence of tokens, a class
/// token among them, position embedding, a row of BidirectionalMixers, norm, head on the class token. Immutable after
/// construction.
///
/// The position embedding knows one grid. Pictures of another size get it resampled (bicubic, without the class token,
/// which keeps its own), as ViTs do; the public code refuses them.
class VimNetwork : public Network {
public:
    VimNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel = {});

    at::Tensor forward(const at::Tensor& images, const ForwardContext& context = {}) const override;
    at::ScalarType type() const override { return m_type; }
    const LoadReceipt& receipt() const override { return m_receipt; }
    std::vector<MixerRecord> mixers() const override;
    std::int64_t parameterCount(const MixerId& id) const override;
    MixerParts parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                     const MixerEdits* edits = nullptr) const override;

private:
    struct Grid {
        std::int64_t height = 0, width = 0;
    };
    at::Tensor embedded(const at::Tensor& patches, Grid grid) const;
    bool isTrainedGrid(Grid grid) const;
    /// The configured stride; where that is a guess, the one that makes the picture fit the position embedding.
    std::int64_t strideFor(const at::Tensor& images) const;
    at::Tensor positionsFor(Grid grid) const;
    at::Tensor pooled(const at::Tensor& x) const;
    MixerRecord describe(int layer, Grid grid, std::int64_t stride) const;

    VimConfig m_config;
    at::ScalarType m_type;
    LoadReceipt m_receipt;
    std::map<std::string, std::int64_t> m_parameterCounts;  ///< by the name of the mixer
    at::Tensor m_patchWeight, m_patchBias;
    std::vector<at::Tensor> m_classTokens;  ///< (1,1,D) each
    at::Tensor m_posEmbed;                  ///< (1, tokens, D), class tokens at their places
    std::vector<BidirectionalMixer> m_layers;
    RmsOrLayerNorm m_norm;
    at::Tensor m_headWeight, m_headBias;
};

}  // namespace mixer
