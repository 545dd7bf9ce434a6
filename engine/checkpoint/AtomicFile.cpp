// SPDX-License-Identifier: MIT
#include "engine/checkpoint/AtomicFile.h"

#include "engine/core/Error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace mixer::checkpoint {

AtomicFile::AtomicFile(std::string path)
    : m_path(std::move(path))
    , m_temporary(m_path + ".XXXXXX")
{
    m_fd = ::mkostemp(m_temporary.data(), O_CLOEXEC);
    if (m_fd < 0)
        fail("cannot be written");
}

AtomicFile::~AtomicFile()
{
    if (m_fd < 0)
        return;
    ::close(m_fd);
    ::unlink(m_temporary.c_str());
}

void AtomicFile::write(const void* bytes, std::size_t size)
{
    const auto* next = static_cast<const std::byte*>(bytes);
    for (std::size_t left = size; left > 0;) {
        const ssize_t done = ::write(m_fd, next, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            fail("cannot be written");
        next += done;
        left -= static_cast<std::size_t>(done);
    }
    m_written += size;
}

void AtomicFile::overwrite(std::uint64_t position, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(m_fd, bytes.data(), bytes.size(), static_cast<off_t>(position));
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            fail("cannot be written");
        bytes.remove_prefix(static_cast<std::size_t>(done));
        position += static_cast<std::uint64_t>(done);
    }
}

void AtomicFile::commit()
{
    // mkostemp makes private files; a checkpoint gets the mode that any new file would have.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(m_fd, 0666 & ~mask) != 0 || ::fsync(m_fd) != 0)
        fail("cannot be written");
    if (::rename(m_temporary.c_str(), m_path.c_str()) != 0)
        fail("cannot be replaced");
    ::close(m_fd);
    m_fd = -1;
}

void AtomicFile::fail(const std::string& what) const
{
    throw Error(ErrorKind::File,
                m_path + ": " + what + " (" + std::generic_category().message(errno)
                    + "); check the folder, its permissions and the space left");
}

}  // namespace mixer::checkpoint
