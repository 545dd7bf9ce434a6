// SPDX-License-Identifier: MIT
#include "engine/image/Image.h"
#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Error.h"
#include "engine/image/SamplePicture.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

namespace mixer {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Every pixel different, no symmetry: a turned or mirrored copy cannot pass for it.
RgbImage gradient(int width, int height)
{
    RgbImage image;
    image.width = width;
    image.height = height;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const int v : {8 * x, 8 * y, 255 - 4 * (x + y)})
                image.pixels.push_back(static_cast<std::uint8_t>(v));
    return image;
}

std::array<int, 3> pixel(const RgbImage& image, int x, int y)
{
    const std::uint8_t* p = &image.pixels[3 * (static_cast<std::size_t>(y) * image.width + x)];
    return {p[0], p[1], p[2]};
}

cv::Mat toBgr(const RgbImage& image)
{
    cv::Mat mat(image.height, image.width, CV_8UC3);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            const auto [r, g, b] = pixel(image, x, y);
            mat.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<uchar>(b), static_cast<uchar>(g), static_cast<uchar>(r));
        }
    return mat;
}

Bytes encode(const std::string& extension, const cv::Mat& mat, const std::vector<int>& options = {})
{
    Bytes bytes;
    EXPECT_TRUE(cv::imencode(extension, mat, bytes, options)) << extension;
    return bytes;
}

Bytes encodeJpeg(const RgbImage& image)
{
    return encode(".jpg", toBgr(image), {cv::IMWRITE_JPEG_QUALITY, 98});
}

int largestDifference(const RgbImage& a, const RgbImage& b)
{
    if (a.width != b.width || a.height != b.height)
        return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
    return largest;
}

void expectImageError(const Bytes& bytes, const std::string& part)
{
    try {
        decodeImage(bytes, "broken.file");
        ADD_FAILURE() << "decoded; expected an error with: " << part;
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Image);
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("broken.file"), std::string::npos) << error.what();
    }
}

TEST(DecodeImage, keepsEveryPixelOfLosslessFormats)
{
    const RgbImage image = gradient(23, 17);
    for (const std::string extension : {".png", ".bmp", ".tiff", ".ppm"})
        EXPECT_EQ(largestDifference(decodeImage(encode(extension, toBgr(image)), extension), image), 0) << extension;
    const Bytes webp = encode(".webp", toBgr(image), {cv::IMWRITE_WEBP_QUALITY, 101});
    EXPECT_EQ(largestDifference(decodeImage(webp, "webp"), image), 0);
    EXPECT_LE(largestDifference(decodeImage(encodeJpeg(image), "jpeg"), image), 24);
}

TEST(DecodeImage, spreadsGreyToThreeChannels)
{
    cv::Mat grey(2, 3, CV_8UC1, cv::Scalar(0));
    grey.at<uchar>(1, 2) = 200;
    const RgbImage image = decodeImage(encode(".png", grey), "grey");
    EXPECT_EQ(pixel(image, 2, 1), (std::array{200, 200, 200}));
    EXPECT_EQ(pixel(image, 0, 0), (std::array{0, 0, 0}));
}

TEST(DecodeImage, composesAlphaOverWhite)
{
    cv::Mat mat(1, 3, CV_8UC4);
    mat.at<cv::Vec4b>(0, 0) = {10, 20, 30, 255};
    mat.at<cv::Vec4b>(0, 1) = {10, 20, 30, 0};
    mat.at<cv::Vec4b>(0, 2) = {0, 0, 255, 51};  // a fifth of red over four fifths of white
    for (const std::string extension : {".png", ".tiff"}) {
        const RgbImage image = decodeImage(encode(extension, mat), extension);
        EXPECT_EQ(pixel(image, 0, 0), (std::array{30, 20, 10})) << extension;
        EXPECT_EQ(pixel(image, 1, 0), (std::array{255, 255, 255})) << extension;
        EXPECT_EQ(pixel(image, 2, 0), (std::array{255, 204, 204})) << extension;
    }
}

