// SPDX-License-Identifier: MIT
// Private to engine/: a file that appears whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mixer::checkpoint {

/// Writes beside the target and renames at the end, so that nobody ever sees a part and an open mapping of the old file
/// stays whole. Without commit() the target is untouched. Throws Error(File).
class AtomicFile {
public:
    explicit AtomicFile(std::string path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* bytes, std::size_t size);
    void write(std::string_view text) { write(text.data(), text.size()); }
    /// Replaces bytes that were written before.
    void overwrite(std::uint64_t position, std::string_view bytes);
    std::uint64_t written() const noexcept { return m_written; }
    void commit();

private:
    [[noreturn]] void fail(const std::string& what) const;

    std::string m_path;
    std::string m_temporary;
    int m_fd = -1;
    std::uint64_t m_written = 0;
};

}  // namespace mixer::checkpoint
