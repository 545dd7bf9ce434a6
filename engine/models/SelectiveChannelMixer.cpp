// SPDX-License-Identifier: MIT
#include "engine/models/SelectiveChannelMixer.h"

#include "engine/interventions/InterventionPlan.h"
#include "engine/models/InPlace.h"
#include "engine/models/Linear.h"
#include "engine/ops/Convolutions.h"

#include <ATen/ATen.h>

#include <numeric>

namespace mixer {

namespace {

std::shared_ptr<const std::vector<std::int32_t>> reversedOrder(std::int64_t length)
{
    auto order = std::make_shared<std::vector<std::int32_t>>(static_cast<std::size_t>(length));
    std::iota(order->rbegin(), order->rend(), 0);
    return order;
}

}  // namespace

SelectiveChannelMixer::SelectiveChannelMixer(const MixerConfig& config, int stage, const WeightReader& weights)
    : m_inner(config.channelInner[stage])
    , m_dState(config.dState)
    , m_directions(config.scanDirections())
    , m_quasiSeparable(config.quasiSeparable())
    , m_norm(weights, "norm", config.dims[stage])
    , m_outNorm(weights, "out_norm", config.channelInner[stage])
{
    const std::int64_t channels = config.dims[stage];
    const std::int64_t directions = m_directions;
    m_inProj = weights.take("in_proj.weight", {m_inner, channels});
    m_convWeight = weights.take("conv.weight", {1, 1, 3});
    m_convBias = weights.take("conv.bias", {1});
    m_gateProj = weights.take("gate_proj.weight", {m_inner, channels});
    m_select = weights.take("select.weight",
                            {directions, kChannelDtRank + 2 * m_dState, std::int64_t(kChannelPool) * kChannelPool});
    m_wr = weights.take("w_r", {directions, kChannelDtRank});
    m_wv = weights.take("w_v", {directions});
    m_dtBias = weights.takeExact("dt_bias", {directions, m_inner});
    m_ALog = weights.takeExact("A_log", {directions, m_dState});
    if (!m_ALog.requires_grad())
        m_A = m_ALog.exp().neg().unsqueeze(1);
    m_D = weights.takeExact("D", {directions, m_inner});
    m_outProj = weights.take("out_proj.weight", {channels, m_inner});
    m_backward = reversedOrder(m_inner);
    if (m_directions == 2) {
        const at::Tensor forward = at::arange(m_inner, m_ALog.options().dtype(at::kInt).requires_grad(false));
        m_orders = at::stack({forward, forward.flip(0)});
    }
}

at::Tensor SelectiveChannelMixer::A() const
{
    return m_A.defined() ? m_A : m_ALog.exp().neg().unsqueeze(1);
}

ScanSet SelectiveChannelMixer::scanSet(const at::Tensor& v, const MixerEdits* edits) const
{
    const std::int64_t images = v.size(0);
    const std::int64_t directions = m_directions;
    const at::Tensor maps = v.permute({0, 3, 1, 2}).contiguous();  // (B,P,H,W): lanes contiguous for the kernels
    const at::Tensor features = at::adaptive_avg_pool2d(maps, {kChannelPool, kChannelPool}).flatten(2);
    const at::Tensor rBC = at::linear(features, m_select.flatten(0, 1))
                               .view({images, m_inner, directions, kChannelDtRank + 2 * m_dState})
                               .transpose(1, 2);  // (B, Q, P, R_c+2N)
    const at::Tensor r = rBC.narrow(3, 0, kChannelDtRank);
    const at::Tensor offset = at::matmul(r, m_wr.unsqueeze(2));  // (B, Q, P, 1)
    ScanSet set;
    set.u = maps.flatten(2);
    set.delta = at::addcmul(offset, m_wv.view({directions, 1, 1}), set.u.unsqueeze(1));
    set.A = A();
    set.B = rBC.narrow(3, kChannelDtRank, m_dState);
    set.C = rBC.narrow(3, kChannelDtRank + m_dState, m_dState);
    set.D = m_D.unsqueeze(2);
    set.deltaBias = m_dtBias.unsqueeze(2);
    set.orders = m_orders;
    set.quasiSeparable = m_quasiSeparable;
    if (edits)
        edits->apply(set);
    return set;
}

at::Tensor SelectiveChannelMixer::forward(const at::Tensor& x, const MixerEdits* edits) const
{
    const at::Tensor normalized = m_norm(x);
    const at::Tensor v = channelConv(mixer::linear(normalized, m_inProj), m_convWeight, m_convBias);
    const ScanSet set = scanSet(v, edits);
    at::Tensor sum = mixer::scanSet(set);
    if (edits)
        sum = edits->patchStates(set, sum);
    const at::Tensor y = m_outNorm(sum.transpose(1, 2));
    const at::Tensor gate = siluOf(mixer::linear(normalized, m_gateProj)).flatten(1, 2);
    at::Tensor gated = multiplied(y, gate);
    if (edits)
        gated = edits->hold(gated);
    return x + mixer::linear(gated, m_outProj).view(x.sizes());
}

SelectiveChannelMixer::Parts SelectiveChannelMixer::parts(const at::Tensor& x, const MixerEdits* edits) const
{
    const at::Tensor normalized = m_norm(x);
    const ScanSet set = scanSet(channelConv(mixer::linear(normalized, m_inProj), m_convWeight, m_convBias), edits);
    std::vector<ScanInput> scans;
    for (int direction = 0; direction < m_directions; ++direction) {
        scans.push_back(scanInput(set, 0, direction, direction, direction == 1 ? m_backward : nullptr));
        if (edits)
            scans.back().jumps = edits->jumpsOf(set, 0, direction);
    }
    return {std::move(scans), siluOf(mixer::linear(normalized, m_gateProj))[0].flatten(0, 1)};
}

}  // namespace mixer
