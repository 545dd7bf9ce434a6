// SPDX-License-Identifier: MIT
#include "engine/models/BidirectionalMixer.h"

#include "engine/models/Layers.h"

#include <ATen/ATen.h>

#include <numeric>

namespace mixer {

namespace {

using Directions = VimConfig::Directions;

constexpr double kEps = 1e-5;

/// T-1 ... 0; the last one asked for is kept, since all layers of a pass ask for the same.
std::shared_ptr<const std::vector<std::int32_t>> backwardOrder(std::int64_t length)
{
    thread_local std::shared_ptr<const std::vector<std::int32_t>> last;
    if (!last || static_cast<std::int64_t>(last->size()) != length) {
        auto order = std::make_shared<std::vector<std::int32_t>>(static_cast<std::size_t>(length));
        std::iota(order->rbegin(), order->rend(), 0);
        last = std::move(order);
    }
    return last;
}

}  // namespace

RmsOrLayerNorm::RmsOrLayerNorm(const WeightReader& weights, const std::string& name, std::int64_t width,
                               VimConfig::Norm kind)
    : m_weight(weights.take(name + ".weight", {width}))
{
    if (kind == VimConfig::Norm::Layer)
        m_bias = weights.take(name + ".bias", {width});
}

at::Tensor RmsOrLayerNorm::operator()(const at::Tensor& x) const
{
    if (m_bias.defined())
        return at::layer_norm(x, m_weight.sizes(), m_weight, m_bias, kEps);
    return x * at::rsqrt(x.square().mean(-1, /*keepdim=*/true) + kEps) * m_weight;
}

BidirectionalMixer::BidirectionalMixer(const VimConfig& config, const WeightReader& block)
    : m_config(config)
    , m_norm(block, "norm", config.dim, config.norm)
{
    const WeightReader mixer = block.in("mixer");
    const std::int64_t dim = config.dim;
    const std::int64_t inner = config.inner;
    m_inProj = mixer.take("in_proj.weight", {2 * inner, dim});
    m_outProj = mixer.take("out_proj.weight", {dim, inner});
    if (config.projBias) {
        m_inProjBias = mixer.take("in_proj.bias", {2 * inner});
        m_outProjBias = mixer.take("out_proj.bias", {dim});
    }
    if (config.layerScale)
        m_gamma = mixer.take("gamma", {dim});
    m_directions.push_back(readDirection(mixer, ""));
    if (config.directions == Directions::Two)
        m_directions.push_back(readDirection(mixer, "_b"));
    if (config.directions == Directions::SharedTwo)
        m_directions.push_back(m_directions.front());
    if (config.directions != Directions::One)
        m_directions.back().A = mixer.take("A_b_log", {inner, config.dState}).exp().neg();
}

BidirectionalMixer::Direction BidirectionalMixer::readDirection(const WeightReader& weights,
                                                                const std::string& suffix) const
{
    const std::int64_t inner = m_config.inner;
    const std::int64_t kernel = m_config.convKernel;
    Direction direction;
    direction.convWeight = weights.take("conv1d" + suffix + ".weight", {inner, 1, kernel}).squeeze(1);
    direction.convBias = m_config.convBias ? weights.take("conv1d" + suffix + ".bias", {inner})
                                           : at::zeros({inner}, direction.convWeight.options());
    direction.xProj = weights.take("x_proj" + suffix + ".weight", {m_config.dtRank + 2 * m_config.dState, inner});
    direction.dtProj = weights.take("dt_proj" + suffix + ".weight", {inner, m_config.dtRank});
    direction.dtBias = weights.take("dt_proj" + suffix + ".bias", {inner});
    direction.D = weights.take("D" + suffix, {inner});
    if (suffix.empty())
        direction.A = weights.take("A_log", {inner, m_config.dState}).exp().neg();
    return direction;
}

/// v (B,T,E). Forward, token t sees t-k+1 ... t, the last weight on t; backward, t ... t+k-1, the last weight on t too.
at::Tensor BidirectionalMixer::convolved(const at::Tensor& v, const Direction& direction, bool backward) const
{
    const std::int64_t kernel = m_config.convKernel;
    const std::int64_t tokens = v.size(1);
    const at::Tensor padded
        = backward ? at::constant_pad_nd(v, {0, 0, 0, kernel - 1}) : at::constant_pad_nd(v, {0, 0, kernel - 1, 0});
    at::Tensor sum = direction.convBias.expand({v.size(0), tokens, v.size(2)});
    for (std::int64_t tap = 0; tap < kernel; ++tap)
        sum = at::addcmul(sum, padded.narrow(1, backward ? kernel - 1 - tap : tap, tokens),
                          direction.convWeight.select(1, tap));
    return at::silu(sum);
}

/// v (T,E): one image.
std::vector<ScanInput> BidirectionalMixer::scanInputs(const at::Tensor& v) const
{
    const std::int64_t rank = m_config.dtRank;
    const std::int64_t states = m_config.dState;
    std::vector<ScanInput> inputs;
    for (std::size_t d = 0; d < m_directions.size(); ++d) {
        const Direction& direction = m_directions[d];
        ScanInput input;
        if (d == 1 && m_config.directions == Directions::SharedTwo) {
            input = inputs.front();
        } else {
            input.u = convolved(v.unsqueeze(0), direction, d == 1)[0];
            const at::Tensor rBC = at::linear(input.u, direction.xProj);
            input.deltaRaw = at::linear(rBC.narrow(1, 0, rank), direction.dtProj);
            input.B = rBC.narrow(1, rank, states);
            input.C = rBC.narrow(1, rank + states, states);
            input.D = direction.D;
            input.deltaBias = direction.dtBias;
        }
        input.A = direction.A;
        if (d == 1)
            input.order = backwardOrder(v.size(0));
        inputs.push_back(std::move(input));
    }
    return inputs;
}

at::Tensor BidirectionalMixer::forward(const at::Tensor& x) const
{
    const std::int64_t inner = m_config.inner;
    const at::Tensor vz = at::linear(m_norm(x), m_inProj, m_inProjBias);
    const std::vector<double> weights = routing().weights;
    at::Tensor y = at::empty({x.size(0), x.size(1), inner}, x.options());
    for (std::int64_t image = 0; image < x.size(0); ++image) {
        const std::vector<ScanInput> scans = scanInputs(vz[image].narrow(1, 0, inner));
        for (std::size_t d = 0; d < scans.size(); ++d)
            scans[d].run(y[image], weights[d], /*accumulate=*/d > 0);
    }
    y = y * at::silu(vz.narrow(2, inner, inner));
    const at::Tensor out = at::linear(y, m_outProj, m_outProjBias);
    return x + (m_gamma.defined() ? out * m_gamma : out);
}

Routing BidirectionalMixer::routing() const
{
    Routing routing;
    routing.scans = m_config.scanNames();
    routing.chosen.resize(routing.scans.size());
    std::iota(routing.chosen.begin(), routing.chosen.end(), 0);
    const bool halved = m_config.halved && m_config.directions == Directions::Two;
    routing.weights.assign(routing.scans.size(), halved ? 0.5 : 1.0);
    return routing;
}

MixerParts BidirectionalMixer::parts(const at::Tensor& x) const
{
    const at::Tensor vz = at::linear(m_norm(x), m_inProj, m_inProjBias)[0];
    MixerParts parts;
    parts.scans = scanInputs(vz.narrow(1, 0, m_config.inner));
    parts.names = m_config.scanNames();
    parts.outputGate = at::silu(vz.narrow(1, m_config.inner, m_config.inner));
    return parts;
}

}  // namespace mixer
