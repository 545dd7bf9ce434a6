// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/analysis/TraceComparison.h"
#include "visualizers/CompareChoice.h"
#include "visualizers/FigureContext.h"

#include <QString>

#include <memory>
#include <vector>

namespace mixer::vis {

/// Two runs, compared. The difference is always B - A.
struct RunPair {
    CompareChoice choice;       ///< how the other run was made
    QString nameA, nameB;       ///< what tells the two apart: "vim2-demo", "float64", "the baseline"
    bool isOtherFirst = false;  ///< FigureContext::other is A, the context itself B
    TraceComparison comparison;
    std::vector<ClassPair> classes;
    std::shared_ptr<const Trace> traceA, traceB;
};

/// What of a run its comparison with another depends on.
struct PairSide {
    std::shared_ptr<const InferenceSession> session;  ///< null: on its way
    Precision precision = Precision::Float32;
    QString modelPath, imagePath;
    std::shared_ptr<const Trace> trace;
};

/// What tells a side from the one beside it: the model's or image's name, the precision and device, or whether the
/// edits were made.
QString sideName(const CompareChoice& choice, const PairSide& side, const PairSide& beside, bool isOther);

/// Compares all that can be. Edits are B, their baseline A; otherwise `main` is A. Both sides need a session and a
/// trace. Throws Error(Usage), Cancelled.
RunPair makePair(const CompareChoice& choice, const PairSide& main, const PairSide& other,
                 const ProgressCallback& progress = {}, const CancelToken& cancel = {});

/// The two contexts of a comparison in their order; both null without one.
struct PairedContexts {
    const FigureContext* a = nullptr;
    const FigureContext* b = nullptr;
};
PairedContexts pairedContexts(const FigureContext& context);

/// "relative 0.31 · max 0.12 · r 0.984"
QString discrepancyText(const Discrepancy& discrepancy);

}  // namespace mixer::vis
