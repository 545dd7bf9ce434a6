// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ModelConfig.h"
#include "engine/core/Error.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <random>
#include <string>

namespace mixer {
namespace {

using nlohmann::json;
using test::expectError;

json completeConfig()
{
    return json::parse(R"({"arch":"vim2","dims":[8,12],"token_mixers":[[2],[1,3]],"channel_inner":[16,24],"d_state":4,
        "expand":2,"scans":["row","hilbert","window-4"],"sos":{"top_k":2},"scan_parameters":"per_scan","gate":"multires",
        "num_classes":3,"image_size":[32,40],"mean":[0.5,0.25,0],"std":[1,0.5,2],
        "labels":["cat","dog","ok \u00e9"]})");
}

ModelConfig parse(const json& config, Remarks* remarks = nullptr)
{
    return ModelConfig::fromJson(config.dump(), "file.json", remarks);
}

bool mention(const Remarks& remarks, const std::string& part)
{
    return std::any_of(remarks.begin(), remarks.end(),
                       [&](const Remark& remark) { return remark.text.find(part) != std::string::npos; });
}

TEST(ModelConfig, ReadsEveryKey)
{
    Remarks remarks;
    const ModelConfig config = parse(completeConfig(), &remarks);
    EXPECT_TRUE(remarks.empty()) << remarks.front().text;
    EXPECT_EQ(config.family, Family::Vim2);
    EXPECT_EQ(config.dims, (std::vector<int>{8, 12}));
    EXPECT_EQ(config.tokenMixers, (std::vector<std::vector<int>>{{2}, {1, 3}}));
    EXPECT_EQ(config.channelInner, (std::vector<int>{16, 24}));
    EXPECT_EQ(config.dState, 4);
    EXPECT_EQ(config.expand, 2);
    EXPECT_EQ(config.scans, (std::vector<std::string>{"row", "hilbert", "window-4"}));
    EXPECT_EQ(config.topK, 2);
    EXPECT_TRUE(config.perScanParameters);
    EXPECT_EQ(config.gate, GateKind::Multires);
    EXPECT_EQ(config.numClasses, 3);
    EXPECT_EQ(config.imageHeight, 32);
    EXPECT_EQ(config.imageWidth, 40);
    EXPECT_EQ(config.mean, (std::array<float, 3>{0.5F, 0.25F, 0.0F}));
    EXPECT_EQ(config.std, (std::array<float, 3>{1.0F, 0.5F, 2.0F}));
    EXPECT_EQ(config.labels, (std::vector<std::string>{"cat", "dog", "ok \xc3\xa9"}));
}

TEST(ModelConfig, DerivedNumbers)
{
    ModelConfig config = parse(completeConfig());
    config.dims = {96, 17};
    EXPECT_EQ(config.stageCount(), 2);
    EXPECT_EQ(config.inner(0), 192);
    EXPECT_EQ(config.dtRank(0), 6);
    EXPECT_EQ(config.dtRank(1), 2);
    EXPECT_EQ(config.routerWidth(0), 24);
    EXPECT_EQ(config.routerWidth(1), 16);
    EXPECT_EQ(config.parameterGroups(), 3);
    EXPECT_EQ(config.scanDirections(), 2);
    EXPECT_EQ(config.label(1), "dog");
    EXPECT_EQ(config.label(7), "class 7");
    EXPECT_EQ(config.label(-1), "class -1");
    EXPECT_EQ(config.familyName(), "ViM2");
    config.family = Family::Viqs;
    EXPECT_EQ(config.familyName(), "ViQS");
    EXPECT_EQ(config.scanDirections(), 1);
    EXPECT_TRUE(config.quasiSeparable());
}

TEST(ModelConfig, DefaultsOfBothFamiliesAreNamedInWarnings)
{
    for (const Family family : {Family::Vim2, Family::Viqs}) {
        const bool vim2 = family == Family::Vim2;
        Remarks remarks;
        const ModelConfig config = parse({{"arch", vim2 ? "vim2" : "viqs"},
                                          {"dims", {8}},
                                          {"token_mixers", {{1}}},
                                          {"channel_inner", {8}},
                                          {"num_classes", 2}},
                                         &remarks);
        EXPECT_EQ(config.scans, ModelConfig::defaultScans(family));
        EXPECT_EQ(config.scans.size(), vim2 ? 8U : 6U);
        EXPECT_EQ(config.topK, vim2 ? 4 : 2);
        EXPECT_EQ(config.gate, vim2 ? GateKind::Linear : GateKind::Multires);
        EXPECT_EQ(config.dState, 16);
        EXPECT_EQ(config.expand, 2);
        EXPECT_FALSE(config.perScanParameters);
        EXPECT_EQ(config.imageHeight, 224);
        EXPECT_EQ(config.imageWidth, 224);
        EXPECT_EQ(config.mean, (std::array<float, 3>{0.485F, 0.456F, 0.406F}));
        EXPECT_EQ(config.std, (std::array<float, 3>{0.229F, 0.224F, 0.225F}));
        EXPECT_EQ(remarks.size(), 7U);
        for (const char* key : {"d_state", "expand", "scans", "sos", "scan_parameters", "gate", "image_size"})
            EXPECT_TRUE(mention(remarks, "file.json: \"" + std::string(key) + "\"")) << key;
    }
}

TEST(ModelConfig, DefaultTopKFitsTheScanSet)
{
    json config = completeConfig();
    config.erase("sos");
    EXPECT_EQ(parse(config).topK, 3);
    config["sos"] = nullptr;
    EXPECT_FALSE(parse(config).topK.has_value());
}

TEST(ModelConfig, UnknownKeysAreWarningsOfBoundedNumber)
{
    json config = completeConfig();
    config["dropout"] = 0.1;
    Remarks remarks;
    parse(config, &remarks);
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_TRUE(mention(remarks, "'dropout'"));

    for (int i = 0; i < 1000; ++i)
        config["key" + std::to_string(i)] = i;
    remarks.clear();
    parse(config, &remarks);
    EXPECT_EQ(remarks.size(), 9U);
    EXPECT_TRUE(mention(remarks, "993 more"));
}

TEST(ModelConfig, TheDictionaryMayBeNested)
{
    const ModelConfig plain = parse(completeConfig());
    Remarks remarks;
    EXPECT_EQ(parse({{"mixer_config", completeConfig()}, {"epoch", 12}}, &remarks), plain);
    EXPECT_EQ(parse({{"mixer_config", completeConfig().dump()}}, &remarks), plain);
    EXPECT_TRUE(remarks.empty());
    expectError(ErrorKind::Format, {"file.json: "}, [] { parse({{"mixer_config", 3}}); });
}

TEST(ModelConfig, JsonRoundTrip)
{
    ModelConfig config = parse(completeConfig());
    config.mean = {0.485F, 1e-30F, -3.4e38F};
    for (const int indent : {-1, 2})
        EXPECT_EQ(ModelConfig::fromJson(config.toJson(indent), "again", nullptr), config);
    EXPECT_NE(config.toJson().find("[0.485,"), std::string::npos) << config.toJson();
    config.topK.reset();
    config.labels.clear();
    config.perScanParameters = false;
    config.family = Family::Viqs;
    Remarks remarks;
    EXPECT_EQ(ModelConfig::fromJson(config.toJson(), "again", &remarks), config);
    EXPECT_TRUE(remarks.empty());
    config.labels = {"\xff\xfe", "b", "c"};
    EXPECT_NO_THROW(ModelConfig::fromJson(config.toJson(), "again", nullptr));
}

TEST(ModelConfig, EqualityLooksAtEveryField)
{
    const ModelConfig config = parse(completeConfig());
    const std::vector<std::function<void(ModelConfig&)>> changes = {[](ModelConfig& c) { c.family = Family::Viqs; },
                                                                    [](ModelConfig& c) { c.dims[0] = 9; },
                                                                    [](ModelConfig& c) { c.tokenMixers[1][1] = 4; },
                                                                    [](ModelConfig& c) { c.channelInner[1] = 1; },
                                                                    [](ModelConfig& c) { c.dState = 5; },
                                                                    [](ModelConfig& c) { c.expand = 1; },
                                                                    [](ModelConfig& c) { c.scans[0] = "column"; },
                                                                    [](ModelConfig& c) { c.topK.reset(); },
                                                                    [](ModelConfig& c) { c.perScanParameters = false; },
                                                                    [](ModelConfig& c) { c.gate = GateKind::Linear; },
                                                                    [](ModelConfig& c) { c.numClasses = 4; },
                                                                    [](ModelConfig& c) { c.imageHeight = 33; },
                                                                    [](ModelConfig& c) { c.imageWidth = 33; },
                                                                    [](ModelConfig& c) { c.mean[1] = 9; },
                                                                    [](ModelConfig& c) { c.std[2] = 9; },
                                                                    [](ModelConfig& c) { c.labels[2] = ""; }};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        ModelConfig changed = config;
        EXPECT_TRUE(changed == config);
        changes[i](changed);
        EXPECT_FALSE(changed == config) << "change " << i;
    }
}

