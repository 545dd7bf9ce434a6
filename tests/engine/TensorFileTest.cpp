// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorFile.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstring>
#include <random>
#include <string>

namespace mixer {
namespace {

using test::expectError;
using test::littleEndian64;
using test::safetensors;
using test::TemporaryFolder;

constexpr const char* kTwoTensors = R"({"__metadata__":{"format":"pt","note":"two"},)"
                                    R"("b":{"dtype":"F32","shape":[2],"data_offsets":[3,11]},)"
                                    R"("a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})";

class TensorFileTest : public testing::Test {
protected:
    std::shared_ptr<const TensorFile> open(const std::string& bytes) const
    {
        return TensorFile::open(folder.write("file.safetensors", bytes));
    }

    void expectFormatError(const std::string& bytes, std::vector<std::string> parts) const
    {
        parts.push_back("file.safetensors: ");
        expectError(ErrorKind::Format, parts, [&] { open(bytes); });
    }

    /// One tensor "t" of this description in a file with this many bytes of data.
    static std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets,
                           std::size_t data)
    {
        return safetensors(R"({"t":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets
                               + "}}",
                           std::string(data, '\0'));
    }

    TemporaryFolder folder;
};

TEST_F(TensorFileTest, ReadsNamesTypesShapesDataAndMetadata)
{
    const float values[2] = {1.5F, -2.0F};
    std::string data = "\x01\x02\x03";
    data.append(reinterpret_cast<const char*>(values), sizeof values);
    const auto file = open(safetensors(kTwoTensors, data));

    EXPECT_EQ(file->path(), folder.file("file.safetensors"));
    EXPECT_EQ(file->fileSize(), 8 + std::strlen(kTwoTensors) + 11);
    EXPECT_EQ(file->metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"note", "two"}}));
    ASSERT_EQ(file->tensors().size(), 2U);
    EXPECT_EQ(file->tensors()[0].name, "a") << "in the order of the data";

    const TensorInfo* const b = file->find("b");
    ASSERT_EQ(b, &file->tensors()[1]);
    EXPECT_EQ(b->type, DataType::Float32);
    EXPECT_EQ(b->typeName, "F32");
    EXPECT_EQ(b->shape, (std::vector<std::int64_t>{2}));
    EXPECT_EQ(b->elementCount(), 2);
    ASSERT_EQ(b->bytes, sizeof values);
    EXPECT_EQ(std::memcmp(b->data, values, sizeof values), 0);
    EXPECT_EQ(file->find("c"), nullptr);
    EXPECT_EQ(file->find("__metadata__"), nullptr);
}

TEST_F(TensorFileTest, KnowsTheFormatsTypes)
{
    const std::vector<std::tuple<std::string, DataType, int>> types
        = {{"F64", DataType::Float64, 8},   {"F32", DataType::Float32, 4}, {"F16", DataType::Float16, 2},
           {"BF16", DataType::BFloat16, 2}, {"I64", DataType::Int64, 8},   {"I32", DataType::Int32, 4},
           {"I16", DataType::Int16, 2},     {"I8", DataType::Int8, 1},     {"U8", DataType::UInt8, 1},
           {"BOOL", DataType::Bool, 1}};
    for (const auto& [name, type, bytes] : types) {
        const std::string size = std::to_string(3 * bytes);
        EXPECT_EQ(open(one(name, "[3,1]", "[0," + size + "]", 3 * static_cast<std::size_t>(bytes)))->find("t")->type,
                  type);
        EXPECT_EQ(dataTypeName(type), name);
        expectFormatError(one(name, "[4,1]", "[0," + size + "]", 3 * static_cast<std::size_t>(bytes)),
                          {"'t'", "(4, 1)"});
    }
}

TEST_F(TensorFileTest, UnknownTypesAreOpaque)
{
    const auto file = open(one("F4_NEW", "[5]", "[0,3]", 3));
    EXPECT_EQ(file->find("t")->type, DataType::Opaque);
    EXPECT_EQ(file->find("t")->typeName, "F4_NEW");
    EXPECT_EQ(open(one("U32", "[2]", "[0,8]", 8))->find("t")->type, DataType::Opaque);
    expectFormatError(one("U32", "[2]", "[0,7]", 7), {"'t'", "U32"});
}

