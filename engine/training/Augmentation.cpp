// SPDX-License-Identifier: MIT
#include "engine/training/Augmentation.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mixer {

namespace {

struct Box {
    int x, y, width, height;
};

/// A crop whose share of the area and whose ratio of sides are random; inside the picture.
Box randomCrop(const RgbImage& picture, const AugmentOptions& options, CounterRandom& random)
{
    const double area = random.uniform(options.smallestCrop, 1.0);
    const double limit = std::log(options.widestRatio);
    const double ratio = std::exp(random.uniform(-limit, limit));
    // As a picture of the input's proportions would be cut; what sticks out is cut off.
    const double pixels = area * picture.width * picture.height;
    const double proportions = ratio * options.width / options.height;
    Box box{};
    box.width = std::clamp(static_cast<int>(std::lround(std::sqrt(pixels * proportions))), 1, picture.width);
    box.height = std::clamp(static_cast<int>(std::lround(std::sqrt(pixels / proportions))), 1, picture.height);
    box.x = static_cast<int>(random.below(static_cast<std::uint64_t>(picture.width - box.width) + 1));
    box.y = static_cast<int>(random.below(static_cast<std::uint64_t>(picture.height - box.height) + 1));
    return box;
}

RgbImage cut(const RgbImage& picture, const Box& box)
{
    RgbImage part;
    part.width = box.width;
    part.height = box.height;
    part.pixels.resize(3 * static_cast<std::size_t>(box.width) * box.height);
    const std::size_t row = 3 * static_cast<std::size_t>(box.width);
    for (int y = 0; y < box.height; ++y)
        std::copy_n(&picture.pixels[3 * (static_cast<std::size_t>(box.y + y) * picture.width + box.x)], row,
                    &part.pixels[static_cast<std::size_t>(y) * row]);
    return part;
}

/// Planes of 0..1, mirrored where asked for.
void toPlanes(const RgbImage& image, bool mirror, float* out)
{
    const std::size_t plane = static_cast<std::size_t>(image.width) * image.height;
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const int from = mirror ? image.width - 1 - x : x;
            const std::uint8_t* p = &image.pixels[3 * (static_cast<std::size_t>(y) * image.width + from)];
            const std::size_t at = static_cast<std::size_t>(y) * image.width + x;
            for (std::size_t c = 0; c < 3; ++c)
                out[c * plane + at] = static_cast<float>(p[c]) / 255.0F;
        }
    }
}

/// Brightness, then contrast around the mean, then saturation around each pixel's grey; clamped to 0..1.
void recolour(float* out, std::size_t plane, const AugmentOptions& options, CounterRandom& random)
{
    const auto factor = [&] { return static_cast<float>(random.uniform(1 - options.colour, 1 + options.colour)); };
    const float brightness = factor();
    const float contrast = factor();
    float saturation = factor();
    if (random.chance(options.grey))
        saturation = 0;
    double sum = 0;
    for (std::size_t i = 0; i < 3 * plane; ++i)
        sum += out[i];
    const float centre = brightness * static_cast<float>(sum / static_cast<double>(3 * plane));
    for (std::size_t i = 0; i < plane; ++i) {
        float v[3];
        for (std::size_t c = 0; c < 3; ++c)
            v[c] = centre + (brightness * out[c * plane + i] - centre) * contrast;
        const float grey = (v[0] + v[1] + v[2]) / 3;
        for (std::size_t c = 0; c < 3; ++c)
            out[c * plane + i] = std::clamp(grey + (v[c] - grey) * saturation, 0.0F, 1.0F);
    }
}

/// A rectangle of about `area` (share of the whole), its centre anywhere, cut off at the edges.
Box randomBox(int width, int height, double area, CounterRandom& random)
{
    const double ratio = std::exp(random.uniform(-0.7, 0.7));
    const double halfWidth = 0.5 * std::sqrt(area / ratio) * width;
    const double halfHeight = 0.5 * std::sqrt(area * ratio) * height;
    const double x = random.uniform(0, width);
    const double y = random.uniform(0, height);
    const int left = std::max(0, static_cast<int>(std::lround(x - halfWidth)));
    const int top = std::max(0, static_cast<int>(std::lround(y - halfHeight)));
    const int right = std::min(width, static_cast<int>(std::lround(x + halfWidth)));
    const int bottom = std::min(height, static_cast<int>(std::lround(y + halfHeight)));
    return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

}  // namespace

