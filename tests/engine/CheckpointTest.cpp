// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/CheckpointNames.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>

namespace mixer {
namespace {

using nlohmann::json;
using test::expectError;
using test::NamedShape;
using test::safetensors;
using test::TemporaryFolder;
using test::zeroTensors;

constexpr const char* kMixer = "stages.0.blocks.0.token_mixers.0.";
const MixerConfig& mixerOf(const ModelConfig& config)
{
    return std::get<MixerConfig>(config.network);
}

constexpr const char* kChannelMixer = "stages.0.blocks.0.channel_mixer.";

// A golden file, its header parsed, to be edited and written back.
struct EditableFile {
    json header;
    std::string data;

    explicit EditableFile(const std::string& fixture)
    {
        const std::string bytes = test::readBytes(std::string(MIXER_FIXTURES) + "/" + fixture);
        if (bytes.size() < 8)
            throw std::runtime_error("fixture " + fixture + " is missing");
        std::uint64_t length = 0;
        for (int i = 7; i >= 0; --i)
            length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
        header = json::parse(bytes.substr(8, length));
        data = bytes.substr(8 + length);
    }

    std::string bytes() const { return safetensors(header.dump(), data); }

    void addPrefix(const std::string& prefix)
    {
        json renamed = json::object();
        for (const auto& [name, value] : header.items())
            renamed[name == "__metadata__" ? name : prefix + name] = value;
        header = renamed;
    }
};

class CheckpointTest : public testing::Test {
protected:
    Checkpoint open(const std::string& bytes) const { return Checkpoint::open(folder.write("net.safetensors", bytes)); }

