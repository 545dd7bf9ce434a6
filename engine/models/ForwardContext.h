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
    TrainingNoise* noise = nullptr;
    CancelToken cancel;         ///< looked at before every mixer
    ProgressCallback progress;  ///< told after every mixer
};

}  // namespace mixer
