// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorWriter.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string>

namespace mixer {
namespace {

using test::expectError;
using test::readBytes;
using test::TemporaryFolder;

const std::map<std::string, std::string> kMetadata
    = {{"mixer_config", "{\"arch\":\"vim2\"}"}, {"note", "\xC3\xA9\n\""}};

class TensorWriterTest : public testing::Test {
protected:
    TensorInfo tensor(const std::string& name, DataType type, std::vector<std::int64_t> shape, std::size_t bytes)
    {
        TensorInfo info;
        info.name = name;
        info.type = type;
        info.typeName = dataTypeName(type);
        info.shape = std::move(shape);
        info.data = reinterpret_cast<const std::byte*>(kBytes);
        info.bytes = bytes;
        return info;
    }

    std::vector<TensorInfo> several()
    {
        return {tensor("z.first", DataType::Float32, {2, 3}, 24), tensor("half", DataType::BFloat16, {3}, 6),
                tensor("scalar", DataType::Int64, {}, 8),         tensor("none", DataType::Float64, {0, 4}, 0),
                tensor("flags", DataType::Bool, {5}, 5),          tensor("a.last", DataType::UInt8, {1, 7}, 7)};
    }

    void expectSame(const TensorFile& file, const std::vector<TensorInfo>& tensors)
    {
        ASSERT_EQ(file.tensors().size(), tensors.size());
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            const TensorInfo* const found = file.find(tensors[i].name);
            ASSERT_NE(found, nullptr) << tensors[i].name;
            EXPECT_EQ(found->typeName, tensors[i].typeName);
            EXPECT_EQ(found->shape, tensors[i].shape);
            ASSERT_EQ(found->bytes, tensors[i].bytes);
            EXPECT_EQ(std::memcmp(found->data, tensors[i].data, found->bytes), 0) << found->name;
        }
    }

    static constexpr const char* kBytes = "\x01\x00\x01\x01\x00\x3f\x80\x42 and some forty bytes more, of any kind";
    TemporaryFolder folder;
};

TEST_F(TensorWriterTest, SafetensorsRoundTripAndKeepTheirOrder)
{
    const std::string path = folder.file("out.safetensors");
    writeSafetensors(path, several(), kMetadata);
    const auto file = TensorFile::open(path);
    expectSame(*file, several());
    EXPECT_EQ(file->metadata(), kMetadata);
    EXPECT_EQ(file->container(), Container::Safetensors);
    EXPECT_EQ(file->tensors().front().name, "z.first");
    const std::string bytes = readBytes(path);
    EXPECT_EQ(static_cast<unsigned char>(bytes[0]) % 8, 0) << "the data begin aligned";
    writeSafetensors(path, several(), kMetadata);
    EXPECT_EQ(readBytes(path), bytes) << "equal content gives equal bytes";
}

TEST_F(TensorWriterTest, TorchFilesRoundTrip)
{
    const std::string path = folder.file("out.pth");
    writeTorchFile(path, several(), kMetadata);
    const auto nested = TensorFile::open(path);
    expectSame(*nested, several());
    EXPECT_EQ(nested->metadata(), kMetadata);
    EXPECT_EQ(nested->container(), Container::TorchZip);
    for (const PickleGlobal& global : nested->pickleGlobals())
        EXPECT_TRUE(global.harmless) << global.name;
    for (const TensorInfo& info : nested->tensors())
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(info.data) % 64, 0U) << info.name << " is aligned, as torch's are";

    writeTorchFile(path, several(), {});
    const auto plain = TensorFile::open(path);
    expectSame(*plain, several());
    EXPECT_TRUE(plain->metadata().empty());
    EXPECT_TRUE(plain->notes().empty());
    expectSame(*nested, several());  // the file it was opened from has been replaced meanwhile
}

TEST_F(TensorWriterTest, WhatNoFileCanHoldIsRefused)
{
    const std::string path = folder.file("out");
    const auto expectRefused = [&](const std::vector<TensorInfo>& tensors, const std::string& part) {
        expectError(ErrorKind::Usage, {path, part}, [&] { writeSafetensors(path, tensors, {}); });
        expectError(ErrorKind::Usage, {path, part}, [&] { writeTorchFile(path, tensors, {}); });
    };
    expectRefused({tensor("a", DataType::Float32, {2}, 7)}, "'a'");
    expectRefused({tensor("a", DataType::Float32, {1}, 4), tensor("a", DataType::Float32, {1}, 4)}, "two tensors");
    expectRefused({tensor("\xFF", DataType::Float32, {1}, 4)}, "called");
    TensorInfo opaque = tensor("a", DataType::Opaque, {1}, 1);
    opaque.typeName = "F3";
    expectRefused({opaque}, "F3");
    opaque.typeName = "F8_E5M2";
    writeSafetensors(path, {opaque}, {});
    expectError(ErrorKind::Usage, {"F8_E5M2", "safetensors"}, [&] { writeTorchFile(path, {opaque}, {}); });
    expectError(ErrorKind::Usage, {"state_dict"}, [&] { writeTorchFile(path, {}, {{"state_dict", ""}}); });
}

TEST_F(TensorWriterTest, AFailureLeavesTheOldFileAndNothingElse)
{
    const std::string path = folder.write("out.pth", "old");
    TensorInfo opaque = tensor("a", DataType::Opaque, {1}, 1);
    opaque.typeName = "F3";
    EXPECT_THROW(writeTorchFile(path, {opaque}, {}), Error);
    EXPECT_EQ(readBytes(path), "old");
    const std::filesystem::directory_iterator files(std::filesystem::path(path).parent_path());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1);
    expectError(ErrorKind::File, {"nowhere/out"}, [&] { writeSafetensors(folder.file("nowhere/out"), {}, {}); });
}

TEST_F(TensorWriterTest, FilesAreReadableToOthersAsTheUserWants)
{
    const mode_t old = ::umask(0027);
    writeSafetensors(folder.file("out"), {}, {});
    ::umask(old);
    struct stat status = {};
    ASSERT_EQ(::stat(folder.file("out").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640U);
}

}  // namespace
}  // namespace mixer
