// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace mixer {

/// Every pixel different, no symmetry: a turned or mirrored copy cannot pass for it.
inline RgbImage gradient(int width, int height)
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

inline std::array<int, 3> pixel(const RgbImage& image, int x, int y)
{
    const std::uint8_t* p = &image.pixels[3 * (static_cast<std::size_t>(y) * image.width + x)];
    return {p[0], p[1], p[2]};
}

/// 256 when the sizes differ.
inline int largestDifference(const RgbImage& a, const RgbImage& b)
{
    if (a.width != b.width || a.height != b.height)
        return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
    return largest;
}

}  // namespace mixer
