// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/models/ScanChoice.h"

#include <cstddef>
#include <vector>

namespace mixer {

class InterventionPlan;

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

/// What an earlier pass over the same images recorded of its first mixers, by position in forward order: they are not
/// computed again. A network may go straight to the first one that is not among them.
struct RecordedMixers {
    std::vector<at::Tensor> outputs;
    std::vector<ScanChoice> choices;
    std::size_t count = 0;  ///< how many of them are taken
};

/// What a forward pass needs besides its input. Any member may be left out.
struct ForwardContext {
    Recorder* recorder = nullptr;
    CancelToken cancel;                        ///< looked at before every mixer
    ProgressCallback progress;                 ///< told after every mixer
    const InterventionPlan* plan = nullptr;    ///< what is done differently
    const RecordedMixers* recorded = nullptr;  ///< what need not be computed again
};

}  // namespace mixer
