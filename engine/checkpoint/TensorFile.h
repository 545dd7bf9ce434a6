// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

namespace checkpoint {
class MappedFile;
struct TensorContents;
}  // namespace checkpoint

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

/// How a file holds its tensors; told from its first bytes, never from its name.
enum class Container {
    Safetensors,
    ShardedSafetensors,  ///< several safetensors files and their NAME.safetensors.index.json
    TorchZip,            ///< torch.save since PyTorch 1.6
    TorchLegacy,         ///< torch.save before
    TorchScript,         ///< torch.jit.save; its parameters alone are read
    Pickle,              ///< a plain pickle of numpy arrays
};

/// "safetensors", "torch zip archive" ...
std::string containerName(Container container);

/// A name that a pickle asks Python's unpickler to import. Here it is only read.
struct PickleGlobal {
    std::string name;  ///< "module.name", control characters as '?'
    std::uint64_t references = 0;
    std::uint64_t calls = 0;  ///< how often Python would call it
    /// Importing and calling it makes data only. Any other would have run code of the file's author's choice.
    bool harmless = false;
};

/// A file of named tensors, memory-mapped and checked: every size and offset was compared with the file's length before
/// anything was allocated. Immutable after opening; any thread.
///
/// The bytes of tensors are read from the file when they are touched. Whoever shortens the file meanwhile gets the
/// process a SIGBUS, as with every mapping; writers should make a new file and rename it over the old one, which leaves
/// the open one whole. Copy what is needed soon after opening. Where mapping fails the file is read into memory.
class TensorFile {
public:
    /// Opens a file of any Container. Of torch's, nothing is run: a pickle is read as data, see notes() and
    /// pickleGlobals(). Throws Error(File) when it cannot be read, Error(Format) when it is not what its format
    /// promises (header over 100 MB, ranges that overlap, leave holes or pass the end, duplicate names, size and shape
    /// that disagree, archives that unpack to far more than their size, values nested without end ...), Error(Memory).
    static std::shared_ptr<const TensorFile> open(const std::string& path);

    ~TensorFile();
    TensorFile(const TensorFile&) = delete;
    TensorFile& operator=(const TensorFile&) = delete;

    const std::string& path() const noexcept { return m_path; }
    Container container() const noexcept { return m_container; }
    /// A stretch of bytes that lives as long as this.
    struct Bytes {
        const std::byte* data;
        std::uint64_t size;
    };
    /// The file as it was when it was opened; of a sharded one the index, then the shards by name.
    std::vector<Bytes> contents() const;
    /// In bytes; of sharded files the sum.
    std::uint64_t fileSize() const noexcept { return m_size; }
    /// In the order of their data in the file; torch's in the order of their dictionary.
    const std::vector<TensorInfo>& tensors() const noexcept { return m_tensors; }
    const TensorInfo* find(const std::string& name) const;
    /// The `__metadata__` entries: text to text. Of torch files the settings that lie beside the tensors (epoch, args
    /// ...): texts as they are, others as JSON.
    const std::map<std::string, std::string>& metadata() const noexcept { return m_metadata; }
    /// For people: where in the file the tensors were found, and what was left unread.
    const std::vector<std::string>& notes() const noexcept { return m_notes; }
    /// By name; empty but for torch files and pickles.
    const std::vector<PickleGlobal>& pickleGlobals() const noexcept { return m_globals; }

private:
    TensorFile() = default;
    void load();
    void adopt(checkpoint::TensorContents&& contents);

    std::string m_path;
    std::vector<std::shared_ptr<const checkpoint::MappedFile>> m_files;
    std::vector<std::unique_ptr<std::byte[]>> m_owned;  ///< data that lies in no file as such
    std::uint64_t m_size = 0;
    Container m_container = Container::Safetensors;
    std::vector<std::string> m_notes;
    std::vector<PickleGlobal> m_globals;
    std::vector<TensorInfo> m_tensors;
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

}  // namespace mixer
