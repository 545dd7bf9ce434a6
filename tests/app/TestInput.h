// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/app/Program.h"

#include <string>

namespace mixer {

/// Writes a NumPy array uint8 (height, width, 3), which every build of the program reads, and gives its path. No pixel
/// equals its neighbours.
inline std::string writePicture(const Folder& folder, int width, int height)
{
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + std::to_string(height) + ", "
        + std::to_string(width) + ", 3), }";
    header.resize(118 - 1, ' ');  // magic, version, length and header fill 128 bytes
    header += '\n';
    std::string file = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const int v : {7 * x, 9 * y, 5 * x * y + 3})
                file += static_cast<char>(v % 256);
    const std::string path = folder.path("picture-" + std::to_string(width) + "x" + std::to_string(height) + ".npy");
    writeFile(path, file);
    return path;
}

}  // namespace mixer