// Each row: a key, a value that it must not have, the kind of the error, and what the message must name.
struct BadValue {
    const char* key;
    const char* value;
    ErrorKind kind;
    const char* named;
};

class ModelConfigBadValue : public testing::TestWithParam<BadValue> { };

TEST_P(ModelConfigBadValue, IsAnErrorThatNamesIt)
{
    json config = completeConfig();
    config[GetParam().key] = json::parse(GetParam().value);
    expectError(GetParam().kind, {"file.json: ", GetParam().named}, [&] { parse(config); });
}

constexpr ErrorKind kFormat = ErrorKind::Format;
constexpr ErrorKind kModel = ErrorKind::Model;

INSTANTIATE_TEST_SUITE_P(
    All, ModelConfigBadValue,
    testing::Values(
        BadValue{"arch", "\"vssm\"", kFormat, "'vssm'"}, BadValue{"arch", "null", kFormat, "arch"},
        BadValue{"arch", "7", kFormat, "arch"}, BadValue{"dims", "[]", kModel, "dims"},
        BadValue{"dims", "8", kFormat, "dims"}, BadValue{"dims", "[8,0]", kModel, "dims[1]"},
        BadValue{"dims", "[8,-4]", kModel, "dims[1]"}, BadValue{"dims", "[8,16385]", kModel, "dims[1]"},
        BadValue{"dims", "[8,12.0]", kFormat, "dims[1]"}, BadValue{"dims", "[8,\"12\"]", kFormat, "dims[1]"},
        BadValue{"dims", "[8,4294967304]", kFormat, "dims[1]"},
        BadValue{"dims", "[8,18446744073709551615]", kFormat, "dims[1]"},
        BadValue{"dims", "[8,-9223372036854775808]", kFormat, "dims[1]"},
        BadValue{"dims", "[8]", kModel, "token_mixers"}, BadValue{"dims", "[1,1,1,1,1,1,1,1,1]", kModel, "dims"},
        BadValue{"token_mixers", "[[2],[]]", kModel, "token_mixers[1]"},
        BadValue{"token_mixers", "[2,1]", kFormat, "token_mixers[0]"},
        BadValue{"token_mixers", "[[2],[0]]", kModel, "token_mixers[1][0]"},
        BadValue{"token_mixers", "[[2],[65]]", kModel, "token_mixers[1][0]"},
        BadValue{"token_mixers", "[[2]]", kModel, "token_mixers"},
        BadValue{"channel_inner", "[16]", kModel, "channel_inner"},
        BadValue{"channel_inner", "[16,0]", kModel, "channel_inner[1]"},
        BadValue{"channel_inner", "[16,65537]", kModel, "channel_inner[1]"},
        BadValue{"d_state", "0", kModel, "d_state"}, BadValue{"d_state", "257", kModel, "d_state"},
        BadValue{"d_state", "true", kFormat, "d_state"}, BadValue{"expand", "0", kModel, "expand"},
        BadValue{"expand", "17", kModel, "expand"}, BadValue{"scans", "[]", kModel, "scans"},
        BadValue{"scans", "[\"row\",\"zigzag\",\"column\"]", kModel, "'zigzag'"},
        BadValue{"scans", "[\"row\",\"column\",\"row\"]", kModel, "'row' twice"},
        BadValue{"scans", "[1]", kFormat, "scans[0]"}, BadValue{"scans", "\"row\"", kFormat, "scans"},
        BadValue{"sos", "{\"top_k\":0}", kModel, "top_k"}, BadValue{"sos", "{\"top_k\":4}", kModel, "top_k"},
        BadValue{"sos", "{}", kFormat, "sos"}, BadValue{"sos", "{\"k\":2}", kFormat, "sos"},
        BadValue{"sos", "2", kFormat, "sos"}, BadValue{"scan_parameters", "\"both\"", kFormat, "scan_parameters"},
        BadValue{"gate", "\"none\"", kFormat, "gate"}, BadValue{"num_classes", "0", kModel, "num_classes"},
        BadValue{"num_classes", "1000001", kModel, "num_classes"}, BadValue{"num_classes", "4", kModel, "labels"},
        BadValue{"labels", "[\"a\"]", kModel, "labels"}, BadValue{"labels", "[\"a\",\"b\",3]", kFormat, "labels[2]"},
        BadValue{"labels", "null", kFormat, "labels"}, BadValue{"image_size", "224", kFormat, "image_size"},
        BadValue{"image_size", "[32]", kFormat, "image_size"},
        BadValue{"image_size", "[3,32]", kModel, "image_size[0]"},
        BadValue{"image_size", "[32,16385]", kModel, "image_size[1]"}, BadValue{"mean", "[0,0]", kFormat, "mean"},
        BadValue{"mean", "[0,0,\"0\"]", kFormat, "mean[2]"}, BadValue{"mean", "[0,0,1e300]", kFormat, "mean[2]"},
        BadValue{"std", "[1,1,0]", kModel, "std[2]"}, BadValue{"std", "[1,1,-1]", kModel, "std[2]"},
        BadValue{"std", "[1,1,1e-60]", kModel, "std[2]"}));

