// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ZipArchive.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace mixer::checkpoint {

namespace {

// Signatures and sizes of the records, from the format's application note.
constexpr std::uint32_t kLocalHeader = 0x04034B50;
constexpr std::uint32_t kCentralHeader = 0x02014B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::uint32_t kEnd64 = 0x06064B50;
constexpr std::uint32_t kEnd64Locator = 0x07064B50;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kCentralBytes = 46;
constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kEnd64Bytes = 56;
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kMaxComment = 0xFFFF;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;  // the value stands in the zip64 field
constexpr std::uint64_t kZip64Field = 1;

constexpr unsigned kEncrypted = 1U << 0;
constexpr unsigned kSizesBehindData = 1U << 3;
constexpr std::uint64_t kStored = 0;
constexpr std::uint64_t kDeflated = 8;
constexpr std::uint64_t kMaxRatio = 1032;  // no deflate stream unpacks to more
constexpr std::uint64_t kMaxEntries = std::uint64_t{1} << 18;

// A name is a key here and never a path; one that would leave a folder is the mark of an attack on other programs.
bool leadsOutside(const std::string& name)
{
    if (name.empty() || name.front() == '/' || name.find('\\') != std::string::npos
        || name.find('\0') != std::string::npos)
        return true;
    const std::string padded = "/" + name + "/";
    return padded.find("/../") != std::string::npos;
}

}  // namespace

ZipArchive::ZipArchive(const std::byte* bytes, std::uint64_t size, std::string origin)
    : m_bytes(bytes)
    , m_size(size)
    , m_origin(std::move(origin))
{
    const Directory directory = findDirectory();
    if (directory.count > kMaxEntries)
        fail("it lists " + std::to_string(directory.count) + " entries; at most " + std::to_string(kMaxEntries)
             + " are read");
    if (directory.count > (directory.end - directory.begin) / kCentralBytes)
        fail("its directory is too short for the " + std::to_string(directory.count) + " entries that it announces");
    m_entries.reserve(static_cast<std::size_t>(directory.count));
    std::uint64_t position = directory.begin;
    for (std::uint64_t i = 0; i < directory.count; ++i) {
        ZipEntry entry = readEntry(&position, directory);
        requireSound(entry);
        if (!m_index.emplace(entry.name, m_entries.size()).second)
            fail("the entry " + inQuotes(entry.name) + " appears twice");
        m_entries.push_back(std::move(entry));
    }
    requireNoOverlap();
}

const ZipEntry* ZipArchive::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

// The end record is the last of the archive, but for a comment of unknown length.
ZipArchive::Directory ZipArchive::findDirectory() const
{
    if (m_size < kEndBytes)
        fail("it is too short for a directory; it is incomplete, fetch it again");
    const std::uint64_t last = m_size - kEndBytes;
    const std::uint64_t first = last - std::min(last, kMaxComment);
    std::uint64_t end = last;
    while (!(hasSignature(end, kEnd) && number(end + 20, 2) == last - end)) {
        if (end == first)
            fail("the directory at its end is missing; it is damaged or incomplete, fetch it again");
        --end;
    }
    if (end >= kLocatorBytes && hasSignature(end - kLocatorBytes, kEnd64Locator))
        return zip64Directory(end - kLocatorBytes);
    const std::uint64_t bytes = number(end + 12, 4);
    const std::uint64_t begin = number(end + 16, 4);
    if (number(end + 4, 2) != 0 || number(end + 6, 2) != 0)
        fail("it is one of several parts; expected a whole archive");
    if (begin > end || bytes > end - begin)
        fail("its directory lies outside the file; it is damaged or incomplete, fetch it again");
    return {begin, begin + bytes, number(end + 10, 2)};
}

ZipArchive::Directory ZipArchive::zip64Directory(std::uint64_t locator) const
{
    const std::uint64_t end = number(locator + 8, 8);
    if (end > locator || locator - end < kEnd64Bytes || !hasSignature(end, kEnd64))
        fail("the zip64 record of its directory is missing; it is damaged, fetch it again");
    const std::uint64_t bytes = number(end + 40, 8);
    const std::uint64_t begin = number(end + 48, 8);
    if (number(end + 16, 4) != 0 || number(end + 20, 4) != 0)
        fail("it is one of several parts; expected a whole archive");
    if (begin > end || bytes > end - begin)
        fail("its directory lies outside the file; it is damaged or incomplete, fetch it again");
    return {begin, begin + bytes, number(end + 32, 8)};
}

ZipEntry ZipArchive::readEntry(std::uint64_t* position, const Directory& directory) const
{
    const std::uint64_t at = *position;
    if (directory.end - at < kCentralBytes || !hasSignature(at, kCentralHeader))
        fail("its directory breaks off after " + std::to_string(m_entries.size()) + " entries; it is damaged");
    const std::uint64_t nameBytes = number(at + 28, 2);
    const std::uint64_t extraBytes = number(at + 30, 2);
    const std::uint64_t all = kCentralBytes + nameBytes + extraBytes + number(at + 32, 2);
    if (all > directory.end - at)
        fail("its directory breaks off after " + std::to_string(m_entries.size()) + " entries; it is damaged");

    ZipEntry entry;
    entry.name.assign(reinterpret_cast<const char*>(m_bytes + at + kCentralBytes), nameBytes);
    const std::uint64_t method = number(at + 10, 2);
    if ((number(at + 8, 2) & kEncrypted) != 0 || (method != kStored && method != kDeflated))
        fail("the entry " + inQuotes(entry.name) + " is encrypted or packed by another method than deflate");
    entry.deflated = method == kDeflated;
    entry.crc = static_cast<std::uint32_t>(number(at + 16, 4));
    entry.stored = number(at + 20, 4);
    entry.size = number(at + 24, 4);
    entry.begin = number(at + 42, 4);

    std::uint64_t extra = at + kCentralBytes + nameBytes;
    const std::uint64_t extraEnd = extra + extraBytes;
    while (extraEnd - extra >= 4) {
        const std::uint64_t fieldEnd = extra + 4 + number(extra + 2, 2);
        if (fieldEnd > extraEnd)
            break;  // padding that is no field
        std::uint64_t field = number(extra, 2) == kZip64Field ? extra + 4 : fieldEnd;
        for (std::uint64_t* const value : {&entry.size, &entry.stored, &entry.begin}) {
            if (*value == kIn64 && fieldEnd - field >= 8) {
                *value = number(field, 8);
                field += 8;
            }
        }
        extra = fieldEnd;
    }
    *position = at + all;
    readLocalHeader(&entry, directory);
    return entry;
}

