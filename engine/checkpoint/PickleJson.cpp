// SPDX-License-Identifier: MIT
#include "engine/checkpoint/PickleJson.h"

#include "engine/checkpoint/PickleGlobals.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace mixer::checkpoint {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxRow = 4096;  // elements of an array that is shown
constexpr std::size_t kMaxDecoded = std::size_t{1} << 20;

template <typename Number> Number read(std::string_view bytes)
{
    Number number = {};
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
}

class JsonText {
public:
    JsonText(const Pickle& pickle, std::size_t limit)
        : m_pickle(pickle)
        , m_tensors(pickle, "")
        , m_limit(limit)
    {
    }

    // Every value writes at least one byte, so the limit bounds the time as well, however values are shared.
    bool write(PickleId id, int depth)
    {
        if (depth > kMaxDepth || m_text.size() > m_limit)
            return false;
        const PickleValue& value = m_pickle[id];
        switch (value.kind) {
        case PickleKind::None:
            return add("null");
        case PickleKind::Bool:
            return add(value.integer != 0 ? "true" : "false");
        case PickleKind::Int:
            return add(std::to_string(value.integer));
        case PickleKind::Float:
            return add(nlohmann::json(value.number).dump());
        case PickleKind::String:
        case PickleKind::BigInt:
            return addText(value.text);
        case PickleKind::Bytes:
            return isUtf8(value.text) ? addText(value.text) : addText("<bytes>");
        case PickleKind::Global:
            return value.text.substr(0, 6) == "torch." ? addText(value.text) : addOpaque(value.text);
        case PickleKind::List:
        case PickleKind::Tuple:
        case PickleKind::Set:
            return addList(value.items, depth);
        case PickleKind::Dict:
            return addObject(value.items, depth);
        case PickleKind::Object:
            return addCall(id, depth);
        case PickleKind::Persistent:
            break;
        }
        return addText("<storage>");
    }

    std::string take() { return std::move(m_text); }

private:
    bool add(std::string_view text)
    {
        if (text.size() > m_limit - std::min(m_limit, m_text.size()))
            return false;
        m_text += text;
        return true;
    }

    bool addText(std::string_view text)
    {
        return text.size() <= m_limit && add(nlohmann::json(std::string(text)).dump());
    }

    bool addOpaque(std::string_view name) { return addText("<" + std::string(name) + ">"); }

    bool addList(const std::vector<PickleId>& items, int depth)
    {
        bool fits = add("[");
        for (std::size_t i = 0; fits && i < items.size(); ++i)
            fits = (i == 0 || add(",")) && write(items[i], depth + 1);
        return fits && add("]");
    }

    bool addObject(const std::vector<PickleId>& items, int depth)
    {
        bool fits = add("{");
        for (std::size_t i = 0; fits && i + 1 < items.size(); i += 2)
            fits = (i == 0 || add(",")) && addKey(items[i]) && add(":") && write(items[i + 1], depth + 1);
        return fits && add("}");
    }

    bool addKey(PickleId id)
    {
        const PickleValue& key = m_pickle[id];
        if (key.kind == PickleKind::String || key.kind == PickleKind::BigInt)
            return addText(key.text);
        if (key.kind == PickleKind::Int || key.kind == PickleKind::Bool)
            return addText(std::to_string(key.integer));
        return addText("<key>");
    }

    bool addCall(PickleId outer, int depth)
    {
        const PickleId id = m_tensors.unwrapped(outer);
        if (id != outer)
            return write(id, depth + 1);
        const PickleValue& value = m_pickle[id];
        const std::string_view name = m_tensors.callee(id);
        const std::vector<PickleId>& args = m_pickle[value.args].items;
        if (value.isMapping)
            return addObject(value.items, depth);
        if (isSettingsClass(name) && value.state != kNoValue && m_pickle[value.state].kind == PickleKind::Dict)
            return addObject(m_pickle[value.state].items, depth);
        if ((name == "torch.Size" || name == "torch.device") && args.size() == 1)
            return write(args[0], depth + 1);
        if (name.substr(0, 8) == "pathlib." && isHarmless(name))
            return addPath(args);
        if (isNumpyCore(name, "multiarray.scalar"))
            return addScalar(args);
        if (m_tensors.isTensor(id))
            return addArray(id);
        return addOpaque(name.empty() ? "object" : name);
    }

