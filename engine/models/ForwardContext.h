// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/models/ScanChoice.h"

namespace mixer {

/// Receives what a forward pass records: for every mixer, in forward order.
class Recorder {
public:
    virtual ~Recorder() = default;
    /// `mixer`: its sizes and time; its routing is left empty. `input`, `output`: (B,H,W,D), or (B,tokens,D) where a
    /// class token lies among the tokens; never written to afterwards. `choice`: of the scans, where the
    /// mixer chooses any.
    virtual void record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                        const ScanChoice& choice)
        = 0;
};

/// What a forward pass needs besides its input. Any member may be left out.
struct ForwardContext {
    Recorder* recorder = nullptr;
    CancelToken cancel;         ///< looked at before every mixer
    ProgressCallback progress;  ///< told after every mixer
};

}  // namespace mixer
