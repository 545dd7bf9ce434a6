// SPDX-License-Identifier: MIT
#include "engine/models/CrossScanMixer.h"

#include "engine/models/Layers.h"

#include <ATen/ATen.h>

#include <numeric>

namespace mixer {

namespace {

using Gate = VMambaConfig::Gate;
using OutNorm = VMambaConfig::OutNorm;

constexpr std::int64_t kScans = 4;  // in every release

std::vector<std::string> orderNames(VMambaConfig::Scan scan)
{
    if (scan == VMambaConfig::Scan::OneWay)
        return {"row", "row", "row", "row"};
    if (scan == VMambaConfig::Scan::TwoWays)
        return {"row", "row", "row-reverse", "row-reverse"};
    return {"row", "column", "row-reverse", "column-reverse"};
}

}  // namespace

CrossScanMixer::CrossScanMixer(const VMambaConfig& config, int stage, const WeightReader& block)
    : m_config(config)
    , m_stage(config.stages[static_cast<std::size_t>(stage)])
    , m_scans(orderNames(config.scan))
{
    const WeightReader op = block.in("op");
    const std::int64_t dim = m_stage.dim;
    const std::int64_t inner = m_stage.inner;
    const std::int64_t rank = m_stage.dtRank;
    const std::int64_t states = config.dState;
    const std::int64_t kernel = config.convKernel;
    const std::int64_t projected = config.gate == Gate::None ? inner : 2 * inner;
    m_norm = LayerNorm(block, "norm", dim);
    m_inProj = takeLinear(op, "in_proj.weight", projected, dim);
    m_outProj = takeLinear(op, "out_proj.weight", dim, inner);
    if (config.projBias) {
        m_inProjBias = op.take("in_proj.bias", {projected});
        m_outProjBias = op.take("out_proj.bias", {dim});
    }
    if (kernel > 0) {
        m_convWeight = op.take("conv2d.weight", {inner, 1, kernel, kernel});
        m_convBias = config.convBias ? op.take("conv2d.bias", {inner}) : at::zeros({inner}, m_convWeight.options());
    }
    m_xProj = op.take("x_proj_weight", {kScans, rank + 2 * states, inner});
    m_dtProj = op.take("dt_projs_weight", {kScans, inner, rank});
    m_dtBias = op.take("dt_projs_bias", {kScans, inner});
    m_A = op.take("A_logs", {kScans * inner, states}).view({kScans, inner, states}).exp().neg();
    m_D = op.take("Ds", {kScans * inner}).view({kScans, inner});
    const bool sequential = config.outNorm == OutNorm::LayerConvolution;
    if (config.outNorm == OutNorm::Layer || sequential)
        m_outLayerNorm = LayerNorm(op, sequential ? "out_norm.0" : "out_norm", inner);
    if (config.outNorm == OutNorm::Convolution || sequential)
        m_outConv = op.take(sequential ? "out_norm.2.weight" : "out_norm.1.weight", {inner, 1, 3, 3});
}

CrossScanMixer::Projected CrossScanMixer::project(const at::Tensor& normalized) const
{
    Projected result;
    at::Tensor v = at::linear(normalized, m_inProj, m_inProjBias);
    if (m_config.gate != Gate::None) {
        result.outputGate = v.narrow(3, m_stage.inner, m_stage.inner);
        if (m_config.gate == Gate::Activated)
            result.outputGate = activated(result.outputGate, m_config.activation);
        v = v.narrow(3, 0, m_stage.inner).contiguous();
    }
    const bool silu = m_config.activation == Activation::Silu;
    if (m_convWeight.defined()) {
        v = depthwiseConv(v, m_convWeight, m_convBias, silu);
        result.u = silu ? v : activated(v, m_config.activation);
    } else {
        result.u = activated(v, m_config.activation);
    }
    return result;
}

std::vector<ScanInput> CrossScanMixer::scanInputs(const at::Tensor& u) const
{
    const std::int64_t rank = m_stage.dtRank;
    const std::int64_t states = m_config.dState;
    const int height = static_cast<int>(u.size(0));
    const int width = static_cast<int>(u.size(1));
    const at::Tensor tokens = u.flatten(0, 1);
    std::vector<ScanInput> inputs;
    for (std::int64_t s = 0; s < kScans; ++s) {
        const at::Tensor rBC = at::linear(tokens, m_xProj[s]);
        ScanInput input;
        input.u = tokens;
        input.deltaRaw = at::linear(rBC.narrow(1, 0, rank), m_dtProj[s]);
        input.A = m_A[s];
        input.B = rBC.narrow(1, rank, states);
        input.C = rBC.narrow(1, rank + states, states);
        input.D = m_D[s];
        input.deltaBias = m_dtBias[s];
        input.order = orderOf(ScanOrder::get(m_scans[static_cast<std::size_t>(s)], height, width));
        inputs.push_back(std::move(input));
    }
    return inputs;
}

at::Tensor CrossScanMixer::normalizeOutput(const at::Tensor& y) const
{
    at::Tensor result = y;
    switch (m_config.outNorm) {
    case OutNorm::None:
        break;
    case OutNorm::Softmax:
        result = at::softmax(y.flatten(1, 2), 1).view(y.sizes());
        break;
    case OutNorm::Sigmoid:
        result = at::sigmoid(y);
        break;
    case OutNorm::Layer:
    case OutNorm::Convolution:
    case OutNorm::LayerConvolution:
        if (m_config.outNorm != OutNorm::Convolution)
            result = m_outLayerNorm(result);
        if (m_outConv.defined())
            result = depthwiseConv(result, m_outConv, at::zeros({m_stage.inner}, y.options()), /*silu=*/false);
        break;
    }
    return m_config.outGelu ? at::gelu(result) : result;
}

at::Tensor CrossScanMixer::forward(const at::Tensor& x) const
{
    const Projected projected = project(m_config.postNorm ? x : m_norm(x));
    at::Tensor y = at::empty_like(projected.u);
    for (std::int64_t image = 0; image < x.size(0); ++image) {
        const std::vector<ScanInput> scans = scanInputs(projected.u[image]);
        for (std::size_t s = 0; s < scans.size(); ++s)
            scans[s].run(y[image].flatten(0, 1), 1.0, /*accumulate=*/s > 0);
    }
    y = normalizeOutput(y);
    if (projected.outputGate.defined())
        y = y * projected.outputGate;
    const at::Tensor out = at::linear(y, m_outProj, m_outProjBias);
    return x + (m_config.postNorm ? m_norm(out) : out);
}

Routing CrossScanMixer::routing() const
{
    Routing routing;
    routing.scans = m_config.scanNames();
    routing.chosen.resize(routing.scans.size());
    std::iota(routing.chosen.begin(), routing.chosen.end(), 0);
    routing.weights.assign(routing.scans.size(), 1.0);
    return routing;
}

MixerParts CrossScanMixer::parts(const at::Tensor& x) const
{
    const Projected projected = project(m_config.postNorm ? x : m_norm(x));
    MixerParts parts;
    parts.scans = scanInputs(projected.u[0]);
    parts.names = m_config.scanNames();
    if (projected.outputGate.defined())
        parts.outputGate = projected.outputGate[0].flatten(0, 1);
    return parts;
}

}  // namespace mixer
