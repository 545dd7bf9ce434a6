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

/// The random factors of a training pass. Mixers are numbered in forward order.
class TrainingNoise {
public:
    virtual ~TrainingNoise() = default;
    /// For the pooled input of a token mixer's router: (images, channels).
    virtual at::Tensor routerFactors(std::size_t mixer, std::int64_t images, std::int64_t channels) = 0;
    /// For what a mixer adds to its input, one for each image (images): 0 where it is left out (stochastic depth, Huang
    /// et al., arXiv 1603.09382), more than 1 elsewhere. Undefined: 1 for all.
    virtual at::Tensor branchFactors(std::size_t mixer, std::int64_t images) = 0;
};

/// What a forward pass needs besides its input. Any member may be left out.
struct ForwardContext {
    Recorder* recorder = nullptr;
    TrainingNoise* noise = nullptr;            ///< of a training pass
    CancelToken cancel;                        ///< looked at before every mixer
    ProgressCallback progress;                 ///< told after every mixer
    const InterventionPlan* plan = nullptr;    ///< what is done differently
    const RecordedMixers* recorded = nullptr;  ///< what need not be computed again
};

}  // namespace mixer
