// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorWriter.h"

#include "engine/checkpoint/AtomicFile.h"
#include "engine/checkpoint/DataTypes.h"
#include "engine/checkpoint/FloatConversion.h"
#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleOpcodes.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/checkpoint/ZipWriter.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace mixer {

using checkpoint::AtomicFile;
using checkpoint::checkedProduct;
using checkpoint::findType;
using checkpoint::inQuotes;
using checkpoint::littleEndian;
using checkpoint::NamedType;
using checkpoint::ZipWriter;
namespace opcode = checkpoint::opcode;

namespace {

[[noreturn]] void failUsage(const std::string& path, const std::string& message)
{
    throw Error(ErrorKind::Usage, path + ": " + message);
}

const NamedType& storedType(const std::string& path, const TensorInfo& info)
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

/// A tensor and what it becomes.
struct Plan {
    const TensorInfo* info = nullptr;
    const NamedType* type = nullptr;  ///< as written
    std::uint64_t bytes = 0;          ///< as written
};

std::vector<Plan> makePlans(const std::string& path, const std::vector<TensorInfo>& tensors,
                            const WriteOptions& options)
{
    std::vector<Plan> plans;
    for (const TensorInfo& info : tensors) {
        const NamedType& stored = storedType(path, info);
        const NamedType* written = &stored;
        if (options.floats && checkpoint::isFloat(info.type))
            written = findType(dataTypeName(*options.floats), &NamedType::name);
        plans.push_back({&info, written, info.bytes / stored.bytes * written->bytes});
    }
    return plans;
}

/// Hands over the bytes of tensors piece by piece, converted; tells how far it is.
class Contents {
public:
    Contents(std::string path, const std::vector<Plan>& plans, const WriteOptions& options)
        : m_path(std::move(path))
        , m_options(options)
    {
        for (const Plan& plan : plans)
            m_total += plan.bytes;
    }

    template <typename Sink> void write(const Plan& plan, const Sink& sink)
    {
        const TensorInfo& info = *plan.info;
        const bool isKept = dataTypeName(info.type) == plan.type->name || info.type == DataType::Opaque;
        const std::uint64_t count = info.bytes / sizeOf(info, plan);
        for (std::uint64_t begin = 0; begin < count; begin += kPiece) {
            m_options.cancel.check();
            if (m_options.progress)
                m_options.progress(info.name, static_cast<double>(m_done) / static_cast<double>(m_total));
            const std::uint64_t piece = std::min(kPiece, count - begin);
            const std::byte* const source = info.data + begin * sizeOf(info, plan);
            const std::uint64_t bytes = piece * plan.type->bytes;
            if (isKept) {
                sink(source, bytes);
            } else {
                m_buffer.resize(bytes);
                if (!checkpoint::convertFloats(source, info.type, *m_options.floats, piece, m_buffer.data()))
                    failUsage(m_path,
                              "tensor " + inQuotes(info.name) + " holds a number that is too large for "
                                  + std::string(plan.type->torch) + "; write bfloat16 or float32 instead");
                sink(m_buffer.data(), bytes);
            }
            m_done += bytes;
        }
    }

private:
    static constexpr std::uint64_t kPiece = 1 << 20;  // elements

    static std::uint64_t sizeOf(const TensorInfo& info, const Plan& plan)
    {
        return info.type == DataType::Opaque ? plan.type->bytes
                                             : findType(dataTypeName(info.type), &NamedType::name)->bytes;
    }

    std::string m_path;
    const WriteOptions& m_options;
    std::uint64_t m_total = 0;
    std::uint64_t m_done = 0;
    std::vector<std::byte> m_buffer;
};

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

    void tensor(const Plan& plan, std::size_t key)
    {
        const TensorInfo& info = *plan.info;
        const std::uint64_t count = plan.bytes / plan.type->bytes;
        std::vector<std::int64_t> strides(info.shape.size(), 1);
        for (std::size_t i = strides.size(); i-- > 1;)
            strides[i - 1] = strides[i] * std::max<std::int64_t>(info.shape[i], 1);
        global("torch._utils", "_rebuild_tensor_v2");
        op(opcode::kMark);
        op(opcode::kMark);
        string("storage");
        global("torch", std::string(plan.type->storage) + "Storage");
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

std::string torchPickle(const std::string& path, const std::vector<Plan>& plans,
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
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const std::string& name = plans[i].info->name;
        if (plans[i].type->storage.empty())
            failUsage(path,
                      "tensor " + inQuotes(name) + ": torch has no storage of " + std::string(plans[i].type->name)
                          + "; write safetensors instead");
        pickle.string(name);
        pickle.tensor(plans[i], i);
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

}  // namespace

void writeSafetensors(const std::string& path, const std::vector<TensorInfo>& tensors,
                      const std::map<std::string, std::string>& metadata, const WriteOptions& options)
{
    requireNames(path, tensors);
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty())
        header["__metadata__"] = metadata;
    const std::vector<Plan> plans = makePlans(path, tensors, options);
    std::uint64_t end = 0;
    for (const auto& [info, type, bytes] : plans) {
        if (!type->inSafetensors)
            failUsage(path, "tensor " + inQuotes(info->name) + ": the format has no " + std::string(type->name));
        const std::uint64_t begin = end;
        end += bytes;
        header.push_back({info->name, {{"dtype", type->name}, {"shape", info->shape}, {"data_offsets", {begin, end}}}});
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
    Contents contents(path, plans, options);
    for (const Plan& plan : plans)
        contents.write(plan, [&](const void* data, std::size_t bytes) { file.write(data, bytes); });
    file.commit();
}

void writeTorchFile(const std::string& path, const std::vector<TensorInfo>& tensors,
                    const std::map<std::string, std::string>& metadata, const WriteOptions& options)
{
    requireNames(path, tensors);
    const std::vector<Plan> plans = makePlans(path, tensors, options);
    const std::string pickle = torchPickle(path, plans, metadata);
    ZipWriter zip(path, "write safetensors instead");
    zip.add("archive/data.pkl", pickle);
    zip.add("archive/byteorder", "little");
    Contents contents(path, plans, options);
    for (std::size_t i = 0; i < plans.size(); ++i)
        zip.add("archive/data/" + std::to_string(i), plans[i].bytes,
                [&](const auto& sink) { contents.write(plans[i], sink); });
    zip.add("archive/version", "3\n");
    zip.finish();
}

}  // namespace mixer
