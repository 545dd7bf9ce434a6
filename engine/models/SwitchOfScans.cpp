// SPDX-License-Identifier: MIT
#include "engine/models/SwitchOfScans.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

namespace mixer {

namespace {

std::vector<double> rowOf(const at::Tensor& table, std::int64_t row)
{
    const at::Tensor host = table[row].to(at::kCPU, at::kDouble).contiguous();
    return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

}  // namespace

Routing routingOf(const ScanChoice& choice, std::int64_t image)
{
    Routing routing;
    routing.scans = *choice.scans;
    routing.hasRouter = choice.hasRouter();
    if (!routing.hasRouter) {
        routing.chosen.resize(routing.scans.size());
        std::iota(routing.chosen.begin(), routing.chosen.end(), 0);
        routing.weights.assign(routing.scans.size(), 1.0);
        return routing;
    }
    routing.logits = rowOf(choice.logits, image);
    for (const double logit : routing.logits) {
        if (!std::isfinite(logit))
            throw Error(ErrorKind::Model,
                        "a router's logits are not finite numbers: the network overflows on this input");
    }
    routing.probabilities = rowOf(choice.probabilities, image);
    for (const double id : rowOf(choice.ids, image))
        routing.chosen.push_back(static_cast<int>(id));
    routing.weights = rowOf(choice.weights, image);
    return routing;
}

ScanChoice choiceOf(const Routing& routing, const at::Device& device)
{
    ScanChoice choice;
    choice.scans = std::make_shared<const std::vector<std::string>>(routing.scans);
    if (!routing.hasRouter)
        return choice;
    const auto row = [&](const std::vector<double>& values) {
        return at::tensor(values, at::kDouble).to(device).unsqueeze(0);
    };
    choice.logits = row(routing.logits);
    choice.probabilities = row(routing.probabilities);
    choice.weights = row(routing.weights);
    choice.ids = at::tensor(routing.chosen, at::kInt).to(device).unsqueeze(0);
    return choice;
}

ScanChoice chooseScans(const std::shared_ptr<const std::vector<std::string>>& scans, const at::Tensor& logits, int topK)
{
    ScanChoice choice;
    choice.scans = scans;
    choice.logits = logits;
    choice.probabilities = at::softmax(logits, 1, at::kDouble);
    // Stable: equal logits stay in the order of the scan set, on every device.
    const at::Tensor byLogit = std::get<1>(at::sort(logits, /*stable=*/true, 1, /*descending=*/true));
    const at::Tensor ids = std::get<0>(at::sort(byLogit.narrow(1, 0, topK), 1));
    choice.ids = ids.to(at::kInt);
    const at::Tensor chosen = choice.probabilities.gather(1, ids);
    choice.weights = chosen / chosen.sum(1, /*keepdim=*/true);
    return choice;
}

SwitchOfScans::SwitchOfScans(const ModelConfig& config, int stage, const WeightReader& weights)
    : m_scans(std::make_shared<const std::vector<std::string>>(config.scans))
    , m_topK(config.topK.value_or(0))
{
    if (m_topK == 0)
        return;
    const std::int64_t channels = config.dims[stage];
    const std::int64_t width = config.routerWidth(stage);
    const std::int64_t scanCount = static_cast<std::int64_t>(m_scans->size());
    m_fc1Weight = weights.take("router.fc1.weight", {width, channels});
    m_fc1Bias = weights.take("router.fc1.bias", {width});
    m_fc2Weight = weights.take("router.fc2.weight", {scanCount, width});
    m_fc2Bias = weights.take("router.fc2.bias", {scanCount});
}

ScanChoice SwitchOfScans::choose(const at::Tensor& normalized) const
{
    if (m_topK == 0) {
        ScanChoice all;
        all.scans = m_scans;
        return all;
    }
    const at::Tensor pooled = normalized.mean(1);
    const at::Tensor hidden = at::silu(at::linear(pooled, m_fc1Weight, m_fc1Bias));
    return chooseScans(m_scans, at::linear(hidden, m_fc2Weight, m_fc2Bias), m_topK);
}

}  // namespace mixer
