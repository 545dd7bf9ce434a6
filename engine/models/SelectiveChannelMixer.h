// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/LayerNorm.h"
#include "engine/models/ScanInput.h"

#include <vector>

namespace mixer {

class MixerEdits;

/// Selective Channel Mixer (MambaMixer, arXiv 2403.19888, channel mixer and figure 6; token-shared parameters and
/// directions are ours): the sequence is the P channels, the tokens are the lanes.
///     x^ = LN(x);  v = SiLU(Conv1d(x^ in_proj)) along the channels;  z = x^ gate_proj
///     phi_c = v's channel c pooled to 4x4;  [r|B|C]_c = select phi_c
///     delta_{c,l} = softplus(<w_r, r_c> + w_v v_{c,l} + dt_bias_c);  y = S6 over c
///     out = x + (LN(y) . SiLU(z)) out_proj
/// ViM2 sums two directions with parameters of their own, ViQS runs one quasi-separable scan.
class SelectiveChannelMixer {
public:
    SelectiveChannelMixer(const MixerConfig& config, int stage, const WeightReader& weights);

    /// x (B,H,W,D) to (B,H,W,D), with gradients.
    at::Tensor forward(const at::Tensor& x, const MixerEdits* edits = nullptr) const;

    /// The parts of one image that a closer look needs. x (1,H,W,D).
    struct Parts {
        std::vector<ScanInput> scans;  ///< one for each direction
        at::Tensor outputGate;         ///< SiLU(z), (tokens, P)
    };
    Parts parts(const at::Tensor& x, const MixerEdits* edits = nullptr) const;

private:
    /// Channels as steps, tokens as lanes: the scans of v (B,H,W,P).
    ScanSet scanSet(const at::Tensor& v, const MixerEdits* edits) const;
    at::Tensor A() const;  ///< -exp(A_log): (Q, 1, N)

    std::int64_t m_inner = 0;
    std::int64_t m_dState = 0;
    int m_directions = 1;
    bool m_quasiSeparable = false;
    LayerNorm m_norm, m_outNorm;
    at::Tensor m_inProj, m_convWeight, m_convBias, m_gateProj, m_outProj;
    at::Tensor m_select;  ///< (Q, R_c+2N, 16)
    at::Tensor m_wr;      ///< (Q, R_c)
    at::Tensor m_wv;      ///< (Q)
    at::Tensor m_dtBias;  ///< (Q, P)
    at::Tensor m_ALog;    ///< (Q, N)
    at::Tensor m_A;       ///< (Q, 1, N), -exp(A_log) of weights that do not change
    at::Tensor m_D;       ///< (Q, P)
    std::shared_ptr<const std::vector<std::int32_t>> m_backward;  ///< P-1 ... 0
    at::Tensor m_orders;                                          ///< int32 (2, P): forward, backward; undefined: one
};

}  // namespace mixer
