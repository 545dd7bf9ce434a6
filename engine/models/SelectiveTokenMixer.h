// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/LayerNorm.h"
#include "engine/models/ScanInput.h"
#include "engine/models/SwitchOfScans.h"
#include "engine/ops/ScanSet.h"

#include <vector>

namespace mixer {

/// Selective Token Mixer (MambaMixer, arXiv 2403.19888, figures 7-8, with VMamba's 2-D block):
///     x^ = LN(x);  u = SiLU(DWConv3x3(x^ in_proj));  z = gate(x^)
///     y  = LN( sum over chosen scans s of omega_s unscan_s(S6(scan_s(u))) ) . SiLU(z);   out = x + y out_proj
/// The convolution and the projections act at or around each position, so u, r, B, C are computed in raster order and
/// the scans read them through their permutation.
class SelectiveTokenMixer {
public:
    SelectiveTokenMixer(const ModelConfig& config, int stage, const WeightReader& weights);

    /// x (B,H,W,D) to (B,H,W,D), with gradients. What the router chose is left in `choice`.
    at::Tensor forward(const at::Tensor& x, ScanChoice& choice) const;

    /// The parts of one image that a closer look needs. x (1,H,W,D).
    struct Parts {
        std::vector<ScanInput> scans;  ///< one for each chosen scan
        at::Tensor outputGate;         ///< SiLU(z), (tokens, E)
    };
    Parts parts(const at::Tensor& x, const Routing& routing) const;

private:
    at::Tensor convolved(const at::Tensor& normalized) const;
    at::Tensor gate(const at::Tensor& normalized) const;
    /// The scans of u (B,H,W,E), through the permutations of the scans that were chosen.
    ScanSet scanSet(const at::Tensor& u, const ScanChoice& choice) const;
    void projectShared(ScanSet& set) const;
    void projectPerScan(ScanSet& set) const;
    /// -exp(A_log): (G, E, N).
    at::Tensor A() const;

    bool m_perScan = false;
    bool m_quasiSeparable = false;
    std::int64_t m_dtRank = 0;
    std::int64_t m_dState = 0;
    LayerNorm m_norm, m_outNorm;
    SwitchOfScans m_router;
    at::Tensor m_inProj, m_convWeight, m_convBias, m_gateProj, m_outProj;
    struct GateConv {
        int kernel;
        at::Tensor weight, bias;
    };
    std::vector<GateConv> m_gateConvs;  ///< widths 3, 5, 7; empty for the linear gate
    at::Tensor m_xProj;                 ///< (G, R+2N, E)
    at::Tensor m_dtProj;                ///< (G, E, R)
    at::Tensor m_dtBias;                ///< (S, E)
    at::Tensor m_ALog, m_A;             ///< (G, E, N); m_A = -exp(m_ALog) of weights that do not change
    at::Tensor m_D;                     ///< (G, E)
};

}  // namespace mixer
