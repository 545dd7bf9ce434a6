// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/MixerId.h"

namespace mixer {

/// What a person points at. Every view and every figure reads it; nothing here is a result.
/// `scan`, `lane`, `step`: see MixerDetail. -1 means "none".
struct Selection {
    MixerId mixer;
    int scan = 0;  ///< index into the chosen scans (or directions) of the mixer
    int step = 0;
    int lane = -1;        ///< -1: all lanes
    int state = -1;       ///< n of N, -1: none
    int classIndex = -1;  ///< -1: the predicted one

    bool operator==(const Selection& o) const
    {
        return mixer == o.mixer && scan == o.scan && step == o.step && lane == o.lane && state == o.state
            && classIndex == o.classIndex;
    }
    bool operator!=(const Selection& o) const { return !(*this == o); }
};

}  // namespace mixer
