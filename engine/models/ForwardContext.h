// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace mixer {

/// Receives what a forward pass records: for every mixer, in forward order.
class Recorder {
public:
    virtual ~Recorder() = default;
    /// `input`, `output`: (B,H,W,D), never written to afterwards. `routings`: one for each image, empty for channel
    /// mixers.
    virtual void record(const MixerId& id, const at::Tensor& input, const at::Tensor& output,
                        const std::vector<Routing>& routings, double milliseconds)
        = 0;
};

/// What a forward pass needs besides its input. Any member may be left out.
struct ForwardContext {
    Recorder* recorder = nullptr;
    CancelToken cancel;         ///< looked at before every mixer
    ProgressCallback progress;  ///< told after every mixer
};

}  // namespace mixer
