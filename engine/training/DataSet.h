// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/image/Image.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

struct DataSetOptions {
    /// Of encoded pictures kept in memory. Beyond it a folder's pictures are read again each time; an archive, which
    /// cannot be read from the middle, is refused.
    std::int64_t memoryBytes = 4LL << 30;
    /// Pictures whose shorter side is longer than this are shrunk to it, once, when they are decoded: no training crop
    /// needs more. 0: never.
    int shrinkTo = 0;
    int threads = 1;
};

/// Labelled pictures: a folder for each class, or a tar archive of such folders. A picture's class is the first folder
/// of its path that not all pictures share; classes are numbered by the sorted names. Every picture is decoded once at
/// opening: those that cannot be are listed in skipped() and left out. Immutable; any thread.
class DataSet {
public:
    /// Throws Error(File, Format, Memory), Error(Usage) when there are no pictures or no class folders, Cancelled.
    static std::shared_ptr<const DataSet> open(const std::string& path, const DataSetOptions& options = {},
                                               const ProgressCallback& progress = {}, const CancelToken& cancel = {});

    const std::string& path() const { return m_path; }
    const std::vector<std::string>& classes() const { return m_classes; }
    /// Ordered by class, then by name.
    std::size_t size() const { return m_samples.size(); }
    int label(std::size_t index) const { return m_samples[index].label; }
    const std::string& name(std::size_t index) const { return m_samples[index].name; }
    /// Decoded anew each time. Throws Error when a file that was readable no longer is.
    RgbImage picture(std::size_t index) const;

    /// "name: why", one for each picture that was left out.
    const std::vector<std::string>& skipped() const { return m_skipped; }
    /// Bytes of pictures that are held in memory.
    std::int64_t memoryBytes() const { return m_memoryBytes; }

private:
    struct Sample {
        std::string name;  ///< path inside the folder or archive
        int label = 0;
        std::vector<std::uint8_t> encoded;      ///< empty: read from the folder, or `small` is there
        std::shared_ptr<const RgbImage> small;  ///< shrunk, where that takes less memory than the file
        std::string failure;                    ///< of the check
    };

    DataSet() = default;
    void listFolder(const CancelToken& cancel);
    void listArchive(const ProgressCallback& progress, const CancelToken& cancel);
    void nameClasses();
    void check(const ProgressCallback& progress, const CancelToken& cancel);
    void checkOne(Sample& sample);
    void dropFailed();
    std::vector<std::uint8_t> bytesOf(const Sample& sample) const;
    RgbImage decode(const Sample& sample, const std::vector<std::uint8_t>& bytes) const;

    std::string m_path;
    DataSetOptions m_options;
    bool m_isFolder = false;
    std::vector<std::string> m_classes;
    std::vector<Sample> m_samples;
    std::vector<std::string> m_skipped;
    std::int64_t m_memoryBytes = 0;
};

}  // namespace mixer
