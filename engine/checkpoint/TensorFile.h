// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

enum class DataType { Float64, Float32, Float16, BFloat16, Int64, Int32, Int16, Int8, UInt8, Bool, Opaque };

/// "F32", "BF16" ...: the names of the safetensors format.
std::string dataTypeName(DataType type);

struct TensorInfo {
    std::string name;  ///< as stored
    DataType type = DataType::Opaque;
    std::string typeName;  ///< as stored; tells what an Opaque one is
    std::vector<std::int64_t> shape;
    /// Row-major, little-endian, `bytes` long; alive as long as its TensorFile. NOT aligned: the format promises no
    /// alignment, so copy elements out with memcpy. Of an Opaque type that is not known here, `bytes` may fit no shape.
    const std::byte* data = nullptr;
    std::size_t bytes = 0;

    /// Product of the shape, 1 for a scalar; fits 63 bits (checked at opening).
    std::int64_t elementCount() const;
};

/// A file of named tensors, memory-mapped and checked: every size and offset was compared with the file's length before
/// anything was allocated. Immutable after opening; any thread.
///
/// The bytes of tensors are read from the file when they are touched. Whoever shortens the file meanwhile gets the
/// process a SIGBUS, as with every mapping; writers should make a new file and rename it over the old one, which leaves
/// the open one whole. Copy what is needed soon after opening. Where mapping fails the file is read into memory.
class TensorFile {
public:
    /// Opens a safetensors file. Throws Error(File) when it cannot be read, Error(Format) when it is not what the
    /// format promises (header over 100 MB, ranges that overlap, leave holes or pass the end, duplicate names, size and
    /// shape that disagree ...), Error(Memory).
    static std::shared_ptr<const TensorFile> open(const std::string& path);

    ~TensorFile();
    TensorFile(const TensorFile&) = delete;
    TensorFile& operator=(const TensorFile&) = delete;

    const std::string& path() const noexcept { return m_path; }
    std::uint64_t fileSize() const noexcept { return m_size; }
    /// In the order of their data in the file.
    const std::vector<TensorInfo>& tensors() const noexcept { return m_tensors; }
    const TensorInfo* find(const std::string& name) const;
    /// The `__metadata__` entries: text to text.
    const std::map<std::string, std::string>& metadata() const noexcept { return m_metadata; }

private:
    TensorFile() = default;
    void load();
    void parse();

    std::string m_path;
    const std::byte* m_mapping = nullptr;  ///< the whole file
    std::unique_ptr<std::byte[]> m_copy;   ///< where m_mapping points when the file could not be mapped
    std::uint64_t m_size = 0;
    std::vector<TensorInfo> m_tensors;
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

}  // namespace mixer