    // PosixPath('/', 'data', 'imagenet')
    bool addPath(const std::vector<PickleId>& parts)
    {
        std::string path;
        for (const PickleId part : parts) {
            path += (path.empty() || path.back() == '/' ? "" : "/") + std::string(m_pickle[part].text);
            if (path.size() > m_limit)
                return false;
        }
        return addText(path);
    }

    // scalar(dtype, bytes)
    bool addScalar(const std::vector<PickleId>& args)
    {
        std::string buffer;
        const auto type = args.size() == 2 ? m_tensors.numpyType(args[0]) : std::nullopt;
        const auto bytes = type && !type->bigEndian ? decoded(args[1], &buffer) : std::nullopt;
        if (!bytes || bytes->size() != type->type->bytes)
            return addOpaque("numpy scalar");
        return addNumber(*type->type, *bytes);
    }

    // Old protocols write bytes as text; a value that is shared many times must not be decoded without end.
    std::optional<std::string_view> decoded(PickleId id, std::string* buffer)
    {
        m_decoded += m_tensors.encodedSize(id);
        return m_decoded <= kMaxDecoded ? m_tensors.bytes(id, buffer) : std::nullopt;
    }

    bool addNumber(const NamedType& type, std::string_view bytes)
    {
        switch (type.type) {
        case DataType::Float64:
            return add(nlohmann::json(read<double>(bytes)).dump());
        case DataType::Float32:
            return add(nlohmann::json(read<float>(bytes)).dump());
        case DataType::Int64:
            return add(std::to_string(read<std::int64_t>(bytes)));
        case DataType::Int32:
            return add(std::to_string(read<std::int32_t>(bytes)));
        case DataType::Int16:
            return add(std::to_string(read<std::int16_t>(bytes)));
        case DataType::Int8:
            return add(std::to_string(read<std::int8_t>(bytes)));
        case DataType::UInt8:
            return add(std::to_string(read<std::uint8_t>(bytes)));
        case DataType::Bool:
            return add(bytes[0] != 0 ? "true" : "false");
        default:
            return addOpaque(type.name);
        }
    }

    // Short rows of numpy are settings (mean and std of pictures); torch's tensors and everything larger are data.
    bool addArray(PickleId id)
    {
        PickledTensor tensor;
        try {
            tensor = m_tensors.tensor(id, "");
        } catch (const Error&) {
            return addOpaque("tensor");
        }
        std::string buffer;
        const bool isRow = tensor.content != kNoValue && tensor.shape.size() == 1 && !tensor.bigEndian
            && tensor.shape[0] <= static_cast<std::int64_t>(kMaxRow);
        const auto bytes = isRow ? decoded(tensor.content, &buffer) : std::nullopt;
        if (!bytes || bytes->size() != static_cast<std::size_t>(tensor.shape[0]) * tensor.type->bytes)
            return addOpaque("tensor");
        bool fits = add("[");
        for (std::size_t at = 0; fits && at < bytes->size(); at += tensor.type->bytes)
            fits = (at == 0 || add(",")) && addNumber(*tensor.type, bytes->substr(at, tensor.type->bytes));
        return fits && add("]");
    }

    const Pickle& m_pickle;
    PickledTensors m_tensors;
    std::size_t m_limit;
    std::size_t m_decoded = 0;
    std::string m_text;
};

}  // namespace

std::optional<std::string> pickleJson(const Pickle& pickle, PickleId id, std::size_t limit)
{
    JsonText text(pickle, limit);
    return text.write(id, 0) ? std::optional(text.take()) : std::nullopt;
}

}  // namespace mixer::checkpoint
