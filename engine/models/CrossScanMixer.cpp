// SPDX-License-Identifier: MIT
#include "engine/models/CrossScanMixer.h"

#include "engine/interventions/InterventionPlan.h"
#include "engine/models/InPlace.h"
#include "engine/models/Layers.h"
#include "engine/models/ScanTable.h"
#include "engine/ops/Convolutions.h"

#include <ATen/ATen.h>

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
    , m_orders(orderNames(config.scan))
    , m_names(std::make_shared<const std::vector<std::string>>(config.scanNames()))
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
    m_dtBias = op.takeExact("dt_projs_bias", {kScans, inner});
    m_A = op.takeExact("A_logs", {kScans * inner, states}).view({kScans, inner, states}).exp().neg();
    m_D = op.takeExact("Ds", {kScans * inner}).view({kScans, inner});
    const bool sequential = config.outNorm == OutNorm::LayerConvolution;
    if (config.outNorm == OutNorm::Layer || sequential)
        m_outLayerNorm = LayerNorm(op, sequential ? "out_norm.0" : "out_norm", inner);
    if (config.outNorm == OutNorm::Convolution || sequential) {
        m_outConv = op.take(sequential ? "out_norm.2.weight" : "out_norm.1.weight", {inner, 1, 3, 3});
        m_outConvBias = at::zeros({inner}, m_outConv.options());
    }
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

/// u (B,H,W,E).
ScanSet CrossScanMixer::scanSet(const at::Tensor& u, const ScanChoice& choice, const MixerEdits* edits) const
{
    const std::int64_t rank = m_stage.dtRank;
    const std::int64_t states = m_config.dState;
    ScanSet set;
    set.u = u.flatten(1, 2);
    const at::Tensor rBC = at::linear(set.u, m_xProj.flatten(0, 1))
                               .view({set.images(), set.steps(), kScans, rank + 2 * states})
                               .transpose(1, 2);  // (B, S, L, R+2N)
    set.delta = at::matmul(rBC.narrow(3, 0, rank), m_dtProj.transpose(1, 2));
    set.A = m_A;
    set.B = rBC.narrow(3, rank, states);
    set.C = rBC.narrow(3, rank + states, states);
    set.D = m_D;
    set.deltaBias = m_dtBias;
    set.orders = scanTable(m_orders, static_cast<int>(u.size(1)), static_cast<int>(u.size(2)), u.device());
    if (choice.ids.defined()) {  // only edits choose, and the same for every image
        const at::Tensor slots = choice.ids[0].to(at::kLong);
        set.delta = set.delta.index_select(1, slots);
        set.B = set.B.index_select(1, slots);
        set.C = set.C.index_select(1, slots);
        set.scanIds = choice.ids;
        set.weights = choice.weights.to(m_D.scalar_type());
    }
    if (edits)
        edits->apply(set);
    return set;
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
            result = depthwiseConv(result, m_outConv, m_outConvBias, /*silu=*/false);
        break;
    }
    return m_config.outGelu ? at::gelu(result) : result;
}

at::Tensor CrossScanMixer::forward(const at::Tensor& x, ScanChoice& choice, const MixerEdits* edits) const
{
    choice.scans = m_names;
    if (edits)
        edits->choose(choice, x.size(0));
    const Projected projected = project(m_config.postNorm ? x : m_norm(x));
    const ScanSet set = scanSet(projected.u, choice, edits);
    at::Tensor y = mixer::scanSet(set);
    if (edits)
        y = edits->patchStates(set, y);
    y = normalizeOutput(y.view(projected.u.sizes()));
    if (projected.outputGate.defined())
        y = multiplied(y, projected.outputGate);
    if (edits)
        y = edits->hold(y.flatten(1, 2)).view(y.sizes());
    const at::Tensor out = at::linear(y, m_outProj, m_outProjBias);
    return x + (m_config.postNorm ? m_norm(out) : out);
}

MixerParts CrossScanMixer::parts(const at::Tensor& x, const Routing& routing, const MixerEdits* edits) const
{
    const Projected projected = project(m_config.postNorm ? x : m_norm(x));
    const ScanSet set = scanSet(projected.u, choiceOf(routing, x.device()), edits);
    MixerParts parts;
    for (std::size_t slot = 0; slot < routing.chosen.size(); ++slot) {
        const int scan = routing.chosen[slot];
        auto order = edits ? edits->orderOf(scan) : nullptr;
        if (!order)
            order = orderOf(ScanOrder::get(m_orders[static_cast<std::size_t>(scan)], static_cast<int>(x.size(1)),
                                           static_cast<int>(x.size(2))));
        parts.names.push_back((*m_names)[static_cast<std::size_t>(scan)]);
        parts.scans.push_back(scanInput(set, 0, static_cast<std::int64_t>(slot), scan, std::move(order)));
        if (edits)
            parts.scans.back().jumps = edits->jumpsOf(set, 0, static_cast<std::int64_t>(slot));
    }
    if (projected.outputGate.defined())
        parts.outputGate = projected.outputGate[0].flatten(0, 1);
    return parts;
}

}  // namespace mixer
