// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorWriter.h"

#include "engine/checkpoint/AtomicFile.h"
#include "engine/checkpoint/DataTypes.h"
#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleOpcodes.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <set>
#include <string_view>

namespace mixer {

using checkpoint::AtomicFile;
using checkpoint::checkedProduct;
using checkpoint::findType;
using checkpoint::inQuotes;
using checkpoint::NamedType;
namespace opcode = checkpoint::opcode;

namespace {

constexpr std::uint64_t kMaxZip = 0xFFFFFFFE;  // beyond it sizes need zip64 records
constexpr std::uint64_t kAlignment = 64;       // torch's own, so that mapped storages are aligned

[[noreturn]] void failUsage(const std::string& path, const std::string& message)
{
    throw Error(ErrorKind::Usage, path + ": " + message);
}

const NamedType& checkedType(const std::string& path, const TensorInfo& info)
{
    const std::string name = info.type == DataType::Opaque ? info.typeName : dataTypeName(info.type);
    const NamedType* const type = findType(name, &NamedType::name);
    if (type == nullptr)
        failUsage(path, "tensor " + inQuotes(info.name) + " has elements of the unknown type " + inQuotes(name));
    const auto count = checkedProduct(info.shape);
    if (!count || *count > info.bytes / type->bytes || *count * type->bytes != info.bytes)
        failUsage(path, "tensor " + inQuotes(info.name) + " has other bytes than its shape asks for");
    return *type;
}

void requireNames(const std::string& path, const std::vector<TensorInfo>& tensors)
{
    std::set<std::string_view> names;
    for (const TensorInfo& info : tensors) {
        if (!checkpoint::isUtf8(info.name) || info.name == "__metadata__")
            failUsage(path, "a tensor cannot be called " + inQuotes(info.name));
        if (!names.insert(info.name).second)
            failUsage(path, "two tensors are called " + inQuotes(info.name));
    }
}

std::string littleEndian(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i)
        text += static_cast<char>(value >> 8 * i & 0xFFU);
    return text;
}

// ---- torch: the pickle

class PickleWriter {
public:
    std::string text;

    void op(unsigned char code) { text += static_cast<char>(code); }

    void string(std::string_view value)
    {
        op(opcode::kBinUnicode);
        text += littleEndian(value.size(), 4);
        text += value;
    }

    void integer(std::uint64_t value)
    {
        op(opcode::kLong1);
        text += '\x08' + littleEndian(value, 8);
    }

    void tuple(const std::vector<std::int64_t>& values)
    {
        op(opcode::kMark);
        for (const std::int64_t value : values)
            integer(static_cast<std::uint64_t>(value));
        op(opcode::kTuple);
    }

    void global(std::string_view module, std::string_view name)
    {
        op(opcode::kGlobal);
        text.append(module).append("\n").append(name).append("\n");
    }

    // OrderedDict(), as torch expects for a tensor's hooks and people for a state_dict.
    void orderedDict()
    {
        global("collections", "OrderedDict");
        op(opcode::kEmptyTuple);
        op(opcode::kReduce);
    }

    void tensor(const TensorInfo& info, const NamedType& type, std::size_t key)
    {
        const std::uint64_t count = info.bytes / type.bytes;
        std::vector<std::int64_t> strides(info.shape.size(), 1);
        for (std::size_t i = strides.size(); i-- > 1;)
            strides[i - 1] = strides[i] * std::max<std::int64_t>(info.shape[i], 1);
        global("torch._utils", "_rebuild_tensor_v2");
        op(opcode::kMark);
        op(opcode::kMark);
        string("storage");
        global("torch", std::string(type.storage) + "Storage");
        string(std::to_string(key));
        string("cpu");
        integer(count);
        op(opcode::kTuple);
        op(opcode::kBinPersId);
        integer(0);
        tuple(info.shape);
        tuple(strides);
        op(opcode::kNewFalse);
        orderedDict();
        op(opcode::kTuple);
        op(opcode::kReduce);
    }
};

std::string torchPickle(const std::string& path, const std::vector<TensorInfo>& tensors,
                        const std::map<std::string, std::string>& metadata)
{
    PickleWriter pickle;
    pickle.op(opcode::kProto);
    pickle.text += '\2';
    const bool nested = !metadata.empty();
    if (nested) {
        pickle.op(opcode::kEmptyDict);
        pickle.op(opcode::kMark);
        pickle.string("state_dict");
    }
    pickle.orderedDict();
    pickle.op(opcode::kMark);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const NamedType& type = checkedType(path, tensors[i]);
        if (type.storage.empty())
            failUsage(path,
                      "tensor " + inQuotes(tensors[i].name) + ": torch has no storage of " + std::string(type.name)
                          + "; write safetensors instead");
        pickle.string(tensors[i].name);
        pickle.tensor(tensors[i], type, i);
    }
    pickle.op(opcode::kSetItems);
    for (const auto& [key, value] : metadata) {
        if (key == "state_dict" || !checkpoint::isUtf8(key) || !checkpoint::isUtf8(value))
            failUsage(path, "the metadata " + inQuotes(key) + " cannot stand beside the tensors");
        pickle.string(key);
        pickle.string(value);
    }
    if (nested)
        pickle.op(opcode::kSetItems);
    pickle.op(opcode::kStop);
    return std::move(pickle.text);
}

