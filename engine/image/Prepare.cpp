// SPDX-License-Identifier: MIT
#include "engine/core/Error.h"
#include "engine/image/Image.h"
#include "kernels/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer {
namespace {

// Longer sides than OpenCV decodes; bounds the coefficient tables, whose size grows with the source's side.
constexpr int kMaxSide = 1 << 20;
constexpr int kWholeMultiple = 32;

// Fixed point of the weights: 8 bits of sample and 2 of headroom (overshoot, sign) stay free in an int32 sum. Pillow's
// choice; other precisions round differently, and then a resized picture is no longer Pillow's to the bit.
constexpr int kWeightBits = 32 - 8 - 2;

double bicubic(double x)
{
    constexpr double a = -0.5;
    x = std::abs(x);
    if (x < 1.0)
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
    if (x < 2.0)
        return (((x - 5) * x + 8) * x - 4) * a;
    return 0.0;
}

/// Which source samples make each target sample [first, first + count) of one axis, and with which weights.
struct AxisFilter {
    int stride = 0;          ///< weights reserved for each target sample
    std::vector<int> begin;  ///< first source sample
    std::vector<int> taps;   ///< how many
    std::vector<std::int32_t> weights;

    const std::int32_t* of(int target) const { return &weights[static_cast<std::size_t>(target) * stride]; }
};

AxisFilter makeFilter(int sourceSize, int targetSize, int first, int count)
{
    const double scale = static_cast<double>(sourceSize) / targetSize;
    const double widening = std::max(scale, 1.0);  // when shrinking, the kernel covers all the source it stands for
    const double support = 2.0 * widening;

    AxisFilter filter;
    filter.stride = std::min(static_cast<int>(std::ceil(support)) * 2 + 1, sourceSize);
    filter.begin.resize(count);
    filter.taps.resize(count);
    filter.weights.assign(static_cast<std::size_t>(count) * filter.stride, 0);
    std::vector<double> exact(filter.stride);
    for (int i = 0; i < count; ++i) {
        const double center = (first + i + 0.5) * scale;
        const int begin = std::max(0, static_cast<int>(std::floor(center - support + 0.5)));
        const int end = std::min(sourceSize, static_cast<int>(std::floor(center + support + 0.5)));
        double sum = 0;
        for (int s = begin; s < end; ++s) {
            exact[s - begin] = bicubic((s - center + 0.5) * (1.0 / widening));
            sum += exact[s - begin];
        }
        std::int32_t* weights = &filter.weights[static_cast<std::size_t>(i) * filter.stride];
        for (int s = 0; s < end - begin; ++s) {
            const double normalized = sum != 0 ? exact[s] / sum : exact[s];
            weights[s] = static_cast<std::int32_t>(normalized * (1 << kWeightBits) + (normalized < 0 ? -0.5 : 0.5));
        }
        filter.begin[i] = begin;
        filter.taps[i] = end - begin;
    }
    return filter;
}

std::uint8_t toByte(std::int32_t fixed)
{
    return static_cast<std::uint8_t>(std::clamp(fixed >> kWeightBits, 0, 255));
}

constexpr std::int32_t kHalf = 1 << (kWeightBits - 1);

void filterRow(const std::uint8_t* in, std::uint8_t* out, const AxisFilter& filter)
{
    for (std::size_t x = 0; x < filter.begin.size(); ++x) {
        const std::int32_t* weights = filter.of(static_cast<int>(x));
        const std::uint8_t* pixel = in + 3 * static_cast<std::size_t>(filter.begin[x]);
        std::int32_t r = kHalf;
        std::int32_t g = kHalf;
        std::int32_t b = kHalf;
        for (int k = 0; k < filter.taps[x]; ++k, pixel += 3) {
            r += pixel[0] * weights[k];
            g += pixel[1] * weights[k];
            b += pixel[2] * weights[k];
        }
        out[3 * x] = toByte(r);
        out[3 * x + 1] = toByte(g);
        out[3 * x + 2] = toByte(b);
    }
}

struct Window {
    int x, y, width, height;
};

/// The part `window` of `image` resized to `width` x `height`; nothing outside it is computed, so that a strip of a
/// picture, blown up to cover the input, costs no more than what is seen of it.
RgbImage resampleWindow(const RgbImage& image, int width, int height, const Window& window)
{
    const AxisFilter horizontal = makeFilter(image.width, width, window.x, window.width);
    const AxisFilter vertical = makeFilter(image.height, height, window.y, window.height);
    const int firstRow = vertical.begin.front();
    const int rows = vertical.begin.back() + vertical.taps.back() - firstRow;
    const std::size_t outStride = 3 * static_cast<std::size_t>(window.width);
    const std::size_t inStride = 3 * static_cast<std::size_t>(image.width);

    std::vector<std::uint8_t> narrow(outStride * rows);
    const std::int64_t rowGrain = std::max<std::int64_t>(1, (1 << 16) / image.width);
    kernels::parallel_for(rows, rowGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const std::uint8_t* in = &image.pixels[(firstRow + row) * inStride];
            if (width == image.width)
                std::copy_n(in + 3 * static_cast<std::size_t>(window.x), outStride, &narrow[row * outStride]);
            else
                filterRow(in, &narrow[row * outStride], horizontal);
        }
    });

    RgbImage result;
    result.width = window.width;
    result.height = window.height;
    result.pixels.resize(outStride * window.height);
    // One row of sums per target row, allocated here: a body of parallel_for must not throw.
    std::vector<std::int32_t> sums(outStride * window.height, kHalf);
    kernels::parallel_for(window.height, 4, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y) {
            std::int32_t* sum = &sums[y * outStride];
            const std::int32_t* weights = vertical.of(static_cast<int>(y));
            const std::uint8_t* in = &narrow[(vertical.begin[y] - firstRow) * outStride];
            for (int k = 0; k < vertical.taps[y]; ++k, in += outStride)
                for (std::size_t i = 0; i < outStride; ++i)
                    sum[i] += in[i] * weights[k];
            std::uint8_t* out = &result.pixels[y * outStride];
            for (std::size_t i = 0; i < outStride; ++i)
                out[i] = toByte(sum[i]);
        }
    });
    return result;
}

