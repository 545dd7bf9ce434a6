// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: a whole file in memory, mapped where that is possible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace mixer::checkpoint {

/// Read-only bytes of a plain file that is not empty. Immutable; any thread.
class MappedFile {
public:
    /// `expected`: what messages say should be there. Throws Error(File) when it cannot be read, std::bad_alloc when it
    /// can be neither mapped nor copied.
    static std::shared_ptr<const MappedFile> open(const std::string& path,
                                                  const std::string& expected = "a checkpoint (.safetensors, .pth)");

    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::byte* data() const noexcept { return m_data; }
    std::uint64_t size() const noexcept { return m_size; }

private:
    MappedFile() = default;

    const std::byte* m_data = nullptr;
    std::unique_ptr<std::byte[]> m_copy;  ///< where m_data points when the file could not be mapped
    std::uint64_t m_size = 0;
};

}  // namespace mixer::checkpoint