void ZipArchive::readLocalHeader(ZipEntry* entry, const Directory& directory) const
{
    const std::uint64_t at = entry->begin;
    const auto damaged = [&](const std::string& what) {
        fail("the entry " + inQuotes(entry->name) + " " + what + "; the file is damaged or incomplete");
    };
    if (at > directory.begin || directory.begin - at < kLocalBytes || !hasSignature(at, kLocalHeader))
        damaged("does not begin where the directory says");
    const std::uint64_t nameBytes = number(at + 26, 2);
    const std::uint64_t headers = kLocalBytes + nameBytes + number(at + 28, 2);
    if (headers > directory.begin - at || entry->stored > directory.begin - at - headers)
        damaged("passes the end of the archive's data");
    if (entry->name.compare(0, std::string::npos, reinterpret_cast<const char*>(m_bytes + at + kLocalBytes), nameBytes)
        != 0)
        damaged("has another name in its own header");
    if ((number(at + 8, 2) == kDeflated) != entry->deflated)
        damaged("is packed otherwise than the directory says");
    const std::uint64_t stored = number(at + 18, 4);
    const bool told = (number(at + 6, 2) & kSizesBehindData) == 0 && stored != kIn64;
    if (told && stored != entry->stored)
        damaged("has another size in its own header");
    entry->data = at + headers;
}

void ZipArchive::requireSound(const ZipEntry& entry) const
{
    if (leadsOutside(entry.name))
        fail("the entry name " + inQuotes(entry.name) + " leads outside the archive; such a file is not opened");
    if (!entry.deflated && entry.size != entry.stored)
        fail("the entry " + inQuotes(entry.name) + " is stored as " + std::to_string(entry.stored)
             + " bytes but said to have " + std::to_string(entry.size));
    if (entry.deflated && entry.size / kMaxRatio > entry.stored)
        fail("the entry " + inQuotes(entry.name) + " cannot unpack from " + std::to_string(entry.stored) + " to "
             + std::to_string(entry.size) + " bytes");
}

// Entries that share data are how a small archive unpacks to petabytes.
void ZipArchive::requireNoOverlap() const
{
    std::vector<const ZipEntry*> sorted;
    sorted.reserve(m_entries.size());
    for (const ZipEntry& entry : m_entries)
        sorted.push_back(&entry);
    std::sort(sorted.begin(), sorted.end(), [](const ZipEntry* a, const ZipEntry* b) { return a->begin < b->begin; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        if (sorted[i]->begin < sorted[i - 1]->data + sorted[i - 1]->stored)
            fail("the entries " + inQuotes(sorted[i - 1]->name) + " and " + inQuotes(sorted[i]->name) + " overlap");
    }
}

std::unique_ptr<std::byte[]> ZipArchive::inflate(const ZipEntry& entry) const
{
    std::unique_ptr<std::byte[]> content(new std::byte[static_cast<std::size_t>(entry.size)]);
    z_stream stream = {};
    if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, ::inflateEnd);
    constexpr std::uint64_t kPart = std::numeric_limits<uInt>::max();
    std::uint64_t taken = 0;
    std::uint64_t made = 0;
    int status = Z_OK;
    while (status == Z_OK) {
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data(entry) + taken));
        stream.avail_in = static_cast<uInt>(std::min(entry.stored - taken, kPart));
        stream.next_out = reinterpret_cast<Bytef*>(content.get() + made);
        stream.avail_out = static_cast<uInt>(std::min(entry.size - made, kPart));
        const uInt in = stream.avail_in;
        const uInt out = stream.avail_out;
        status = ::inflate(&stream, Z_NO_FLUSH);
        taken += in - stream.avail_in;
        made += out - stream.avail_out;
    }
    if (status != Z_STREAM_END || taken != entry.stored || made != entry.size)
        fail("the entry " + inQuotes(entry.name) + " does not unpack to the " + std::to_string(entry.size)
             + " bytes that the directory says; the file is damaged");
    requireChecksum(entry, content.get());
    return content;
}

void ZipArchive::requireChecksum(const ZipEntry& entry, const std::byte* content) const
{
    const uLong crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(content), static_cast<z_size_t>(entry.size));
    if (static_cast<std::uint32_t>(crc) != entry.crc)
        fail("the entry " + inQuotes(entry.name) + " does not have its checksum; the file is damaged, fetch it again");
}

std::uint64_t ZipArchive::number(std::uint64_t position, int bytes) const
{
    std::uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; --i)
        value = value << 8 | std::to_integer<std::uint64_t>(m_bytes[position + static_cast<std::uint64_t>(i)]);
    return value;
}

bool ZipArchive::hasSignature(std::uint64_t position, std::uint32_t signature) const
{
    return m_size - position >= 4 && number(position, 4) == signature;
}

void ZipArchive::fail(const std::string& message) const
{
    throw Error(ErrorKind::Format, m_origin + "zip archive: " + message);
}

}  // namespace mixer::checkpoint
