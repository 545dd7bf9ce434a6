// SPDX-License-Identifier: MIT
#include "engine/checkpoint/PickledTensors.h"

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleGlobals.h"
#include "engine/core/Error.h"

#include <algorithm>

namespace mixer::checkpoint {

namespace {

constexpr int kMaxWrappers = 8;
constexpr std::size_t kMaxRank = 16;  // as in safetensors files

constexpr std::string_view kDense[] = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
                                       "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor"};

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), text) != names.end();
}

bool isDenseTorch(std::string_view callee)
{
    return std::find(std::begin(kDense), std::end(kDense), callee) != std::end(kDense);
}

std::vector<std::int64_t> contiguousStrides(const std::vector<std::int64_t>& shape, bool fortran)
{
    std::vector<std::int64_t> strides(shape.size());
    std::uint64_t stride = 1;  // the product was checked, but a zero side lets the others be anything
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::size_t axis = fortran ? i : shape.size() - 1 - i;
        strides[axis] = static_cast<std::int64_t>(stride & std::uint64_t{std::numeric_limits<std::int64_t>::max()});
        stride *= static_cast<std::uint64_t>(shape[axis]);
    }
    return strides;
}

}  // namespace

const NamedType* storageType(std::string_view global)
{
    constexpr std::string_view kEnd = "Storage";
    for (const std::string_view begin : {"torch.cuda.", "torch.storage.", "torch."}) {
        if (global.size() <= begin.size() + kEnd.size() || global.substr(0, begin.size()) != begin
            || global.substr(global.size() - kEnd.size()) != kEnd)
            continue;
        const std::string_view kind = global.substr(begin.size(), global.size() - begin.size() - kEnd.size());
        return findType(kind == "Untyped" ? "Byte" : kind, &NamedType::storage);
    }
    return nullptr;
}

void PickledTensors::fail(const std::string& name, const std::string& message) const
{
    throw Error(ErrorKind::Format, m_origin + "tensor " + inQuotes(name) + ": " + message);
}

std::string_view PickledTensors::callee(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    if (value.kind != PickleKind::Object || m_pickle[value.callable].kind != PickleKind::Global)
        return {};
    return m_pickle[value.callable].text;
}

PickleId PickledTensors::unwrapped(PickleId id) const
{
    for (int i = 0; i < kMaxWrappers; ++i) {
        const std::string_view name = callee(id);
        const bool wraps = isOneOf(name,
                                   {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
                                    "torch.jit._pickle.restore_type_tag"})
            || name.substr(0, 24) == "torch.jit._pickle.build_";
        if (!wraps || m_pickle[m_pickle[id].args].items.empty())
            break;
        id = m_pickle[m_pickle[id].args].items[0];
    }
    return id;
}

bool PickledTensors::isTensor(PickleId id) const
{
    id = unwrapped(id);
    const std::string_view name = callee(id);
    if (name == "torch._tensor._rebuild_from_type_v2") {
        const auto& items = m_pickle[m_pickle[id].args].items;
        return items.size() >= 3 && m_pickle[items[0]].kind == PickleKind::Global
            && isDenseTorch(m_pickle[items[0]].text);
    }
    return isDenseTorch(name) || isNumpyCore(name, "multiarray._reconstruct")
        || isNumpyCore(name, "numeric._frombuffer");
}

PickledTensor PickledTensors::tensor(PickleId id, const std::string& name) const
{
    id = unwrapped(id);
    if (isNumpyCore(callee(id), "multiarray._reconstruct"))
        return numpyArray(id, name);
    if (isNumpyCore(callee(id), "numeric._frombuffer"))
        return numpyBuffer(id, name);
    return torchTensor(id, name);
}

