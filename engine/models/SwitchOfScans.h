// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/WeightReader.h"
#include "engine/trace/Trace.h"

#include <vector>

namespace mixer {

/// The router of a token mixer (QSMixer's Switch of Scans; its exact form is ours, after Switch Transformer,
/// arXiv 2101.03961): for each image the K scans with the largest logits, weighted by their renormalized probability.
/// Without a router (`sos` null) every scan is chosen with weight 1, VMamba's cross-merge.
class SwitchOfScans {
public:
    SwitchOfScans(const MixerConfig& config, int stage, const WeightReader& weights);

    /// `normalized`: (B, tokens, D), the mixer's input after its LayerNorm. One Routing for each image.
    std::vector<Routing> route(const at::Tensor& normalized) const;

    /// (B, S); undefined without a router.
    at::Tensor logits(const at::Tensor& normalized) const;

private:
    std::vector<std::string> m_scans;
    int m_topK = 0;  ///< 0: no router
    at::Tensor m_fc1Weight, m_fc1Bias, m_fc2Weight, m_fc2Bias;
};

/// Routing of one image from its S logits: softmax, the K largest (ties: the lower index) in the order of the scan set,
/// and their weights omega. Plain loops, so that the choice is the same on every device.
Routing routeImage(const std::vector<std::string>& scans, const std::vector<double>& logits, int topK);

}  // namespace mixer
