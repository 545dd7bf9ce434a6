// SPDX-License-Identifier: MIT
// Small labelled pictures in folders and archives, made by hand.
#pragma once

#include "engine/image/Image.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

namespace mixer {

/// A folder that is removed with its contents.
class ScratchFolder {
public:
    ScratchFolder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "mixer-training-XXXXXX").string();
        if (!mkdtemp(pattern.data()))
            std::abort();
        m_path = pattern;
    }
    ~ScratchFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    std::string path(const std::string& name = {}) const { return name.empty() ? m_path : m_path + "/" + name; }

private:
    std::string m_path;
};

/// The bytes of a NumPy file of the picture, which every build decodes.
inline std::string npyBytes(const RgbImage& image)
{
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(image.height) + ", "
        + std::to_string(image.width) + ", 3), }";
    header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() & 0xff);
    bytes += static_cast<char>(header.size() >> 8);
    return bytes + header + std::string(image.pixels.begin(), image.pixels.end());
}

inline void writeBytes(const std::string& path, const std::string& bytes)
{
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
}

/// One colour with a little texture; easy to tell apart by class.
inline RgbImage colouredPicture(int side, int classIndex, unsigned seed)
{
    RgbImage image;
    image.width = image.height = side;
    image.pixels.resize(3 * static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    std::uint32_t noise = seed * 2654435761U + 17;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
        noise = noise * 1664525U + 1013904223U;
        const int base = static_cast<int>(i % 3) == classIndex % 3 ? 190 : 60;
        image.pixels[i] = static_cast<std::uint8_t>(base + static_cast<int>(noise >> 26));
    }
    return image;
}

/// `classes` folders of `each` pictures.
inline void writePictureFolders(const std::string& folder, int classes, int each, int side)
{
    for (int c = 0; c < classes; ++c)
        for (int i = 0; i < each; ++i)
            writeBytes(folder + "/class-" + std::to_string(c) + "/" + std::to_string(100 + i) + ".npy",
                       npyBytes(colouredPicture(side, c, static_cast<unsigned>(100 * c + i))));
}

/// One entry of a tar archive (POSIX ustar); `claimed` is the size that the header tells.
inline std::string tarEntry(const std::string& name, const std::string& data, char type = '0',
                            std::uint64_t claimed = ~0ULL, const std::string& link = {})
{
    std::string header(512, '\0');
    std::memcpy(&header[0], name.data(), std::min<std::size_t>(name.size(), 100));
    std::memcpy(&header[100], "0000644", 7);
    std::snprintf(&header[124], 12, "%011llo",
                  static_cast<unsigned long long>(claimed == ~0ULL ? data.size() : claimed));
    std::memcpy(&header[136], "00000000000", 11);
    std::memcpy(&header[148], "        ", 8);
    header[156] = type;
    std::memcpy(&header[157], link.data(), std::min<std::size_t>(link.size(), 100));
    std::memcpy(&header[257], "ustar\00000", 8);
    unsigned sum = 0;
    for (const char c : header)
        sum += static_cast<unsigned char>(c);
    std::snprintf(&header[148], 8, "%06o", sum);
    header[155] = ' ';
    return header + data + std::string((512 - data.size() % 512) % 512, '\0');
}

inline std::string tarEnd()
{
    return std::string(1024, '\0');
}

}  // namespace mixer