AugmentOptions AugmentOptions::scaled(double strength) const
{
    AugmentOptions result = *this;
    result.smallestCrop = 1 - std::min((1 - smallestCrop) * strength, 0.92);
    result.widestRatio = std::pow(widestRatio, strength);
    result.flip = strength > 0 ? flip : 0;
    result.colour = std::min(colour * strength, 0.9);
    result.grey = std::min(grey * strength, 1.0);
    result.erase = std::min(erase * strength, 1.0);
    result.mixup = std::min(mixup * strength, 0.5);
    result.cutmix = std::min(cutmix * strength, 0.5);
    return result;
}

void AugmentOptions::validate() const
{
    const auto require = [](bool isGood, const char* name, double value, const char* range) {
        if (!isGood)
            throw Error(ErrorKind::Usage,
                        std::string("augmentation: ") + name + " must be " + range + ", not " + std::to_string(value));
    };
    const auto share
        = [&](const char* name, double value) { require(value >= 0 && value <= 1, name, value, "0 to 1"); };
    require(height >= 4 && height <= 4096, "the height", height, "4 to 4096 pixels");
    require(width >= 4 && width <= 4096, "the width", width, "4 to 4096 pixels");
    require(smallestCrop > 0 && smallestCrop <= 1, "the smallest crop", smallestCrop, "above 0 and at most 1");
    require(widestRatio >= 1 && widestRatio <= 10, "the widest ratio", widestRatio, "1 to 10");
    share("flip", flip), share("colour", colour), share("grey", grey), share("erase", erase);
    share("mixup", mixup), share("cutmix", cutmix);
    require(mixup + cutmix <= 1, "mixup + cutmix", mixup + cutmix, "at most 1");
}

void augmentPicture(const RgbImage& picture, const AugmentOptions& options, CounterRandom random, float* out)
{
    const Box crop = randomCrop(picture, options, random);
    const RgbImage resized = resizeBicubic(cut(picture, crop), options.width, options.height);
    const std::size_t plane = static_cast<std::size_t>(options.width) * options.height;
    toPlanes(resized, random.chance(options.flip), out);
    recolour(out, plane, options, random);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t i = c * plane; i < (c + 1) * plane; ++i)
            out[i] = (out[i] - options.mean[c]) / options.std[c];
    if (random.chance(options.erase)) {
        const Box box = randomBox(options.width, options.height, random.uniform(0.02, 0.2), random);
        for (std::size_t c = 0; c < 3; ++c)
            for (int y = box.y; y < box.y + box.height; ++y)
                std::fill_n(out + c * plane + static_cast<std::size_t>(y) * options.width + box.x, box.width, 0.0F);
    }
}

void mixBatch(std::vector<float>& images, std::vector<float>& targets, std::int64_t batch,
              const AugmentOptions& options, const std::vector<CounterRandom>& random)
{
    if (batch < 2 || options.mixup + options.cutmix <= 0)
        return;
    const std::vector<float> before = images;
    const std::vector<float> targetsBefore = targets;
    const std::size_t plane = static_cast<std::size_t>(options.width) * options.height;
    const std::size_t size = 3 * plane;
    const std::size_t classes = targets.size() / static_cast<std::size_t>(batch);
    for (std::size_t i = 0; i < static_cast<std::size_t>(batch); ++i) {
        CounterRandom numbers = random[i];
        const double pick = numbers.uniform();
        const float* other = &before[(i + 1) % static_cast<std::size_t>(batch) * size];
        float* image = &images[i * size];
        double share = 0;  // of the other
        if (pick < options.mixup) {
            share = 0.5 * numbers.uniform();
            for (std::size_t k = 0; k < size; ++k)
                image[k] += static_cast<float>(share) * (other[k] - image[k]);
        } else if (pick < options.mixup + options.cutmix) {
            const Box box = randomBox(options.width, options.height, numbers.uniform(0.05, 0.6), numbers);
            for (std::size_t c = 0; c < 3; ++c)
                for (int y = box.y; y < box.y + box.height; ++y) {
                    const std::size_t at = c * plane + static_cast<std::size_t>(y) * options.width + box.x;
                    std::copy_n(other + at, box.width, image + at);
                }
            share = static_cast<double>(box.width) * box.height / static_cast<double>(plane);
        }
        const float* otherTarget = &targetsBefore[(i + 1) % static_cast<std::size_t>(batch) * classes];
        for (std::size_t k = 0; k < classes; ++k)
            targets[i * classes + k] += static_cast<float>(share) * (otherTarget[k] - targets[i * classes + k]);
    }
}

}  // namespace mixer
