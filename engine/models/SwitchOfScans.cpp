// SPDX-License-Identifier: MIT
#include "engine/models/SwitchOfScans.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer {

Routing routeImage(const std::vector<std::string>& scans, const std::vector<double>& logits, int topK)
{
    Routing routing;
    routing.scans = scans;
    routing.hasRouter = true;
    const double largest = *std::max_element(logits.begin(), logits.end());
    std::vector<double> p(logits.size());
    std::transform(logits.begin(), logits.end(), p.begin(), [&](double z) { return std::exp(z - largest); });
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& value : p)
        value /= sum;

    std::vector<int> byLogit(logits.size());
    std::iota(byLogit.begin(), byLogit.end(), 0);
    std::stable_sort(byLogit.begin(), byLogit.end(), [&](int a, int b) { return logits[a] > logits[b]; });
    routing.chosen.assign(byLogit.begin(), byLogit.begin() + topK);
    std::sort(routing.chosen.begin(), routing.chosen.end());

    const double chosenSum = std::accumulate(routing.chosen.begin(), routing.chosen.end(), 0.0,
                                             [&](double total, int scan) { return total + p[scan]; });
    for (const int scan : routing.chosen)
        routing.weights.push_back(p[scan] / chosenSum);
    routing.logits.assign(logits.begin(), logits.end());
    routing.probabilities.assign(p.begin(), p.end());
    return routing;
}

SwitchOfScans::SwitchOfScans(const MixerConfig& config, int stage, const WeightReader& weights)
    : m_scans(config.scans)
    , m_topK(config.topK.value_or(0))
{
    if (m_topK == 0)
        return;
    const std::int64_t channels = config.dims[stage];
    const std::int64_t width = config.routerWidth(stage);
    const std::int64_t scanCount = static_cast<std::int64_t>(m_scans.size());
    m_fc1Weight = weights.take("router.fc1.weight", {width, channels});
    m_fc1Bias = weights.take("router.fc1.bias", {width});
    m_fc2Weight = weights.take("router.fc2.weight", {scanCount, width});
    m_fc2Bias = weights.take("router.fc2.bias", {scanCount});
}

at::Tensor SwitchOfScans::logits(const at::Tensor& normalized) const
{
    if (m_topK == 0)
        return {};
    const at::Tensor pooled = normalized.mean(1);
    return at::linear(at::silu(at::linear(pooled, m_fc1Weight, m_fc1Bias)), m_fc2Weight, m_fc2Bias);
}

std::vector<Routing> SwitchOfScans::route(const at::Tensor& normalized) const
{
    std::vector<Routing> routings;
    if (m_topK == 0) {
        Routing all;
        all.scans = m_scans;
        all.chosen.resize(m_scans.size());
        std::iota(all.chosen.begin(), all.chosen.end(), 0);
        all.weights.assign(m_scans.size(), 1.0);
        routings.assign(static_cast<std::size_t>(normalized.size(0)), all);
        return routings;
    }
    const at::Tensor table = logits(normalized).to(at::kCPU, at::kDouble).contiguous();
    if (!at::isfinite(table).all().item<bool>())
        throw Error(ErrorKind::Model, "a router's logits are not finite numbers: the network overflows on this input");
    const double* row = table.data_ptr<double>();
    for (std::int64_t image = 0; image < table.size(0); ++image, row += table.size(1))
        routings.push_back(routeImage(m_scans, {row, row + table.size(1)}, m_topK));
    return routings;
}

}  // namespace mixer
