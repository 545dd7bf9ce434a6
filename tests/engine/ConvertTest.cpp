// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Convert.h"
#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/FloatConversion.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/TensorFiles.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <random>

namespace mixer {
namespace {

using test::expectError;
using test::readBytes;
using test::TemporaryFolder;

void expectSameTensors(const TensorFile& found, const TensorFile& expected)
{
    ASSERT_EQ(found.tensors().size(), expected.tensors().size());
    for (std::size_t i = 0; i < found.tensors().size(); ++i) {
        const TensorInfo& right = expected.tensors()[i];
        const TensorInfo* const left = found.find(right.name);
        ASSERT_NE(left, nullptr) << right.name;
        EXPECT_EQ(left->typeName, right.typeName) << right.name;
        EXPECT_EQ(left->shape, right.shape) << right.name;
        ASSERT_EQ(left->bytes, right.bytes) << right.name;
        EXPECT_TRUE(right.bytes == 0 || std::memcmp(left->data, right.data, right.bytes) == 0) << right.name;
    }
}

class Convert : public testing::Test {
protected:
    TemporaryFolder folder;
};

class ConvertFixtures : public testing::TestWithParam<std::string> {
protected:
    TemporaryFolder folder;
};

std::vector<std::string> convertible()
{
    std::vector<std::string> paths = {"vim2-default.safetensors", "viqs-perscan-linear.safetensors"};
    for (const auto& entry : std::filesystem::directory_iterator(fixture("pth")))
        paths.push_back("pth/" + entry.path().filename().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

TEST_P(ConvertFixtures, RoundTripsAreExact)
{
    const auto original = TensorFile::open(fixture(GetParam()));
    const std::string first = folder.file("first.safetensors");
    try {
        convertCheckpoint(fixture(GetParam()), first);
    } catch (const Error& error) {
        // types that safetensors has not: complex128, quantized
        EXPECT_EQ(error.kind(), ErrorKind::Usage) << error.what();
        EXPECT_NE(std::string(error.what()).find("the format has no"), std::string::npos) << error.what();
        return;
    }
    expectSameTensors(*TensorFile::open(first), *original);
    const std::string second = folder.file("second.safetensors");
    try {
        convertCheckpoint(first, folder.file("between.pth"));
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("torch has no storage of"), std::string::npos) << error.what();
        return;
    }
    convertCheckpoint(folder.file("between.pth"), second);
    expectSameTensors(*TensorFile::open(second), *original);
    EXPECT_EQ(TensorFile::open(second)->metadata(), TensorFile::open(first)->metadata());
    EXPECT_EQ(readBytes(second), readBytes(first)) << "there and back gives equal bytes";
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ConvertFixtures, testing::ValuesIn(convertible()), [](const auto& file) {
    std::string name = file.param;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
});

TEST_F(Convert, ConfigurationAndLabelsAreEmbedded)
{
    const std::string source = fixture("viqs-cross.safetensors");
    const Checkpoint original = Checkpoint::open(source);
    std::string lines;
    for (int i = 0; i < original.config.numClasses; ++i)
        lines += "thing " + std::to_string(i) + "\n";
    ConvertOptions options;
    options.labels = folder.write("things.txt", lines);
    for (const char* name : {"out.safetensors", "out.PTH", "out.pt"}) {
        convertCheckpoint(source, folder.file(name), options);
        const Checkpoint converted = Checkpoint::open(folder.file(name));
        EXPECT_EQ(converted.configOrigin, "metadata") << name;
        EXPECT_EQ(converted.config.label(1), "thing 1");
        EXPECT_EQ(converted.config.network, original.config.network);
    }
}

TEST_F(Convert, GuessesStayGuesses)
{
    const EditedCheckpoint bare(fixture("golden/viqs.safetensors"),
                                [](nlohmann::json& header) { header.erase("__metadata__"); });
    const Checkpoint original = Checkpoint::open(bare.path());
    convertCheckpoint(bare.path(), folder.file("once.safetensors"));
    convertCheckpoint(folder.file("once.safetensors"), folder.file("twice.pth"));
    const Checkpoint converted = Checkpoint::open(folder.file("twice.pth"));
    EXPECT_EQ(converted.config, original.config);
    EXPECT_EQ(converted.configOrigin, "metadata");
    const auto guesses = [](const Checkpoint& checkpoint) {
        std::vector<std::string> texts;
        for (const Remark& remark : checkpoint.remarks)
            if (remark.kind == Remark::Kind::Guess)
                texts.push_back(remark.text);
        return texts;
    };
    EXPECT_EQ(guesses(converted), guesses(original));
    EXPECT_EQ(guesses(converted).size(), 4U);
}

TEST_F(Convert, PrefixesStayUnlessTheyAreToGo)
{
    const std::string source = fixture("pth/viqs-cross.torch1.zip.pth");
    convertCheckpoint(source, folder.file("kept.safetensors"));
    EXPECT_NE(TensorFile::open(folder.file("kept.safetensors"))->find("module.stem.proj.weight"), nullptr);
    ConvertOptions options;
    options.stripPrefix = true;
    convertCheckpoint(source, folder.file("stripped.safetensors"), options);
    EXPECT_NE(TensorFile::open(folder.file("stripped.safetensors"))->find("stem.proj.weight"), nullptr);
    EXPECT_EQ(Checkpoint::open(folder.file("stripped.safetensors")).prefix, "");
}

TEST_F(Convert, FloatsBecomeWhatWasAskedAndTheRestStays)
{
    const std::string source = fixture("pth/types.torch1.zip.pth");
    const auto original = TensorFile::open(source);
    for (const auto& [type, scalar] : {std::pair{DataType::Float32, at::kFloat}, {DataType::BFloat16, at::kBFloat16}}) {
        const std::string path = folder.file("out.pth");
        ConvertOptions options;
        options.floats = type;
        options.overwrite = true;
        convertCheckpoint(source, path, options);
        const auto converted = TensorFile::open(path);
        for (const TensorInfo& before : original->tensors()) {
            const TensorInfo* const after = converted->find(before.name);
            ASSERT_NE(after, nullptr) << before.name;
            EXPECT_EQ(after->shape, before.shape);
            if (checkpoint::isFloat(before.type)) {
                EXPECT_EQ(after->type, type) << before.name;
            } else {
                EXPECT_EQ(after->typeName, before.typeName) << before.name;
            }
        }
    }
}

// Against LibTorch's own conversions, on numbers of every magnitude, ties and subnormals included.
TEST(FloatConversion, AgreesWithLibTorch)
{
    std::mt19937_64 random(4);
    std::vector<float> numbers = {0.0F,
                                  -0.0F,
                                  1.0F,
                                  65504.0F,
                                  -65504.0F,
                                  65519.0F,
                                  5.9604645e-8F,
                                  2.9802322e-8F,
                                  2.9802326e-8F,
                                  6.1035156e-5F,
                                  6.0975552e-5F,
                                  1e-45F,
                                  3.3895314e38F,
                                  1.00048828125F,
                                  1.00146484375F,
                                  1.00390625F,
                                  1.01171875F,
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity()};
    for (int i = 0; i < 200000; ++i)
        numbers.push_back(std::ldexp(static_cast<float>(static_cast<int>(random() % (1 << 24)) - (1 << 23)),
                                     static_cast<int>(random() % 60) - 50));
    const auto agree = [](const at::Tensor& source, DataType from, at::ScalarType target, DataType to) {
        const at::Tensor expected = source.to(target);
        std::vector<std::byte> found(expected.nbytes());
        const bool fits = checkpoint::convertFloats(static_cast<const std::byte*>(source.data_ptr()), from, to,
                                                    static_cast<std::uint64_t>(source.numel()), found.data());
        const bool expectedFits
            = at::isfinite(source.to(at::kDouble)).eq(at::isfinite(expected.to(at::kDouble))).all().item<bool>();
        EXPECT_EQ(fits, expectedFits);
        if (fits) {
            EXPECT_EQ(std::memcmp(found.data(), expected.data_ptr(), found.size()), 0);
        }
    };
    const at::Tensor floats
        = at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kFloat).clone();
    const at::Tensor small = floats.index({floats.abs() <= 65504});
    agree(small, DataType::Float32, at::kHalf, DataType::Float16);
    agree(floats, DataType::Float32, at::kHalf, DataType::Float16);
    agree(floats, DataType::Float32, at::kBFloat16, DataType::BFloat16);
    agree(floats.to(at::kDouble), DataType::Float64, at::kFloat, DataType::Float32);
    const at::Tensor halves = at::arange(65536, at::kInt).to(at::kShort).view(at::kHalf);
    const at::Tensor finite = halves.index({at::isnan(halves).logical_not()});
    agree(finite, DataType::Float16, at::kFloat, DataType::Float32);
    agree(finite, DataType::Float16, at::kBFloat16, DataType::BFloat16);
    const at::Tensor brains = at::arange(65536, at::kInt).to(at::kShort).view(at::kBFloat16);
    agree(brains.index({at::isnan(brains).logical_not()}), DataType::BFloat16, at::kFloat, DataType::Float32);
}

TEST(FloatConversion, RoundsDoublesOnce)
{
    // Halfway between two float16 only after a first rounding to float32: rounding twice would go up.
    const double value = 1 + std::ldexp(1.0, -11) - std::ldexp(1.0, -40);
    std::uint16_t half = 0;
    ASSERT_TRUE(checkpoint::convertFloats(reinterpret_cast<const std::byte*>(&value), DataType::Float64,
                                          DataType::Float16, 1, reinterpret_cast<std::byte*>(&half)));
    EXPECT_EQ(half, 0x3C00);
    const double nan = std::nan("");
    ASSERT_TRUE(checkpoint::convertFloats(reinterpret_cast<const std::byte*>(&nan), DataType::Float64,
                                          DataType::Float16, 1, reinterpret_cast<std::byte*>(&half)));
    EXPECT_EQ(half & 0x7C00, 0x7C00);
    EXPECT_NE(half & 0x03FF, 0);
}

TEST_F(Convert, NumbersThatDoNotFitAreRefused)
{
    EditedCheckpoint large(fixture("viqs-cross.safetensors"), [](nlohmann::json&) {});
    large.overwriteFirstFloat("head.fc.bias", 70000.0F);
    ConvertOptions options;
    options.floats = DataType::Float16;
    const std::string path = folder.file("out.safetensors");
    expectError(ErrorKind::Usage, {path, "'head.fc.bias'", "too large for float16"},
                [&] { convertCheckpoint(large.path(), path, options); });
    EXPECT_FALSE(std::filesystem::exists(path));
    options.floats = DataType::BFloat16;
    convertCheckpoint(large.path(), path, options);
}

TEST_F(Convert, WhatIsInTheWayIsSaid)
{
    const std::string source = fixture("viqs-cross.safetensors");
    const std::string existing = folder.write("out.pth", "mine");
    expectError(ErrorKind::File, {existing, "exists already", "--force"}, [&] { convertCheckpoint(source, existing); });
    EXPECT_EQ(readBytes(existing), "mine");
    expectError(ErrorKind::Usage, {"out.bin", ".safetensors, .pth or .pt"},
                [&] { convertCheckpoint(source, folder.file("out.bin")); });
    expectError(ErrorKind::File, {"none.pth"},
                [&] { convertCheckpoint(folder.file("none.pth"), folder.file("x.pt")); });
    ConvertOptions options;
    options.overwrite = true;
    convertCheckpoint(source, existing, options);
    expectSameTensors(*TensorFile::open(existing), *TensorFile::open(source));
    convertCheckpoint(existing, existing, options);  // onto itself: the mapped input stays whole
    expectSameTensors(*TensorFile::open(existing), *TensorFile::open(source));
    options.cancel.cancel();
    EXPECT_THROW(convertCheckpoint(source, folder.file("cancelled.pth"), options), Cancelled);
    EXPECT_FALSE(std::filesystem::exists(folder.file("cancelled.pth")));
}

TEST_F(Convert, UnknownNetworksAreConvertedAsTheyAre)
{
    const std::string source = folder.write("alien.safetensors", test::zeroTensors({{"layer.weight", {3, 4}}}));
    const Remarks remarks = convertCheckpoint(source, folder.file("alien.pth"));
    ASSERT_FALSE(remarks.empty());
    EXPECT_NE(remarks.front().text.find("no known network"), std::string::npos);
    expectSameTensors(*TensorFile::open(folder.file("alien.pth")), *TensorFile::open(source));
    // A configuration that is there and broken is another thing.
    const std::string broken = folder.write("broken.safetensors", test::zeroTensors({{"a", {1}}}, "{"));
    expectError(ErrorKind::Format, {"mixer_config"}, [&] { convertCheckpoint(broken, folder.file("b.pth")); });
}

TEST_F(Convert, ProgressRises)
{
    std::vector<double> fractions;
    ConvertOptions options;
    options.progress = [&](const std::string&, double fraction) { fractions.push_back(fraction); };
    convertCheckpoint(fixture("viqs-cross.safetensors"), folder.file("out.safetensors"), options);
    EXPECT_GT(fractions.size(), 10U);
    EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
    EXPECT_LE(fractions.back(), 1);
}

}  // namespace
}  // namespace mixer