TEST(ModelConfig, RequiredKeys)
{
    for (const char* key : {"arch", "dims", "token_mixers", "channel_inner", "num_classes"}) {
        json config = completeConfig();
        config.erase(key);
        expectError(ErrorKind::Format, {"file.json: ", "\"" + std::string(key) + "\" is missing"},
                    [&] { parse(config); });
    }
}

TEST(ModelConfig, BlocksAreCountedOverAllStages)
{
    ModelConfig config = parse(completeConfig());
    config.tokenMixers = {std::vector<int>(128, 1), std::vector<int>(128, 1)};
    EXPECT_NO_THROW(config.validate());
    config.tokenMixers[0].push_back(1);
    expectError(ErrorKind::Model, {"blocks", "257"}, [&] { config.validate(); });
}

TEST(ModelConfig, ValidateCatchesWhatJsonCannotHold)
{
    ModelConfig config = parse(completeConfig());
    config.mean[0] = std::numeric_limits<float>::quiet_NaN();
    expectError(ErrorKind::Model, {"mean[0]"}, [&] { config.validate(); });
    config = parse(completeConfig());
    config.std[1] = std::numeric_limits<float>::infinity();
    expectError(ErrorKind::Model, {"std[1]"}, [&] { config.validate(); });
    config = parse(completeConfig());
    config.scans.clear();
    for (int k = 2; k < 67; ++k)
        config.scans.push_back("window-" + std::to_string(k));
    expectError(ErrorKind::Model, {"scans", "65"}, [&] { config.validate(); });
}

