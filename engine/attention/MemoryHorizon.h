// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

namespace mixer {

/// Retention of each state at each position of one lane, exp(Delta A_n), 0 to 1: (positions, N). What is left of the
/// old state after the step (MambaMixer, arXiv 2403.19888, eq. 3).
Array retention(const MixerDetail& detail, int scan, int lane);

/// Memory horizon in steps, 1 / (Delta |A_n|), as if Delta stayed what it is at the position: (positions, N).
Array memoryHorizon(const MixerDetail& detail, int scan, int lane);

/// Mean over lanes of the retention of each state, by position: (positions, N).
Array meanRetention(const MixerDetail& detail, int scan, const CancelToken& cancel = {});

/// Steps until the influence of what is written at a position has fallen to 1/2 along the Delta that the scan really
/// meets behind it: the smallest k, interpolated between steps, with exp(A_n (c_{t+k} - c_t)) = 1/2. (positions), in
/// natural order.
/// `state` -1: the mean of all states' influence has fallen to 1/2. `lane` -1: the median over the lanes.
/// `direction` Backward: of a quasi-separable scan, towards its beginning.
/// Infinity where more than half is left at the end of the scan. Throws Error(Usage), Cancelled.
Array halfLife(const MixerDetail& detail, int scan, int lane = -1, int state = -1,
               MixerDetail::Direction direction = MixerDetail::Direction::Forward, const CancelToken& cancel = {});

}  // namespace mixer
