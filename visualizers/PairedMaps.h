// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/RunPair.h"
#include "visualizers/TokenMap.h"

namespace mixer::vis {

/// The context's overlay of B minus that of A, diverging around 0; without an overlay how far the outputs of the two
/// mixers are apart at each token. The note tells the metric. Throws Error(Usage) for maps that cannot be subtracted
/// (other tokens, a scan that B did not take), which says why; Cancelled.
TokenMap makeDifferenceMap(const FigureContext& a, const FigureContext& b, const CancelToken& cancel = {});

/// The range that holds both maps; around 0 when either is signed. An empty map counts for nothing.
ValueRange sharedRange(const TokenMap& a, const TokenMap& b);
/// The same colours for both.
void shareRange(TokenMap& a, TokenMap& b);

}  // namespace mixer::vis