TEST(DecodeImage, rounds16BitsTo8)
{
    cv::Mat mat(1, 4, CV_16UC1);
    const std::array<int, 4> stored = {0, 65535, 128, 129};
    const std::array<int, 4> expected = {0, 255, 0, 1};  // 128/257 rounds down, 129/257 up
    for (int x = 0; x < 4; ++x)
        mat.at<std::uint16_t>(0, x) = static_cast<std::uint16_t>(stored[x]);
    for (const std::string extension : {".png", ".tiff"}) {
        const RgbImage image = decodeImage(encode(extension, mat), extension);
        for (int x = 0; x < 4; ++x)
            EXPECT_EQ(pixel(image, x, 0)[0], expected[x]) << extension << " sample " << stored[x];
    }
}

TEST(DecodeImage, readsCmykJpeg)
{
    // 64 x 40, red = 4x, green = 6y, blue = 128, with a red corner top left and a blue one bottom right.
    const RgbImage image = decodeImage(std::string(MIXER_FIXTURES) + "/images/cmyk.jpg");
    ASSERT_EQ(image.width, 64);
    ASSERT_EQ(image.height, 40);
    const auto expectNear = [&](int x, int y, std::array<int, 3> expected) {
        for (int c = 0; c < 3; ++c)
            EXPECT_NEAR(pixel(image, x, y)[c], expected[c], 12) << "at " << x << "," << y << " channel " << c;
    };
    expectNear(4, 4, {255, 0, 0});
    expectNear(58, 36, {0, 0, 255});
    expectNear(32, 20, {128, 120, 128});
}

/// An APP1 segment with nothing but the orientation, put behind the start mark.
Bytes withOrientation(const Bytes& jpeg, std::uint8_t orientation, bool bigEndian)
{
    Bytes tiff = bigEndian
        ? Bytes{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0}
        : Bytes{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0};
    tiff.insert(tiff.end(), 4, 0);  // no further directory
    Bytes segment = {0xFF, 0xE1, 0, static_cast<std::uint8_t>(2 + 6 + tiff.size()), 'E', 'x', 'i', 'f', 0, 0};
    segment.insert(segment.end(), tiff.begin(), tiff.end());
    Bytes result = jpeg;
    result.insert(result.begin() + 2, segment.begin(), segment.end());
    return result;
}

/// Where stored pixel (x,y) of a w x h picture is seen, after the EXIF standard's table: which edge of the scene the
/// first row and the first column are.
std::pair<int, int> seenAt(int orientation, int x, int y, int w, int h)
{
    switch (orientation) {
    case 2:
        return {w - 1 - x, y};
    case 3:
        return {w - 1 - x, h - 1 - y};
    case 4:
        return {x, h - 1 - y};
    case 5:
        return {y, x};
    case 6:
        return {h - 1 - y, x};
    case 7:
        return {h - 1 - y, w - 1 - x};
    case 8:
        return {y, w - 1 - x};
    default:
        return {x, y};
    }
}

TEST(DecodeImage, turnsUprightForAllOrientations)
{
    const Bytes jpeg = encodeJpeg(gradient(24, 16));
    const RgbImage stored = decodeImage(jpeg, "stored");
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (const bool bigEndian : {false, true}) {
            const auto bytes = withOrientation(jpeg, static_cast<std::uint8_t>(orientation), bigEndian);
            const RgbImage image = decodeImage(bytes, "turned");
            ASSERT_EQ(image.width, orientation >= 5 ? 16 : 24);
            ASSERT_EQ(image.height, orientation >= 5 ? 24 : 16);
            for (int y = 0; y < 16; ++y)
                for (int x = 0; x < 24; ++x) {
                    const auto [seenX, seenY] = seenAt(orientation, x, y, 24, 16);
                    ASSERT_EQ(pixel(image, seenX, seenY), pixel(stored, x, y))
                        << orientation << " at " << x << "," << y;
                }
        }
    EXPECT_EQ(largestDifference(decodeImage(withOrientation(jpeg, 77, false), "absurd"), stored), 0);
}

