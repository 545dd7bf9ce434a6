// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the entries of a zip archive in memory. Nothing is ever written to disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer::checkpoint {

struct ZipEntry {
    std::string name;
    bool deflated = false;
    std::uint32_t crc = 0;
    std::uint64_t begin = 0;   ///< of its local header in the archive
    std::uint64_t data = 0;    ///< of its first data byte in the archive
    std::uint64_t stored = 0;  ///< bytes in the archive
    std::uint64_t size = 0;    ///< bytes when unpacked
};

/// The directory of an archive, checked as a whole when it is read: every entry lies inside the archive and overlaps no
/// other, its two headers agree, no name is absolute, leads upwards or appears twice, and no size is one that its
/// packed data cannot have.
class ZipArchive {
public:
    /// `bytes` must outlive this. Throws Error(Format), with messages that begin with `origin`.
    ZipArchive(const std::byte* bytes, std::uint64_t size, std::string origin);

    /// In the order of the directory.
    const std::vector<ZipEntry>& entries() const noexcept { return m_entries; }
    const ZipEntry* find(const std::string& name) const;

    /// Its bytes as they lie in the archive: the content itself unless `deflated`.
    const std::byte* data(const ZipEntry& entry) const { return m_bytes + entry.data; }
    /// Unpacks a deflated entry and checks length and checksum; allocates entry.size bytes, which the caller has
    /// weighed. Throws Error(Format), std::bad_alloc.
    std::unique_ptr<std::byte[]> inflate(const ZipEntry& entry) const;
    /// Compares the checksum of the unpacked `content`. Throws Error(Format).
    void requireChecksum(const ZipEntry& entry, const std::byte* content) const;

private:
    struct Directory {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        std::uint64_t count = 0;
    };

    Directory findDirectory() const;
    Directory zip64Directory(std::uint64_t locator) const;
    ZipEntry readEntry(std::uint64_t* position, const Directory& directory) const;
    void readLocalHeader(ZipEntry* entry, const Directory& directory) const;
    void requireSound(const ZipEntry& entry) const;
    void requireNoOverlap() const;
    std::uint64_t number(std::uint64_t position, int bytes) const;
    bool hasSignature(std::uint64_t position, std::uint32_t signature) const;
    [[noreturn]] void fail(const std::string& message) const;

    const std::byte* m_bytes;
    std::uint64_t m_size;
    std::string m_origin;
    std::vector<ZipEntry> m_entries;
    std::map<std::string, std::size_t> m_index;
};

}  // namespace mixer::checkpoint
