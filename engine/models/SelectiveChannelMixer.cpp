// SPDX-License-Identifier: MIT
#include "engine/models/SelectiveChannelMixer.h"

#include "kernels/depthwise_conv.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

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
    const at::Tensor wv = weights.take("w_v", {directions}).to(at::kDouble);
    m_wv.assign(wv.data_ptr<double>(), wv.data_ptr<double>() + wv.numel());
    m_dtBias = weights.take("dt_bias", {directions, m_inner});
    m_A = weights.take("A_log", {directions, m_dState}).exp().neg();
    m_D = weights.take("D", {directions, m_inner});
    m_outProj = weights.take("out_proj.weight", {channels, m_inner});
    m_backward = reversedOrder(m_inner);
}

at::Tensor SelectiveChannelMixer::convolved(const at::Tensor& normalized) const
{
    const at::Tensor projected = at::linear(normalized, m_inProj);
    const at::Tensor v = at::empty_like(projected);
    AT_DISPATCH_FLOATING_TYPES(v.scalar_type(), "SelectiveChannelMixer::convolved", [&] {
        kernels::shared_conv3_silu(projected.data_ptr<scalar_t>(), v.data_ptr<scalar_t>(), v.numel() / m_inner, m_inner,
                                   m_convWeight.data_ptr<scalar_t>(), *m_convBias.data_ptr<scalar_t>());
    });
    return v;
}

std::vector<ScanInput> SelectiveChannelMixer::scanInputs(const at::Tensor& v, std::int64_t height,
                                                         std::int64_t width) const
{
    const at::Tensor byChannel = v.transpose(0, 1).contiguous();  // (P, tokens): lanes contiguous for the kernels
    const at::Tensor pooled
        = at::adaptive_avg_pool2d(byChannel.view({1, m_inner, height, width}), {kChannelPool, kChannelPool});
    const at::Tensor features = pooled.view({m_inner, kChannelPool * kChannelPool});
    std::vector<ScanInput> inputs;
    for (int direction = 0; direction < m_directions; ++direction) {
        const at::Tensor rBC = at::linear(features, m_select[direction]);  // (P, R_c + 2N)
        const at::Tensor offset = at::mv(rBC.narrow(1, 0, kChannelDtRank), m_wr[direction]);
        ScanInput input;
        input.u = byChannel;
        input.deltaRaw = at::add(offset.unsqueeze(1), byChannel, m_wv[static_cast<std::size_t>(direction)]);
        input.A = m_A.narrow(0, direction, 1);
        input.B = rBC.narrow(1, kChannelDtRank, m_dState);
        input.C = rBC.narrow(1, kChannelDtRank + m_dState, m_dState);
        input.D = m_D[direction];
        input.deltaBias = m_dtBias[direction];
        input.perPosition = true;
        input.quasiSeparable = m_quasiSeparable;
        if (direction == 1)
            input.order = m_backward;
        inputs.push_back(std::move(input));
    }
    return inputs;
}

at::Tensor SelectiveChannelMixer::forward(const at::Tensor& x) const
{
    const at::Tensor normalized = m_norm(x).flatten(1, 2);  // (B, tokens, D)
    const at::Tensor v = convolved(normalized);
    at::Tensor y = at::empty_like(v);
    for (std::int64_t image = 0; image < x.size(0); ++image) {
        const std::vector<ScanInput> scans = scanInputs(v[image], x.size(1), x.size(2));
        const at::Tensor sum = at::empty_like(scans.front().u);
        for (std::size_t direction = 0; direction < scans.size(); ++direction)
            scans[direction].run(sum, 1.0, /*accumulate=*/direction > 0);
        y[image].copy_(sum.transpose(0, 1));
    }
    y = m_outNorm(y);
    at::Tensor gate = at::linear(normalized, m_gateProj);
    y.mul_(at::silu_(gate));
    return x + at::linear(y, m_outProj).view(x.sizes());
}

SelectiveChannelMixer::Parts SelectiveChannelMixer::parts(const at::Tensor& x) const
{
    const at::Tensor normalized = m_norm(x).flatten(1, 2);
    at::Tensor gate = at::linear(normalized, m_gateProj);
    return {scanInputs(convolved(normalized)[0], x.size(1), x.size(2)), at::silu_(gate)[0]};
}

}  // namespace mixer