// ---- torch: the archive

class ZipWriter {
public:
    explicit ZipWriter(const std::string& path)
        : m_path(path)
        , m_file(path)
    {
    }

    // Stored, its data at a multiple of 64 bytes: the extra field "FB" that torch pads with.
    void add(const std::string& name, const void* data, std::size_t size)
    {
        const std::uint64_t begin = m_file.written();
        constexpr std::uint64_t kHeader = 30;
        constexpr std::uint64_t kField = 4;
        const std::uint64_t unpadded = begin + kHeader + name.size() + kField;
        const std::uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
        if (size > kMaxZip || unpadded + padding + size > kMaxZip)
            failUsage(m_path, "more than 4 GB do not fit this kind of file; write safetensors instead");
        const uLong crc = ::crc32_z(0, static_cast<const Bytef*>(data), size);
        const std::string common = littleEndian(0, 2) + littleEndian(0, 2)  // flags; stored
            + littleEndian(0, 2) + littleEndian(kFirstDay, 2) + littleEndian(crc, 4) + littleEndian(size, 4)
            + littleEndian(size, 4) + littleEndian(name.size(), 2);
        m_file.write("PK\x03\x04" + littleEndian(kVersion, 2) + common + littleEndian(kField + padding, 2) + name + "FB"
                     + littleEndian(padding, 2) + std::string(static_cast<std::size_t>(padding), 'Z'));
        m_file.write(data, size);
        m_directory += "PK\x01\x02" + littleEndian(kVersion, 2) + littleEndian(kVersion, 2) + common
            + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 2) + littleEndian(0, 4)
            + littleEndian(begin, 4) + name;
        ++m_count;
    }

    void finish()
    {
        const std::uint64_t begin = m_file.written();
        if (m_count > kMaxEntries || begin + m_directory.size() > kMaxZip)
            failUsage(m_path, "so many tensors do not fit this kind of file; write safetensors instead");
        m_file.write(m_directory);
        m_file.write("PK\x05\x06" + littleEndian(0, 4) + littleEndian(m_count, 2) + littleEndian(m_count, 2)
                     + littleEndian(m_directory.size(), 4) + littleEndian(begin, 4) + littleEndian(0, 2));
        m_file.commit();
    }

private:
    static constexpr std::uint64_t kVersion = 20;
    static constexpr std::uint64_t kFirstDay = 1 << 5 | 1;  // 1 January 1980: the same bytes whenever it is written
    static constexpr std::size_t kMaxEntries = 0xFFFE;

    std::string m_path;
    AtomicFile m_file;
    std::string m_directory;
    std::size_t m_count = 0;
};

}  // namespace

void writeSafetensors(const std::string& path, const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata)
{
    requireNames(path, tensors);
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    for (const TensorInfo& info : tensors) {
        const NamedType& type = checkedType(path, info);
        if (!type.inSafetensors)
            failUsage(path, "tensor " + inQuotes(info.name) + ": the format has no " + std::string(type.name));
        const std::uint64_t begin = end;
        end += info.bytes;
        header.push_back({info.name, {{"dtype", type.name}, {"shape", info.shape}, {"data_offsets", {begin, end}}}});
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception&) {
        failUsage(path, "the metadata are not UTF-8");
    }
    text.append((8 - text.size() % 8) % 8, ' ');  // keeps the data aligned for those who map them
    AtomicFile file(path);
    file.write(littleEndian(text.size(), 8));
    file.write(text);
    for (const TensorInfo& info : tensors)
        file.write(info.data, info.bytes);
    file.commit();
}

void writeTorchFile(const std::string& path, const std::vector<TensorInfo>& tensors,
                    const std::map<std::string, std::string>& metadata)
{
    requireNames(path, tensors);
    const std::string pickle = torchPickle(path, tensors, metadata);
    constexpr std::string_view kByteOrder = "little";
    constexpr std::string_view kVersion = "3\n";
    ZipWriter zip(path);
    zip.add("archive/data.pkl", pickle.data(), pickle.size());
    zip.add("archive/byteorder", kByteOrder.data(), kByteOrder.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
        zip.add("archive/data/" + std::to_string(i), tensors[i].data, tensors[i].bytes);
    zip.add("archive/version", kVersion.data(), kVersion.size());
    zip.finish();
}

}  // namespace mixer
