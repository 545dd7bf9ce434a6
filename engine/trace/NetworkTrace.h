// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/Network.h"
#include "engine/trace/Trace.h"

#include <memory>

namespace mixer {

/// Runs one image and keeps what Trace promises. Call with the session's threads set and under inference mode.
std::shared_ptr<const Trace> traceImage(const std::shared_ptr<const Network>& network, const PreparedImage& image,
                                        int threads, const ProgressCallback& progress, const CancelToken& cancel);

/// A view of a host array as a tensor, which the array must outlive.
at::Tensor asTensor(const Array& array);

}  // namespace mixer
