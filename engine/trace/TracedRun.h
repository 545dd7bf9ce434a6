// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"
#include "engine/interventions/InterventionPlan.h"
#include "engine/models/Network.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <vector>

namespace mixer {

/// Who runs the network of a session, one at a time.
struct SessionRuntime {
    std::shared_ptr<const Network> network;
    int threads = 1;
    std::mutex mutex;  ///< held while the network runs
};

/// The tensors behind a Trace, for engine code that goes on from them: edited runs, attribution.
struct TracedRun {
    std::shared_ptr<SessionRuntime> runtime;
    Array image;  ///< (3,h,w), as it was prepared
    Interventions interventions;
    std::shared_ptr<const InterventionPlan> plan;  ///< null: a baseline
    std::vector<at::Tensor> inputs, outputs;       ///< of each mixer, for one image, in forward order
    std::vector<ScanChoice> choices;               ///< of each mixer

    const MixerEdits* edits(const MixerId& id) const { return plan ? plan->find(id) : nullptr; }
};

}  // namespace mixer
