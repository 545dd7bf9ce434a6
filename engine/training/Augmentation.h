// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"
#include "engine/training/CounterRandom.h"

#include <array>
#include <vector>

namespace mixer {

/// What may happen to a training picture. Probabilities and shares are 0 to 1.
struct AugmentOptions {
    int height = 64;
    int width = 64;
    std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
    std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
    double smallestCrop = 0.35;    ///< of the picture's area; the share is uniform between this and 1
    double widestRatio = 4.0 / 3;  ///< of a crop's sides; log-uniform between its inverse and this
    double flip = 0.5;             ///< probability of a mirrored picture
    double colour = 0.4;           ///< brightness, contrast and saturation: factors within 1 +- this
    double grey = 0.05;            ///< probability of no colour at all
    double erase = 0.25;           ///< probability of a rectangle (2 to 20 % of the area) set to the mean colour
    double mixup = 0.25;           ///< share of pictures blended with another (Zhang et al., arXiv 1710.09412)
    double cutmix = 0.25;          ///< share with a rectangle of another (Yun et al., arXiv 1905.04899)

    /// Scales all of them; 0: centre crops alone, 1: as above. Clamped where more makes no sense.
    AugmentOptions scaled(double strength) const;
    /// Throws Error(Usage) that names the value which is out of range.
    void validate() const;
};

/// One training picture: random resized crop (bicubic, antialiased), mirror, colours, erasing, normalization. `out`:
/// (3, height, width). The same picture, options and random numbers give the same bits.
void augmentPicture(const RgbImage& picture, const AugmentOptions& options, CounterRandom random, float* out);

/// Mixup and cutmix of a batch: picture i with its neighbour i+1, the last with the first, all as they were before.
/// images (B,3,h,w), targets (B,classes). `random(i)` gives the random numbers of a picture.
void mixBatch(std::vector<float>& images, std::vector<float>& targets, std::int64_t batch,
              const AugmentOptions& options, const std::vector<CounterRandom>& random);

}  // namespace mixer
