// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mixer {

/// Names one mixer of a network: "stages.2.blocks.1.token_mixers.0" or "stages.2.blocks.1.channel_mixer".
struct MixerId {
    int stage = 0;
    int block = 0;
    int index = 0;  ///< within the block; 0 for the channel mixer
    bool isChannelMixer = false;

    std::string name() const;
    /// For tight places: "S3 B2 T1" or "S3 B2 C", counted from 1.
    std::string shortName() const;
    /// Throws Error(Usage) when the text is not a mixer's name.
    static MixerId parse(const std::string& text);

    bool operator==(const MixerId& o) const
    {
        return stage == o.stage && block == o.block && index == o.index && isChannelMixer == o.isChannelMixer;
    }
    bool operator!=(const MixerId& o) const { return !(*this == o); }
};

}  // namespace mixer
