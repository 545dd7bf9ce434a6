// SPDX-License-Identifier: MIT
#include "engine/models/SelectiveTokenMixer.h"

#include "kernels/depthwise_conv.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

namespace mixer {

namespace {

/// in, out (B, tokens, C) contiguous on an H x W grid; weight (C,1,k,k).
void depthwiseConv(const at::Tensor& in, std::int64_t height, std::int64_t width, const at::Tensor& weight,
                   const at::Tensor& bias, const at::Tensor& out, bool silu, bool accumulate)
{
    AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "depthwiseConv", [&] {
        kernels::DepthwiseConvParams<scalar_t> p;
        p.batch = in.size(0);
        p.height = height;
        p.width = width;
        p.channels = in.size(2);
        p.kernel = static_cast<int>(weight.size(2));
        p.in = in.data_ptr<scalar_t>();
        p.weight = weight.data_ptr<scalar_t>();
        p.bias = bias.data_ptr<scalar_t>();
        p.out = out.data_ptr<scalar_t>();
        p.silu = silu;
        p.accumulate = accumulate;
        kernels::depthwise_conv(p);
    });
}

}  // namespace

SelectiveTokenMixer::SelectiveTokenMixer(const MixerConfig& config, int stage, const WeightReader& weights)
    : m_scans(config.scans)
    , m_perScan(config.perScanParameters)
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
    m_dtBias = weights.take("dt_proj.bias", {static_cast<std::int64_t>(m_scans.size()), inner});
    m_A = weights.take("A_log", {groups, inner, m_dState}).exp().neg();
    m_D = weights.take("D", {groups, inner});
    m_outProj = weights.take("out_proj.weight", {channels, inner});
}

at::Tensor SelectiveTokenMixer::convolved(const at::Tensor& normalized, std::int64_t height, std::int64_t width) const
{
    const at::Tensor projected = at::linear(normalized, m_inProj);
    const at::Tensor u = at::empty_like(projected);
    depthwiseConv(projected, height, width, m_convWeight, m_convBias, u, /*silu=*/true, /*accumulate=*/false);
    return u;
}

at::Tensor SelectiveTokenMixer::gate(const at::Tensor& normalized, std::int64_t height, std::int64_t width) const
{
    at::Tensor z = at::linear(normalized, m_gateProj);
    if (!m_gateConvs.empty()) {
        const at::Tensor projected = z;
        z = projected.clone();
        for (const GateConv& conv : m_gateConvs)
            depthwiseConv(projected, height, width, conv.weight, conv.bias, z, /*silu=*/false, /*accumulate=*/true);
    }
    return at::silu_(z);
}

SelectiveTokenMixer::Projected SelectiveTokenMixer::project(const at::Tensor& u, std::int64_t group) const
{
    const at::Tensor rBC = at::linear(u, m_xProj[group]);
    const at::Tensor r = rBC.narrow(-1, 0, m_dtRank);
    return {at::linear(r, m_dtProj[group]), rBC.narrow(-1, m_dtRank, m_dState),
            rBC.narrow(-1, m_dtRank + m_dState, m_dState)};
}

std::vector<ScanInput> SelectiveTokenMixer::scanInputs(const at::Tensor& u, const Routing& routing, int height,
                                                       int width) const
{
    std::vector<ScanInput> inputs;
    Projected projected;
    for (const int scan : routing.chosen) {
        const std::int64_t group = m_perScan ? scan : 0;
        if (m_perScan || inputs.empty())
            projected = project(u, group);
        ScanInput input;
        input.u = u;
        input.deltaRaw = projected.deltaRaw;
        input.A = m_A[group];
        input.B = projected.B;
        input.C = projected.C;
        input.D = m_D[group];
        input.deltaBias = m_dtBias[scan];
        input.quasiSeparable = m_quasiSeparable;
        input.order = orderOf(ScanOrder::get(m_scans[static_cast<std::size_t>(scan)], height, width));
        inputs.push_back(std::move(input));
    }
    return inputs;
}

at::Tensor SelectiveTokenMixer::forward(const at::Tensor& x, std::vector<Routing>& routings) const
{
    const std::int64_t height = x.size(1);
    const std::int64_t width = x.size(2);
    const at::Tensor input = m_norm(x).flatten(1, 2);
    routings = m_router.route(input);
    const at::Tensor u = convolved(input, height, width);
    at::Tensor y = at::empty_like(u);
    for (std::int64_t image = 0; image < x.size(0); ++image) {
        const Routing& routing = routings[static_cast<std::size_t>(image)];
        const std::vector<ScanInput> scans
            = scanInputs(u[image], routing, static_cast<int>(height), static_cast<int>(width));
        for (std::size_t k = 0; k < scans.size(); ++k)
            scans[k].run(y[image], routing.weights[k], /*accumulate=*/k > 0);
    }
    y = m_outNorm(y);
    y.mul_(gate(input, height, width));
    return x + at::linear(y, m_outProj).view(x.sizes());
}

SelectiveTokenMixer::Parts SelectiveTokenMixer::parts(const at::Tensor& x, const Routing& routing) const
{
    const at::Tensor input = m_norm(x).flatten(1, 2);
    const int height = static_cast<int>(x.size(1));
    const int width = static_cast<int>(x.size(2));
    const at::Tensor u = convolved(input, height, width);
    return {scanInputs(u[0], routing, height, width), gate(input, height, width)[0]};
}

}  // namespace mixer
