// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"

#include <string>

namespace mixer {

/// What someone names in words: a selection before it was looked up in a trace.
struct SelectionRequest {
    std::string mixer;      ///< "stages.0.blocks.0.token_mixers.0"; empty: the first mixer
    std::string scan;       ///< "hilbert", "forward"; empty: the first that the mixer used
    int step = -1;          ///< -1: the middle of the sequence, where a state has something to remember
    int lane = -1;          ///< -1: all
    int state = -1;         ///< n of N; -1: all
    std::string classText;  ///< a class's number or label; empty: the predicted one
};

/// Throws Error(Usage) that says what there is instead: a mixer that the network has not, a scan that this mixer did
/// not use for this image, a step, lane, state or class out of range.
Selection resolve(const SelectionRequest& request, const Trace& trace, const ModelConfig& config,
                  const CancelToken& cancel = {});

}  // namespace mixer
