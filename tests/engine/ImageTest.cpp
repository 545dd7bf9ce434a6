// SPDX-License-Identifier: MIT
#include "engine/image/Image.h"
#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Error.h"
#include "engine/image/PreprocessOverrides.h"
#include "tests/engine/TestPictures.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>

namespace mixer {
namespace {

TEST(ResizeBicubic, isTheIdentityAtItsOwnSize)
{
    const RgbImage image = gradient(19, 11);
    EXPECT_EQ(largestDifference(resizeBicubic(image, 19, 11), image), 0);
}

TEST(ResizeBicubic, matchesValuesWorkedOutByHand)
{
    // 4 -> 2: centre 1, kernel widened to reach 4 samples either way; of samples 0..3, at distances (in kernel units)
    // 1/4, 1/4, 3/4, 5/4 the weights are w(1/4) = 0.8671875, w(3/4) = 0.2265625, w(5/4) = -0.0703125.
    RgbImage image;
    image.width = 4;
    image.height = 1;
    for (const std::uint8_t v : {10, 20, 200, 90})
        image.pixels.insert(image.pixels.end(), 3, v);
    const double sum = 2 * 0.8671875 + 0.2265625 - 0.0703125;
    const double left = (0.8671875 * (10 + 20) + 0.2265625 * 200 - 0.0703125 * 90) / sum;
    const double right = (0.8671875 * (200 + 90) + 0.2265625 * 20 - 0.0703125 * 10) / sum;
    const RgbImage half = resizeBicubic(image, 2, 1);
    EXPECT_EQ(half.pixels[0], std::lround(left));
    EXPECT_EQ(half.pixels[3], std::lround(right));
}

TEST(ResizeBicubic, clampsOvershoot)
{
    RgbImage image;
    image.width = 4;
    image.height = 1;
    for (const std::uint8_t v : {0, 0, 255, 255})
        image.pixels.insert(image.pixels.end(), 3, v);
    const RgbImage large = resizeBicubic(image, 16, 1);
    for (std::size_t i = 0; i < large.pixels.size() / 3; ++i)
        EXPECT_TRUE(i < 8 ? large.pixels[3 * i] < 128 : large.pixels[3 * i] > 127) << i;  // wrapping would show here
}

TEST(ResizeBicubic, refusesImpossibleSizes)
{
    const RgbImage image = gradient(4, 4);
    EXPECT_THROW(resizeBicubic(image, 0, 4), Error);
    EXPECT_THROW(resizeBicubic(image, 1 << 20, 1 << 20), Error);
    EXPECT_THROW(resizeBicubic(RgbImage{}, 4, 4), Error);
    RgbImage lying = image;
    lying.height = 400;
    EXPECT_THROW(resizeBicubic(lying, 4, 4), Error);
}

PreprocessOptions inputOf(int width, int height)
{
    PreprocessOptions options;
    options.width = width;
    options.height = height;
    return options;
}

TEST(PrepareImage, cropsTheMiddleOfTheCoveringSize)
{
    // 30 x 20 to cover 10 x 10: scale 1/2, 15 x 10, half of the excess of 5 rounded down.
    const PreparedImage prepared = prepareImage(gradient(30, 20), inputOf(10, 10));
    EXPECT_EQ(prepared.tensor.shape, (std::vector<std::int64_t>{3, 10, 10}));
    EXPECT_EQ(prepared.geometry.offsetX, 2);
    EXPECT_EQ(prepared.geometry.offsetY, 0);
    EXPECT_DOUBLE_EQ(prepared.geometry.scaleX, 0.5);
    EXPECT_DOUBLE_EQ(prepared.geometry.scaleY, 0.5);

    const RgbImage whole = resizeBicubic(gradient(30, 20), 15, 10);
    const PreprocessOptions options;
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < 10; ++y)
            for (int x = 0; x < 10; ++x) {
                const float expected
                    = (static_cast<float>(pixel(whole, x + 2, y)[c]) / 255.0F - options.mean[c]) / options.std[c];
                ASSERT_FLOAT_EQ(prepared.tensor.values[(c * 10 + y) * 10 + x], expected) << c << " " << x << "," << y;
            }
}

TEST(PrepareImage, roundsTheLongerSideToNearest)
{
    // 7 x 3 to cover 4 x 4: 7 * 4 / 3 = 9.33; 8 x 3: 10.67.
    EXPECT_DOUBLE_EQ(prepareImage(gradient(7, 3), inputOf(4, 4)).geometry.scaleX, 9.0 / 7);
    EXPECT_DOUBLE_EQ(prepareImage(gradient(8, 3), inputOf(4, 4)).geometry.scaleX, 11.0 / 8);
    EXPECT_DOUBLE_EQ(prepareImage(gradient(3, 8), inputOf(4, 4)).geometry.scaleY, 11.0 / 8);
}

TEST(PrepareImage, wholeModeKeepsEverythingInMultiplesOf32)
{
    PreprocessOptions options;
    options.mode = ResizeMode::Whole;
    options.maxSide = 256;
    const auto sides = [&](int width, int height) {
        const ImageGeometry g = prepareImage(gradient(width, height), options).geometry;
        EXPECT_EQ(g.offsetX + g.offsetY, 0);
        EXPECT_DOUBLE_EQ(g.scaleX * width, g.inputWidth);
        EXPECT_DOUBLE_EQ(g.scaleY * height, g.inputHeight);
        return std::pair(g.inputWidth, g.inputHeight);
    };
    EXPECT_EQ(sides(100, 70), std::pair(96, 64));
    EXPECT_EQ(sides(5, 5), std::pair(32, 32));
    EXPECT_EQ(sides(512, 300), std::pair(256, 160));  // capped: 256 x 150
    EXPECT_EQ(sides(500, 1), std::pair(256, 32));
    options.maxSide = 250;  // no multiple of 32: 224 is the largest below
    EXPECT_EQ(sides(512, 512), std::pair(224, 224));
}

TEST(PrepareImage, copesWithExtremeShapes)
{
    RgbImage line;
    line.width = 20000;
    line.height = 1;
    line.pixels.assign(60000, 77);
    const PreparedImage prepared = prepareImage(line, inputOf(64, 64));
    EXPECT_EQ(prepared.geometry.offsetX, (20000 * 64 - 64) / 2);
    const PreprocessOptions options;
    EXPECT_FLOAT_EQ(prepared.tensor.values[0], (77.0F / 255.0F - options.mean[0]) / options.std[0]);
    EXPECT_THROW(prepareImage(RgbImage{}, inputOf(64, 64)), Error);
}

/// The independent reference's pictures and results, tests/reference/preprocess.py.
class PreprocessFixture : public ::testing::Test {
protected:
    RgbImage image(const std::string& name) const
    {
        const TensorInfo* tensor = m_file->find(name);
        RgbImage image;
        image.height = static_cast<int>(tensor->shape.at(0));
        image.width = static_cast<int>(tensor->shape.at(1));
        image.pixels.resize(tensor->bytes);
        std::memcpy(image.pixels.data(), tensor->data, tensor->bytes);
        return image;
    }
    static PreprocessOptions optionsOf(const nlohmann::json& which)
    {
        PreprocessOptions options;
        options.mean = which.at("mean").get<std::array<float, 3>>();
        options.std = which.at("std").get<std::array<float, 3>>();
        if (which.at("mode") == "whole") {
            options.mode = ResizeMode::Whole;
            options.maxSide = which.at("longest");
        } else {
            options.height = which.at("image_size").at(0);
            options.width = which.at("image_size").at(1);
        }
        return options;
    }

