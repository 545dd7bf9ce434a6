// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorFile.h"

#include "engine/checkpoint/DataTypes.h"
#include "engine/checkpoint/MappedFile.h"
#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/SafetensorsHeader.h"
#include "engine/checkpoint/ShardIndex.h"
#include "engine/checkpoint/TensorContents.h"
#include "engine/checkpoint/TorchFile.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <set>
#include <string_view>

namespace mixer {

using checkpoint::checkedProduct;
using checkpoint::findType;
using checkpoint::HeaderEntry;
using checkpoint::inQuotes;
using checkpoint::kTypes;
using checkpoint::MappedFile;
using checkpoint::NamedType;
using checkpoint::SafetensorsHeader;
using checkpoint::shapeText;
using checkpoint::ShardIndex;
using checkpoint::TensorContents;

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the limit of the format's reference implementation

bool endsWith(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

[[noreturn]] void failNotSafetensors(const std::string& path, const std::string& found)
{
    const bool named = endsWith(path, ".pth") || endsWith(path, ".pt");
    throw Error(ErrorKind::Format,
                path + ": expected a checkpoint (safetensors, or what torch.save or torch.jit.save wrote), found "
                    + (named ? "none of torch's formats and " : "") + found
                    + "; the file is of another kind, damaged or incomplete");
}

std::uint64_t littleEndian64(const std::byte* bytes)
{
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i)
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
}

std::uint64_t headerLength(const std::string& path, const std::byte* bytes, std::uint64_t size)
{
    if (size < kLengthBytes)
        failNotSafetensors(path, "only " + std::to_string(size) + " bytes");
    const std::uint64_t length = littleEndian64(bytes);
    if (length > kMaxHeader) {
        failNotSafetensors(path,
                           "a header length of " + std::to_string(length) + " bytes (at most "
                               + std::to_string(kMaxHeader) + " are allowed)");
    }
    if (length > size - kLengthBytes) {
        failNotSafetensors(path,
                           "a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size));
    }
    if (length == 0 || bytes[kLengthBytes] != std::byte{'{'})
        failNotSafetensors(path, "a header that does not begin with '{'");
    return length;
}

// A header of 640 bytes begins like a pickle; only the byte behind the length tells them apart.
bool looksLikeSafetensors(const MappedFile& file)
{
    return file.size() > kLengthBytes && littleEndian64(file.data()) <= kMaxHeader
        && file.data()[kLengthBytes] == std::byte{'{'};
}

// Checks range and shape of one tensor against each other and against the data, `dataBytes` long.
TensorInfo makeInfo(HeaderEntry&& entry, const std::byte* data, std::uint64_t dataBytes, const std::string& origin)
{
    const auto fail = [&](const std::string& message) {
        throw Error(ErrorKind::Format, origin + "tensor " + inQuotes(entry.name) + ": " + message);
    };
    const auto [begin, end] = entry.offsets;
    if (begin > end || end > dataBytes) {
        fail("data_offsets " + std::to_string(begin) + " to " + std::to_string(end) + " lie outside the "
             + std::to_string(dataBytes) + " bytes of data; the file is damaged or incomplete, fetch it again");
    }
    const auto elements = checkedProduct(entry.shape);
    const NamedType* const type = findType(entry.dtype, &NamedType::name);
    const std::uint64_t bytes = end - begin;
    if (!elements)
        fail("shape " + shapeText(entry.shape) + " has more elements than any file can hold");
    if (type != nullptr && (*elements > bytes / type->bytes || *elements * type->bytes != bytes)) {
        fail("shape " + shapeText(entry.shape) + " of " + entry.dtype + " does not fit the " + std::to_string(bytes)
             + " bytes given by its data_offsets");
    }
    TensorInfo info;
    info.name = std::move(entry.name);
    info.type = type != nullptr ? type->type : DataType::Opaque;
    info.typeName = std::move(entry.dtype);
    info.shape = std::move(entry.shape);
    info.data = data + begin;
    info.bytes = static_cast<std::size_t>(bytes);
    return info;
}

// The format allows neither overlaps nor holes: bytes that belong to no tensor could carry anything.
void requireGapless(const std::vector<TensorInfo>& tensors, const std::byte* data, std::uint64_t dataBytes,
                    const std::string& origin)
{
    std::uint64_t covered = 0;
    for (const TensorInfo& info : tensors) {
        const auto begin = static_cast<std::uint64_t>(info.data - data);
        if (begin != covered) {
            throw Error(ErrorKind::Format,
                        origin + "tensor " + inQuotes(info.name) + ": its data begins at byte " + std::to_string(begin)
                            + " where the tensor before it ends at " + std::to_string(covered)
                            + (begin < covered ? "; they overlap" : "; the bytes between belong to no tensor"));
        }
        covered += info.bytes;
    }
    if (covered != dataBytes) {
        throw Error(ErrorKind::Format,
                    origin + "the tensors cover " + std::to_string(covered) + " of " + std::to_string(dataBytes)
                        + " bytes of data; the rest belongs to no tensor");
    }
}

TensorContents readSafetensors(const std::string& path, const MappedFile& file)
{
    const std::string origin = path + ": ";
    const std::uint64_t length = headerLength(path, file.data(), file.size());
    const auto* const text = reinterpret_cast<const char*>(file.data() + kLengthBytes);
    // The JSON parser takes a zero byte for the end and would not see what is hidden behind it.
    if (std::memchr(text, '\0', static_cast<std::size_t>(length)) != nullptr)
        throw Error(ErrorKind::Format, origin + "the header is not valid JSON: it holds a zero byte");
    SafetensorsHeader header(origin);
    nlohmann::json::sax_parse(text, text + length, &header);
    TensorContents contents;
    contents.metadata = std::move(header.metadata);

    const std::byte* const data = file.data() + kLengthBytes + length;
    const std::uint64_t dataBytes = file.size() - kLengthBytes - length;
    contents.tensors.reserve(header.entries.size());
    for (HeaderEntry& entry : header.entries)
        contents.tensors.push_back(makeInfo(std::move(entry), data, dataBytes, origin));
    std::stable_sort(contents.tensors.begin(), contents.tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
        return a.data != b.data ? a.data < b.data : a.bytes < b.bytes;
    });
    requireGapless(contents.tensors, data, dataBytes, origin);
    return contents;
}

Error misplaced(const std::string& shardPath, const std::string& tensor, const std::string& indexPath)
{
    return {ErrorKind::Format,
            shardPath + ": it holds tensor " + inQuotes(tensor)
                + ", which the index does not place there; expected the shards that belong to " + indexPath};
}

// Every shard is a whole safetensors file in the index's folder; index and shards must name the same tensors.
TensorContents readShards(const std::string& path, const MappedFile& file,
                          std::vector<std::shared_ptr<const MappedFile>>* files)
{
    const ShardIndex index(file.data(), file.size(), path + ": ");
    TensorContents all;
    all.container = Container::ShardedSafetensors;
    std::set<std::string> found;
    for (const auto& [shard, names] : index.shards()) {
        const std::string shardPath = (std::filesystem::path(path).parent_path() / shard).string();
        files->push_back(MappedFile::open(shardPath));
        TensorContents part = readSafetensors(shardPath, *files->back());
        all.metadata.merge(part.metadata);
        for (TensorInfo& info : part.tensors) {
            if (names.count(info.name) == 0)
                throw misplaced(shardPath, info.name, path);
            found.insert(info.name);
            all.tensors.push_back(std::move(info));
        }
        for (const std::string& name : names) {
            if (found.count(name) == 0)
                throw Error(ErrorKind::Format,
                            path + ": tensor " + inQuotes(name) + " should be in " + inQuotes(shard)
                                + ", which does not hold it");
        }
    }
    return all;
}

}  // namespace

