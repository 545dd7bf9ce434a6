// SPDX-License-Identifier: MIT
#include "engine/image/PictureHeader.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace mixer {
namespace {

/// Reads numbers out of a byte range; past its end everything is 0 and `isGood` says so.
class ByteReader {
public:
    ByteReader(const std::uint8_t* data, std::size_t size)
        : m_data(data)
        , m_size(size)
    {
    }
    std::size_t size() const { return m_size; }
    bool isGood() const { return m_isGood; }
    bool has(std::size_t offset, std::size_t count) const { return offset <= m_size && count <= m_size - offset; }
    bool startsWith(std::size_t offset, std::string_view text) const
    {
        return has(offset, text.size()) && std::memcmp(m_data + offset, text.data(), text.size()) == 0;
    }
    ByteReader part(std::size_t offset, std::size_t count) const
    {
        if (offset > m_size)
            return {m_data, 0};
        return {m_data + offset, std::min(count, m_size - offset)};
    }
    std::uint64_t little(std::size_t offset, int bytes) { return number(offset, bytes, false); }
    std::uint64_t big(std::size_t offset, int bytes) { return number(offset, bytes, true); }
    std::uint64_t number(std::size_t offset, int bytes, bool isBig)
    {
        if (!has(offset, static_cast<std::size_t>(bytes))) {
            m_isGood = false;
            return 0;
        }
        std::uint64_t value = 0;
        for (int i = 0; i < bytes; ++i)
            value = value << 8 | m_data[offset + static_cast<std::size_t>(isBig ? i : bytes - 1 - i)];
        return value;
    }

private:
    const std::uint8_t* m_data;
    std::size_t m_size;
    bool m_isGood = true;
};

struct TiffFacts {
    std::uint64_t width = 0, height = 0, orientation = 1;
};

/// The first directory of a TIFF, classic or BigTIFF; EXIF blocks are the former.
TiffFacts readTiff(ByteReader tiff)
{
    TiffFacts facts;
    const bool isBig = tiff.startsWith(0, "MM");
    if (!isBig && !tiff.startsWith(0, "II"))
        return facts;
    const bool isBigTiff = tiff.number(2, 2, isBig) == 43;
    const int pointerBytes = isBigTiff ? 8 : 4;
    const int countBytes = isBigTiff ? 8 : 2;
    const std::size_t entryBytes = isBigTiff ? 20 : 12;
    const std::size_t directory = tiff.number(isBigTiff ? 8 : 4, pointerBytes, isBig);
    const std::uint64_t count = std::min<std::uint64_t>(tiff.number(directory, countBytes, isBig), 4096);
    for (std::uint64_t i = 0; i < count && tiff.isGood(); ++i) {
        const std::size_t entry = directory + static_cast<std::size_t>(countBytes) + i * entryBytes;
        const std::uint64_t tag = tiff.number(entry, 2, isBig);
        const std::uint64_t type = tiff.number(entry + 2, 2, isBig);
        const int bytes = type == 3 ? 2 : type == 4 ? 4 : type == 16 ? 8 : 1;
        const std::uint64_t value = tiff.number(entry + 4 + static_cast<std::size_t>(pointerBytes), bytes, isBig);
        if (tag == 256)
            facts.width = value;
        else if (tag == 257)
            facts.height = value;
        else if (tag == 274)
            facts.orientation = value;
    }
    return facts;
}

int exifOrientation(ByteReader exif)
{
    if (exif.startsWith(0, std::string_view("Exif\0\0", 6)))
        exif = exif.part(6, exif.size());
    const std::uint64_t orientation = readTiff(exif).orientation;
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

void setSize(PictureHeader& header, std::uint64_t width, std::uint64_t height)
{
    // Anything beyond 32 bits is damage; the cap keeps width * height within 64 bits.
    constexpr std::uint64_t kMost = 0x7fffffff;
    header.width = static_cast<std::int64_t>(std::min(width, kMost));
    header.height = static_cast<std::int64_t>(std::min(height, kMost));
}

void readPng(ByteReader file, PictureHeader& header)
{
    setSize(header, file.big(16, 4), file.big(20, 4));
    std::size_t offset = 8;
    while (file.has(offset, 8)) {
        const std::size_t length = file.big(offset, 4);
        if (file.startsWith(offset + 4, "eXIf")) {
            header.orientation = exifOrientation(file.part(offset + 8, length));
            return;
        }
        offset += 12 + length;
    }
}

bool isFrameHeader(std::uint64_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

bool endsWithMark(const ByteReader& file, std::size_t scan)
{
    const ByteReader rest = file.part(scan, file.size());
    for (std::size_t i = rest.size(); i >= 2; --i)
        if (rest.startsWith(i - 2, "\xFF\xD9"))
            return true;
    return false;
}

void readJpeg(ByteReader file, PictureHeader& header)
{
    std::size_t offset = 2;
    while (file.has(offset, 4)) {
        if (file.big(offset, 1) != 0xFF)
            return;
        const std::uint64_t marker = file.big(offset + 1, 1);
        if (marker == 0xFF) {  // fill byte
            ++offset;
            continue;
        }
        const std::size_t length = file.big(offset + 2, 2);
        if (isFrameHeader(marker))
            setSize(header, file.big(offset + 7, 2), file.big(offset + 5, 2));
        else if (marker == 0xE1 && file.startsWith(offset + 4, "Exif"))
            header.orientation = exifOrientation(file.part(offset + 4, length));
        else if (marker == 0xDA) {
            header.isTruncated = !endsWithMark(file, offset);
            return;
        }
        offset += 2 + length;
    }
    header.isTruncated = true;  // no picture data at all
}

void readWebP(ByteReader file, PictureHeader& header)
{
    if (file.startsWith(12, "VP8X"))
        setSize(header, file.little(24, 3) + 1, file.little(27, 3) + 1);
    else if (file.startsWith(12, "VP8L")) {
        const std::uint64_t bits = file.little(21, 4);
        setSize(header, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
    } else if (file.startsWith(12, "VP8 "))
        setSize(header, file.little(26, 2) & 0x3fff, file.little(28, 2) & 0x3fff);
    std::size_t offset = 12;
    while (file.has(offset, 8)) {
        const std::size_t length = file.little(offset + 4, 4);
        if (file.startsWith(offset, "EXIF")) {
            header.orientation = exifOrientation(file.part(offset + 8, length));
            return;
        }
        offset += 8 + length + length % 2;
    }
}

void readBmp(ByteReader file, PictureHeader& header)
{
    const bool isOs2 = file.little(14, 4) == 12;
    const auto width = static_cast<std::int32_t>(isOs2 ? file.little(18, 2) : file.little(18, 4));
    const auto height = static_cast<std::int32_t>(isOs2 ? file.little(20, 2) : file.little(22, 4));
    // A negative height stores the rows from top to bottom.
    setSize(header, width > 0 ? static_cast<std::uint64_t>(width) : 0,
            static_cast<std::uint64_t>(height < 0 ? -static_cast<std::int64_t>(height) : height));
}

void readPnm(ByteReader file, PictureHeader& header)
{
    std::size_t offset = 2;
    const auto number = [&]() -> std::uint64_t {
        bool isComment = false;
        for (; file.has(offset, 1); ++offset) {
            const std::uint64_t c = file.big(offset, 1);
            isComment = (isComment && c != '\n') || c == '#';
            if (!isComment && c >= '0' && c <= '9')
                break;
        }
        std::uint64_t value = 0;
        for (; file.has(offset, 1) && value < (1ULL << 40); ++offset) {
            const std::uint64_t c = file.big(offset, 1);
            if (c < '0' || c > '9')
                break;
            value = 10 * value + (c - '0');
        }
        return value;
    };
    const std::uint64_t width = number();
    const std::uint64_t height = number();
    setSize(header, width, height);
}

}  // namespace

PictureHeader readPictureHeader(const std::vector<std::uint8_t>& bytes)
{
    const ByteReader file(bytes.data(), bytes.size());
    PictureHeader header;
    if (file.startsWith(0, "\x89PNG\r\n\x1a\n")) {
        header.format = PictureFormat::Png;
        readPng(file, header);
    } else if (file.startsWith(0, "\xFF\xD8\xFF")) {
        header.format = PictureFormat::Jpeg;
        readJpeg(file, header);
    } else if (file.startsWith(0, std::string_view("II*\0", 4)) || file.startsWith(0, std::string_view("MM\0*", 4))
               || file.startsWith(0, std::string_view("II+\0", 4))
               || file.startsWith(0, std::string_view("MM\0+", 4))) {
        header.format = PictureFormat::Tiff;
        const TiffFacts facts = readTiff(file);
        setSize(header, facts.width, facts.height);
        // No orientation: the TIFF decoder itself turns the picture upright.
    } else if (file.startsWith(0, "RIFF") && file.startsWith(8, "WEBP")) {
        header.format = PictureFormat::WebP;
        readWebP(file, header);
    } else if (file.startsWith(0, "BM")) {
        header.format = PictureFormat::Bmp;
        readBmp(file, header);
    } else if (bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6') {
        header.format = PictureFormat::Pnm;
        readPnm(file, header);
    }
    return header;
}

}  // namespace mixer
