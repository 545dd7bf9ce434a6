// SPDX-License-Identifier: MIT
#include "engine/image/NpyArray.h"

#include "engine/core/Error.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace mixer {
namespace {

constexpr std::size_t kMaxHeader = 1 << 16;

/// What follows `key` in the header, a Python dictionary such as
/// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4, 5), }
std::string valueOf(const std::string& header, const std::string& key)
{
    const std::size_t at = header.find("'" + key + "':");
    if (at == std::string::npos)
        return {};
    const std::size_t begin = header.find_first_not_of(' ', at + key.size() + 3);
    if (begin == std::string::npos)
        return {};
    const char close = header[begin] == '(' ? ')' : header[begin] == '\'' ? '\'' : ',';
    const std::size_t end = header.find(close, begin + 1);
    if (end == std::string::npos)
        return {};
    const bool isBare = close == ',';
    return header.substr(begin + (isBare ? 0 : 1), end - begin - (isBare ? 0 : 1));
}

/// Numbers of "3, 4, 5"; `isGood` turns false at anything else.
std::vector<std::int64_t> parseShape(const std::string& text, bool* isGood)
{
    std::vector<std::int64_t> shape;
    std::int64_t value = -1;
    for (const char c : text + ",") {
        if (std::isdigit(static_cast<unsigned char>(c)) != 0)
            value = (value < 0 ? 0 : value) * 10 + (c - '0');
        else if (c == ',') {
            if (value >= 0)
                shape.push_back(value);
            value = -1;
        } else if (c != ' ')
            *isGood = false;
        if (value > std::numeric_limits<std::int32_t>::max() || shape.size() > 8)
            *isGood = false;
        if (!*isGood)
            break;
    }
    return shape;
}

std::uint32_t readLittle(std::istream& in, int bytes)
{
    std::uint32_t value = 0;
    for (int i = 0; i < bytes; ++i)
        value |= static_cast<std::uint32_t>(in.get() & 0xff) << (8 * i);
    return value;
}

std::string readHeader(std::istream& in, const std::string& path)
{
    std::string magic(6, '\0');
    in.read(magic.data(), 6);
    const int major = in.get();
    in.get();
    if (!in || magic != "\x93NUMPY" || major < 1 || major > 3)
        throw Error(ErrorKind::Image, path + ": not a NumPy array file (.npy, format 1 to 3)");
    const std::uint32_t length = readLittle(in, major == 1 ? 2 : 4);
    if (!in || length > kMaxHeader)
        throw Error(ErrorKind::Image, path + ": the array's header is damaged");
    std::string header(length, '\0');
    in.read(header.data(), length);
    if (!in)
        throw Error(ErrorKind::Image, path + ": the array's header is cut off");
    return header;
}

NpyArray readArray(std::istream& in, std::int64_t size, const std::string& path, std::int64_t maxBytes)
{
    const std::string header = readHeader(in, path);

    NpyArray array;
    array.type = valueOf(header, "descr");
    bool isGood = array.type.size() == 3 && std::isdigit(static_cast<unsigned char>(array.type[2])) != 0;
    array.shape = parseShape(valueOf(header, "shape"), &isGood);
    if (!isGood || array.type[2] == '0')
        throw Error(ErrorKind::Image, path + ": the array's header gives no simple type and shape");
    if (valueOf(header, "fortran_order") != "False")
        throw Error(ErrorKind::Image, path + ": expected a row-major array (C order), found Fortran order");

    std::int64_t bytes = array.type[2] - '0';
    for (const std::int64_t n : array.shape) {
        bytes *= n;  // n and the product so far are below 2^33: no overflow
        if (bytes > maxBytes)
            throw Error(ErrorKind::Image, path + ": the array " + array.describe() + " is too large");
    }
    const std::int64_t found = size - in.tellg();
    if (found != bytes)
        throw Error(ErrorKind::Image,
                    path + ": expected " + std::to_string(bytes) + " bytes of data for " + array.describe() + ", found "
                        + std::to_string(found));
    array.bytes.resize(static_cast<std::size_t>(bytes));
    if (!in.read(reinterpret_cast<char*>(array.bytes.data()), bytes))
        throw Error(ErrorKind::File, path + ": cannot be read");
    return array;
}

}  // namespace

std::string NpyArray::describe() const
{
    std::string text = type + " (";
    for (std::size_t i = 0; i < shape.size(); ++i)
        text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
    return text + ")";
}

NpyArray readNpy(const std::string& path, std::int64_t maxBytes)
{
    std::error_code failure;
    if (!std::filesystem::is_regular_file(path, failure))
        throw Error(ErrorKind::File, path + ": there is no such file");
    std::ifstream in(path, std::ios::binary);
    const std::uintmax_t size = std::filesystem::file_size(path, failure);
    if (!in || failure)
        throw Error(ErrorKind::File, path + ": cannot be read");
    return readArray(in, static_cast<std::int64_t>(size), path, maxBytes);
}

NpyArray readNpy(const std::vector<std::uint8_t>& bytes, const std::string& name, std::int64_t maxBytes)
{
    std::istringstream in(std::string(bytes.begin(), bytes.end()));
    return readArray(in, static_cast<std::int64_t>(bytes.size()), name, maxBytes);
}

}  // namespace mixer
