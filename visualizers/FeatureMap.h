// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/TokenMap.h"

#include <memory>

namespace mixer::vis {

/// Principal components of the selected mixer's output: the first three as red, green and blue, or one, diverging
/// around the mean. On the axes of the context's features. Difference: minus the baseline's on the same axes; of all
/// three the length of the difference. Throws Error(Usage) for features without components, or without that one;
/// Cancelled.
TokenMap makeFeatureMap(const FigureContext& context, const CancelToken& cancel = {});

/// What FigureOptions::featureComponent may be: 0, all three, to 3.
constexpr int kFeatureChoices = 4;

/// Components of the two are the same quantities.
bool haveSameAxes(const FigureContext& a, const FigureContext& b);

}  // namespace mixer::vis