    std::shared_ptr<const TensorFile> m_file
        = TensorFile::open(std::string(MIXER_FIXTURES) + "/preprocess.safetensors");
    nlohmann::json m_cases = nlohmann::json::parse(m_file->metadata().at("cases"));
};

TEST_F(PreprocessFixture, agreesWithTheReference)
{
    ASSERT_GE(m_cases.size(), 8U);
    for (const auto& [name, which] : m_cases.items()) {
        const RgbImage source = image(name + ".image");
        const RgbImage resized = image(name + ".resized");
        PreprocessOptions options = optionsOf(which);
        if (const TensorInfo* expected = m_file->find(name + ".tensor")) {
            const Array tensor = prepareImage(source, options).tensor;
            ASSERT_EQ(tensor.shape, expected->shape) << name;
            for (std::size_t i = 0; i < tensor.values.size(); ++i) {
                float value = 0;
                std::memcpy(&value, expected->data + 4 * i, 4);
                ASSERT_NEAR(tensor.values[i], value, 1e-5F) << name << " " << i;
            }
        }
        options.mean = {0, 0, 0};
        options.std = {1, 1, 1};
        const Array plain = prepareImage(source, options).tensor;
        ASSERT_EQ(plain.shape, (std::vector<std::int64_t>{3, resized.height, resized.width})) << name;
        const std::size_t plane = plain.values.size() / 3;
        for (std::size_t i = 0; i < plane; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                ASSERT_EQ(std::lround(plain.values[c * plane + i] * 255), resized.pixels[3 * i + c])
                    << name << " " << i;
    }
}

TEST(ImageGeometry, mapsTokensBackToThePicture)
{
    const ImageGeometry g = prepareImage(gradient(60, 40), inputOf(16, 16)).geometry;  // 24 x 16, offset 4
    const ImageGeometry::Rect first = g.tokenRect(0, 0, 0);
    EXPECT_NEAR(first.x, 4 / 0.4, 1e-9);
    EXPECT_NEAR(first.y, 0, 1e-9);
    EXPECT_NEAR(first.width, 10, 1e-9);
    const ImageGeometry::Rect last = g.tokenRect(0, 3, 3);
    EXPECT_NEAR(last.x + last.width, 50, 1e-9);
    EXPECT_NEAR(last.y + last.height, 40, 1e-9);
    const ImageGeometry::Rect coarse = g.tokenRect(1, 1, 0);
    EXPECT_NEAR(coarse.height, 20, 1e-9);
    EXPECT_NEAR(coarse.y, 20, 1e-9);
    const ImageGeometry::Rect input = g.inputRect();
    EXPECT_NEAR(input.x, 10, 1e-9);
    EXPECT_NEAR(input.width, 40, 1e-9);
    EXPECT_NEAR(input.height, 40, 1e-9);
}

TEST(PrepareImage, AnInnerCropIsTorchvisions)
{
    // Resize(256) and CenterCrop(224) of a 451 x 300 picture: 256 * 451 / 300 = 384.85, cut off; (384 - 224) / 2.
    RgbImage image;
    image.width = 451;
    image.height = 300;
    image.pixels.assign(std::size_t{451} * 300 * 3, 100);
    PreprocessOptions options;
    options.cropFraction = 0.875;
    const ImageGeometry geometry = prepareImage(image, options).geometry;
    EXPECT_EQ(geometry.inputWidth, 224);
    EXPECT_EQ(geometry.inputHeight, 224);
    EXPECT_DOUBLE_EQ(geometry.scaleX, 384.0 / 451);
    EXPECT_DOUBLE_EQ(geometry.scaleY, 256.0 / 300);
    EXPECT_EQ(geometry.offsetX, 80);
    EXPECT_EQ(geometry.offsetY, 16);
    // An odd rest is halved to the even neighbour: 385 - 224 = 161, 80.5 becomes 80.
    image.width = 452;
    image.pixels.assign(std::size_t{452} * 300 * 3, 100);
    EXPECT_EQ(prepareImage(image, options).geometry.offsetX, 80);
}

TEST(PrepareImage, StretchingShowsTheWholePicture)
{
    RgbImage image;
    image.width = 30;
    image.height = 10;
    image.pixels.assign(std::size_t{30} * 10 * 3, 100);
    PreprocessOptions options;
    options.height = 20;
    options.width = 40;
    options.mode = ResizeMode::Stretch;
    const ImageGeometry geometry = prepareImage(image, options).geometry;
    const ImageGeometry::Rect seen = geometry.inputRect();
    EXPECT_DOUBLE_EQ(seen.x, 0);
    EXPECT_DOUBLE_EQ(seen.y, 0);
    EXPECT_DOUBLE_EQ(seen.width, 30);
    EXPECT_DOUBLE_EQ(seen.height, 10);
}

TEST(PreprocessOverrides, AreAppliedAndNamed)
{
    PreprocessOverrides overrides;
    EXPECT_TRUE(overrides.isEmpty());
    const PreprocessOptions configured;
    EXPECT_TRUE(preprocessDifferences(overrides.applyTo(configured), configured).empty());
    overrides.size = parseSize("256x192");
    overrides.mean = parseChannels("0.5,0.25,0", "--mean", false);
    overrides.cropFraction = parseCropFraction("0.875");
    EXPECT_FALSE(overrides.isEmpty());
    const PreprocessOptions used = overrides.applyTo(configured);
    EXPECT_EQ(used.height, 256);
    EXPECT_EQ(used.width, 192);
    EXPECT_EQ(used.std, configured.std);
    EXPECT_EQ(preprocessDifferences(used, configured),
              (std::vector<std::string>{"size 256 x 192 (configuration: 224 x 224)",
                                        "crop centre, 0.875 (configuration: centre, 1)",
                                        "mean 0.5,0.25,0 (configuration: 0.485,0.456,0.406)"}));
    EXPECT_EQ(parseSize("96").width, 96);
}

TEST(PreprocessOverrides, WhatCannotBeReadSaysSo)
{
    for (const char* size : {"", "x", "224x", "x224", "3x3", "224x224x3", "1e3", "99999", "224,224", "-4"})
        EXPECT_THROW(parseSize(size), Error) << size;
    for (const char* crop : {"", "0", "0.05", "1.1", "nan", "half", "-1"})
        EXPECT_THROW(parseCropFraction(crop), Error) << crop;
    for (const char* mean : {"", "1,2", "1,2,3,4", "1,2,x", "1,,3", "inf,1,1", "nan,1,1", "1 ,2,3"})
        EXPECT_THROW(parseChannels(mean, "--mean", false), Error) << mean;
    EXPECT_THROW(parseChannels("1,0,1", "--std", true), Error);
    EXPECT_NO_THROW(parseChannels("-1,0,1", "--mean", false));
}

}  // namespace
}  // namespace mixer
