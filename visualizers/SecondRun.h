// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureRun.h"

#include <string>

namespace mixer::vis {

/// The run that a figure's is compared with, on no edits yet: another model, image or arithmetic, or the run itself for
/// its baseline. `file`: where the choice's file is now; empty: where it says. Throws Error, Cancelled.
std::shared_ptr<FigureRun> openSecondRun(const FigureRun& run, const CompareChoice& choice, const QString& file = {},
                                         const CancelToken& cancel = {});

/// Makes the request's second run where `run` has none of that choice, brings it to the request, and gives the context
/// the pair. Throws Error, Cancelled.
void addSecondRun(FigureContext& context, FigureRun& run, const FigureRequest& request,
                  const ProgressCallback& progress = {}, const CancelToken& cancel = {});

}  // namespace mixer::vis
