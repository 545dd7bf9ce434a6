// SPDX-License-Identifier: MIT
#include "engine/core/Error.h"
#include "engine/image/Image.h"
#include "engine/image/SamplePicture.h"
#include "tests/engine/TestPictures.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include <cstdio>
#include <random>

namespace mixer {
namespace {

using Bytes = std::vector<std::uint8_t>;

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

}  // namespace
}  // namespace mixer
