// SPDX-License-Identifier: MIT
#include "engine/models/SelectiveTokenMixer.h"

#include "engine/interventions/InterventionPlan.h"
#include "engine/models/InPlace.h"
#include "engine/models/Linear.h"
#include "engine/models/ScanTable.h"
#include "engine/ops/Convolutions.h"

#include <ATen/ATen.h>

namespace mixer {

SelectiveTokenMixer::SelectiveTokenMixer(const MixerConfig& config, int stage, const WeightReader& weights)
    : m_perScan(config.perScanParameters)
    , m_quasiSeparable(config.quasiSeparable())
    , m_dtRank(config.dtRank(stage))
    , m_dState(config.dState)
    , m_norm(weights, "norm", config.dims[stage])
    , m_outNorm(weights, "out_norm", config.inner(stage))
    , m_router(config, stage, weights)
{
    const std::int64_t channels = config.dims[stage];
    const std::int64_t inner = config.inner(stage);
    const std::int64_t groups = config.parameterGroups();
    m_inProj = weights.take("in_proj.weight", {inner, channels});
    m_convWeight = weights.take("conv.weight", {inner, 1, 3, 3});
    m_convBias = weights.take("conv.bias", {inner});
    m_gateProj = weights.take("gate_proj.weight", {inner, channels});
    if (config.gate == GateKind::Multires) {
        for (const int k : {3, 5, 7}) {
            const WeightReader conv = weights.in("gate_conv." + std::to_string(k));
            m_gateConvs.push_back({k, conv.take("weight", {inner, 1, k, k}), conv.take("bias", {inner})});
        }
    }
    m_xProj = weights.take("x_proj.weight", {groups, m_dtRank + 2 * m_dState, inner});
    m_dtProj = weights.take("dt_proj.weight", {groups, inner, m_dtRank});
    m_dtBias = weights.takeExact("dt_proj.bias", {static_cast<std::int64_t>(config.scans.size()), inner});
    m_ALog = weights.takeExact("A_log", {groups, inner, m_dState});
    if (!m_ALog.requires_grad())
        m_A = m_ALog.exp().neg();
    m_D = weights.takeExact("D", {groups, inner});
    m_outProj = weights.take("out_proj.weight", {channels, inner});
}

at::Tensor SelectiveTokenMixer::A() const
{
    return m_A.defined() ? m_A : m_ALog.exp().neg();
}

at::Tensor SelectiveTokenMixer::convolved(const at::Tensor& normalized) const
{
    return depthwiseConv(mixer::linear(normalized, m_inProj), m_convWeight, m_convBias, /*silu=*/true);
}

at::Tensor SelectiveTokenMixer::gate(const at::Tensor& normalized) const
{
    const at::Tensor projected = mixer::linear(normalized, m_gateProj);
    if (m_gateConvs.empty())
        return siluOf(projected);
    at::Tensor z = projected.clone();
    for (const GateConv& conv : m_gateConvs)
        z = addDepthwiseConv(z, projected, conv.weight, conv.bias);
    return siluOf(z);
}

void SelectiveTokenMixer::projectShared(ScanSet& set) const
{
    const at::Tensor rBC = mixer::linear(set.u, m_xProj[0]).unsqueeze(1);  // (B, 1, L, R+2N)
    set.delta = mixer::linear(rBC.narrow(3, 0, m_dtRank), m_dtProj[0]);
    set.B = rBC.narrow(3, m_dtRank, m_dState);
    set.C = rBC.narrow(3, m_dtRank + m_dState, m_dState);
}

void SelectiveTokenMixer::projectPerScan(ScanSet& set) const
{
    const std::int64_t images = set.images();
    const std::int64_t slots = set.slots();
    const std::int64_t width = m_dtRank + 2 * m_dState;
    // The weights of the slots: of each image's chosen scans, or of all scans.
    at::Tensor xProj = m_xProj.unsqueeze(0);
    at::Tensor dtProj = m_dtProj.unsqueeze(0);
    if (set.scanIds.defined()) {
        const at::Tensor ids = set.scanIds.flatten().to(at::kLong);
        xProj = m_xProj.index_select(0, ids).view({images, slots, width, set.lanes()});
        dtProj = m_dtProj.index_select(0, ids).view({images, slots, set.lanes(), m_dtRank});
    }
    const at::Tensor rBC = at::matmul(set.u, xProj.flatten(1, 2).transpose(1, 2))
                               .view({images, set.steps(), slots, width})
                               .transpose(1, 2);  // (B, K, L, R+2N)
    set.delta = at::matmul(rBC.narrow(3, 0, m_dtRank), dtProj.transpose(2, 3));
    set.B = rBC.narrow(3, m_dtRank, m_dState);
    set.C = rBC.narrow(3, m_dtRank + m_dState, m_dState);
}

ScanSet SelectiveTokenMixer::scanSet(const at::Tensor& u, const ScanChoice& choice, const MixerEdits* edits) const
{
    ScanSet set;
    set.u = u.flatten(1, 2);
    set.A = A();
    set.D = m_D;
    set.deltaBias = m_dtBias;
    set.orders = scanTable(*choice.scans, static_cast<int>(u.size(1)), static_cast<int>(u.size(2)), u.device());
    set.scanIds = choice.ids;
    if (choice.weights.defined())
        set.weights = choice.weights.to(m_D.scalar_type());
    set.quasiSeparable = m_quasiSeparable;
    m_perScan ? projectPerScan(set) : projectShared(set);
    if (edits)
        edits->apply(set);
    return set;
}

at::Tensor SelectiveTokenMixer::forward(const at::Tensor& x, ScanChoice& choice, const MixerEdits* edits,
                                        const at::Tensor& routerFactors) const
{
    const at::Tensor normalized = m_norm(x);
    choice = m_router.choose(normalized.flatten(1, 2), routerFactors);
    if (edits)
        edits->choose(choice, x.size(0));
    const ScanSet set = scanSet(convolved(normalized), choice, edits);
    at::Tensor y = mixer::scanSet(set);
    if (edits)
        y = edits->patchStates(set, y);
    at::Tensor gated = multiplied(m_outNorm(y), gate(normalized).flatten(1, 2));
    if (edits)
        gated = edits->hold(gated);
    return x + mixer::linear(gated, m_outProj).view(x.sizes());
}

SelectiveTokenMixer::Parts SelectiveTokenMixer::parts(const at::Tensor& x, const Routing& routing,
                                                      const MixerEdits* edits) const
{
    const at::Tensor normalized = m_norm(x);
    const ScanSet set = scanSet(convolved(normalized), choiceOf(routing, x.device()), edits);
    std::vector<ScanInput> scans;
    for (std::size_t slot = 0; slot < routing.chosen.size(); ++slot) {
        const int scan = routing.chosen[slot];
        auto order = edits ? edits->orderOf(scan) : nullptr;
        if (!order)
            order = orderOf(ScanOrder::get(routing.scans[static_cast<std::size_t>(scan)], static_cast<int>(x.size(1)),
                                           static_cast<int>(x.size(2))));
        scans.push_back(scanInput(set, 0, static_cast<std::int64_t>(slot), scan, std::move(order)));
        if (edits)
            scans.back().jumps = edits->jumpsOf(set, 0, static_cast<std::int64_t>(slot));
    }
    return {std::move(scans), gate(normalized)[0].flatten(0, 1)};
}

}  // namespace mixer
