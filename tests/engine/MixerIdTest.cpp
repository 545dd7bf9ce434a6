// SPDX-License-Identifier: MIT
#include "engine/trace/MixerId.h"
#include "engine/core/Error.h"

#include <gtest/gtest.h>

namespace mixer {
namespace {

TEST(MixerId, NamesAreThoseOfTheTensors)
{
    EXPECT_EQ((MixerId{2, 1, 0, false}.name()), "stages.2.blocks.1.token_mixers.0");
    EXPECT_EQ((MixerId{0, 17, 0, true}.name()), "stages.0.blocks.17.channel_mixer");
}

TEST(MixerId, ShortNamesCountFromOne)
{
    EXPECT_EQ((MixerId{2, 1, 0, false}.shortName()), "S3 B2 T1");
    EXPECT_EQ((MixerId{2, 1, 0, true}.shortName()), "S3 B2 C");
}

TEST(MixerId, ParseUndoesName)
{
    for (const MixerId& id : {MixerId{0, 0, 0, false}, MixerId{7, 255, 63, false}, MixerId{3, 10, 0, true}})
        EXPECT_EQ(MixerId::parse(id.name()), id) << id.name();
    EXPECT_NE(MixerId::parse("stages.0.blocks.0.token_mixers.0"), MixerId::parse("stages.0.blocks.0.channel_mixer"));
}

TEST(MixerId, ParseRefusesEverythingElse)
{
    for (const char* text :
         {"", "stages", "stages.", "stages.1", "stages.1.blocks.0", "stages.1.blocks.0.",
          "stages.1.blocks.0.token_mixers", "stages.1.blocks.0.token_mixers.", "stages.1.blocks.0.token_mixers.0.",
          "stages.1.blocks.0.token_mixers.0.norm", "stages.1.blocks.0.channel_mixer.0",
          "stages.1.blocks.0.channel_mixers", "stages.-1.blocks.0.channel_mixer", "stages.+1.blocks.0.channel_mixer",
          "stages. 1.blocks.0.channel_mixer", "stages.01.blocks.0.channel_mixer",
          "stages.99999999999999999999.blocks.0.channel_mixer", " stages.1.blocks.0.channel_mixer", "S3 B2 T1"}) {
        try {
            MixerId::parse(text);
            ADD_FAILURE() << "accepted: " << text;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Usage);
        }
    }
    EXPECT_THROW(MixerId::parse(std::string("stages.1.blocks.0.channel_mixer\0", 32)), Error);
}

}  // namespace
}  // namespace mixer
