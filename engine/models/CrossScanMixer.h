// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/VMambaConfig.h"
#include "engine/models/LayerNorm.h"
#include "engine/models/Network.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// VMamba's SS2D with its norm and residual (arXiv 2401.10166, figure 3; names and order of its public code):
///     x^ = LN(x);  [v|z] = x^ in_proj;  u = act(DWConv(v))
///     for each scan s, with parameters of its own:  [r|B|C] = x_proj_s u;  delta = softplus(dt_proj_s r + bias_s)
///     y = norm( sum over s of unscan_s(S6(scan_s(u))) ) . act(z);   out = x + y out_proj
/// The projections act at each position, so they are computed in raster order and the scans read them through their
/// permutation.
class CrossScanMixer {
public:
    /// `block`: the weights of a VSSBlock, `norm` and `op` among them.
    CrossScanMixer(const VMambaConfig& config, int stage, const WeightReader& block);

    /// x (B,H,W,D) to (B,H,W,D). `choice`: all scans, unless `edits` (null: nothing) say otherwise.
    at::Tensor forward(const at::Tensor& x, ScanChoice& choice, const MixerEdits* edits = nullptr) const;
    /// x (1,H,W,D).
    MixerParts parts(const at::Tensor& x, const Routing& routing, const MixerEdits* edits = nullptr) const;

private:
    struct Projected {
        at::Tensor u;           ///< (B,H,W,E), after convolution and activation
        at::Tensor outputGate;  ///< (B,H,W,E); undefined without a gate
    };
    Projected project(const at::Tensor& normalized) const;
    ScanSet scanSet(const at::Tensor& u, const ScanChoice& choice, const MixerEdits* edits) const;
    at::Tensor normalizeOutput(const at::Tensor& y) const;

    VMambaConfig m_config;
    VMambaConfig::Stage m_stage;
    std::vector<std::string> m_orders;  ///< of the scans, by ScanOrder's names
    std::shared_ptr<const std::vector<std::string>> m_names;
    LayerNorm m_norm, m_outLayerNorm;
    at::Tensor m_inProj, m_inProjBias, m_convWeight, m_convBias, m_outConv, m_outConvBias, m_outProj, m_outProjBias;
    at::Tensor m_xProj;   ///< (S, R+2N, E)
    at::Tensor m_dtProj;  ///< (S, E, R)
    at::Tensor m_dtBias;  ///< (S, E)
    at::Tensor m_A;       ///< (S, E, N), -exp(A_logs)
    at::Tensor m_D;       ///< (S, E)
};

}  // namespace mixer
