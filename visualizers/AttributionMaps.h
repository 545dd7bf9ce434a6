// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "visualizers/FigureContext.h"

#include <QString>

#include <memory>

namespace mixer::vis {

/// For people: "integrated gradients".
QString attributionName(AttributionMethod method);

/// Computes what is asked for, with the words about how far to trust it: the window's and the command line's one way to
/// a map. Throws Error(Usage) for a class, mixer or position that the run has not; Error(Memory), Cancelled.
std::shared_ptr<const AttributionMap> makeAttributionMap(const Trace& trace, const ModelConfig& config,
                                                         const AttributionRequest& request,
                                                         const ProgressCallback& progress = {},
                                                         const CancelToken& cancel = {});

/// Measuring the faithfulness of a map takes about so many runs of the network.
constexpr int kFaithfulnessRuns = 170;

}  // namespace mixer::vis