TEST(DecodeImage, refusesHugePicturesFromTheirHeader)
{
    Bytes png = encode(".png", toBgr(gradient(8, 8)));
    for (const int at : {16, 20}) {  // width and height in IHDR
        png[at] = 0;
        png[at + 1] = 1;
    }
    expectImageError(png, "too large");
    Bytes bmp = encode(".bmp", toBgr(gradient(8, 8)));
    bmp[20] = 1;
    bmp[24] = 1;
    expectImageError(bmp, "too large");
    const std::string pnm = "P6 # a comment with 9 digits\n 30000\n30000 255\n";
    expectImageError(Bytes(pnm.begin(), pnm.end()), "30000 x 30000");
}

TEST(DecodeImage, refusesWhatIsNoPicture)
{
    expectImageError({}, "empty");
    const std::string text = "GIF89a is not on the list";
    expectImageError(Bytes(text.begin(), text.end()), "expected PNG, JPEG, TIFF, WebP, BMP or PNM");
    cv::Mat floats(4, 4, CV_32FC3, cv::Scalar(0.5, 0.5, 0.5));
    expectImageError(encode(".tiff", floats), "expected 8 or 16 bits");
    EXPECT_THROW(decodeImage("/no/such/picture.png"), Error);
    EXPECT_THROW(decodeImage("/"), Error);
}

TEST(DecodeImage, refusesTruncatedFiles)
{
    const RgbImage image = gradient(31, 31);
    for (const std::string extension : {".png", ".jpg", ".webp", ".bmp"}) {
        const Bytes whole = encode(extension, toBgr(image));
        for (const std::size_t keep : {whole.size() / 2, whole.size() / 4, std::size_t{12}, std::size_t{3}}) {
            const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(keep));
            EXPECT_THROW(decodeImage(part, extension), Error) << extension << " cut to " << keep;
        }
    }
}

TEST(DecodeImage, survivesRandomDamage)
{
    std::mt19937 random(20261123);
    const RgbImage image = gradient(40, 30);
    for (const std::string extension : {".png", ".jpg", ".tiff", ".webp", ".bmp", ".ppm"}) {
        Bytes whole = encode(extension, toBgr(image));
        if (extension == ".jpg")
            whole = withOrientation(whole, 6, true);
        for (int round = 0; round < 150; ++round) {
            Bytes bytes = whole;
            const std::size_t reach = round % 2 == 0 ? std::min<std::size_t>(bytes.size(), 64) : bytes.size();
            for (std::uint32_t i = 0; i <= random() % 6; ++i)
                bytes[random() % reach] = static_cast<std::uint8_t>(random());
            if (round % 5 == 0)
                bytes.resize(1 + random() % bytes.size());
            try {
                const RgbImage decoded = decodeImage(bytes, "damaged" + extension);
                ASSERT_EQ(decoded.pixels.size(), 3U * decoded.width * decoded.height);
            } catch (const Error& error) {
                EXPECT_NE(std::string(error.what()).find("damaged" + extension), std::string::npos);
            }
        }
    }
}

TEST(SamplePicture, isTheSameEveryTimeAndReadable)
{
    const RgbImage drawn = drawSamplePicture();
    EXPECT_EQ(largestDifference(drawn, drawSamplePicture()), 0);
    const std::string path = ::testing::TempDir() + "mixerscope-sample.png";
    writeSamplePicture(path);
    EXPECT_EQ(largestDifference(decodeImage(path), drawn), 0);
    EXPECT_EQ(std::remove(path.c_str()), 0);
    EXPECT_THROW(writeSamplePicture("/no/such/folder/sample.png"), Error);
}

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

}  // namespace
}  // namespace mixer
