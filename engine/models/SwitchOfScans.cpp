// SPDX-License-Identifier: MIT
#include "engine/models/SwitchOfScans.h"

#include <ATen/ATen.h>

namespace mixer {

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

SwitchOfScans::SwitchOfScans(const MixerConfig& config, int stage, const WeightReader& weights)
    : m_scans(std::make_shared<const std::vector<std::string>>(config.scans))
    , m_topK(config.topK.value_or(0))
{
    if (m_topK == 0)
        return;
    const std::int64_t channels = config.dims[stage];
    const std::int64_t width = config.routerWidth(stage);
    const std::int64_t scanCount = static_cast<std::int64_t>(m_scans->size());
    m_fc1Weight = weights.takeExact("router.fc1.weight", {width, channels});
    m_fc1Bias = weights.takeExact("router.fc1.bias", {width});
    m_fc2Weight = weights.takeExact("router.fc2.weight", {scanCount, width});
    m_fc2Bias = weights.takeExact("router.fc2.bias", {scanCount});
}

ScanChoice SwitchOfScans::choose(const at::Tensor& normalized, const at::Tensor& factors) const
{
    if (m_topK == 0) {
        ScanChoice all;
        all.scans = m_scans;
        return all;
    }
    // In float32 at least: a choice must not depend on the device or the network's precision.
    at::Tensor pooled = normalized.mean(1, /*keepdim=*/false, m_fc1Weight.scalar_type());
    if (factors.defined())
        pooled = pooled * factors;
    const at::Tensor hidden = at::silu(at::linear(pooled, m_fc1Weight, m_fc1Bias));
    return chooseScans(m_scans, at::linear(hidden, m_fc2Weight, m_fc2Bias), m_topK);
}

}  // namespace mixer
