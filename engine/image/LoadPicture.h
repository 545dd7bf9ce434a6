// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// A picture file with what a network is given of it.
struct LoadedPicture {
    int width = 0;  ///< of the original
    int height = 0;
    std::shared_ptr<const RgbImage> image;  ///< null when the file held a prepared tensor
    PreparedImage prepared;
};

/// Picture files by decodeImage(), and NumPy arrays (.npy): uint8 (H,W,3) is a picture, float32 (3,H,W) is taken as
/// prepared already, normalized and of any size. A build without OpenCV reads only the latter two.
/// Throws Error(File, Image or Memory).
LoadedPicture loadPicture(const std::string& path, const PreprocessOptions& options);

/// Whether a file's name ends as those of pictures do. "._x.jpg" are another system's notes about x.jpg.
bool isPictureName(const std::string& path);

/// A picture from memory: what decodeImage() reads, or NumPy's uint8 (H,W,3) where `name` ends with .npy; of these
/// alone in a build without OpenCV. Throws Error(Image or Memory).
RgbImage decodePicture(const std::vector<std::uint8_t>& bytes, const std::string& name);

}  // namespace mixer