TEST(ModelConfig, TextsThatAreNoConfiguration)
{
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("nonsense"), std::string("{\"a\":\"\xff\"}"),
          std::string("[1,2]"), std::string("3"), std::string("null"), std::string("{\"dims\":1e999}"),
          completeConfig().dump() + std::string("\0{}", 3), std::string(1'000'000, '['),
          "{\"dims\":" + std::string(100'000, '['), std::string((std::size_t{16} << 20) + 1, ' ')})
        expectError(ErrorKind::Format, {"place: "}, [&] { ModelConfig::fromJson(text, "place", nullptr); });
    expectError(ErrorKind::Format, {"'dims'", "twice"},
                [] { ModelConfig::fromJson(R"({"dims":[1],"dims":[2]})", "place", nullptr); });
    expectError(ErrorKind::Format, {"'top_k'", "twice"},
                [] { ModelConfig::fromJson(R"({"sos":{"top_k":1,"top_k":2}})", "place", nullptr); });
}

TEST(ModelConfig, DamagedTextsParseOrThrow)
{
    const std::string whole = completeConfig().dump();
    std::mt19937 random(20261123);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::string pieces = "{}[]\",:0123456789-.eE\\\xff";
    int parsed = 0;
    for (int round = 0; round < 4000; ++round) {
        std::string text = whole;
        for (std::size_t edits = 1 + below(3); edits > 0 && !text.empty(); --edits) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
            case 0:
                text[at] = pieces[below(pieces.size())];
                break;
            case 1:
                text.erase(at, 1 + below(10));
                break;
            case 2:
                text.insert(at, text.substr(below(text.size()), below(20)));
                break;
            default:
                text.insert(at, 1, pieces[below(pieces.size())]);
                break;
            }
        }
        try {
            ModelConfig::fromJson(text, "damaged", nullptr).validate();
            ++parsed;
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).rfind("damaged: ", 0), 0U) << error.what();
        }
    }
    EXPECT_GT(parsed, 10);
    EXPECT_LT(parsed, 3000);
}

}  // namespace
}  // namespace mixer
