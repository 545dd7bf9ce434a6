// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mixer {

enum class PictureFormat { Unknown, Png, Jpeg, Tiff, WebP, Bmp, Pnm };

/// What the first bytes of a picture file promise, read without decoding it.
struct PictureHeader {
    PictureFormat format = PictureFormat::Unknown;
    std::int64_t width = 0;  ///< as stored, before orientation; 0: the header is damaged
    std::int64_t height = 0;
    int orientation = 1;  ///< EXIF: 1 upright, 2-8 mirrored and turned
    /// The file ends before its end mark (JPEG, whose decoder would fill the rest with anything).
    bool isTruncated = false;
};

/// Never throws and never reads past `bytes`; a damaged header leaves width and height 0.
PictureHeader readPictureHeader(const std::vector<std::uint8_t>& bytes);

}  // namespace mixer
