// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/Program.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mixer {
namespace {

using Json = nlohmann::json;

const char* const kWorks[] = {"projections", "convolutions", "scans", "norms", "element-wise", "rest"};

TEST(Bench, jsonHasEverySizeAndItsPartsAddUp)
{
    const std::string model = fixture("vim2-default.safetensors");
    const Finished result = run(
        {"bench", model, "--size", "32x64", "64x64", "--batch", "1", "3", "--repeat", "3", "--threads", "1", "--json"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const Json json = Json::parse(result.output);
    EXPECT_EQ(json.at("model").at("path"), model);
    EXPECT_EQ(json.at("model").at("family"), "ViM2");
    EXPECT_EQ(json.at("runtime").at("threads"), 1);
    ASSERT_EQ(json.at("sizes").size(), 4U);
    const Json& last = json.at("sizes").at(3);
    EXPECT_EQ(last.at("height"), 64);
    EXPECT_EQ(last.at("batch"), 3);
    EXPECT_EQ(json.at("sizes").at(0).at("width"), 64);
    for (const Json& size : json.at("sizes")) {
        const double whole = size.at("milliseconds");
        EXPECT_GT(whole, 0);
        EXPECT_LE(size.at("fastest"), whole);
        EXPECT_GE(size.at("slowest"), whole);
        EXPECT_NEAR(size.at("images_per_second").get<double>() * whole / 1000, size.at("batch").get<double>(), 0.01);
        EXPECT_GT(size.at("peak_bytes_above_weights").get<double>(), 0);
        double sum = 0;
        for (const char* section : {"stem", "token mixers", "channel mixers", "merging", "head"}) {
            const Json& part = size.at("parts").at(section);
            double works = 0;
            for (const char* work : kWorks) {
                EXPECT_GE(part.at(work).get<double>(), 0) << section << ' ' << work;
                works += part.at(work).get<double>();
            }
            EXPECT_NEAR(works, part.at("total").get<double>(), 0.01) << section;
            sum += works;
        }
        EXPECT_NEAR(sum, whole, 0.05);
        // Each kind of work is found where it belongs.
        const Json& parts = size.at("parts");
        for (const char* work : {"projections", "convolutions", "scans", "norms"}) {
            EXPECT_GT(parts.at("token mixers").at(work), 0) << work;
            EXPECT_GT(parts.at("channel mixers").at(work), 0) << work;
        }
        EXPECT_EQ(parts.at("head").at("scans"), 0);
        EXPECT_GT(parts.at("stem").at("projections"), 0);
        EXPECT_GT(parts.at("merging").at("projections"), 0);
        EXPECT_GT(parts.at("head").at("projections"), 0);
    }
}

TEST(Bench, textNamesSizeAndParts)
{
    const Finished result = run({"bench", "--model", fixture("viqs-default.safetensors"), "--repeat", "1"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_EQ(result.output.rfind("ViQS, ", 0), 0U) << result.output;
    for (const char* text : {"batch 1: ", "images/s", "token mixers", "element-wise", "above the weights"})
        EXPECT_NE(result.output.find(text), std::string::npos) << text;
}

TEST(Bench, refusesWhatItCannotRun)
{
    const std::string model = fixture("vim2-default.safetensors");
    for (const char* size : {"64", "64x", "x64", "0x64", "64x64x3", "-4x64", "3x64", "99999x64", "64 x64"}) {
        const Finished result = run({"bench", model, "--size", size});
        EXPECT_EQ(result.exitCode, 2) << size;
        EXPECT_NE(result.errors.find("HEIGHTxWIDTH"), std::string::npos) << result.errors;
    }
    EXPECT_EQ(run({"bench", model, "--batch", "0"}).exitCode, 2);
    EXPECT_EQ(run({"bench", model, "--repeat", "0"}).exitCode, 2);
    EXPECT_EQ(run({"bench", "nothing.safetensors"}).exitCode, 1);
}

}  // namespace
}  // namespace mixer
