// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/session/ForwardBenchmark.h"

#include <string>
#include <vector>

namespace mixer {

/// What ran where, one line.
std::string benchmarkHeading(const InferenceSession& session);

/// The cost of one size: a line of totals, then a table of milliseconds by section and work.
std::string benchmarkText(const ForwardCost& cost);

/// All of it as one JSON document.
std::string benchmarkJson(const InferenceSession& session, const std::vector<ForwardCost>& costs);

}  // namespace mixer
