// SPDX-License-Identifier: MIT
#include "engine/interventions/Interventions.h"
#include "engine/core/Error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace mixer {
namespace {

MixerId mixerAt(int stage, int block, int index)
{
    MixerId id;
    id.stage = stage, id.block = block, id.index = index;
    return id;
}

Interventions oneOfEach()
{
    ReplaceOrder drawn;
    drawn.scan = "row", drawn.height = 2, drawn.width = 2, drawn.order = {3, 1, 0, 2};
    ReplaceOrder named;
    named.name = "hilbert";
    TokenMask mask{4, 5, {0, 7, 19}};
    HoldChannels factor{{0, 4}, HoldChannels::At::Factor, -0.25};
    Interventions all;
    for (const Change& change : std::vector<Change>{
             ForceScans{{"row", "column"}}, ForbidScans{{"spiral"}}, WeighScan{"row", 0.125}, drawn, named,
             HoldChannels{{3}, HoldChannels::At::Mean, 1}, factor, ScaleDelta{}, ScaleDelta{0.5, "row", {1, 2}, mask},
             SkipMixer{}, SetMixWeight{1, SetMixWeight::Matrix::Theta, 0, 1, -2.5}, PatchOutput{"other.png", mask},
             PatchOutput{"other.png", {}}, PatchState{"other.png", "row", 17}}) {
        Edit edit{change, {mixerAt(0, 0, 1), mixerAt(2, 1, 0)}, all.edits.size() % 3 != 1};
        edit.mixers.back().isChannelMixer = true;
        if (all.edits.size() % 2 == 1)
            edit.mixers.clear();
        all.edits.push_back(edit);
    }
    return all;
}

std::string failure(const std::string& edit)
{
    try {
        Interventions::fromJson(R"({"version":1,"edits":[)" + edit + "]}", "edits.json");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Format);
        return error.what();
    }
    ADD_FAILURE() << edit << " was read";
    return {};
}

TEST(Interventions, JsonGivesBackWhatItWasGiven)
{
    const Interventions all = oneOfEach();
    EXPECT_EQ(Interventions::fromJson(all.toJson(), "text"), all);
    EXPECT_EQ(Interventions::fromJson(Interventions().toJson(), "text"), Interventions());
    EXPECT_EQ(all.activeCount(), 9);
    EXPECT_FALSE(all.isBaseline());
    for (const Edit& edit : all.edits)
        EXPECT_FALSE(edit.description().empty());
    EXPECT_EQ(all.edits.front().description(), "2 mixers: only row, column");
}

TEST(Interventions, BadEntriesAreNamed)
{
    EXPECT_NE(failure(R"({"kind":"turn-round"})").find("edits.json: edit 1: the kind 'turn-round'"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"skip-mixer","why":1})").find("'why' is unknown"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"skip-mixer","mixers":["stages.x"]})").find("stages.x"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"force-scans","scans":[]})").find("is empty"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"scale-delta","factor":-1})").find("number from 0"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"scale-delta","factor":1e99})").find("number from 0"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"scale-delta","factor":1,"channels":[2,1]})").find("rising"), std::string::npos);
    EXPECT_NE(failure(R"({"kind":"scale-delta","factor":1,"channels":[18446744073709551615]})").find("whole numbers"),
              std::string::npos);
    EXPECT_NE(
        failure(R"({"kind":"scale-delta","factor":1,"tokens":{"height":2,"width":2,"tokens":[4]}})").find("outside"),
        std::string::npos);
    EXPECT_NE(failure(R"({"kind":"replace-order","height":2,"width":1,"order":[0,0]})").find("a second time"),
              std::string::npos);
    EXPECT_NE(failure(R"({"kind":"replace-order","height":2,"width":2,"order":[0,1]})").find("has 4 steps; found 2"),
              std::string::npos);
    EXPECT_NE(failure(R"({"kind":"replace-order","height":1,"width":2,"order":[0,2]})").find("expected 0 to 1"),
              std::string::npos);
    EXPECT_THROW(Interventions::fromJson("{", "text"), Error);
    EXPECT_THROW(Interventions::fromJson(R"({"version":2,"edits":[]})", "text"), Error);
    EXPECT_THROW(Interventions::fromJson(std::string(200, '['), "text"), Error);
    EXPECT_THROW(Interventions::load("/no/such/file.json"), Error);
}

/// Anything but a throw of ours would be a fault: every prefix and many one-byte changes of a valid document.
TEST(Interventions, DamagedJsonIsRefusedOrRead)
{
    const std::string valid = oneOfEach().toJson();
    std::mt19937 generator(5);
    for (std::size_t length = 0; length < valid.size(); ++length)
        EXPECT_THROW(Interventions::fromJson(valid.substr(0, length), "text"), Error);
    for (int i = 0; i < 3000; ++i) {
        std::string damaged = valid;
        damaged[generator() % damaged.size()] = static_cast<char>(generator() % 256);
        try {
            const Interventions read = Interventions::fromJson(damaged, "text");
            EXPECT_EQ(Interventions::fromJson(read.toJson(), "again"), read);
        } catch (const Error&) {
        }
    }
}

TEST(Interventions, AMaskReachesEveryGrid)
{
    EXPECT_EQ(TokenMask().on(2, 3), std::vector<bool>(6, true));
    const TokenMask corner{4, 4, {0, 1, 4, 5}};
    EXPECT_EQ(corner.on(2, 2), (std::vector<bool>{true, false, false, false}));
    EXPECT_EQ(corner.on(1, 1), std::vector<bool>{false});  // its centre lies in cell (2,2)
    const std::vector<bool> fine = corner.on(8, 8);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x)
            EXPECT_EQ(fine[static_cast<std::size_t>(8 * y + x)], y < 4 && x < 4);
}

TEST(Interventions, ChangesOfTheScanSetLeaveChannelMixersAlone)
{
    MixerId channel = mixerAt(0, 0, 0);
    channel.isChannelMixer = true;
    EXPECT_TRUE((Edit{ForceScans{{"row"}}, {}, true}.appliesTo(mixerAt(1, 0, 0))));
    EXPECT_FALSE((Edit{ForceScans{{"row"}}, {}, true}.appliesTo(channel)));
    EXPECT_TRUE((Edit{SkipMixer{}, {}, true}.appliesTo(channel)));
    EXPECT_FALSE((Edit{SkipMixer{}, {mixerAt(0, 0, 1)}, true}.appliesTo(channel)));
    EXPECT_FALSE((Edit{SetMixWeight{}, {}, true}.appliesTo(channel)));
}

}  // namespace
}  // namespace mixer
