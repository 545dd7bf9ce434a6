// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Array.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mixer {

/// 8-bit RGB picture, upright, row-major, interleaved.
struct RgbImage {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;  ///< height * width * 3
};

/// Decodes a picture file: EXIF orientation applied, grey and palette expanded, alpha composed over white,
/// 16 bit scaled to 8, CMYK converted. Throws Error(File, Image or Memory); pictures over `kMaxPixels` are refused
/// from their header, before they are decoded.
RgbImage decodeImage(const std::string& path);
/// The same from memory; `name` stands for the path in messages.
RgbImage decodeImage(const std::vector<std::uint8_t>& bytes, const std::string& name);
constexpr std::int64_t kMaxPixels = 400LL * 1000 * 1000;

/// A token's share of the input, in its pixels: from `offset + x * side` to `offset + (x + 1) * side`. Patches that
/// overlap share out what lies between their centres.
struct TokenCell {
    int side = 0;
    int offset = 0;
};

/// Where the network's input lies on the original picture: original = (input + offset) / scale, in pixel edges
/// (the first pixel covers 0 to 1). Holds for tokens too: a token of stage i covers `tokenPixels(i)` input pixels.
struct ImageGeometry {
    int originalWidth = 0;
    int originalHeight = 0;
    int inputWidth = 0;
    int inputHeight = 0;
    double scaleX = 1;  ///< resized / original
    double scaleY = 1;
    int offsetX = 0;  ///< crop offset in resized pixels
    int offsetY = 0;

    struct Rect {
        double x, y, width, height;  ///< original pixels
    };
    /// Input pixels to a token's side in stage i: 4, 8, 16, 32 ...
    static int tokenPixels(int stage) { return 4 << stage; }
    /// The part of the original that token (y,x) of the stage covers; may reach past the picture's edge.
    Rect tokenRect(int stage, int y, int x) const { return tokenRect(TokenCell{tokenPixels(stage), 0}, y, x); }
    Rect tokenRect(const TokenCell& cell, int y, int x) const;
    /// The part of the original that the network sees.
    Rect inputRect() const;
};

enum class ResizeMode {
    Crop,     ///< cover image_size / cropFraction, centre crop (what the model was trained on)
    Stretch,  ///< no crop: each side to image_size, whatever the picture's proportions
    Whole,    ///< no crop: each side to a multiple of 32, the longer side capped
};

struct PreprocessOptions {
    int height = 224;
    int width = 224;
    std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
    std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
    ResizeMode mode = ResizeMode::Crop;
    double cropFraction = 1;  ///< of Crop, above 0, at most 1
    int maxSide = 1024;       ///< of Whole
};

/// A picture ready for the network.
struct PreparedImage {
    Array tensor;  ///< (3, h, w), normalized
    ImageGeometry geometry;
};

/// Resizes as Pillow and torchvision's antialias do (bicubic a = -0.5, widened when shrinking, rounded and clamped to
/// 0..255 after each pass), crops, normalizes. Throws Error(Image) for an empty picture.
PreparedImage prepareImage(const RgbImage& image, const PreprocessOptions& options);

/// The resize alone, for thumbnails and tests.
RgbImage resizeBicubic(const RgbImage& image, int width, int height);

}  // namespace mixer