void checkPicture(const RgbImage& image)
{
    if (image.width < 1 || image.height < 1)
        throw Error(ErrorKind::Image,
                    "the picture is empty: expected at least 1 x 1 pixels, found " + std::to_string(image.width) + " x "
                        + std::to_string(image.height));
    if (image.width > kMaxSide || image.height > kMaxSide)
        throw Error(ErrorKind::Image,
                    "the picture is too long: a side may have " + std::to_string(kMaxSide) + " pixels, found "
                        + std::to_string(image.width) + " x " + std::to_string(image.height));
    if (image.pixels.size() != 3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height))
        throw Error(ErrorKind::Image,
                    "the picture's data is incomplete: expected 3 bytes for each of " + std::to_string(image.width)
                        + " x " + std::to_string(image.height) + " pixels, found " + std::to_string(image.pixels.size())
                        + " bytes");
}

void checkTarget(int width, int height)
{
    if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide
        || static_cast<std::int64_t>(width) * height > kMaxPixels)
        throw Error(ErrorKind::Image,
                    "cannot resize a picture to " + std::to_string(width) + " x " + std::to_string(height)
                        + ": expected sides from 1 to " + std::to_string(kMaxSide) + " and at most "
                        + std::to_string(kMaxPixels) + " pixels");
}

/// side * numerator / denominator, rounded to nearest in integers: no tie is decided by a floating-point accident.
int scaledSide(int side, int numerator, int denominator)
{
    const std::int64_t scaled = (2LL * side * numerator + denominator) / (2LL * denominator);
    if (scaled > std::numeric_limits<int>::max() / 2)
        throw Error(ErrorKind::Image,
                    "the picture is too narrow for its length to be cropped: resized, its longer side "
                    "would have "
                        + std::to_string(scaled) + " pixels; try whole-image mode");
    return std::max(1, static_cast<int>(scaled));
}

struct Layout {
    int width, height;  ///< of the resized picture
    Window window;      ///< the part of it that is the input
};

Layout layoutOfCrop(const RgbImage& image, const PreprocessOptions& options)
{
    const bool heightDecides = static_cast<std::int64_t>(options.height) * image.width
        >= static_cast<std::int64_t>(options.width) * image.height;
    Layout layout{};
    layout.width = heightDecides ? scaledSide(image.width, options.height, image.height) : options.width;
    layout.height = heightDecides ? options.height : scaledSide(image.height, options.width, image.width);
    layout.window
        = {(layout.width - options.width) / 2, (layout.height - options.height) / 2, options.width, options.height};
    return layout;
}

