// SPDX-License-Identifier: MIT
#include "engine/models/BidirectionalMixer.h"

#include "engine/interventions/InterventionPlan.h"
#include "engine/models/InPlace.h"

#include <ATen/ATen.h>

#include <numeric>

namespace mixer {

namespace {

using Directions = VimConfig::Directions;

constexpr double kEps = 1e-5;

std::shared_ptr<const std::vector<std::int32_t>> backwardOrder(std::int64_t length)
{
    auto order = std::make_shared<std::vector<std::int32_t>>(static_cast<std::size_t>(length));
    std::iota(order->rbegin(), order->rend(), 0);
    return order;
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
    , m_names(std::make_shared<const std::vector<std::string>>(config.scanNames()))
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
        m_directions.back().A = mixer.takeExact("A_b_log", {inner, config.dState}).exp().neg();
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
    direction.dtBias = weights.takeExact("dt_proj" + suffix + ".bias", {inner});
    direction.D = weights.takeExact("D" + suffix, {inner});
    if (suffix.empty())
        direction.A = weights.takeExact("A_log", {inner, m_config.dState}).exp().neg();
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

/// v (B,T,E).
std::vector<ScanSet> BidirectionalMixer::scanSets(const at::Tensor& v, const MixerEdits* edits) const
{
    const std::int64_t rank = m_config.dtRank;
    const std::int64_t states = m_config.dState;
    const std::int64_t tokens = v.size(1);
    std::vector<ScanSet> sets;
    for (std::size_t d = 0; d < m_directions.size(); ++d) {
        const Direction& direction = m_directions[d];
        ScanSet set;
        if (d == 1 && m_config.directions == Directions::SharedTwo) {
            set = sets.front();
        } else {
            set.u = convolved(v, direction, d == 1);
            const at::Tensor rBC = at::linear(set.u, direction.xProj).unsqueeze(1);  // (B, 1, T, R+2N)
            set.delta = at::linear(rBC.narrow(3, 0, rank), direction.dtProj);
            set.B = rBC.narrow(3, rank, states);
            set.C = rBC.narrow(3, rank + states, states);
            set.D = direction.D.unsqueeze(0);
            set.deltaBias = direction.dtBias.unsqueeze(0);
        }
        set.A = direction.A.unsqueeze(0);
        if (d == 1)
            set.orders = at::arange(tokens - 1, -1, -1, v.options().dtype(at::kInt)).unsqueeze(0);
        sets.push_back(std::move(set));
    }
    for (std::size_t d = 0; edits && d < sets.size(); ++d)
        edits->apply(sets[d], static_cast<int>(d));
    return sets;
}

bool BidirectionalMixer::isHalved() const
{
    return m_config.halved && m_config.directions == Directions::Two;
}

ScanChoice BidirectionalMixer::allDirections(std::int64_t images) const
{
    ScanChoice choice;
    choice.scans = m_names;
    if (isHalved())
        choice.weights = at::full({images, static_cast<std::int64_t>(m_names->size())}, 0.5, at::kDouble);
    return choice;
}

at::Tensor BidirectionalMixer::forward(const at::Tensor& x, ScanChoice& choice, const MixerEdits* edits) const
{
    const std::int64_t inner = m_config.inner;
    choice = allDirections(x.size(0));
    if (edits)
        edits->choose(choice, x.size(0));
    const at::Tensor vz = at::linear(m_norm(x), m_inProj, m_inProjBias);
    const std::vector<ScanSet> sets = scanSets(vz.narrow(2, 0, inner), edits);
    at::Tensor gate = at::silu(vz.narrow(2, inner, inner));
    at::Tensor y;
    if (choice.ids.defined()) {  // only edits choose, and the same for every image
        for (std::int64_t slot = 0; slot < choice.ids.size(1); ++slot) {
            const auto direction = static_cast<std::size_t>(choice.ids[0][slot].item<std::int32_t>());
            const at::Tensor weight = choice.weights.select(1, slot).to(x.scalar_type()).view({-1, 1, 1});
            const at::Tensor part = mixer::scanSet(sets[direction]) * weight;
            y = y.defined() ? y + part : part;
        }
    } else {
        for (const ScanSet& set : sets)
            y = y.defined() ? y + mixer::scanSet(set) : mixer::scanSet(set);
        if (isHalved())
            gate = gate / 2;
    }
    y = multiplied(y, gate);
    if (edits)
        y = edits->hold(y);
    const at::Tensor out = at::linear(y, m_outProj, m_outProjBias);
    return x + (m_gamma.defined() ? out * m_gamma : out);
}

MixerParts BidirectionalMixer::parts(const at::Tensor& x, const Routing& routing, const MixerEdits* edits) const
{
    const std::int64_t inner = m_config.inner;
    const at::Tensor vz = at::linear(m_norm(x), m_inProj, m_inProjBias);
    const std::vector<ScanSet> sets = scanSets(vz.narrow(2, 0, inner), edits);
    MixerParts parts;
    for (const int direction : routing.chosen) {
        const auto d = static_cast<std::size_t>(direction);
        parts.names.push_back((*m_names)[d]);
        parts.scans.push_back(scanInput(sets[d], 0, 0, 0, direction == 0 ? nullptr : backwardOrder(x.size(1))));
    }
    parts.outputGate = at::silu(vz[0].narrow(1, inner, inner));
    return parts;
}

}  // namespace mixer
