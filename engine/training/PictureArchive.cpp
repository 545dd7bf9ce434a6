// SPDX-License-Identifier: MIT
#include "engine/training/PictureArchive.h"

#include "engine/core/Error.h"

#ifdef MIXERSCOPE_HAS_ARCHIVES
#include <archive.h>
#include <archive_entry.h>

#include <memory>
#endif

#include <filesystem>

namespace mixer {

#ifdef MIXERSCOPE_HAS_ARCHIVES

namespace {

struct CloseArchive {
    void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, CloseArchive>;

std::string reasonOf(archive* a)
{
    const char* text = archive_error_string(a);
    return text ? text : "unknown reason";
}

Archive openArchive(const std::string& path)
{
    Archive a(archive_read_new());
    if (!a)
        throw Error(ErrorKind::Memory, path + ": out of memory");
    // Only what libarchive does itself: "all" filters would run programs that the archive names by its first bytes.
    archive_read_support_filter_gzip(a.get());
    archive_read_support_filter_bzip2(a.get());
    archive_read_support_filter_xz(a.get());
    archive_read_support_filter_zstd(a.get());
    archive_read_support_format_tar(a.get());
    constexpr std::size_t kBlock = 1 << 16;
    if (archive_read_open_filename(a.get(), path.c_str(), kBlock) != ARCHIVE_OK) {
        std::error_code failure;
        const bool isThere = std::filesystem::is_regular_file(path, failure);
        throw Error(isThere ? ErrorKind::Format : ErrorKind::File,
                    path + ": expected a folder or a tar archive (tar, tar.gz, tar.xz ...): " + reasonOf(a.get()));
    }
    return a;
}

std::string nameOf(archive_entry* entry)
{
    if (const char* name = archive_entry_pathname_utf8(entry))
        return name;
    const char* name = archive_entry_pathname(entry);
    return name ? name : "";
}

/// False when the data ends early or is damaged in a way that spoils this file only.
bool readFile(archive* a, std::size_t size, std::vector<std::uint8_t>& bytes, const std::string& path)
{
    // Memory grows with what really comes, never with what the header promises.
    constexpr std::size_t kStep = 1 << 20;
    std::size_t filled = 0;
    while (filled < size) {
        bytes.resize(std::min(size, std::max(filled + kStep, 2 * filled)));
        const la_ssize_t got = archive_read_data(a, bytes.data() + filled, bytes.size() - filled);
        if (got == ARCHIVE_FATAL)
            throw Error(ErrorKind::Format, path + ": the archive is damaged: " + reasonOf(a));
        if (got <= 0)
            return false;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return true;
}

}  // namespace

void readPictureArchive(const std::string& path, const ArchiveReceiver& receiver, const ProgressCallback& progress,
                        const CancelToken& cancel)
{
    const Archive a = openArchive(path);
    std::error_code unknownSize;
    const double fileSize = static_cast<double>(std::filesystem::file_size(path, unknownSize));
    archive_entry* entry = nullptr;
    for (;;) {
        cancel.check();
        const int status = archive_read_next_header(a.get(), &entry);
        if (status == ARCHIVE_EOF)
            return;
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
            throw Error(ErrorKind::Format, path + ": the archive is damaged: " + reasonOf(a.get()));
        const std::string name = nameOf(entry);
        if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) || !receiver.wanted(name))
            continue;
        const std::int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
        if (size < 0 || size > kMaxPictureBytes) {
            receiver.refuse(name,
                            size < 0 ? "its size is not known"
                                     : "it has " + std::to_string(size) + " bytes, expected at most "
                                    + std::to_string(kMaxPictureBytes));
            continue;
        }
        std::vector<std::uint8_t> bytes;
        if (readFile(a.get(), static_cast<std::size_t>(size), bytes, path))
            receiver.take(name, std::move(bytes));
        else
            receiver.refuse(name, "the archive holds only a part of it");
        if (progress && !unknownSize)
            progress("reading " + path, static_cast<double>(archive_filter_bytes(a.get(), -1)) / fileSize);
    }
}

#else

void readPictureArchive(const std::string& path, const ArchiveReceiver&, const ProgressCallback&, const CancelToken&)
{
    std::error_code failure;
    if (!std::filesystem::exists(path, failure))
        throw Error(ErrorKind::File, path + ": there is no such file or folder");
    throw Error(ErrorKind::Usage,
                path + ": this build reads no archives (it has no libarchive); unpack it and name the folder");
}

#endif

}  // namespace mixer
