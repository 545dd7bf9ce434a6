// SPDX-License-Identifier: MIT
// Archives and pickles put together byte by byte, sound ones and hostile ones.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace mixer::test {

inline std::string number(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text += static_cast<char>(value >> 8 * i & 0xFFU);
    return text;
}

// ---- zip

struct ZipPart {
    std::string name;
    std::string content;
    bool deflated = false;
    std::uint32_t crcError = 0;  ///< added to the checksum
    int sizeError = 0;           ///< added to the announced unpacked size
    unsigned flags = 0;
    unsigned method = ~0U;       ///< instead of the right one
    std::string localName = {};  ///< instead of `name` in the entry's own header
    int beginError = 0;          ///< added to the announced begin of the entry
    bool zip64 = false;          ///< sizes and begin stand in the zip64 field
};

inline std::string deflate(const std::string& content)
{
    z_stream stream = {};
    if (::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string packed(::deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    ::deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    ::deflateEnd(&stream);
    return packed;
}

inline std::string zipArchive(const std::vector<ZipPart>& parts, bool zip64End = false, const std::string& comment = {})
{
    std::string archive;
    std::string directory;
    for (const ZipPart& part : parts) {
        const std::string data = part.deflated ? deflate(part.content) : part.content;
        const unsigned method = part.method != ~0U ? part.method : part.deflated ? 8 : 0;
        const std::uint32_t crc = part.crcError
            + static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(part.content.data()),
                                                   part.content.size()));
        const std::uint64_t size = part.content.size() + static_cast<std::uint64_t>(part.sizeError);
        const std::uint64_t begin = archive.size() + static_cast<std::uint64_t>(part.beginError);
        const std::string& local = part.localName.empty() ? part.name : part.localName;
        const auto common = [&](std::uint64_t stored, std::uint64_t unpacked, const std::string& name) {
            return number(part.flags, 2) + number(method, 2) + number(0, 4) + number(crc, 4) + number(stored, 4)
                + number(unpacked, 4) + number(name.size(), 2);
        };
        archive += "PK\x03\x04" + number(20, 2) + common(data.size(), size, local) + number(0, 2) + local + data;
        const std::string extra = part.zip64
            ? number(1, 2) + number(24, 2) + number(size, 8) + number(data.size(), 8) + number(begin, 8)
            : "";
        const std::uint64_t in64 = 0xFFFFFFFF;
        directory += "PK\x01\x02" + number(20, 2) + number(20, 2)
            + (part.zip64 ? common(in64, in64, part.name) : common(data.size(), size, part.name))
            + number(extra.size(), 2) + number(0, 2) + number(0, 8) + number(part.zip64 ? in64 : begin, 4) + part.name
            + extra;
    }
    const std::uint64_t begin = archive.size();
    archive += directory;
    if (zip64End) {
        const std::uint64_t end = archive.size();
        archive += "PK\x06\x06" + number(44, 8) + number(20, 2) + number(20, 2) + number(0, 8) + number(parts.size(), 8)
            + number(parts.size(), 8) + number(directory.size(), 8) + number(begin, 8);
        archive += "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
    }
    return archive + "PK\x05\x06" + number(0, 4) + number(zip64End ? 0xFFFF : parts.size(), 2)
        + number(zip64End ? 0xFFFF : parts.size(), 2) + number(zip64End ? 0xFFFFFFFF : directory.size(), 4)
        + number(zip64End ? 0xFFFFFFFF : begin, 4) + number(comment.size(), 2) + comment;
}

// ---- pickle: each function gives the instructions that leave one value on the stack

inline std::string pickleText(const std::string& text)
{
    return "X" + number(text.size(), 4) + text;
}

inline std::string pickleInteger(std::int64_t value)
{
    return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8);
}

inline std::string pickleTuple(const std::vector<std::int64_t>& values)
{
    std::string text = "(";
    for (const std::int64_t value : values)
        text += pickleInteger(value);
    return text + "t";
}

/// Key and value, alternating, are instructions themselves.
inline std::string pickleDict(const std::vector<std::string>& entries)
{
    std::string text = "}(";
    for (const std::string& entry : entries)
        text += entry;
    return text + "u";
}

inline std::string pickleTensor(const std::string& key, std::int64_t elements, std::int64_t offset,
                                const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides,
                                const std::string& storage = "FloatStorage")
{
    return "ctorch._utils\n_rebuild_tensor_v2\n((" + pickleText("storage") + "ctorch\n" + storage + "\n"
        + pickleText(key) + pickleText("cpu") + pickleInteger(elements) + "tQ" + pickleInteger(offset)
        + pickleTuple(shape) + pickleTuple(strides)
        + "\x89"
          "ccollections\nOrderedDict\n)RtR";
}

/// A whole pickle of this value.
inline std::string pickle(const std::string& value)
{
    return "\x80\x02" + value + ".";
}

/// A file name as a part of a test's name.
inline std::string testName(std::string file)
{
    std::replace_if(
        file.begin(), file.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return file;
}

/// An archive of torch.save: the root object and its storages "0", "1" ...
inline std::string torchArchive(const std::string& root, const std::vector<std::string>& storages)
{
    std::vector<ZipPart> parts{{"archive/data.pkl", pickle(root)}};
    for (std::size_t i = 0; i < storages.size(); ++i)
        parts.push_back({"archive/data/" + std::to_string(i), storages[i]});
    return zipArchive(parts);
}

}  // namespace mixer::test
