// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

namespace mixer {

/// Steps until the influence of what is written at a position has fallen to 1/2 along the Delta that the scan really
/// meets behind it: the smallest k, interpolated between steps, with exp(A_n (c_{t+k} - c_t)) = 1/2. (positions), in
/// natural order.
/// `state` -1: the mean of all states' influence has fallen to 1/2. `lane` -1: the median over the lanes.
/// `direction` Backward: of a quasi-separable scan, towards its beginning.
/// Infinity where more than half is left at the end of the scan. Throws Error(Usage), Cancelled.
Array halfLife(const MixerDetail& detail, int scan, int lane = -1, int state = -1,
               MixerDetail::Direction direction = MixerDetail::Direction::Forward, const CancelToken& cancel = {});

}  // namespace mixer