    TemporaryFolder folder;
};

TEST(CheckpointNames, TellCheckpointsFromPictures)
{
    for (const char* name : {"net.safetensors", "a/NET.PTH", "x.safetensors.index.json", "last.ckpt", "model.bin"})
        EXPECT_TRUE(isCheckpointName(name)) << name;
    for (const char* name : {"photo.jpg", "index.json", "pth", "a.pth/photo.npy", ""})
        EXPECT_FALSE(isCheckpointName(name)) << name;
}

TEST_F(CheckpointTest, ConfigurationFromMetadata)
{
    const Checkpoint checkpoint = Checkpoint::open(std::string(MIXER_FIXTURES) + "/golden/vim2.safetensors");
    EXPECT_EQ(checkpoint.configOrigin, "metadata");
    EXPECT_EQ(checkpoint.prefix, "");
    EXPECT_TRUE(checkpoint.remarks.empty());
    EXPECT_EQ(mixerOf(checkpoint.config).dims, (std::vector<int>{16, 24, 40, 56}));
    EXPECT_EQ(checkpoint.config.imageWidth, 40);
    EXPECT_EQ(checkpoint.parameterCount(), 183281);
    ASSERT_NE(checkpoint.find("stem.proj.weight"), nullptr);
    EXPECT_EQ(checkpoint.shortName(*checkpoint.find("stem.proj.weight")), "stem.proj.weight");
    EXPECT_EQ(checkpoint.find("stem"), nullptr);
}

TEST_F(CheckpointTest, InfersEveryDefaultNetFromItsShapes)
{
    for (const char* fixture : {"golden/vim2.safetensors", "golden/viqs.safetensors", "vim2-default.safetensors",
                                "vim2-cross.safetensors", "viqs-default.safetensors"}) {
        EditableFile file(fixture);
        ModelConfig expected = open(file.bytes()).config;
        file.header.erase("__metadata__");
        const Checkpoint checkpoint = open(file.bytes());
        EXPECT_EQ(checkpoint.configOrigin, "inferred from shapes");
        EXPECT_GE(checkpoint.remarks.size(), 4U);
        expected.imageHeight = expected.imageWidth = 224;
        expected.labels.clear();
        EXPECT_EQ(checkpoint.config, expected) << fixture << ": " << checkpoint.config.toJson();
    }
}

TEST_F(CheckpointTest, AssumptionsAreWarnings)
{
    EditableFile file("golden/viqs.safetensors");
    file.header.erase("__metadata__");
    const Checkpoint checkpoint = open(file.bytes());
    for (const char* part : {"ViQS", "window-4", "top_k", "224 x 224", "mean"}) {
        EXPECT_TRUE(std::any_of(checkpoint.remarks.begin(), checkpoint.remarks.end(), [&](const Remark& remark) {
            return remark.text.find(part) != std::string::npos;
        })) << part;
    }
}

TEST_F(CheckpointTest, PrefixesAreStrippedAlsoStacked)
{
    for (const char* prefix : {"module.", "model.", "backbone.", "module.model.backbone.", "model.model."}) {
        EditableFile file("vim2-default.safetensors");
        const ModelConfig expected = open(file.bytes()).config;
        file.addPrefix(prefix);
        const Checkpoint checkpoint = open(file.bytes());
        EXPECT_EQ(checkpoint.prefix, prefix);
        EXPECT_EQ(checkpoint.config, expected);
        ASSERT_NE(checkpoint.find("head.fc.bias"), nullptr) << prefix;
        EXPECT_EQ(checkpoint.find("head.fc.bias")->name, std::string(prefix) + "head.fc.bias");
        EXPECT_EQ(checkpoint.shortName(*checkpoint.find("head.fc.bias")), "head.fc.bias");
        file.header.erase("__metadata__");
        EXPECT_EQ(mixerOf(open(file.bytes()).config).dims, mixerOf(expected).dims)
            << "shapes are read behind the prefix";
    }
}

TEST_F(CheckpointTest, APrefixThatOneNameLacksStays)
{
    EditableFile file("vim2-default.safetensors");
    file.addPrefix("module.");
    file.header["extra"] = file.header["module.head.fc.bias"];
    file.header.erase("module.head.fc.bias");
    EXPECT_EQ(open(file.bytes()).prefix, "");
    EXPECT_EQ(open(zeroTensors({{"model.", {1}}}, file.header["__metadata__"]["mixer_config"])).prefix, "model.");
}

TEST_F(CheckpointTest, SidecarComesAfterMetadataAndBeforeShapes)
{
    EditableFile file("vim2-default.safetensors");
    const Checkpoint original = open(file.bytes());
    json sidecar = json::parse(original.config.toJson());
    sidecar["image_size"] = {64, 96};
    folder.write("net.json", sidecar.dump());
    EXPECT_EQ(open(file.bytes()).configOrigin, "metadata");

    file.header.erase("__metadata__");
    const Checkpoint beside = open(file.bytes());
    EXPECT_EQ(beside.configOrigin, "net.json");
    EXPECT_EQ(beside.config.imageWidth, 96);
    folder.write("net.json", json{{"mixer_config", sidecar}}.dump(2));
    EXPECT_EQ(open(file.bytes()).config, beside.config);

    std::filesystem::remove(folder.file("net.json"));
    EXPECT_EQ(open(file.bytes()).configOrigin, "inferred from shapes");
}

TEST_F(CheckpointTest, BrokenSidecarsAreErrorsThatNameThem)
{
    EditableFile file("vim2-default.safetensors");
    file.header.erase("__metadata__");
    for (const char* text : {"", "{", "[]", "{}", "{\"arch\":\"vim2\"}"}) {
        folder.write("net.json", text);
        expectError(ErrorKind::Format, {"net.json: "}, [&] { open(file.bytes()); });
    }
    std::filesystem::remove(folder.file("net.json"));
    std::filesystem::create_directory(folder.file("net.json"));
    expectError(ErrorKind::File, {"net.json: "}, [&] { open(file.bytes()); });
}

TEST_F(CheckpointTest, BrokenMetadataIsAnErrorAndNotAnInference)
{
    EditableFile file("vim2-default.safetensors");
    file.header["__metadata__"]["mixer_config"] = "{";
    expectError(ErrorKind::Format, {"net.safetensors: mixer_config: ", "JSON"}, [&] { open(file.bytes()); });
    file.header["__metadata__"]["mixer_config"] = R"({"arch":"vim2","dims":[-1]})";
    expectError(ErrorKind::Format, {"net.safetensors: mixer_config: "}, [&] { open(file.bytes()); });
}

TEST_F(CheckpointTest, FilesOfOtherNetworks)
{
    expectError(ErrorKind::Model, {"net.safetensors: ", "no tensors"}, [&] { open(zeroTensors({})); });
    expectError(ErrorKind::Model, {"'stem.proj.weight'", "'layers.0.weight'"}, [&] {
        open(zeroTensors({{"layers.0.weight", {3, 3}}}));
    });
    expectError(ErrorKind::Model, {"stages.0"}, [&] { open(zeroTensors({{"stem.proj.weight", {8, 3, 4, 4}}})); });
}

TEST_F(CheckpointTest, OnlyFloatingPointElementsAreParameters)
{
    const std::string config = R"({"arch":"vim2","dims":[8],"token_mixers":[[1]],"channel_inner":[8],"num_classes":2})";
    const json header = {{"__metadata__", {{"mixer_config", config}}},
                         {"a", {{"dtype", "F16"}, {"shape", {3}}, {"data_offsets", {0, 6}}}},
                         {"b", {{"dtype", "I64"}, {"shape", {2}}, {"data_offsets", {6, 22}}}},
                         {"c", {{"dtype", "BF16"}, {"shape", json::array()}, {"data_offsets", {22, 24}}}}};
    EXPECT_EQ(open(safetensors(header.dump(), std::string(24, '\0'))).parameterCount(), 4);
}

// The tensors that a configuration is inferred from: two stages of (2) and (1, 1) token mixers.
struct Net {
    std::int64_t scans = 8;
    std::int64_t groups = 1;
    std::int64_t directions = 2;
    bool router = true;
    bool multires = false;

