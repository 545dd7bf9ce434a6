// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/Trace.h"
#include "engine/trace/TracedRun.h"

#include <memory>

namespace mixer {

/// Runs one image and keeps what Trace promises. Call with the session's lock held, its threads set and under inference
/// mode.
std::shared_ptr<const Trace> traceImage(const std::shared_ptr<SessionRuntime>& runtime, const PreparedImage& image,
                                        const ProgressCallback& progress, const CancelToken& cancel);

/// The same image with a plan made for its baseline: from the first changed mixer on, what lies before is shared.
std::shared_ptr<const Trace> traceEdited(const std::shared_ptr<const Trace>& baseline,
                                         const Interventions& interventions,
                                         std::shared_ptr<const InterventionPlan> plan, const ProgressCallback& progress,
                                         const CancelToken& cancel);

/// A view of a host array as a tensor, which the array must outlive.
at::Tensor asTensor(const Array& array);

}  // namespace mixer
