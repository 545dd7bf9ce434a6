// SPDX-License-Identifier: MIT
// Private to engine/: an archive written entry by entry.
#pragma once

#include "engine/checkpoint/AtomicFile.h"
#include "engine/core/Error.h"

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace mixer::checkpoint {

inline std::string littleEndian(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text += static_cast<char>(value >> 8 * i & 0xFFU);
    return text;
}

/// A zip archive of stored entries: equal content gives equal bytes, and nothing but the directory is held in memory.
/// It appears whole, with finish(), or not at all. Throws Error(File), and Error(Usage) at 4 GB and more.
class ZipWriter {
public:
    /// `instead`: what to do when a file of this kind cannot hold it all.
    ZipWriter(const std::string& path, std::string instead)
        : m_path(path)
        , m_instead(std::move(instead))
        , m_file(path)
    {
    }

    void add(const std::string& name, std::string_view content)
    {
        add(name, content.size(), [&](const auto& sink) { sink(content.data(), content.size()); });
    }

    /// Stored, its data at a multiple of 64 bytes: the extra field "FB" that torch pads with. `write` hands `size`
    /// bytes to the sink that it is given.
    template <typename Write> void add(const std::string& name, std::uint64_t size, const Write& write)
    {
        const std::uint64_t begin = m_file.written();
        constexpr std::uint64_t kHeader = 30;
        constexpr std::uint64_t kChecksum = 14;  // where it lies in the header
        constexpr std::uint64_t kField = 4;
        const std::uint64_t unpadded = begin + kHeader + name.size() + kField;
        const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
        if (size > kMaxZip || unpadded + padding + size > kMaxZip)
            fail("more than 4 GB do not fit this kind of file");
        const auto common = [&](std::uint64_t crc) {
            return littleEndian(0, 2) + littleEndian(0, 2)  // flags; stored
                + littleEndian(0, 2) + littleEndian(kFirstDay, 2) + littleEndian(crc, 4) + littleEndian(size, 4)
                + littleEndian(size, 4) + littleEndian(name.size(), 2);
        };
        m_file.write("PK\x03\x04" + littleEndian(kVersion, 2) + common(0) + littleEndian(kField + padding, 2) + name
                     + "FB" + littleEndian(padding, 2) + std::string(static_cast<std::size_t>(padding), 'Z'));
        uLong crc = ::crc32_z(0, nullptr, 0);
        write([&](const void* data, std::size_t bytes) {
            crc = ::crc32_z(crc, static_cast<const Bytef*>(data), bytes);
            m_file.write(data, bytes);
        });
        m_file.overwrite(begin + kChecksum, littleEndian(crc, 4));  // known only now
        m_directory += "PK\x01\x02" + littleEndian(kVersion, 2) + littleEndian(kVersion, 2) + common(crc)
            + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 4)
            + littleEndian(begin, 4) + name;
        ++m_count;
    }

    void finish()
    {
        const std::uint64_t begin = m_file.written();
        if (m_count > kMaxEntries || begin + m_directory.size() > kMaxZip)
            fail("so many entries do not fit this kind of file");
        m_file.write(m_directory);
        m_file.write("PK\x05\x06" + littleEndian(0, 4) + littleEndian(m_count, 2) + littleEndian(m_count, 2)
                     + littleEndian(m_directory.size(), 4) + littleEndian(begin, 4) + littleEndian(0, 2));
        m_file.commit();
    }

private:
    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error(ErrorKind::Usage, m_path + ": " + what + "; " + m_instead);
    }

    static constexpr std::uint64_t kMaxZip = 0xFFFFFFFE;  // beyond it sizes need zip64 records
    static constexpr std::uint64_t kAlignment = 64;       // torch's own, so that mapped storages are aligned
    static constexpr std::uint64_t kVersion = 20;
    static constexpr std::uint64_t kFirstDay = 1 << 5 | 1;  // 1 January 1980: the same bytes whenever it is written
    static constexpr std::size_t kMaxEntries = 0xFFFE;

    std::string m_path;
    std::string m_instead;
    AtomicFile m_file;
    std::string m_directory;
    std::size_t m_count = 0;
};

}  // namespace mixer::checkpoint
