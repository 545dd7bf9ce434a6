// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/VimConfig.h"
#include "engine/models/Network.h"
#include "engine/models/ScanChoice.h"
#include "engine/models/WeightReader.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// Normalization over the last axis by the root of the mean square, eps 1e-5, or LayerNorm.
class RmsOrLayerNorm {
public:
    RmsOrLayerNorm() = default;
    RmsOrLayerNorm(const WeightReader& weights, const std::string& name, std::int64_t width, VimConfig::Norm kind);
    at::Tensor operator()(const at::Tensor& x) const;

private:
    at::Tensor m_weight, m_bias;  ///< bias undefined: RMS
};

/// Vim's block (arXiv 2401.09417, algorithm 1; names and order of its public code): a Mamba block that scans the tokens
/// forward and backward.
///     [v|z] = norm(x) in_proj;  for each direction d:  u_d = SiLU(causal Conv1d_d(v)) along it
///     [r|B|C] = x_proj_d u_d;  delta = softplus(dt_proj_d r + bias_d);  y_d = S6(u_d)
///     out = x + gamma . ( (sum over d of omega y_d) . SiLU(z) ) out_proj,   omega 1 or, `if_divide_out`, 1/2
class BidirectionalMixer {
public:
    /// `block`: the weights of a layer, `norm` and `mixer` among them.
    BidirectionalMixer(const VimConfig& config, const WeightReader& block);

    /// x (B,T,D) to (B,T,D): the tokens with the class tokens among them. `choice`: all directions with their weights,
    /// unless `edits` (null: nothing) say otherwise.
    at::Tensor forward(const at::Tensor& x, ScanChoice& choice, const MixerEdits* edits = nullptr) const;
    /// x (1,T,D).
    MixerParts parts(const at::Tensor& x, const Routing& routing, const MixerEdits* edits = nullptr) const;

private:
    struct Direction {
        at::Tensor convWeight;  ///< (E, k)
        at::Tensor convBias;    ///< (E)
        at::Tensor xProj;       ///< (R+2N, E)
        at::Tensor dtProj;      ///< (E, R)
        at::Tensor dtBias, D;   ///< (E)
        at::Tensor A;           ///< (E, N), -exp(A_log)
    };
    Direction readDirection(const WeightReader& weights, const std::string& suffix) const;
    at::Tensor convolved(const at::Tensor& v, const Direction& direction, bool backward) const;
    /// One for each direction: each has an input of its own.
    std::vector<ScanSet> scanSets(const at::Tensor& v, const MixerEdits* edits) const;
    bool isHalved() const;
    ScanChoice allDirections(std::int64_t images) const;

    VimConfig m_config;
    RmsOrLayerNorm m_norm;
    at::Tensor m_inProj, m_inProjBias, m_outProj, m_outProjBias, m_gamma;
    std::vector<Direction> m_directions;
    std::shared_ptr<const std::vector<std::string>> m_names;
};

}  // namespace mixer
