// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Array.h"
#include "engine/core/Progress.h"
#include "engine/trace/MixerId.h"
#include "engine/trace/Trace.h"

#include <string>
#include <vector>

namespace mixer {

class Network;

/// What the gates g = 1 - exp(-Delta) of one mixer did for one image. A lane counts once for each scan of the mixer.
struct GateSummary {
    float mean = 0;  ///< over scans, lanes and steps, 0 to 1
    float open = 0;  ///< share of lanes that are always open (kOpenGate), 0 to 1
    float shut = 0;  ///< share of lanes that are always shut (kShutGate), 0 to 1
};

/// What a network says about a batch of B images.
struct BatchResult {
    /// What one router chose.
    struct Router {
        MixerId mixer;
        std::vector<std::string> scans;  ///< the scan set, S names
        int topK = 0;
        std::vector<int> chosen;            ///< (B, K): indices into `scans`
        std::vector<double> logits;         ///< (B, S)
        std::vector<double> probabilities;  ///< (B, S): softmax of the logits

        /// Of one image, without the weights of its scans. Throws Error(Model) when its logits are no finite numbers.
        Routing routing(std::size_t image) const;
    };
    /// What the gates of one mixer did.
    struct Gates {
        MixerId mixer;
        std::vector<GateSummary> images;  ///< B
    };
    Array logits;                      ///< (B, classes)
    std::vector<float> probabilities;  ///< (B, classes): softmax of the logits
    std::vector<Router> routers;       ///< in forward order; none where nothing is routed
    std::vector<Gates> gates;          ///< in forward order, of every mixer that scans; only where they were asked for
};

/// images (B,3,h,w), normalized. With `gates` every gate is looked at once more: some percent of the time.
/// Throws Error, Cancelled.
BatchResult runBatch(const Network& network, const Array& images, const CancelToken& cancel, bool gates = false);

}  // namespace mixer
