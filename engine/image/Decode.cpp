// SPDX-License-Identifier: MIT
#include "engine/core/Error.h"
#include "engine/image/Image.h"
#include "engine/image/PictureHeader.h"
#include "kernels/parallel.h"

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <new>

namespace mixer {
namespace {

constexpr const char* kReadable = "PNG, JPEG, TIFF, WebP, BMP or PNM";

std::vector<std::uint8_t> readFile(const std::string& path)
{
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    if (failure || !std::filesystem::exists(status))
        throw Error(ErrorKind::File, path + ": there is no such file");
    if (!std::filesystem::is_regular_file(status))
        throw Error(ErrorKind::File, path + ": expected a picture file, found a folder or device");
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    // The decoder counts bytes in an int.
    if (failure || size > static_cast<std::uintmax_t>(std::numeric_limits<int>::max()))
        throw Error(ErrorKind::File, path + ": cannot be read as a picture: larger than 2 GiB");
    std::vector<std::uint8_t> bytes(size);
    std::ifstream in(path, std::ios::binary);
    if (!in || !in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        throw Error(ErrorKind::File, path + ": cannot be read");
    return bytes;
}

/// Refuses what is no picture, damaged or too large while it has cost nothing yet.
PictureHeader checkedHeader(const std::vector<std::uint8_t>& bytes, const std::string& name)
{
    if (bytes.empty())
        throw Error(ErrorKind::Image, name + ": the file is empty; expected a picture (" + kReadable + ")");
    const PictureHeader header = readPictureHeader(bytes);
    // Other formats are not handed to the decoder, which knows some that open further files.
    if (header.format == PictureFormat::Unknown)
        throw Error(ErrorKind::Image, name + ": not a picture that this program reads; expected " + kReadable);
    if (header.width < 1 || header.height < 1)
        throw Error(ErrorKind::Image, name + ": the picture's header is damaged or cut off: it gives no size");
    if (header.width * header.height > kMaxPixels)
        throw Error(ErrorKind::Image,
                    name + ": the picture is too large: " + std::to_string(header.width) + " x "
                        + std::to_string(header.height) + " pixels; at most " + std::to_string(kMaxPixels)
                        + " are read");
    if (header.isTruncated)
        throw Error(ErrorKind::Image, name + ": the file ends before the picture does; it was cut off");
    return header;
}

/// A PNG without its colour profile, which is not used here, but which libpng checks, unpacks and complains about.
std::vector<std::uint8_t> withoutColourProfile(const std::vector<std::uint8_t>& png)
{
    std::vector<std::uint8_t> kept(png.begin(), png.begin() + 8);
    std::size_t offset = 8;
    while (png.size() - offset >= 8) {
        std::size_t length = 12;
        for (std::size_t i = 0; i < 4; ++i)
            length += static_cast<std::size_t>(png[offset + i]) << (24 - 8 * i);
        length = std::min(length, png.size() - offset);
        const auto chunk = png.begin() + static_cast<std::ptrdiff_t>(offset);
        if (!std::equal(chunk + 4, chunk + 8, "iCCP"))
            kept.insert(kept.end(), chunk, chunk + static_cast<std::ptrdiff_t>(length));
        offset += length;
    }
    return kept;
}

cv::Mat decodePixels(const std::vector<std::uint8_t>& bytes, const std::string& name)
{
    cv::Mat picture;
    try {
        // UNCHANGED keeps alpha, 16 bit and palettes' transparency, and leaves orientation to us.
        picture = cv::imdecode(bytes, cv::IMREAD_UNCHANGED);
    } catch (const cv::Exception& e) {
        if (e.code == cv::Error::StsNoMem)
            throw Error(ErrorKind::Memory, name + ": not enough memory to decode the picture");
        throw Error(ErrorKind::Image, name + ": the picture is damaged: " + e.err);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, name + ": not enough memory to decode the picture");
    }
    if (picture.empty())
        throw Error(ErrorKind::Image, name + ": the picture is damaged or cut off and cannot be decoded");
    if (picture.depth() != CV_8U && picture.depth() != CV_16U)
        throw Error(ErrorKind::Image,
                    name + ": expected 8 or 16 bits for each colour, found " + cv::typeToString(picture.type())
                        + "; convert the picture first");
    return picture;
}

enum class Alpha { Straight, Premultiplied };

/// One stored sample, 0 to `kFull` of its type, to 8 bits.
std::uint8_t toByte(std::uint8_t v)
{
    return v;
}
std::uint8_t toByte(std::uint16_t v)
{
    return static_cast<std::uint8_t>((v + 128U) / 257U);
}

template <typename T> T overWhite(T colour, T alpha, Alpha kind)
{
    constexpr std::uint64_t full = std::numeric_limits<T>::max();
    if (kind == Alpha::Premultiplied)
        return static_cast<T>(std::min<std::uint64_t>(full, colour + (full - alpha)));
    return static_cast<T>((std::uint64_t{colour} * alpha + full * (full - alpha) + full / 2) / full);
}

/// A row in OpenCV's order (grey, grey+alpha, BGR or BGRA) to RGB over white.
template <typename T> void toRgbRow(const T* in, int width, int channels, Alpha kind, std::uint8_t* out)
{
    const int alphaAt = channels == 2 ? 1 : 3;
    const bool isGrey = channels < 3;
    const bool hasAlpha = channels == 2 || channels == 4;
    for (int x = 0; x < width; ++x, in += channels, out += 3) {
        for (int c = 0; c < 3; ++c) {
            const T colour = in[isGrey ? 0 : 2 - c];
            out[c] = toByte(hasAlpha ? overWhite(colour, in[alphaAt], kind) : colour);
        }
    }
}

RgbImage toRgb(const cv::Mat& picture, Alpha kind, const std::string& name)
{
    if (picture.channels() > 4)
        throw Error(ErrorKind::Image,
                    name + ": expected 1 to 4 colour channels, found " + std::to_string(picture.channels()));
    RgbImage image;
    image.width = picture.cols;
    image.height = picture.rows;
    image.pixels.resize(3 * static_cast<std::size_t>(picture.cols) * picture.rows);
    kernels::parallel_for(picture.rows, 64, [&](std::int64_t begin, std::int64_t end) {
        for (auto y = static_cast<int>(begin); y < end; ++y) {
            std::uint8_t* out = &image.pixels[3 * static_cast<std::size_t>(picture.cols) * y];
            if (picture.depth() == CV_8U)
                toRgbRow(picture.ptr<std::uint8_t>(y), picture.cols, picture.channels(), kind, out);
            else
                toRgbRow(picture.ptr<std::uint16_t>(y), picture.cols, picture.channels(), kind, out);
        }
    });
    return image;
}

/// EXIF orientation: 2 mirrored, 3 turned by half, 4 both; 5 to 8 the same four, transposed.
RgbImage upright(RgbImage image, int orientation)
{
    if (orientation == 1)
        return image;
    const bool isTransposed = orientation >= 5;
    const bool flipsX = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flipsY = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    RgbImage result;
    result.width = isTransposed ? image.height : image.width;
    result.height = isTransposed ? image.width : image.height;
    result.pixels.resize(image.pixels.size());
    kernels::parallel_for(result.height, 64, [&](std::int64_t begin, std::int64_t end) {
        for (auto y = static_cast<int>(begin); y < end; ++y) {
            for (int x = 0; x < result.width; ++x) {
                const int storedX = isTransposed ? y : x;
                const int storedY = isTransposed ? x : y;
                const std::size_t fromX = flipsX ? image.width - 1 - storedX : storedX;
                const std::size_t fromY = flipsY ? image.height - 1 - storedY : storedY;
                std::copy_n(&image.pixels[3 * (fromY * image.width + fromX)], 3,
                            &result.pixels[3 * (static_cast<std::size_t>(y) * result.width + x)]);
            }
        }
    });
    return result;
}

}  // namespace

RgbImage decodeImage(const std::vector<std::uint8_t>& bytes, const std::string& name)
{
    const PictureHeader header = checkedHeader(bytes, name);
    try {
        const cv::Mat picture
            = decodePixels(header.format == PictureFormat::Png ? withoutColourProfile(bytes) : bytes, name);
        // libtiff hands out 8-bit colours already multiplied by alpha.
        const bool isPremultiplied = header.format == PictureFormat::Tiff && picture.depth() == CV_8U;
        RgbImage image = toRgb(picture, isPremultiplied ? Alpha::Premultiplied : Alpha::Straight, name);
        return upright(std::move(image), header.orientation);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory,
                    name + ": not enough memory for a picture of " + std::to_string(header.width) + " x "
                        + std::to_string(header.height) + " pixels");
    }
}

RgbImage decodeImage(const std::string& path)
{
    return decodeImage(readFile(path), path);
}

}  // namespace mixer
