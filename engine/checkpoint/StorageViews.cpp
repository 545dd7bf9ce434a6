// SPDX-License-Identifier: MIT
#include "engine/checkpoint/StorageViews.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <cstring>

namespace mixer::checkpoint {

namespace {

constexpr std::uint64_t kSpare = std::uint64_t{64} << 20;

bool isContiguous(const PickledTensor& tensor)
{
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != expected)
            return false;
        expected *= tensor.shape[i];
    }
    return true;
}

// Steps through all elements but those of the last axis, in row-major order.
class Rows {
public:
    explicit Rows(const PickledTensor& tensor)
        : m_tensor(tensor)
        , m_index(tensor.shape.size(), 0)
        , m_offset(tensor.offset)
    {
    }

    std::uint64_t offset() const { return m_offset; }

    bool next()
    {
        for (std::size_t axis = m_index.size() - 1; axis-- > 0;) {
            const auto stride = static_cast<std::uint64_t>(m_tensor.strides[axis]);
            if (++m_index[axis] < m_tensor.shape[axis]) {
                m_offset += stride;
                return true;
            }
            m_offset -= stride * static_cast<std::uint64_t>(m_tensor.shape[axis] - 1);
            m_index[axis] = 0;
        }
        return false;
    }

private:
    const PickledTensor& m_tensor;
    std::vector<std::int64_t> m_index;
    std::uint64_t m_offset;
};

// Complex numbers are two numbers; each is swapped by itself.
void swapBytes(std::byte* bytes, std::uint64_t count, const NamedType& type)
{
    const bool isComplex = type.name.front() == 'C';
    const std::uint64_t word = isComplex ? type.bytes / 2 : type.bytes;
    for (std::byte* at = bytes; at != bytes + count * type.bytes; at += word)
        std::reverse(at, at + word);
}

}  // namespace

StorageViews::StorageViews(const Pickle& pickle, TorchStorages* storages, std::uint64_t fileSize,
                           TensorContents* contents, std::string origin)
    : m_reader(pickle, origin)
    , m_storages(storages)
    , m_budget(fileSize + kSpare)
    , m_contents(contents)
    , m_origin(std::move(origin))
{
}

TensorInfo StorageViews::view(const PickledTensor& tensor, const std::string& name)
{
    const bool isInline = tensor.content != kNoValue;
    const TorchStorages::Range range = isInline ? decode(tensor, name) : m_storages->storage(tensor.storage);
    const std::uint64_t available = range.size / tensor.type->bytes;
    if (!isInline && tensor.storageElements > available) {
        fail(name,
             "its storage " + inQuotes(std::string(tensor.storage)) + " should hold "
                 + std::to_string(tensor.storageElements) + " elements of " + std::string(tensor.type->name)
                 + ", found " + std::to_string(range.size) + " bytes; the file is damaged or incomplete");
    }
    const std::uint64_t count = checkedProduct(tensor.shape).value_or(0);
    if (count > 0)
        requireInside(tensor, isInline ? available : tensor.storageElements, name);
    TensorInfo info;
    info.name = name;
    info.type = tensor.type->type;
    info.typeName = tensor.type->name;
    info.shape = tensor.shape;
    info.data = range.data;
    if (count == 0)
        return info;
    const bool swap = (isInline ? tensor.bigEndian : m_storages->isBigEndian()) && tensor.type->bytes > 1;
    info.data = isContiguous(tensor) && !swap ? range.data + tensor.offset * tensor.type->bytes
                                              : copy(tensor, range.data, count, swap, name);
    info.bytes = static_cast<std::size_t>(count * tensor.type->bytes);
    return info;
}

TorchStorages::Range StorageViews::decode(const PickledTensor& tensor, const std::string& name)
{
    spend(m_reader.encodedSize(tensor.content), name);
    std::string buffer;
    const auto bytes = m_reader.bytes(tensor.content, &buffer);
    if (!bytes)
        fail(name, "expected the bytes of a numpy array, found something else");
    if (bytes->data() != buffer.data())
        return {reinterpret_cast<const std::byte*>(bytes->data()), bytes->size()};
    auto& owned = m_contents->owned.emplace_back(new std::byte[bytes->size()]);
    std::copy_n(reinterpret_cast<const std::byte*>(bytes->data()), bytes->size(), owned.get());
    return {owned.get(), bytes->size()};
}

// The last element must lie in the storage; every sum is compared before it is made.
void StorageViews::requireInside(const PickledTensor& tensor, std::uint64_t elements, const std::string& name) const
{
    std::uint64_t left = elements;
    bool inside = tensor.offset < left;
    left -= inside ? tensor.offset + 1 : 0;
    for (std::size_t i = 0; inside && i < tensor.shape.size(); ++i) {
        const auto steps = static_cast<std::uint64_t>(tensor.shape[i] - 1);
        const auto stride = static_cast<std::uint64_t>(tensor.strides[i]);
        inside = steps == 0 || stride <= left / steps;
        left -= inside ? steps * stride : 0;
    }
    if (!inside) {
        fail(name,
             "shape " + shapeText(tensor.shape) + " with strides " + shapeText(tensor.strides) + " from element "
                 + std::to_string(tensor.offset) + " passes the end of its storage of " + std::to_string(elements));
    }
}

const std::byte* StorageViews::copy(const PickledTensor& tensor, const std::byte* storage, std::uint64_t count,
                                    bool swap, const std::string& name)
{
    const std::uint64_t size = tensor.type->bytes;
    if (count > m_budget / size)
        fail(name, "shape " + shapeText(tensor.shape) + " is made of far more elements than the file holds");
    spend(count * size, name);
    auto& owned = m_contents->owned.emplace_back(new std::byte[static_cast<std::size_t>(count * size)]);
    std::byte* target = owned.get();
    const bool isScalar = tensor.shape.empty();
    const std::int64_t length = isScalar ? 1 : tensor.shape.back();
    const std::uint64_t stride = isScalar ? 0 : static_cast<std::uint64_t>(tensor.strides.back());
    Rows rows(tensor);
    do {
        const std::byte* source = storage + rows.offset() * size;
        for (std::int64_t i = 0; i < length; ++i, target += size)
            std::memcpy(target, source + static_cast<std::uint64_t>(i) * stride * size, size);
    } while (!isScalar && rows.next());
    if (swap)
        swapBytes(owned.get(), count, *tensor.type);
    return owned.get();
}

void StorageViews::spend(std::uint64_t bytes, const std::string& name)
{
    if (bytes > m_budget)
        fail(name, "the tensors that must be rearranged are together far larger than the file");
    m_budget -= bytes;
}

void StorageViews::fail(const std::string& name, const std::string& message) const
{
    throw Error(ErrorKind::Format, m_origin + "tensor " + inQuotes(name) + ": " + message);
}

}  // namespace mixer::checkpoint