/// As torchvision's Resize and CenterCrop with sides of size / fraction, which networks with such a crop were trained
/// and tested with: the longer side is cut off to a whole number, half offsets go to the even one.
Layout layoutOfInnerCrop(const RgbImage& image, const PreprocessOptions& options)
{
    const int coverHeight = static_cast<int>(options.height / options.cropFraction);
    const int coverWidth = static_cast<int>(options.width / options.cropFraction);
    checkTarget(coverWidth, coverHeight);
    const bool heightDecides
        = static_cast<std::int64_t>(coverHeight) * image.width >= static_cast<std::int64_t>(coverWidth) * image.height;
    const auto longer = [](int cover, int side, int shorter) {
        const std::int64_t length = static_cast<std::int64_t>(cover) * side / shorter;
        return static_cast<int>(std::min<std::int64_t>(length, std::numeric_limits<int>::max() / 2));
    };
    Layout layout{};
    layout.height = heightDecides ? coverHeight : longer(coverWidth, image.height, image.width);
    layout.width = heightDecides ? longer(coverHeight, image.width, image.height) : coverWidth;
    const auto offset = [](int whole, int part) { return static_cast<int>(std::nearbyint((whole - part) / 2.0)); };
    layout.window
        = {offset(layout.width, options.width), offset(layout.height, options.height), options.width, options.height};
    return layout;
}

Layout layoutOfWhole(const RgbImage& image, const PreprocessOptions& options)
{
    const double longer = std::max(image.width, image.height);
    const double scale = std::min(1.0, options.maxSide / longer);
    const int cap = std::max(kWholeMultiple, options.maxSide / kWholeMultiple * kWholeMultiple);
    const auto side = [&](int original) {
        const int multiple = static_cast<int>(std::lround(original * scale / kWholeMultiple)) * kWholeMultiple;
        return std::clamp(multiple, kWholeMultiple, cap);
    };
    const int width = side(image.width);
    const int height = side(image.height);
    return {width, height, {0, 0, width, height}};
}

Layout layoutOf(const RgbImage& image, const PreprocessOptions& options)
{
    switch (options.mode) {
    case ResizeMode::Whole:
        return layoutOfWhole(image, options);
    case ResizeMode::Stretch:
        return {options.width, options.height, {0, 0, options.width, options.height}};
    case ResizeMode::Crop:
        break;
    }
    return options.cropFraction < 1 ? layoutOfInnerCrop(image, options) : layoutOfCrop(image, options);
}

/// (v / 255 - mean) / std in float32, the order of operations that training pipelines use.
Array normalize(const RgbImage& image, const PreprocessOptions& options)
{
    std::array<std::array<float, 256>, 3> table{};
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v)
            table[c][v] = (static_cast<float>(v) / 255.0F - options.mean[c]) / options.std[c];

    Array tensor({3, image.height, image.width});
    const std::size_t plane = static_cast<std::size_t>(image.width) * image.height;
    kernels::parallel_for(image.height, 64, [&](std::int64_t begin, std::int64_t end) {
        for (std::size_t i = begin * image.width; i < static_cast<std::size_t>(end) * image.width; ++i)
            for (std::size_t c = 0; c < 3; ++c)
                tensor.values[c * plane + i] = table[c][image.pixels[3 * i + c]];
    });
    return tensor;
}

}  // namespace

RgbImage resizeBicubic(const RgbImage& image, int width, int height)
{
    checkPicture(image);
    checkTarget(width, height);
    return resampleWindow(image, width, height, {0, 0, width, height});
}

PreparedImage prepareImage(const RgbImage& image, const PreprocessOptions& options)
{
    checkPicture(image);
    checkTarget(options.width, options.height);
    const Layout layout = layoutOf(image, options);
    checkTarget(layout.window.width, layout.window.height);

    PreparedImage prepared;
    prepared.tensor = normalize(resampleWindow(image, layout.width, layout.height, layout.window), options);
    ImageGeometry& geometry = prepared.geometry;
    geometry.originalWidth = image.width;
    geometry.originalHeight = image.height;
    geometry.inputWidth = layout.window.width;
    geometry.inputHeight = layout.window.height;
    geometry.scaleX = static_cast<double>(layout.width) / image.width;
    geometry.scaleY = static_cast<double>(layout.height) / image.height;
    geometry.offsetX = layout.window.x;
    geometry.offsetY = layout.window.y;
    return prepared;
}

ImageGeometry::Rect ImageGeometry::tokenRect(const TokenCell& cell, int y, int x) const
{
    return {(static_cast<double>(x) * cell.side + cell.offset + offsetX) / scaleX,
            (static_cast<double>(y) * cell.side + cell.offset + offsetY) / scaleY, cell.side / scaleX,
            cell.side / scaleY};
}

ImageGeometry::Rect ImageGeometry::inputRect() const
{
    return {offsetX / scaleX, offsetY / scaleY, inputWidth / scaleX, inputHeight / scaleY};
}

}  // namespace mixer