std::string dataTypeName(DataType type)
{
    return type == DataType::Opaque ? "opaque" : std::string(kTypes[static_cast<std::size_t>(type)].name);
}

std::string containerName(Container container)
{
    switch (container) {
    case Container::Safetensors:
        return "safetensors";
    case Container::ShardedSafetensors:
        return "sharded safetensors";
    case Container::TorchZip:
        return "torch zip archive";
    case Container::TorchLegacy:
        return "legacy torch file";
    case Container::TorchScript:
        return "TorchScript archive";
    case Container::Pickle:
        break;
    }
    return "pickle";
}

std::int64_t TensorInfo::elementCount() const
{
    return static_cast<std::int64_t>(checkedProduct(shape).value_or(0));
}

std::shared_ptr<const TensorFile> TensorFile::open(const std::string& path)
{
    try {
        std::shared_ptr<TensorFile> file(new TensorFile());
        file->m_path = path;
        file->load();
        return file;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, path + ": not enough memory to open this file; close other programs");
    }
}

TensorFile::~TensorFile() = default;

std::vector<TensorFile::Bytes> TensorFile::contents() const
{
    std::vector<Bytes> all;
    for (const auto& file : m_files)
        all.push_back({file->data(), file->size()});
    return all;
}

void TensorFile::load()
{
    const auto file = MappedFile::open(m_path);
    m_files.push_back(file);
    m_size = file->size();
    if (!looksLikeSafetensors(*file) && checkpoint::looksLikeTorch(file->data(), file->size()))
        adopt(checkpoint::readTorch(file->data(), file->size(), m_path + ": "));
    else if (ShardIndex::looksLike(file->data(), file->size()))
        adopt(readShards(m_path, *file, &m_files));
    else
        adopt(readSafetensors(m_path, *file));
    for (std::size_t i = 1; i < m_files.size(); ++i)
        m_size += m_files[i]->size();
}

void TensorFile::adopt(TensorContents&& contents)
{
    m_container = contents.container;
    m_tensors = std::move(contents.tensors);
    m_metadata = std::move(contents.metadata);
    m_notes = std::move(contents.notes);
    m_globals = std::move(contents.globals);
    m_owned = std::move(contents.owned);
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        if (!m_index.emplace(m_tensors[i].name, i).second)
            throw Error(ErrorKind::Format,
                        m_path + ": the header holds tensor " + inQuotes(m_tensors[i].name) + " twice");
    }
}

const TensorInfo* TensorFile::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

}  // namespace mixer
