// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/ModelConfig.h"

#include <string>
#include <vector>

namespace mixer {

/// "nano", "micro", "tiny", "small", "base", by size. nano (about 0.4 M parameters) and micro (the demonstration
/// checkpoints', 1.9 M) are ours and made for 64x64 pixels; tiny, small and base are ViM2-T, -S and -B of MambaMixer
/// (arXiv 2403.19888, table 5) at 224x224, and ViQS of the same sizes.
std::vector<std::string> presetNames();

/// Without classes and labels, which the data give. Throws Error(Usage) for an unknown name.
ModelConfig presetConfig(Family family, const std::string& name);

}  // namespace mixer
