// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/ForwardProfile.h"
#include "engine/session/InferenceSession.h"

#include <cstdint>

namespace mixer {

/// What a network's forward pass costs at one input size.
struct ForwardCost {
    int height = 0, width = 0, batch = 1;
    int repeats = 0;
    double fastest = 0, slowest = 0;  ///< milliseconds
    ForwardTimes median;              ///< of the repeat in the middle
    /// Most memory that the process took beyond what it had with the weights loaded; -1 where that is not known.
    std::int64_t peakBytes = -1;

    double imagesPerSecond() const { return 1000.0 * batch / median.milliseconds; }
};

/// Measures forward passes of one session on pictures of noise. The session's device decides where they run.
class ForwardBenchmark {
public:
    /// Notes the memory that is taken now: make it before the session has run anything.
    explicit ForwardBenchmark(std::shared_ptr<const InferenceSession> session);

    /// One pass to warm up, then `repeats` >= 1. Throws what the session throws.
    ForwardCost run(int height, int width, int batch, int repeats, const CancelToken& cancel = {}) const;

private:
    std::shared_ptr<const InferenceSession> m_session;
    std::int64_t m_loadedBytes;
};

}  // namespace mixer
