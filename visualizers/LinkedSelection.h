// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"

namespace mixer::vis {

struct RunPair;

/// The token of another grid at the same place of what the network sees: the same one where the grids are alike.
int linkedToken(const MixerRecord& from, int token, const MixerRecord& to);

/// A selection of one mixer, said in another run's counterpart: the scan of that name where it ran, the token at the
/// same place, the lane, state and channel of the same number where there is one. `current`: what it has selected, kept
/// where nothing corresponds.
Selection linkedSelection(const MixerDetail& detail, const Selection& selection, const MixerDetail& other,
                          const Selection& current);

/// The main run's class in the other's network; -1: it has none of that name, or the predicted one is meant.
int linkedClass(const RunPair& pair, int classIndex);

}  // namespace mixer::vis
