// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/Trace.h"

#include <cstdint>
#include <vector>

namespace mixer {

struct ModelConfig;

/// What looking at a picture of a size would take, before anything runs: bytes, from above.
struct MemoryPlan {
    struct Mixer {
        MixerId id;
        int height = 0;  ///< token grid
        int width = 0;
        std::uint64_t trace = 0;   ///< input and output that a Trace keeps
        std::uint64_t detail = 0;  ///< a MixerDetail, with Delta of every scan asked for
        std::uint64_t states = 0;  ///< every state of every scan, if somebody wanted to keep them: nobody does
    };
    int inputHeight = 0;
    int inputWidth = 0;
    std::vector<Mixer> mixers;
    std::uint64_t trace = 0;          ///< of all mixers
    std::uint64_t largestDetail = 0;  ///< one is kept at a time
    std::uint64_t allStates = 0;

    /// What a person who runs the picture and looks at any one mixer needs.
    std::uint64_t needed() const { return trace + largestDetail; }
};

/// `mixers`: of the session (InferenceSession::mixers), or of a trace. `elementBytes`: 4, in double precision 8.
MemoryPlan planMemory(const ModelConfig& config, const std::vector<MixerRecord>& mixers, int inputHeight,
                      int inputWidth, int elementBytes = 4);

/// Throws Error(Memory) when the plan needs more than `limitBytes`; the message says what for, and what size would fit.
void requireMemory(const MemoryPlan& plan, std::uint64_t limitBytes);

}  // namespace mixer
