// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mixer {

/// Reads a tar archive (plain, gzip, bzip2, xz or zstd) from front to back; nothing is ever written to disk, so a name
/// in it is only a name. `wanted(name)` says whether a regular file's bytes are of interest; `take(name, bytes)` is
/// given them. Files over `kMaxPictureBytes` are given to `refuse(name, why)`, as are those whose size or data cannot
/// be read. Throws Error(File) when the archive cannot be opened, Error(Format) when it is damaged or no tar archive,
/// Error(Usage) in a build without libarchive, Cancelled.
struct ArchiveReceiver {
    std::function<bool(const std::string& name)> wanted;
    std::function<void(const std::string& name, std::vector<std::uint8_t>&& bytes)> take;
    std::function<void(const std::string& name, const std::string& why)> refuse;
};
void readPictureArchive(const std::string& path, const ArchiveReceiver& receiver, const ProgressCallback& progress,
                        const CancelToken& cancel);

constexpr std::int64_t kMaxPictureBytes = 256LL << 20;

}  // namespace mixer
