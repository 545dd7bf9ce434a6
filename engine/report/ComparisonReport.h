// SPDX-License-Identifier: MIT
#pragma once

#include "engine/analysis/TraceComparison.h"

#include <memory>
#include <string>

namespace mixer {

/// One side of a comparison.
struct ComparedRun {
    std::shared_ptr<const InferenceSession> session;
    std::shared_ptr<const Trace> trace;
    std::string image;
    Precision precision = Precision::Float32;

    Arithmetic arithmetic() const { return {precision, session->runtime().device}; }
};

const char* precisionName(Precision precision);

/// For people: where the runs part, a line for each mixer, the predictions of both. `top`: classes to list.
std::string comparisonText(const ComparedRun& a, const ComparedRun& b, const TraceComparison& comparison, int top);
/// The same as one JSON document, with all classes that changed most. Numbers that are none become null.
std::string comparisonJson(const ComparedRun& a, const ComparedRun& b, const TraceComparison& comparison, int top);

}  // namespace mixer
