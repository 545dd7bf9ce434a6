// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mixer {

/// Names one mixer of a network as its family's checkpoints do: "stages.2.blocks.1.token_mixers.0" and
/// "stages.2.blocks.1.channel_mixer" (ViM2, ViQS), "layers.2.blocks.1.op" (VMamba), "layers.7.mixer" (Vim).
struct MixerId {
    enum class Family { Mixer, VMamba, Vim };

    int stage = 0;  ///< 0 in Vim
    int block = 0;
    int index = 0;  ///< within the block; 0 for the channel mixer
    bool isChannelMixer = false;
    Family family = Family::Mixer;

    std::string name() const;
    /// For tight places, counted from 1: "S3 B2 T1", "S3 B2 C"; VMamba "S3 B2"; Vim "L8".
    std::string shortName() const;
    /// Throws Error(Usage) when the text is not a mixer's name. ".op" and ".mixer" at the end may be left out.
    static MixerId parse(const std::string& text);

    bool operator==(const MixerId& o) const
    {
        return stage == o.stage && block == o.block && index == o.index && isChannelMixer == o.isChannelMixer
            && family == o.family;
    }
    bool operator!=(const MixerId& o) const { return !(*this == o); }
};

}  // namespace mixer
