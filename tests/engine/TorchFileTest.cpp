// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/TensorWriter.h"
#include "tests/engine/TensorFiles.h"
#include "tests/engine/TorchFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace mixer {
namespace {

using test::expectError;
using test::pickle;
using test::pickleDict;
using test::pickleInteger;
using test::pickleTensor;
using test::pickleText;
using test::readBytes;
using test::TemporaryFolder;
using test::torchArchive;
using test::zipArchive;
using test::ZipPart;

const std::string kFixtures = MIXER_FIXTURES;

std::string floats(const std::vector<float>& values)
{
    std::string bytes(values.size() * sizeof(float), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::vector<float> floatsOf(const TensorInfo& info)
{
    std::vector<float> values(info.bytes / sizeof(float));
    std::memcpy(values.data(), info.data, values.size() * sizeof(float));
    return values;
}

bool holds(const std::vector<std::string>& lines, const std::string& part)
{
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(part) != line.npos; });
}

void expectSameTensors(const TensorFile& file, const TensorFile& expected)
{
    EXPECT_EQ(file.tensors().size(), expected.tensors().size());
    for (const TensorInfo& right : expected.tensors()) {
        const TensorInfo* const found = file.find(right.name);
        ASSERT_NE(found, nullptr) << right.name;
        EXPECT_EQ(found->typeName, right.typeName) << right.name;
        EXPECT_EQ(found->type, right.type) << right.name;
        EXPECT_EQ(found->shape, right.shape) << right.name;
        ASSERT_EQ(found->bytes, right.bytes) << right.name;
        EXPECT_EQ(std::memcmp(found->data, right.data, right.bytes), 0) << right.name;
    }
}

/// Every file in fixtures/pth that PyTorch wrote, and what is in it.
class WrittenByTorch : public testing::TestWithParam<std::string> { };

std::vector<std::string> writtenFiles()
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFixtures + "/pth")) {
        const std::string name = entry.path().filename().string();
        if (name.find(".expected.") == std::string::npos && name.find("viqs-cross") == std::string::npos)
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

TEST_P(WrittenByTorch, IsReadBitByBit)
{
    const std::string name = GetParam();
    const auto file = TensorFile::open(kFixtures + "/pth/" + name);
    const auto expected
        = TensorFile::open(kFixtures + "/pth/" + name.substr(0, name.find('.')) + ".expected.safetensors");
    expectSameTensors(*file, *expected);
    const bool script = name.find("script") == 0;
    const Container container = name.find(".legacy") != name.npos ? Container::TorchLegacy
        : name.find(".pkl") != name.npos                          ? Container::Pickle
        : script                                                  ? Container::TorchScript
                                                                  : Container::TorchZip;
    EXPECT_EQ(file->container(), container);
    EXPECT_FALSE(file->pickleGlobals().empty());
}

INSTANTIATE_TEST_SUITE_P(Fixtures, WrittenByTorch, testing::ValuesIn(writtenFiles()),
                         [](const auto& file) { return test::testName(file.param); });

TEST(TorchFile, ThereAreFixturesOfBothWriters)
{
    const std::vector<std::string> files = writtenFiles();
    EXPECT_GE(files.size(), 20U);
    EXPECT_TRUE(holds(files, "torch1") && holds(files, "torch2"));
}

TEST(TorchFile, SettingsBesideTheTensorsBecomeMetadata)
{
    for (const char* kind : {"torch1.zip", "torch1.legacy", "torch2.zip", "torch2.legacy"}) {
        const auto file = TensorFile::open(kFixtures + "/pth/nested." + kind + ".pth");
        const std::map<std::string, std::string> expected = {
            {"args", R"({"lr":0.001,"out":"/runs/a","betas":[0.9,0.999],"amp":true,"resume":null})"},
            {"config", R"({"MODEL":{"NAME":"tiny","DIMS":[8,16],"DROP":{"RATE":0.1}}})"},
            {"epoch", "299"},
            {"max_accuracy", "82.5"},
            {"mean", "[0.5,0.25]"},
            {"note", "two words"},
        };
        EXPECT_EQ(file->metadata(), expected) << kind;
        EXPECT_TRUE(holds(file->notes(), "under 'model'"));
        EXPECT_TRUE(holds(file->notes(), "'optimizer' (tensors, not read)"));
        for (const PickleGlobal& global : file->pickleGlobals())
            EXPECT_EQ(global.harmless, global.name != "yacs.config.CfgNode") << global.name;
    }
}

TEST(TorchFile, ANetworkOpensAsItsSafetensorsDo)
{
    const Checkpoint expected = Checkpoint::open(kFixtures + "/viqs-cross.safetensors");
    for (const char* name : {"viqs-cross.torch1.zip.pth", "viqs-cross.torch2.legacy.pth"}) {
        const Checkpoint checkpoint = Checkpoint::open(kFixtures + "/pth/" + name);
        EXPECT_EQ(checkpoint.config.toJson(), expected.config.toJson());
        EXPECT_EQ(checkpoint.configOrigin, "metadata");
        EXPECT_EQ(checkpoint.prefix, "module.");
        EXPECT_EQ(checkpoint.parameterCount(), expected.parameterCount());
        ASSERT_FALSE(checkpoint.remarks.empty());
        EXPECT_NE(checkpoint.remarks[0].text.find("under 'state_dict'"), std::string::npos);
        for (const TensorInfo& right : expected.file->tensors()) {
            const TensorInfo* const found = checkpoint.find(right.name);
            ASSERT_NE(found, nullptr) << right.name;
            ASSERT_EQ(found->bytes, right.bytes);
            EXPECT_EQ(std::memcmp(found->data, right.data, right.bytes), 0) << right.name;
        }
    }
}

TEST(TorchFile, WrittenAgainAsEitherKindNothingChanges)
{
    const TemporaryFolder folder;
    const auto original = TensorFile::open(kFixtures + "/viqs-cross.safetensors");
    writeTorchFile(folder.file("net.pth"), original->tensors(), original->metadata());
    const auto torch = TensorFile::open(folder.file("net.pth"));
    writeSafetensors(folder.file("net.safetensors"), torch->tensors(), torch->metadata());
    EXPECT_EQ(readBytes(folder.file("net.safetensors")), readBytes(original->path()));
}

class TorchArchiveTest : public testing::Test {
protected:
    std::shared_ptr<const TensorFile> open(const std::string& bytes) const
    {
        return TensorFile::open(folder.write("file.pth", bytes));
    }
    void expectRefused(const std::string& bytes, std::vector<std::string> parts) const
    {
        parts.push_back("file.pth: ");
        expectError(ErrorKind::Format, parts, [&] { open(bytes); });
    }

    const std::string m_six = floats({0, 1, 2, 3, 4, 5});
    const std::string m_tensor = pickleTensor("0", 6, 0, {2, 3}, {3, 1});
    TemporaryFolder folder;
};

TEST_F(TorchArchiveTest, DeflatedArchivesAreUnpacked)
{
    const std::string content = pickle(pickleDict({pickleText("w"), m_tensor}));
    const auto file = open(zipArchive({{"x/data.pkl", content, true}, {"x/data/0", m_six, true}}));
    EXPECT_EQ(floatsOf(*file->find("w")), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

TEST_F(TorchArchiveTest, BigEndianArchivesAreSwapped)
{
    const std::string content = pickle(pickleDict({pickleText("w"), pickleTensor("0", 1, 0, {1}, {1})}));
    const auto file = open(
        zipArchive({{"x/data.pkl", content}, {"x/byteorder", "big"}, {"x/data/0", std::string("\x40\x20\0\0", 4)}}));
    EXPECT_EQ(floatsOf(*file->find("w")), std::vector<float>{2.5F});
}

TEST_F(TorchArchiveTest, WrappersAreOpenedInTheirOrder)
{
    const auto dict = [&](const std::string& name) { return pickleDict({pickleText(name), m_tensor}); };
    const auto only = [&](const std::vector<std::string>& entries) {
        const auto file = open(torchArchive(pickleDict(entries), {m_six}));
        std::string names;
        for (const TensorInfo& info : file->tensors())
            names += info.name + " ";
        return names;
    };
    EXPECT_EQ(
        only({pickleText("state_dict"), dict("s"), pickleText("model_ema"), dict("e"), pickleText("model"), dict("m")}),
        "m ");
    EXPECT_EQ(only({pickleText("state_dict"), dict("s"), pickleText("model_ema"), dict("e")}), "e ");
    EXPECT_EQ(only({pickleText("model"), pickleText("resnet"), pickleText("state_dict"), dict("s")}), "s ");
    EXPECT_EQ(only({pickleText("state_dict"), pickleDict({pickleText("model"), dict("inner")})}), "inner ");
    EXPECT_EQ(only({pickleText("net"), dict("a"), pickleText("optimizer"), dict("o")}), "net.a ");
    EXPECT_EQ(only({pickleText("model_state_dict"), dict("m"), pickleText("ema_state_dict"), dict("e")}), "m ");
    EXPECT_EQ(only({pickleText("list"), "](" + m_tensor + "Ne"}), "list.0 ");
}

TEST_F(TorchArchiveTest, ConfigurationsAreTextOrDictionary)
{
    const std::string config = pickleDict({pickleText("arch"), pickleText("vim2")});
    for (const std::string& value : {config, pickleText(R"({"arch":"vim2"})")}) {
        const auto file = open(torchArchive(
            pickleDict({pickleText("mixer_config"), value, pickleText("w"), m_tensor, pickleText("labels"), "]"}),
            {m_six}));
        EXPECT_EQ(file->metadata().at("mixer_config"), R"({"arch":"vim2"})");
        EXPECT_EQ(file->metadata().at("labels"), "[]");
        EXPECT_EQ(file->tensors().size(), 1U);
    }
    expectRefused(torchArchive(pickleDict({pickleText("mixer_config"), pickleText(std::string(2 << 20, 'x'))}), {}),
                  {"mixer_config", "longer"});
}

TEST_F(TorchArchiveTest, WhatIsNoDenseTensorIsNoted)
{
    const std::string sparse = "ctorch._utils\n_rebuild_sparse_tensor\n(ctorch\nsparse_coo\ntR";
    const auto file = open(torchArchive(pickleDict({pickleText("w"), m_tensor, pickleText("s"), sparse, pickleText("l"),
                                                    "](" + m_tensor + sparse + "e"}),
                                        {m_six}));
    ASSERT_EQ(file->tensors().size(), 2U);
    EXPECT_EQ(file->tensors()[1].name, "l.0");
    EXPECT_TRUE(holds(file->notes(), "'s', 'l.1'"));
}

TEST_F(TorchArchiveTest, UnknownNamesStayUnread)
{
    const TemporaryFolder other;
    const std::string attack = "cos\nsystem\n(" + pickleText("touch " + other.file("called")) + "tR";
    const auto file = open(torchArchive(pickleDict({pickleText("w"), m_tensor, pickleText("evil"), attack}), {m_six}));
    EXPECT_EQ(file->metadata().at("evil"), "\"<os.system>\"");
    const auto& globals = file->pickleGlobals();
    const auto found
        = std::find_if(globals.begin(), globals.end(), [](const auto& g) { return g.name == "os.system"; });
    ASSERT_NE(found, globals.end());
    EXPECT_FALSE(found->harmless);
    EXPECT_EQ(found->calls, 1U);
    EXPECT_FALSE(std::filesystem::exists(other.file("called")));
}

TEST_F(TorchArchiveTest, ViewsMustLieInTheirStorage)
{
    const auto view = [&](std::int64_t elements, std::int64_t offset, const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
        return torchArchive(pickleDict({pickleText("w"), pickleTensor("0", elements, offset, shape, strides)}),
                            {m_six});
    };
    constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(floatsOf(*open(view(6, 1, {2, 2}, {3, 1}))->find("w")), (std::vector<float>{1, 2, 4, 5}));
    EXPECT_EQ(open(view(6, 9, {0, kHuge}, {1, 1}))->find("w")->bytes, 0U);
    expectRefused(view(7, 0, {6}, {1}), {"'w'", "7 elements", "24 bytes"});
    expectRefused(view(kHuge, 0, {6}, {1}), {"'w'"});
    expectRefused(view(6, 1, {6}, {1}), {"'w'", "passes the end"});
    expectRefused(view(6, 6, {}, {}), {"'w'", "passes the end"});
    expectRefused(view(5, 0, {6}, {1}), {"'w'", "passes the end"});
    expectRefused(view(6, kHuge, {2}, {kHuge}), {"'w'", "passes the end"});
    expectRefused(view(6, 0, {3, 3}, {kHuge, kHuge}), {"'w'", "passes the end"});
    expectRefused(view(6, 0, {kHuge, 4}, {0, 0}), {"'w'", "more elements"});
    expectRefused(view(6, 0, {std::int64_t{1} << 40}, {0}), {"'w'", "far more elements"});
    expectRefused(view(6, -1, {1}, {1}), {"'w'"});
    expectRefused(view(-6, 0, {1}, {1}), {"'w'"});
    expectRefused(view(6, 0, {-1}, {1}), {"'w'", "negative"});
    expectRefused(view(6, 0, {1}, {-1}), {"'w'", "negative"});
    expectRefused(view(6, 0, {1, 1}, {1}), {"'w'", "do not fit"});
    expectRefused(view(6, 0, std::vector<std::int64_t>(17, 1), std::vector<std::int64_t>(17, 1)), {"'w'", "16"});
}

TEST_F(TorchArchiveTest, RepeatedElementsMayNotExceedTheBound)
{
    const std::int64_t large = std::int64_t{10} << 20;  // 40 MiB
    const std::string one = pickleTensor("0", 6, 0, {large}, {0});
    EXPECT_EQ(open(torchArchive(pickleDict({pickleText("a"), one}), {m_six}))->find("a")->bytes, 4U * large);
    expectRefused(torchArchive(pickleDict({pickleText("a"), one, pickleText("b"), one}), {m_six}), {"'b'"});
    // The same value under two names is copied once.
    const auto shared
        = open(torchArchive(pickleDict({pickleText("a"), one + "q\001", pickleText("b"), "h\001"}), {m_six}));
    EXPECT_EQ(shared->find("a")->data, shared->find("b")->data);
}

TEST_F(TorchArchiveTest, NestingAndRepetitionEnd)
{
    expectRefused(pickle(std::string(1'000'000, ']') + std::string(999'999, 'a')), {"nested deeper"});
    expectRefused(torchArchive("}q\001(" + pickleText("w") + m_tensor + pickleText("a") + "h\001u", {m_six}),
                  {"contain themselves"});
    std::string laughs = "](" + m_tensor + "e";
    for (int i = 0; i < 30; ++i)
        laughs += "q\001"
                  "0](h\001h\001h\001h\001"
                  "e";
    expectRefused(torchArchive(pickleDict({pickleText("model"), laughs}), {m_six}), {"file.pth"});
}

TEST_F(TorchArchiveTest, WhatIsSharedIsLookedIntoOnce)
{
    // Without a tensor to find, a search that follows every path would follow 4^30 of them.
    std::string shared = "](Ne";
    for (int i = 0; i < 30; ++i)
        shared += "q\001"
                  "0](h\001h\001h\001h\001"
                  "e";
    const auto file = open(torchArchive(
        pickleDict({pickleText("notes"), shared, pickleText("w"), m_tensor, pickleText("more"), "h\001"}), {m_six}));
    ASSERT_EQ(file->tensors().size(), 1U);
    EXPECT_EQ(file->tensors()[0].name, "w");
}

TEST_F(TorchArchiveTest, DamagedArchives)
{
    const std::string root = pickleDict({pickleText("w"), m_tensor});
    expectRefused(torchArchive(root, {}), {"archive/data/0", "missing"});
    expectRefused(zipArchive({{"x/other", "y"}}), {"not one of torch.save"});
    expectRefused(zipArchive({{"x/model.json", "y"}}), {"TorchScript", "1.4"});
    ZipPart wrong{"x/data.pkl", pickle(root)};
    wrong.crcError = 1;
    expectRefused(zipArchive({wrong, {"x/data/0", m_six}}), {"checksum"});
    expectRefused(torchArchive(pickleDict({pickleText("w"), pickleTensor("0", 6, 0, {6}, {1}, "NoStorage")}), {m_six}),
                  {"'w'", "torch.NoStorage"});
    expectRefused(torchArchive(pickleDict({pickleText("w"), "ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR"}), {}),
                  {"'w'"});
    expectRefused(torchArchive(pickleDict({pickleText("w"), m_tensor, pickleText("w"), m_tensor}), {m_six}),
                  {"two tensors", "'w'"});
}

TEST_F(TorchArchiveTest, BombsAreNotUnpacked)
{
    // Announces 300 MB, which 400 KB could well unpack to; it is refused before anything is allocated.
    std::string noise(400'000, '\0');
    std::mt19937 random(1);
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random()); });
    ZipPart bomb{"x/data/0", noise, true};
    bomb.sizeError = 300'000'000;
    const std::string content = pickle(pickleDict({pickleText("w"), pickleTensor("0", 1, 0, {1}, {1})}));
    expectRefused(zipArchive({{"x/data.pkl", content}, bomb}), {"unpacks to far more", "x/data/0"});
}

TEST_F(TorchArchiveTest, TheLegacyFormatsDataMustBeComplete)
{
    const std::string bytes = readBytes(kFixtures + "/pth/plain.torch1.legacy.pth");
    for (std::size_t size = 2; size < bytes.size(); ++size)
        expectRefused(bytes.substr(0, size), {});
}

class ShardsTest : public testing::Test {
protected:
    void writeShards(const std::string& map) const
    {
        folder.write("m-1.safetensors", test::zeroTensors({{"a", {2}}, {"b", {3}}}));
        folder.write("m-2.safetensors", test::zeroTensors({{"c", {4}}}, "config"));
        folder.write("m.safetensors.index.json", R"({"metadata":{"total_size":36,"x":[{}]},"weight_map":)" + map + "}");
    }
    std::shared_ptr<const TensorFile> open() const { return TensorFile::open(folder.file("m.safetensors.index.json")); }
    void expectRefused(const std::string& map, const std::vector<std::string>& parts) const
    {
        writeShards(map);
        expectError(ErrorKind::Format, parts, [&] { open(); });
    }

    TemporaryFolder folder;
};

TEST_F(ShardsTest, AreOneFile)
{
    writeShards(R"({"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors"})");
    const auto file = open();
    EXPECT_EQ(file->container(), Container::ShardedSafetensors);
    EXPECT_EQ(file->tensors().size(), 3U);
    EXPECT_EQ(file->find("c")->shape, std::vector<std::int64_t>{4});
    EXPECT_EQ(file->metadata().at("mixer_config"), "config");
    std::uintmax_t size = 0;
    for (const char* name : {"m-1.safetensors", "m-2.safetensors", "m.safetensors.index.json"})
        size += std::filesystem::file_size(folder.file(name));
    EXPECT_EQ(file->fileSize(), size);
}

TEST_F(ShardsTest, MustAgreeWithTheirIndex)
{
    expectRefused(R"({"a":"m-1.safetensors","c":"m-2.safetensors"})", {"m-1.safetensors", "'b'"});
    expectRefused(R"({"a":"m-1.safetensors","b":"m-1.safetensors","c":"m-2.safetensors","d":"m-2.safetensors"})",
                  {"'d'", "m-2.safetensors"});
    expectRefused(R"({"a":1})", {"weight_map"});
    expectRefused(R"({"a":["m-1.safetensors"]})", {"weight_map"});
    expectRefused(R"({"a":{}})", {"weight_map"});
    for (const char* name : {"../m-1.safetensors", "/m-1.safetensors", "", "..", "x\\\\y"})
        expectRefused(std::string(R"({"a":")") + name + "\"}", {"'a'", "same folder"});
    folder.write("m.safetensors.index.json", "{\"weight_map\":{}");
    expectError(ErrorKind::Format, {"JSON"}, [&] { open(); });
    folder.write("m.safetensors.index.json", std::string(1000, ' ') + "{}");
    expectError(ErrorKind::Format, {"m.safetensors.index.json"}, [&] { open(); });
    writeShards(R"({"a":"absent.safetensors"})");
    expectError(ErrorKind::File, {"absent.safetensors", "no such file"}, [&] { open(); });
}

}  // namespace
}  // namespace mixer