    std::vector<NamedShape> tensors() const
    {
        constexpr std::int64_t kState = 16;
        std::vector<NamedShape> result = {{"stem.proj.weight", {8, 3, 4, 4}},
                                          {"stages.1.downsample.reduction.weight", {20, 32}},
                                          {"head.fc.weight", {5, 20}}};
        const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
            result.push_back({name, shape});
        };
        for (const auto& [stage, block, mixers] : {std::tuple{0, 0, 2}, {1, 0, 1}, {1, 1, 1}}) {
            const std::int64_t dim = stage == 0 ? 8 : 20;
            const std::int64_t rank = stage == 0 ? 1 : 2;
            const std::string place = "stages." + std::to_string(stage) + ".blocks." + std::to_string(block) + ".";
            for (int m = 0; m < mixers; ++m) {
                const std::string mixer = place + "token_mixers." + std::to_string(m) + ".";
                add(mixer + "norm.weight", {dim});
                add(mixer + "in_proj.weight", {2 * dim, dim});
                add(mixer + "x_proj.weight", {groups, rank + 2 * kState, 2 * dim});
                add(mixer + "dt_proj.weight", {groups, 2 * dim, rank});
                add(mixer + "dt_proj.bias", {scans, 2 * dim});
                add(mixer + "A_log", {groups, 2 * dim, kState});
                if (router)
                    add(mixer + "router.fc2.weight", {scans, 16});
                if (multires)
                    add(mixer + "gate_conv.3.weight", {2 * dim, 1, 3, 3});
            }
            const std::string mixer = place + "channel_mixer.";
            add(mixer + "in_proj.weight", {dim + 1, dim});
            add(mixer + "select.weight", {directions, 4 + 2 * kState, 16});
            add(mixer + "A_log", {directions, kState});
        }
        return result;
    }
};

TEST_F(CheckpointTest, InferenceReadsEveryChoice)
{
    Net net;
    EXPECT_EQ(mixerOf(open(zeroTensors(net.tensors())).config).tokenMixers,
              (std::vector<std::vector<int>>{{2}, {1, 1}}));
    EXPECT_EQ(mixerOf(open(zeroTensors(net.tensors())).config).channelInner, (std::vector<int>{9, 21}));
    EXPECT_EQ(mixerOf(open(zeroTensors(net.tensors())).config).family, Family::Vim2);

    net = {6, 6, 1, true, true};
    const ModelConfig perScan = open(zeroTensors(net.tensors())).config;
    EXPECT_EQ(mixerOf(perScan).family, Family::Viqs);
    EXPECT_TRUE(mixerOf(perScan).perScanParameters);
    EXPECT_EQ(mixerOf(perScan).gate, GateKind::Multires);
    EXPECT_EQ(mixerOf(perScan).scans, MixerConfig::defaultScans(Family::Viqs));
    EXPECT_EQ(mixerOf(perScan).topK, 2);

    net = {4, 1, 1, false, false};
    const ModelConfig cross = open(zeroTensors(net.tensors())).config;
    EXPECT_EQ(mixerOf(cross).scans, MixerConfig::crossScan());
    EXPECT_FALSE(mixerOf(cross).topK.has_value());
    EXPECT_EQ(cross.numClasses, 5);
}

TEST_F(CheckpointTest, ScanCountsWithoutAKnownSetAskForAConfiguration)
{
    for (const auto& [scans, router] : {std::pair{4, true}, {5, true}, {8, false}, {6, false}, {2, false}, {1, true}}) {
        Net net;
        net.scans = scans;
        net.router = router;
        expectError(ErrorKind::Model,
                    {"net.safetensors: ", "NAME.json", std::to_string(scans) + " scans", "dt_proj.bias"},
                    [&] { open(zeroTensors(net.tensors())); });
    }
}

TEST_F(CheckpointTest, ContradictingShapesNameTheTensor)
{
    const std::vector<std::tuple<std::string, std::vector<std::int64_t>>> changes
        = {{"stem.proj.weight", {9, 3, 4, 4}},
           {"stem.proj.weight", {8, 3, 16, 16}},
           {"stem.proj.weight", {8}},
           {"head.fc.weight", {5, 21}},
           {"head.fc.weight", {0, 20}},

           {"stages.1.downsample.reduction.weight", {20, 31}},
           {"stages.1.blocks.1.token_mixers.0.norm.weight", {21}},
           {"stages.1.blocks.1.token_mixers.0.in_proj.weight", {20, 20}},
           {"stages.1.blocks.1.token_mixers.0.A_log", {1, 40, 15}},
           {"stages.1.blocks.1.token_mixers.0.A_log", {40, 16}},
           {"stages.0.blocks.0.token_mixers.1.dt_proj.bias", {6, 16}},
           {"stages.0.blocks.0.token_mixers.1.x_proj.weight", {8, 33, 16}},
           {"stages.0.blocks.0.token_mixers.1.dt_proj.weight", {1, 16, 2}},
           {"stages.0.blocks.0.token_mixers.1.router.fc2.weight", {8, 17}},
           {std::string(kMixer) + "x_proj.weight", {3, 33, 16}},
           {std::string(kMixer) + "in_proj.weight", {17, 8}},
           {std::string(kMixer) + "in_proj.weight", {0, 8}},
           {std::string(kChannelMixer) + "select.weight", {3, 36, 16}},
           {std::string(kChannelMixer) + "select.weight", {1, 36, 16}},
           {std::string(kChannelMixer) + "A_log", {2, 17}},
           {"stages.1.blocks.0.channel_mixer.in_proj.weight", {21, 21}},
           {"stages.1.blocks.1.channel_mixer.in_proj.weight", {22, 20}}};
    for (const auto& [name, shape] : changes) {
        std::vector<NamedShape> tensors = Net().tensors();
        const auto found
            = std::find_if(tensors.begin(), tensors.end(), [n = name](const NamedShape& t) { return t.first == n; });
        ASSERT_NE(found, tensors.end()) << name;
        found->second = shape;
        // The first select.weight decides the family, so the contradiction shows at the next tensor with directions.
        const bool decides = name == std::string(kChannelMixer) + "select.weight" && shape[0] == 1;
        expectError(ErrorKind::Model, {"net.safetensors: ", decides ? std::string(kChannelMixer) + "A_log" : name},
                    [&] { open(zeroTensors(tensors)); });
    }
}

TEST_F(CheckpointTest, EveryTensorThatInferenceNeedsIsMissedByName)
{
    const std::vector<NamedShape> all = Net().tensors();
    for (const NamedShape& left : all) {
        std::vector<NamedShape> tensors = all;
        tensors.erase(std::find(tensors.begin(), tensors.end(), left));
        // Without the first router the net reads as one without any, and the count of scans is what does not fit.
        const bool router = left.first == std::string(kMixer) + "router.fc2.weight";
        expectError(ErrorKind::Model, {router ? "8 scans without" : "'" + left.first + "'"},
                    [&] { open(zeroTensors(tensors)); });
    }
}

TEST_F(CheckpointTest, TensorsThatOnlySomeMixersHave)
{
    std::vector<NamedShape> tensors = Net().tensors();
    tensors.push_back({"stages.1.blocks.0.token_mixers.0.gate_conv.3.weight", {40, 1, 3, 3}});
    expectError(ErrorKind::Model, {"'stages.1.blocks.0.token_mixers.0.gate_conv.3.weight'", "unexpected"},
                [&] { open(zeroTensors(tensors)); });
}

TEST_F(CheckpointTest, NumbersInNamesCannotMakeItCountFar)
{
    for (const char* name :
         {"stages.8.mix.alpha", "stages.2147483648.mix.alpha", "stages.-1.mix.alpha", "stages..mix", "stages.x",
          "stages.01.mix", "stages.0.blocks.256.norm", "stages.0.blocks.99999999999999999999.norm",
          "stages.0.blocks.0.token_mixers.64.norm", "stages.0.blocks.0.token_mixers.", "stages."}) {
        std::vector<NamedShape> tensors = Net().tensors();
        tensors.push_back({name, {1}});
        expectError(ErrorKind::Model, {"'" + std::string(name) + "'"}, [&] { open(zeroTensors(tensors)); });
    }
    for (const auto& [name, missing] : {std::pair{"stages.3.mix.alpha", "stages.2"},
                                        {"stages.2.mix.alpha", "stages.2.blocks.0"},
                                        {"stages.0.blocks.2.channel_mixer.D", "stages.0.blocks.1"},
                                        {"stages.0.blocks.1.channel_mixer.D", "stages.0.blocks.1.token_mixers.0"},
                                        {"stages.0.blocks.0.token_mixers.5.D", "stages.0.blocks.0.token_mixers.2"}}) {
        std::vector<NamedShape> tensors = Net().tensors();
        tensors.push_back({name, {1}});
        expectError(ErrorKind::Model, {missing}, [&] { open(zeroTensors(tensors)); });
    }
}

TEST_F(CheckpointTest, DamagedFilesOpenOrThrow)
{
    const std::vector<std::string> originals = {zeroTensors(Net().tensors()),
                                                zeroTensors(Net().tensors(),
                                                            R"({"arch":"vim2","dims":[8],"token_mixers":[[1]],)"
                                                            R"("channel_inner":[8],"num_classes":2})")};
    std::mt19937 random(20261123);
    int opened = 0;
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes = originals[static_cast<std::size_t>(round % 2)];
        // Digits and letters of the header: most stay valid JSON and reach the inference.
        const std::size_t header = bytes.find("}}", 8);
        for (int edits = 0; edits < 2; ++edits) {
            const std::size_t at = 8 + random() % (header - 8);
            bytes[at] = std::isdigit(static_cast<unsigned char>(bytes[at])) != 0
                ? static_cast<char>('0' + random() % 10)
                : random() % 4 == 0 ? static_cast<char>(random())
                                    : bytes[at];
        }
        try {
            const Checkpoint checkpoint = open(bytes);
            checkpoint.config.validate();
            EXPECT_GE(checkpoint.parameterCount(), 0);
            ++opened;
        } catch (const Error&) {
            ++refused;
        }
    }
    EXPECT_GT(opened, 30);
    EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace mixer
