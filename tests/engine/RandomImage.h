// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

#include <random>

namespace mixer {

/// Normalized noise, as if prepared from a picture of the same size.
inline PreparedImage randomImage(int height, int width, unsigned seed)
{
    PreparedImage image;
    image.tensor = Array({3, height, width});
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    for (float& value : image.tensor.values)
        value = normal(generator);
    image.geometry.originalWidth = image.geometry.inputWidth = width;
    image.geometry.originalHeight = image.geometry.inputHeight = height;
    return image;
}

}  // namespace mixer
