// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/ScanChoice.h"
#include "engine/models/WeightReader.h"

#include <memory>
#include <vector>

namespace mixer {

/// The router of a token mixer (QSMixer's Switch of Scans; its exact form is ours, after Switch Transformer,
/// arXiv 2101.03961): for each image the K scans with the largest logits, weighted by their renormalized probability.
/// Without a router (`sos` null) every scan is chosen with weight 1, VMamba's cross-merge.
class SwitchOfScans {
public:
    SwitchOfScans(const ModelConfig& config, int stage, const WeightReader& weights);

    /// `normalized`: (B, tokens, D), the mixer's input after its LayerNorm. Ties go to the lower index.
    ScanChoice choose(const at::Tensor& normalized) const;

    const std::vector<std::string>& scans() const { return *m_scans; }

private:
    std::shared_ptr<const std::vector<std::string>> m_scans;
    int m_topK = 0;  ///< 0: no router
    at::Tensor m_fc1Weight, m_fc1Bias, m_fc2Weight, m_fc2Bias;
};

/// The K largest of the logits (B, S), in the order of the scan set, and their weights.
ScanChoice chooseScans(const std::shared_ptr<const std::vector<std::string>>& scans, const at::Tensor& logits,
                       int topK);

}  // namespace mixer
