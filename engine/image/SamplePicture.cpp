// SPDX-License-Identifier: MIT
#include "engine/image/SamplePicture.h"

#include "engine/checkpoint/AtomicFile.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>

namespace mixer {
namespace {

constexpr int kWidth = 512;
constexpr int kHeight = 384;
constexpr int kHorizon = 210;

using Colour = std::array<int, 3>;

/// The way from `from` to `to`, `step` of `steps`.
Colour blend(const Colour& from, const Colour& to, int step, int steps)
{
    Colour colour{};
    for (std::size_t c = 0; c < 3; ++c)
        colour[c] = from[c] + (to[c] - from[c]) * step / steps;
    return colour;
}

/// A triangle wave between 0 and `height`. Integers only: no machine's sine decides a pixel.
int zigzag(int x, int period, int height)
{
    const int phase = x % period;
    return height * 2 * std::min(phase, period - phase) / period;
}

int squaredDistance(int x, int y, int centerX, int centerY)
{
    return (x - centerX) * (x - centerX) + (y - centerY) * (y - centerY);
}

bool isInSail(int x, int y)
{
    return y > 150 && y < 236 && x > 330 && x - 330 < (y - 150) * 5 / 8;
}

bool isInHull(int x, int y)
{
    return y >= 240 && y < 262 && x > 292 + (y - 240) && x < 400 - (y - 240);
}

Colour sceneAt(int x, int y)
{
    const int ripple = zigzag(x * 3 + y * y / 9, 46, 14);
    if (isInSail(x, y))
        return blend({250, 246, 235}, {214, 200, 180}, x - 330, 60);
    if (isInHull(x, y))
        return {140, 52, 38};
    if (x >= 326 && x < 330 && y > 142 && y < 240)
        return {92, 64, 44};
    if (y > 300 + zigzag(x + 60, 300, 40))
        return blend({196, 168, 112}, {160, 128, 80}, ripple, 14);
    if (y > kHorizon) {
        const Colour water = blend({90, 150, 176}, {24, 72, 116}, y - kHorizon, kHeight - kHorizon);
        return {water[0] + ripple, water[1] + ripple, water[2] + ripple};
    }
    if (y > kHorizon - 20 - zigzag(x, 190, 70) + zigzag(x, 37, 6))
        return blend({70, 96, 84}, {40, 70, 52}, zigzag(x + 2 * y, 60, 20), 20);
    if (squaredDistance(x, y, 120, 76) < 34 * 34)
        return {255, 232, 150};
    return blend({96, 150, 214}, {248, 214, 178}, y, kHorizon);
}

}  // namespace

RgbImage drawSamplePicture()
{
    RgbImage image;
    image.width = kWidth;
    image.height = kHeight;
    image.pixels.reserve(3 * kWidth * kHeight);
    for (int y = 0; y < kHeight; ++y)
        for (int x = 0; x < kWidth; ++x)
            for (const int v : sceneAt(x, y))
                image.pixels.push_back(static_cast<std::uint8_t>(std::clamp(v, 0, 255)));
    return image;
}

void writeSamplePicture(const std::string& path)
{
    const RgbImage image = drawSamplePicture();
    cv::Mat picture(image.height, image.width, CV_8UC3);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            for (int c = 0; c < 3; ++c)
                picture.at<cv::Vec3b>(y, x)[2 - c] = image.pixels[3 * (static_cast<std::size_t>(y) * kWidth + x) + c];
    std::vector<std::uint8_t> bytes;
    cv::imencode(".png", picture, bytes);

    checkpoint::AtomicFile file(path);
    file.write(bytes.data(), bytes.size());
    file.commit();
}

}  // namespace mixer
