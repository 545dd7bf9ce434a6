// SPDX-License-Identifier: MIT
#include "engine/image/LoadPicture.h"

#include "engine/core/Error.h"
#include "engine/image/NpyArray.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <set>

namespace mixer {
namespace {

/// From the last dot of the file's name on, in lower case; empty for "name" and ".name".
std::string endingOf(const std::string& path)
{
    const std::size_t slash = path.find_last_of('/');
    const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
    const std::size_t dot = file.find_last_of('.');
    if (dot == std::string::npos || dot == 0)
        return {};
    std::string ending = file.substr(dot);
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending;
}

bool isNpy(const std::string& path)
{
    return endingOf(path) == ".npy";
}

RgbImage pixelsOf(const NpyArray& array)
{
    RgbImage image;
    image.height = static_cast<int>(array.shape[0]);
    image.width = static_cast<int>(array.shape[1]);
    image.pixels = array.bytes;
    return image;
}

bool isPixels(const NpyArray& array)
{
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    return array.type == "|u1" && array.shape.size() == 3 && array.shape[2] == 3
        && std::all_of(array.shape.begin(), array.shape.end(), [](std::int64_t n) { return n >= 1 && n <= kMost; });
}

LoadedPicture fromPixels(const NpyArray& array, const PreprocessOptions& options)
{
    auto image = std::make_shared<const RgbImage>(pixelsOf(array));
    LoadedPicture picture{image->width, image->height, image, {}};
    picture.prepared = prepareImage(*image, options);
    return picture;
}

LoadedPicture fromTensor(const NpyArray& array, const std::string& path)
{
    LoadedPicture picture;
    picture.height = static_cast<int>(array.shape[1]);
    picture.width = static_cast<int>(array.shape[2]);
    picture.prepared.tensor = Array(array.shape);
    std::vector<float>& values = picture.prepared.tensor.values;
    std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
    const auto odd = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
    if (odd != values.end())
        throw Error(ErrorKind::Image,
                    path + ": expected finite numbers, found " + std::to_string(*odd) + " at element "
                        + std::to_string(odd - values.begin()));
    ImageGeometry& geometry = picture.prepared.geometry;
    geometry.originalWidth = geometry.inputWidth = picture.width;
    geometry.originalHeight = geometry.inputHeight = picture.height;
    return picture;
}

LoadedPicture loadNpy(const std::string& path, const PreprocessOptions& options)
{
    const NpyArray array = readNpy(path, kMaxPixels * 3 * static_cast<std::int64_t>(sizeof(float)));
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    const bool fits = array.shape.size() == 3
        && std::all_of(array.shape.begin(), array.shape.end(), [](std::int64_t n) { return n >= 1 && n <= kMost; });
    if (isPixels(array))
        return fromPixels(array, options);
    if (fits && array.type == "<f4" && array.shape[0] == 3)
        return fromTensor(array, path);
    throw Error(ErrorKind::Image,
                path + ": expected an array uint8 (H,W,3) or float32 (3,H,W), found " + array.describe());
}

}  // namespace

bool isPictureName(const std::string& path)
{
    static const std::set<std::string> endings
        = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm", ".npy"};
    const bool isHidden = path.compare(path.find_last_of('/') + 1, 1, ".") == 0;
    return !isHidden && endings.count(endingOf(path)) > 0;
}

LoadedPicture loadPicture(const std::string& path, const PreprocessOptions& options)
{
    try {
        if (isNpy(path))
            return loadNpy(path, options);
#ifdef MIXERSCOPE_HAS_IMAGES
        auto image = std::make_shared<const RgbImage>(decodeImage(path));
        LoadedPicture picture{image->width, image->height, image, {}};
        picture.prepared = prepareImage(*image, options);
        return picture;
#else
        throw Error(ErrorKind::Image, path + ": this build reads no picture files, only NumPy arrays (.npy)");
#endif
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, path + ": not enough memory for the picture");
    }
}

RgbImage decodePicture(const std::vector<std::uint8_t>& bytes, const std::string& name)
{
    if (isNpy(name)) {
        const NpyArray array = readNpy(bytes, name, kMaxPixels * 3);
        if (!isPixels(array))
            throw Error(ErrorKind::Image, name + ": expected an array uint8 (H,W,3), found " + array.describe());
        return pixelsOf(array);
    }
#ifdef MIXERSCOPE_HAS_IMAGES
    return decodeImage(bytes, name);
#else
    throw Error(ErrorKind::Image, name + ": this build reads no picture files, only NumPy arrays (.npy)");
#endif
}

}  // namespace mixer
