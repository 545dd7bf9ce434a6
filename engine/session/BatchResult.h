// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Array.h"
#include "engine/core/Progress.h"
#include "engine/trace/MixerId.h"

#include <string>
#include <vector>

namespace mixer {

class Network;

/// What a network says about a batch of B images.
struct BatchResult {
    /// What one router chose.
    struct Router {
        MixerId mixer;
        std::vector<std::string> scans;  ///< the scan set
        int topK = 0;
        std::vector<int> chosen;  ///< (B, K): indices into `scans`
    };
    Array logits;                 ///< (B, classes)
    std::vector<Router> routers;  ///< in forward order; none where nothing is routed
};

/// images (B,3,h,w), normalized. Throws Error, Cancelled.
BatchResult runBatch(const Network& network, const Array& images, const CancelToken& cancel);

}  // namespace mixer
