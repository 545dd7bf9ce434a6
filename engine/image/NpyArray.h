// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mixer {

/// An array as a NumPy file (.npy, format 1 to 3) stores it: row-major.
struct NpyArray {
    std::string type;  ///< NumPy's: "|u1", "<f4" ...
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> bytes;

    /// "<f4 (3,224,224)".
    std::string describe() const;
};

/// Throws Error(File) when the file cannot be read, Error(Image) when it is not such an array, is in Fortran order, or
/// holds more than `maxBytes`.
NpyArray readNpy(const std::string& path, std::int64_t maxBytes);
/// The same from memory; `name` stands for the path in messages.
NpyArray readNpy(const std::vector<std::uint8_t>& bytes, const std::string& name, std::int64_t maxBytes);

}  // namespace mixer
