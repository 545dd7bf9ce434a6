// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/CrossScanMixer.h"

#include <map>
#include <vector>

namespace mixer {

class ForwardPass;

/// VMamba for classification (arXiv 2401.10166; MzeroMiko/VMamba, all its releases): patch embedding, stages of blocks
/// (a CrossScanMixer, then an MLP where there is one), downsampling between them, mean over the tokens, head. Only the
/// CrossScanMixers are mixers in the sense of Trace: MLPs mix no tokens and scan nothing. Immutable after construction.
class VMambaNetwork : public Network {
public:
    VMambaNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options, const CancelToken& cancel = {});

    at::Tensor forward(const at::Tensor& images, const ForwardContext& context = {}) const override;
    at::ScalarType type() const override { return m_type; }
    const LoadReceipt& receipt() const override { return m_receipt; }
    std::vector<MixerRecord> mixers() const override;
    std::int64_t parameterCount(const MixerId& id) const override;
    MixerParts parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                     const MixerEdits* edits = nullptr) const override;

private:
    struct Mlp {
        LayerNorm norm;
        at::Tensor fc1Weight, fc1Bias, fc2Weight, fc2Bias;
    };
    struct Block {
        CrossScanMixer mixer;
        Mlp mlp;
    };
    struct Downsample {
        LayerNorm norm;
        at::Tensor weight, bias;
    };
    struct Stage {
        std::vector<Block> blocks;
        Downsample downsample;  ///< after the blocks; unused in the last stage
    };

    void readPatchEmbed(const WeightReader& weights);
    Stage readStage(int stage, const WeightReader& weights, const CancelToken& cancel) const;
    at::Tensor embedPatches(const at::Tensor& images) const;
    at::Tensor runMlp(const Mlp& mlp, const at::Tensor& x) const;
    at::Tensor downsampled(const Downsample& step, const at::Tensor& x) const;
    MixerRecord describe(const MixerId& id, const at::Tensor& input = {}) const;

    VMambaConfig m_config;
    at::ScalarType m_type;
    LoadReceipt m_receipt;
    std::map<std::string, std::int64_t> m_parameterCounts;  ///< by the name of the mixer
    at::Tensor m_patchWeight, m_patchBias, m_patchWeight2, m_patchBias2;
    LayerNorm m_patchNorm, m_patchNorm2;
    at::Tensor m_posEmbed;  ///< (1, D, h, w)
    std::vector<Stage> m_stages;
    LayerNorm m_headNorm;
    at::Tensor m_headWeight, m_headBias;
};

}  // namespace mixer