// _rebuild_tensor(storage, offset, shape, strides); later versions append to that.
PickledTensor PickledTensors::torchTensor(PickleId id, const std::string& name) const
{
    std::string_view function = callee(id);
    const std::vector<PickleId>* args = &m_pickle[m_pickle[id].args].items;
    if (function == "torch._tensor._rebuild_from_type_v2") {  // (function, type, its arguments, state)
        function = m_pickle[(*args)[0]].text;
        args = &m_pickle[(*args)[2]].items;
    }
    if (args->size() < 4)
        fail(name, "expected storage, offset, shape and strides, found " + std::to_string(args->size()) + " values");
    PickledTensor result;
    readStorage((*args)[0], &result, name);
    const std::int64_t offset = integer((*args)[1], name);
    result.shape = sizes((*args)[2], name);
    result.strides = sizes((*args)[3], name);
    if (offset < 0 || result.strides.size() != result.shape.size())
        fail(name, "offset, shape and strides do not fit each other");
    result.offset += static_cast<std::uint64_t>(offset);
    if (!checkedProduct(result.shape))
        fail(name, "shape " + shapeText(result.shape) + " has more elements than any file can hold");
    if (function == "torch._utils._rebuild_tensor_v3") {  // untyped storage; the type is the seventh argument
        constexpr std::size_t kTypeAt = 6;
        constexpr std::string_view kTorch = "torch.";
        std::string_view type = args->size() > kTypeAt ? m_pickle[(*args)[kTypeAt]].text : "";
        type.remove_prefix(type.substr(0, kTorch.size()) == kTorch ? kTorch.size() : type.size());
        const NamedType* const found = findType(type, &NamedType::torch);
        if (found == nullptr)
            fail(name, "elements of a type that is not known here");
        result.storageElements = result.storageElements * result.type->bytes / found->bytes;
        result.type = found;
    }
    return result;
}

// ('storage', type, key, device, elements), in the legacy format also (key, first element, elements) of a view.
void PickledTensors::readStorage(PickleId id, PickledTensor* result, const std::string& name) const
{
    const PickleValue& storage = m_pickle[id];
    if (storage.kind != PickleKind::Persistent || m_pickle[storage.args].items.size() < 5)
        fail(name, "expected a storage, found something else");
    const std::vector<PickleId>& items = m_pickle[storage.args].items;
    if (m_pickle[items[1]].kind != PickleKind::Global || m_pickle[items[2]].kind != PickleKind::String)
        fail(name, "expected the type and key of a storage, found something else");
    const std::string_view global = m_pickle[items[1]].text;
    result->type = storageType(global);
    if (result->type == nullptr)
        fail(name, "elements of a type that is not known here, " + inQuotes(std::string(global)));
    result->storage = m_pickle[items[2]].text;
    const std::int64_t elements = integer(items[4], name);
    if (elements < 0)
        fail(name, "a storage of " + std::to_string(elements) + " elements");
    result->storageElements = static_cast<std::uint64_t>(elements);
    if (items.size() > 5 && m_pickle[items[5]].kind == PickleKind::Tuple) {
        const std::vector<PickleId>& view = m_pickle[items[5]].items;
        const std::int64_t first = view.size() == 3 ? integer(view[1], name) : -1;
        if (first < 0)
            fail(name, "a malformed view of a storage");
        result->offset = static_cast<std::uint64_t>(first);
    }
}

std::int64_t PickledTensors::integer(PickleId id, const std::string& name) const
{
    if (m_pickle[id].kind != PickleKind::Int)
        fail(name, "expected an integer, found something else");
    return m_pickle[id].integer;
}

// A tuple of sizes, as such or within torch.Size.
std::vector<std::int64_t> PickledTensors::sizes(PickleId id, const std::string& name) const
{
    if (callee(id) == "torch.Size" && m_pickle[m_pickle[id].args].items.size() == 1)
        id = m_pickle[m_pickle[id].args].items[0];
    const PickleValue& value = m_pickle[id];
    if ((value.kind != PickleKind::Tuple && value.kind != PickleKind::List) || value.items.size() > kMaxRank)
        fail(name, "expected at most " + std::to_string(kMaxRank) + " sizes, found something else");
    std::vector<std::int64_t> result;
    for (const PickleId item : value.items) {
        result.push_back(integer(item, name));
        if (result.back() < 0)
            fail(name, "a negative side or stride, " + std::to_string(result.back()));
    }
    return result;
}

