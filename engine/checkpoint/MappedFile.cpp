// SPDX-License-Identifier: MIT
#include "engine/checkpoint/MappedFile.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace mixer::checkpoint {

namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int fd)
        : m_fd(fd)
    {
    }
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int get() const { return m_fd; }

private:
    int m_fd;
};

[[noreturn]] void failFile(const std::string& path, const std::string& message)
{
    throw Error(ErrorKind::File, path + ": " + message);
}

std::string systemReason(int error)
{
    return std::generic_category().message(error);
}

// Returns the size. Whether it is a plain file is asked of the open descriptor, so nobody can swap it in between.
std::uint64_t checkedSize(const FileDescriptor& file, const std::string& path, const std::string& expected)
{
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0)
        failFile(path, "cannot be examined: " + systemReason(errno));
    if (S_ISDIR(status.st_mode))
        failFile(path, "is a folder; expected " + expected);
    if (!S_ISREG(status.st_mode))
        failFile(path, "is not a plain file; expected " + expected);
    if (status.st_size == 0)
        failFile(path, "is empty (0 bytes); expected " + expected + "; was the download or copy cut short?");
    return static_cast<std::uint64_t>(status.st_size);
}

void readAll(const FileDescriptor& file, std::byte* target, std::uint64_t size, const std::string& path)
{
    std::uint64_t done = 0;
    while (done < size) {
        const ssize_t got = ::pread(file.get(), target + done, size - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            failFile(path, "cannot be read: " + systemReason(errno));
        if (got == 0)
            failFile(path, "became shorter while it was read; open it again when it is complete");
        done += static_cast<std::uint64_t>(got);
    }
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path, const std::string& expected)
{
    if (path.find('\0') != std::string::npos)
        failFile(inQuotes(path), "is not a file name: it holds a zero byte");
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0 && errno == ENOENT)
        failFile(path, "there is no such file; check the path");
    if (file.get() < 0 && (errno == EACCES || errno == EPERM))
        failFile(path, "may not be read (" + systemReason(errno) + "); check its permissions");
    if (file.get() < 0)
        failFile(path, "cannot be opened: " + systemReason(errno));
    std::shared_ptr<MappedFile> result(new MappedFile());
    result->m_size = checkedSize(file, path, expected);
    const auto size = static_cast<std::size_t>(result->m_size);
    void* const mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapping != MAP_FAILED) {
        result->m_data = static_cast<const std::byte*>(mapping);
        return result;
    }
    result->m_copy.reset(new std::byte[size]);
    readAll(file, result->m_copy.get(), size, path);
    result->m_data = result->m_copy.get();
    return result;
}

MappedFile::~MappedFile()
{
    if (m_data != nullptr && !m_copy)
        ::munmap(const_cast<std::byte*>(m_data), static_cast<std::size_t>(m_size));
}

}  // namespace mixer::checkpoint