TEST_F(TensorFileTest, ScalarsAndEmptyTensors)
{
    EXPECT_EQ(open(one("F32", "[]", "[0,4]", 4))->find("t")->elementCount(), 1);
    EXPECT_EQ(open(one("F32", "[0,7]", "[0,0]", 0))->find("t")->elementCount(), 0);
    EXPECT_EQ(open(one("F32", "[9223372036854775807,9223372036854775807,0]", "[0,0]", 0))->find("t")->elementCount(),
              0);
    EXPECT_TRUE(open(safetensors("{}", ""))->tensors().empty());
    const auto file = open(safetensors(R"({"full":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                                       R"("none":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},)"
                                       R"("first":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                                       "xy"));
    EXPECT_EQ(file->tensors()[0].name, "first");
    EXPECT_EQ(file->tensors()[2].name, "none");
}

TEST_F(TensorFileTest, PaddedHeadersAndUnalignedData)
{
    const auto file = open(safetensors(std::string(kTwoTensors) + "     ", std::string(11, '\7')));
    EXPECT_EQ(file->tensors().size(), 2U);
    EXPECT_EQ(std::to_integer<int>(file->find("b")->data[0]), 7);
}

TEST_F(TensorFileTest, WhatIsNoFileSaysSo)
{
    expectError(ErrorKind::File, {"missing.safetensors: ", "no such file"},
                [&] { TensorFile::open(folder.file("missing.safetensors")); });
    expectError(ErrorKind::File, {"folder"}, [&] { TensorFile::open(folder.file("")); });
    expectError(ErrorKind::File, {"empty"}, [&] { open(""); });
    expectError(ErrorKind::File, {"no such file"}, [&] { TensorFile::open(""); });
    expectError(ErrorKind::File, {"zero byte"}, [&] { TensorFile::open(std::string("a\0b", 3)); });
    expectError(ErrorKind::File, {"cannot be opened"}, [&] { TensorFile::open(std::string(10'000, 'x')); });
}

TEST_F(TensorFileTest, ANamedPipeIsRefusedWithoutWaitingForItsWriter)
{
    ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
    expectError(ErrorKind::File, {"plain file"}, [&] { TensorFile::open(folder.file("pipe")); });
}

TEST_F(TensorFileTest, AFileThatMayNotBeReadSaysSo)
{
    const std::string path = folder.write("secret.safetensors", safetensors("{}", ""));
    ASSERT_EQ(::chmod(path.c_str(), 0), 0);
    // Root may read everything, so root becomes nobody meanwhile.
    constexpr uid_t kNobody = 65534;
    const bool isRoot = ::geteuid() == 0;
    ASSERT_TRUE(!isRoot || ::seteuid(kNobody) == 0);
    expectError(ErrorKind::File, {"secret.safetensors: ", "permissions"}, [&] { TensorFile::open(path); });
    ASSERT_TRUE(!isRoot || ::seteuid(0) == 0);
}

TEST_F(TensorFileTest, TheFirstBytesTellTheContainer)
{
    const std::string zip = std::string("PK\x03\x04", 4) + std::string(64, '\0');
    const std::string pickle = "\x80\x02\x8a\x0al\xfc\x9c" + std::string(64, 'x');
    const std::string tar = std::string(257, 'x') + "ustar" + std::string(64, '\0');
    expectFormatError(zip, {"zip archive"});
    expectFormatError(pickle, {"pickle"});
    expectFormatError(tar, {"tar archive"});
    for (const char* name : {"model.pth", "model.pt"})
        expectError(ErrorKind::Format, {name, "torch", "safetensors"},
                    [&] { TensorFile::open(folder.write(name, "something else")); });
    // 0x280 bytes of header begin like a pickle, but are one of safetensors.
    EXPECT_TRUE(open(safetensors("{}" + std::string(0x27E, ' '), ""))->tensors().empty());
}

TEST_F(TensorFileTest, HeaderLengthsThatCannotBe)
{
    expectFormatError("12", {"2 bytes"});
    expectFormatError(littleEndian64(0), {"'{'"});
    expectFormatError(littleEndian64(3) + "{}", {"3 bytes", "file of 10"});
    expectFormatError(littleEndian64(100'000'001) + "{}", {"100000001"});
    expectFormatError(littleEndian64(~std::uint64_t{0}) + "{}", {"18446744073709551615"});
    expectFormatError(safetensors(" {}", ""), {"'{'"});
    expectFormatError(safetensors("[]", ""), {"'{'"});
}

TEST_F(TensorFileTest, HeadersThatAreNotJson)
{
    for (const char* header :
         {"{", "{\"a\"", "{}x", "{\"a\":}", "{]", "{\"a\":{\"dtype\":\"F32\",}}", "{\"\xff\":{}}", "{}{}"})
        expectFormatError(safetensors(header, ""), {"not valid JSON"});
    expectFormatError(safetensors(std::string("{}\0", 3), ""), {"not valid JSON"});
}

TEST_F(TensorFileTest, DeepNestingIsAnErrorAndNoStackOverflow)
{
    for (const char* const text : {"", R"("t":)", R"("t":{"shape":)", R"("__metadata__":)"}) {
        const std::string begin = text;
        expectFormatError(safetensors("{" + begin + std::string(1'000'000, '['), ""), {});
        std::string objects = "{" + begin;
        for (int i = 0; i < 200'000; ++i)
            objects += "{\"a\":";
        expectFormatError(safetensors(objects, ""), {});
    }
}

TEST_F(TensorFileTest, EntriesOfTheWrongKind)
{
    for (const char* value : {"null", "true", "3", "-3", "1.5", "\"text\"", "[]"})
        expectFormatError(safetensors(R"({"odd":)" + std::string(value) + "}", ""), {"'odd'"});
    expectFormatError(one("F32", "3", "[0,12]", 12), {"'t'", "'shape'"});
    expectFormatError(one("F32", "[[3]]", "[0,12]", 12), {"'t'", "'shape'"});
    expectFormatError(one("F32", "[3.0]", "[0,12]", 12), {"'t'", "fraction"});
    expectFormatError(one("F32", "[-3]", "[0,12]", 12), {"'t'", "negative"});
    expectFormatError(one("F32", "[\"3\"]", "[0,12]", 12), {"'t'"});
    expectFormatError(one("F32", "[99999999999999999999]", "[0,12]", 12), {"'t'", "2^64"});
    expectFormatError(one("F32", "[18446744073709551615]", "[0,12]", 12), {"'t'", "too large"});
    expectFormatError(one("F32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]", 4), {"'t'", "16 dimensions"});
    expectFormatError(one("F32", "[3]", "[0]", 12), {"'t'", "two numbers"});
    expectFormatError(one("F32", "[3]", "[0,12,12]", 12), {"'t'", "two numbers"});
    expectFormatError(one("F32", "[3]", "{}", 12), {"'t'"});
    expectFormatError(one("F32", "[3]", "[-1,11]", 12), {"'t'", "negative"});
}

TEST_F(TensorFileTest, MissingUnknownAndRepeatedKeys)
{
    expectFormatError(safetensors(R"({"t":{}})", ""), {"'t'", "missing"});
    expectFormatError(safetensors(R"({"t":{"dtype":"F32","shape":[0]}})", ""), {"'t'", "missing"});
    expectFormatError(safetensors(R"({"t":{"dtype":"F32","dtype":"F32","shape":[0]}})", ""), {"'t'", "twice"});
    expectFormatError(safetensors(R"({"t":{"dtype":"F32","stride":[1]}})", ""), {"'t'", "'stride'"});
    const std::string entry = R"({"dtype":"U8","shape":[1],"data_offsets":[)";
    expectFormatError(safetensors(R"({"t":)" + entry + R"(0,1]},"t":)" + entry + "1,2]}}", "xy"), {"'t'", "twice"});
}

TEST_F(TensorFileTest, MetadataMapsTextToText)
{
    for (const char* value : {"1", "null", "{}", "[]", "true"})
        expectFormatError(safetensors(R"({"__metadata__":{"key":)" + std::string(value) + "}}", ""),
                          {"__metadata__", "'key'"});
    expectFormatError(safetensors(R"({"__metadata__":{"key":"a","key":"b"}})", ""), {"'key'", "twice"});
    expectFormatError(safetensors(R"({"__metadata__":{},"__metadata__":{}})", ""), {"__metadata__", "twice"});
    expectFormatError(safetensors(R"({"__metadata__":"text"})", ""), {"__metadata__"});
}

TEST_F(TensorFileTest, RangesOutsideTheFile)
{
    expectFormatError(one("F32", "[3]", "[0,12]", 11), {"'t'", "11 bytes"});
    expectFormatError(one("F32", "[3]", "[12,0]", 12), {"'t'", "12 to 0"});
    expectFormatError(one("U8", "[1]", "[18446744073709551614,18446744073709551615]", 4), {"'t'"});
    expectFormatError(one("F32", "[0]", "[13,13]", 12), {"'t'"});
}

TEST_F(TensorFileTest, ShapesThatDoNotFitTheirRange)
{
    expectFormatError(one("F32", "[3]", "[0,8]", 8), {"'t'", "(3)", "8 bytes"});
    expectFormatError(one("F32", "[]", "[0,8]", 8), {"'t'", "()"});
    expectFormatError(one("F32", "[4294967296,4294967296]", "[0,0]", 0), {"'t'", "more elements"});
    expectFormatError(one("F32", "[9223372036854775807]", "[0,12]", 12), {"'t'"});
    // 2^62 float32 are 2^64 bytes, which is 0 in 64 bits.
    expectFormatError(one("F32", "[4611686018427387904]", "[0,0]", 0), {"'t'"});
    expectFormatError(one("NEW", "[4294967296,4294967296]", "[0,0]", 0), {"'t'", "more elements"});
}

TEST_F(TensorFileTest, OverlapsAndHoles)
{
    const auto two = [](const std::string& first, const std::string& second, std::size_t data) {
        return safetensors(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first
                               + R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}",
                           std::string(data, '\0'));
    };
    EXPECT_EQ(open(two("[0,4]", "[4,8]", 8))->tensors().size(), 2U);
    expectFormatError(two("[0,4]", "[3,7]", 7), {"'b'", "overlap"});
    expectFormatError(two("[0,4]", "[0,4]", 4), {"overlap"});
    expectFormatError(two("[0,4]", "[5,9]", 9), {"'b'", "no tensor"});
    expectFormatError(two("[1,5]", "[5,9]", 9), {"'a'", "no tensor"});
    expectFormatError(two("[0,4]", "[4,8]", 9), {"8 of 9 bytes"});
    expectFormatError(safetensors("{}", "x"), {"0 of 1 bytes"});
}

TEST_F(TensorFileTest, MessagesStayShortAndCleanWhateverTheNames)
{
    const std::string longName(100'000, 'n');
    try {
        open(safetensors("{\"" + longName + R"(\u0000\u001b[31m":{}})", ""));
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_LT(std::string(error.what()).size(), 1000U);
    }
    expectFormatError(safetensors(R"({"a\u001b\nb":{}})", ""), {"'a??b'"});
}

TEST_F(TensorFileTest, ManyTensors)
{
    std::vector<test::NamedShape> tensors;
    for (int i = 0; i < 20'000; ++i)
        tensors.push_back({"tensor." + std::to_string(i), {1}});
    const auto file = open(test::zeroTensors(tensors));
    EXPECT_EQ(file->tensors().size(), 20'000U);
    EXPECT_NE(file->find("tensor.19999"), nullptr);
}

TEST_F(TensorFileTest, NumbersOfEntriesAreBounded)
{
    std::string metadata = R"({"__metadata__":{"last":"")";
    for (int i = 0; i < (1 << 16); ++i)
        metadata += ",\"" + std::to_string(i) + "\":\"\"";
    expectFormatError(safetensors(metadata + "}}", ""), {"__metadata__", "65536 entries"});
    std::string tensors = R"({"last":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    for (int i = 0; i < (1 << 18); ++i)
        tensors += ",\"" + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    expectFormatError(safetensors(tensors + "}", ""), {"262144 tensors"});
}

// Reads all that was promised, so that a sanitizer sees a promise that does not hold.
std::uint64_t touchEverything(const TensorFile& file)
{
    std::uint64_t sum = 0;
    for (const TensorInfo& info : file.tensors()) {
        EXPECT_GE(info.elementCount(), 0);
        EXPECT_NE(file.find(info.name), nullptr);
        for (std::size_t i = 0; i < info.bytes; ++i)
            sum += std::to_integer<std::uint64_t>(info.data[i]);
    }
    return sum;
}

TEST_F(TensorFileTest, DamagedFilesOpenOrThrow)
{
    const std::string whole = safetensors(kTwoTensors, std::string(11, '\1'));
    const std::string path = folder.file("damaged.safetensors");
    std::mt19937 random(20261123);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::string pieces = "{}[]\",:0123456789-.eE\\nulltrue\x80\xff";
    int opened = 0;
    int refused = 0;
    for (int round = 0; round < 6000; ++round) {
        std::string bytes = whole;
        for (std::size_t edits = 1 + below(3); edits > 0 && !bytes.empty(); --edits) {
            const std::size_t at = below(bytes.size());
            switch (below(5)) {
            case 0:
                bytes[at] = static_cast<char>(random());
                break;
            case 1:
                bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << below(8)));
                break;
            case 2:
                bytes.resize(at);
                break;
            case 3:
                bytes[at] = pieces[below(pieces.size())];
                break;
            default:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(40)));
                break;
            }
        }
        // Half of the files get a length that fits, or few would come past the first check.
        if (bytes.size() > 19 && round % 2 == 0)
            bytes.replace(0, 8, littleEndian64(bytes.size() - 19));
        folder.write("damaged.safetensors", bytes);
        try {
            touchEverything(*TensorFile::open(path));
            ++opened;
        } catch (const Error& error) {
            EXPECT_TRUE(error.kind() == ErrorKind::Format || error.kind() == ErrorKind::File) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(opened, 50);
    EXPECT_GT(refused, 3000);
}

TEST_F(TensorFileTest, EveryTruncationIsRefused)
{
    const std::string whole = safetensors(kTwoTensors, std::string(11, '\1'));
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_THROW(open(whole.substr(0, length)), Error) << length << " bytes";
}

TEST_F(TensorFileTest, AReplacedFileStaysReadable)
{
    const auto file = open(safetensors(kTwoTensors, std::string(11, '\1')));
    std::filesystem::rename(folder.write("new", "short"), folder.file("file.safetensors"));
    EXPECT_EQ(touchEverything(*file), 11U);
}

}  // namespace
}  // namespace mixer