std::optional<std::string_view> PickledTensors::bytes(PickleId id, std::string* buffer) const
{
    const PickleValue& value = m_pickle[id];
    if (value.kind == PickleKind::Bytes || value.kind == PickleKind::String)
        return value.text;  // Python 2 wrote bytes as texts
    if (callee(id) != "_codecs.encode")
        return std::nullopt;
    const std::vector<PickleId>& args = m_pickle[value.args].items;
    if (args.size() != 2 || m_pickle[args[0]].kind != PickleKind::String
        || !isOneOf(m_pickle[args[1]].text, {"latin1", "latin-1"}))
        return std::nullopt;
    const std::string_view text = m_pickle[args[0]].text;
    buffer->clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto first = static_cast<unsigned char>(text[i]);
        if (first > 0xC3)
            return std::nullopt;  // beyond Latin-1
        const unsigned code
            = first < 0x80 ? first : (first & 3U) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3FU);
        *buffer += static_cast<char>(code);
    }
    return std::string_view(*buffer);
}

// dtype('f4', False, True), whose state begins (version, byte order, ...).
std::optional<PickledTensors::NumpyType> PickledTensors::numpyType(PickleId id) const
{
    if (callee(id) != "numpy.dtype")
        return std::nullopt;
    const std::vector<PickleId>& args = m_pickle[m_pickle[id].args].items;
    if (args.empty() || m_pickle[args[0]].kind != PickleKind::String)
        return std::nullopt;
    NumpyType result{findType(m_pickle[args[0]].text, &NamedType::numpy), false};
    if (m_pickle[id].state != kNoValue) {
        const std::vector<PickleId>& state = m_pickle[m_pickle[id].state].items;
        result.bigEndian = state.size() > 1 && m_pickle[state[1]].text == ">";
    }
    return result.type == nullptr ? std::nullopt : std::optional(result);
}

// _reconstruct(ndarray, (0,), b'b') with the state (version, shape, dtype, is Fortran, bytes).
PickledTensor PickledTensors::numpyArray(PickleId id, const std::string& name) const
{
    const PickleId state = m_pickle[id].state;
    if (state == kNoValue || m_pickle[state].items.size() != 5)
        fail(name, "a numpy array without its content");
    const std::vector<PickleId>& items = m_pickle[state].items;
    return numpyTensor(items[2], items[1], items[3], items[4], name);
}

// _frombuffer(bytes, dtype, shape, order), which protocol 5 writes.
PickledTensor PickledTensors::numpyBuffer(PickleId id, const std::string& name) const
{
    const std::vector<PickleId>& args = m_pickle[m_pickle[id].args].items;
    if (args.size() != 4)
        fail(name, "a numpy array without its content");
    return numpyTensor(args[1], args[2], args[3], args[0], name);
}

PickledTensor PickledTensors::numpyTensor(PickleId type, PickleId shape, PickleId isFortran, PickleId content,
                                          const std::string& name) const
{
    const auto known = numpyType(type);
    if (!known)
        fail(name, "a numpy array of a type that is not known here");
    PickledTensor result;
    result.type = known->type;
    result.bigEndian = known->bigEndian;
    result.shape = sizes(shape, name);
    if (!checkedProduct(result.shape))
        fail(name, "shape " + shapeText(result.shape) + " has more elements than any file can hold");
    result.strides = contiguousStrides(result.shape, this->isFortran(isFortran));
    result.content = content;
    return result;
}

std::size_t PickledTensors::encodedSize(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    const bool encoded = callee(id) == "_codecs.encode" && !m_pickle[value.args].items.empty();
    return encoded ? m_pickle[m_pickle[value.args].items[0]].text.size() : value.text.size();
}

bool PickledTensors::isFortran(PickleId id) const
{
    const PickleValue& value = m_pickle[id];
    const bool flag = (value.kind == PickleKind::Bool || value.kind == PickleKind::Int) && value.integer != 0;
    return flag || (value.kind == PickleKind::String && value.text == "F");
}

}  // namespace mixer::checkpoint
