// SPDX-License-Identifier: MIT
// The file: kMagic, then records of length (4 bytes, little-endian), CRC-32 of the payload (4 bytes), payload. The
// first payload is the run's JSON; each other begins with "COUNT FAILED\n", its rows follow.
#include "engine/batch/BatchJournal.h"

#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace mixer {

namespace {

constexpr std::string_view kMagic = "MixerScope batch 1\n";
constexpr std::size_t kHeadBytes = 8;
constexpr std::uint32_t kMostBytes = 1U << 30;

std::uint32_t checksum(std::string_view bytes)
{
    return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

void putNumber(std::string& out, std::uint32_t value)
{
    for (int i = 0; i < 4; ++i)
        out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

std::uint32_t numberAt(const char* bytes)
{
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
        value |= std::uint32_t(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
}

/// False when the file ends before, or cannot be read there.
bool readAt(int fd, std::uint64_t position, char* bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t count = ::pread(fd, bytes, size, static_cast<off_t>(position));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        bytes += count;
        position += static_cast<std::uint64_t>(count);
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool parseRows(const std::string& payload, BatchJournal::Rows& rows)
{
    const char* const end = payload.data() + payload.size();
    const auto count = std::from_chars(payload.data(), end, rows.count);
    if (count.ec != std::errc() || count.ptr == end || *count.ptr != ' ')
        return false;
    const auto failed = std::from_chars(count.ptr + 1, end, rows.failed);
    if (failed.ec != std::errc() || failed.ptr == end || *failed.ptr != '\n' || rows.count < 0 || rows.failed < 0)
        return false;
    rows.text.assign(failed.ptr + 1, end);
    return true;
}

/// "top (5, now 3), shard (1/8, now 2/8)"
std::string differences(const std::string& before, const std::string& now, const std::string& origin)
{
    const nlohmann::json was = parseStrictJson(before, origin, {std::size_t(1) << 20, 8});
    const nlohmann::json is = nlohmann::json::parse(now);
    std::string text;
    for (const auto& [key, value] : is.items())
        if (!was.contains(key) || was.at(key) != value)
            text += (text.empty() ? "" : ", ") + key + " (" + (was.contains(key) ? was.at(key).dump() : "nothing")
                + ", now " + value.dump() + ")";
    return text;
}

}  // namespace

void BatchJournal::fail(const std::string& what) const
{
    throw Error(ErrorKind::File, m_path + ": " + what + " (" + std::generic_category().message(errno) + ")");
}

bool BatchJournal::exists(const std::string& path)
{
    struct stat status { };
    return ::stat(path.c_str(), &status) == 0;
}

void BatchJournal::lock() const
{
    // Where a file system knows no locks, two runs at once are the user's to avoid.
    if (::flock(m_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        throw Error(ErrorKind::Usage, m_path + ": another process is writing this batch now");
}

std::unique_ptr<BatchJournal> BatchJournal::open(const std::string& path, const std::string& run, bool anew)
{
    std::unique_ptr<BatchJournal> journal(new BatchJournal);
    journal->m_path = path;
    journal->m_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (journal->m_fd < 0)
        journal->fail("cannot be written; check the folder and its permissions");
    journal->lock();
    if (anew && ::ftruncate(journal->m_fd, 0) != 0)
        journal->fail("cannot be written");
    journal->load(run);
    return journal;
}

BatchJournal::~BatchJournal()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

bool BatchJournal::read(std::uint64_t& position, std::string& payload) const
{
    std::array<char, kHeadBytes> head{};
    if (!readAt(m_fd, position, head.data(), head.size()))
        return false;
    const std::uint32_t size = numberAt(head.data());
    struct stat status { };
    if (::fstat(m_fd, &status) != 0 || size > kMostBytes
        || position + kHeadBytes + size > static_cast<std::uint64_t>(status.st_size))
        return false;
    payload.resize(size);
    if (!readAt(m_fd, position + kHeadBytes, payload.data(), size) || checksum(payload) != numberAt(head.data() + 4))
        return false;
    position += kHeadBytes + size;
    return true;
}

void BatchJournal::load(const std::string& run)
{
    struct stat status { };
    if (::fstat(m_fd, &status) != 0)
        fail("cannot be read");
    std::array<char, kMagic.size()> magic{};
    const bool isMagic
        = readAt(m_fd, 0, magic.data(), magic.size()) && std::string_view(magic.data(), magic.size()) == kMagic;
    if (!isMagic && static_cast<std::uint64_t>(status.st_size) >= kMagic.size())
        throw Error(ErrorKind::Format,
                    m_path + ": expected the journal of a batch, found something else; move it out of the way");
    m_end = kMagic.size();
    std::string payload;
    if (!isMagic || !read(m_end, payload)) {  // new, or killed before it began
        if (::ftruncate(m_fd, 0) != 0 || ::pwrite(m_fd, kMagic.data(), kMagic.size(), 0) != ssize_t(kMagic.size()))
            fail("cannot be written");
        m_end = kMagic.size();
        write(run);
        m_firstRows = m_end;
        return;
    }
    if (payload != run)
        throw Error(ErrorKind::Usage,
                    m_path + " is what is left of an interrupted batch that is not this one: "
                        + differences(payload, run, m_path)
                        + ". Give the options of then to go on with it, or --force to begin anew");
    m_firstRows = m_end;
    Rows rows;
    for (std::uint64_t position = m_end; read(position, payload) && parseRows(payload, rows); m_end = position) {
        m_rows += rows.count;
        m_failed += rows.failed;
    }
    if (::ftruncate(m_fd, static_cast<off_t>(m_end)) != 0)
        fail("cannot be written");
}

void BatchJournal::write(std::string_view payload)
{
    std::string record;
    record.reserve(kHeadBytes + payload.size());
    putNumber(record, static_cast<std::uint32_t>(payload.size()));
    putNumber(record, checksum(payload));
    record += payload;
    for (std::size_t done = 0; done < record.size();) {
        const ssize_t count
            = ::pwrite(m_fd, record.data() + done, record.size() - done, static_cast<off_t>(m_end + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            fail("cannot be written; is the disk full? The same command goes on from here");
        done += static_cast<std::size_t>(count);
    }
    m_end += record.size();
}

void BatchJournal::append(const Rows& rows)
{
    write(std::to_string(rows.count) + ' ' + std::to_string(rows.failed) + '\n' + rows.text);
    m_rows += rows.count;
    m_failed += rows.failed;
}

void BatchJournal::forEach(const std::function<void(const Rows&)>& take) const
{
    std::string payload;
    Rows rows;
    for (std::uint64_t position = m_firstRows; position < m_end;) {
        if (!read(position, payload) || !parseRows(payload, rows))
            fail("was changed by someone else while the batch ran");
        take(rows);
    }
}

void BatchJournal::remove()
{
    ::unlink(m_path.c_str());
}

}  // namespace mixer
