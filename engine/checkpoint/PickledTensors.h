// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: what torch's and numpy's calls in a pickle mean, without making them.
#pragma once

#include "engine/checkpoint/DataTypes.h"
#include "engine/checkpoint/Unpickler.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mixer::checkpoint {

/// A view into a storage, as the pickle describes it; compared with no data yet.
struct PickledTensor {
    const NamedType* type = nullptr;
    PickleId content = kNoValue;        ///< the bytes themselves, see bytes() (numpy); else they are in `storage`
    std::string_view storage;           ///< key of the storage outside the pickle
    std::uint64_t storageElements = 0;  ///< of `type`, as announced; 0 with `content`
    std::uint64_t offset = 0;           ///< elements before the first
    std::vector<std::int64_t> shape;    ///< at most 16 sides, none negative, product within 63 bits
    std::vector<std::int64_t> strides;  ///< in elements, none negative
    bool bigEndian = false;             ///< of `content`
};

/// The elements of "torch.FloatStorage", "torch.cuda.FloatStorage", "torch.storage.UntypedStorage" ...; null when that
/// is no storage known here.
const NamedType* storageType(std::string_view global);

/// Walks a pickle's values. Cheap; the pickle must outlive it. Failures: Error(Format) that begins with `origin`.
class PickledTensors {
public:
    PickledTensors(const Pickle& pickle, std::string origin)
        : m_pickle(pickle)
        , m_origin(std::move(origin))
    {
    }

    /// The value behind the wrappers that only add a type (Parameter, torch.jit's typed lists).
    PickleId unwrapped(PickleId id) const;
    /// Whether it is a dense tensor or a numpy array, by the name of its call alone.
    bool isTensor(PickleId id) const;
    /// What isTensor() holds for, read. `name` is for messages. Throws when it makes no sense or is of a type that is
    /// not known.
    PickledTensor tensor(PickleId id, const std::string& name) const;
    /// "module.name" of what an Object would be made by; empty when that is no plain name, or it is no Object.
    std::string_view callee(PickleId id) const;
    /// The bytes of a Bytes, or of _codecs.encode(text, 'latin1'), which older protocols write instead: those are
    /// decoded into `*buffer`, at most encodedSize() long.
    std::optional<std::string_view> bytes(PickleId id, std::string* buffer) const;
    std::size_t encodedSize(PickleId id) const;

    struct NumpyType {
        const NamedType* type = nullptr;
        bool bigEndian = false;
    };
    /// What a numpy.dtype object describes; none for structured, text and object types.
    std::optional<NumpyType> numpyType(PickleId id) const;

private:
    PickledTensor torchTensor(PickleId id, const std::string& name) const;
    PickledTensor numpyArray(PickleId id, const std::string& name) const;
    PickledTensor numpyBuffer(PickleId id, const std::string& name) const;
    PickledTensor numpyTensor(PickleId type, PickleId shape, PickleId isFortran, PickleId content,
                              const std::string& name) const;
    void readStorage(PickleId id, PickledTensor* result, const std::string& name) const;
    std::vector<std::int64_t> sizes(PickleId id, const std::string& name) const;
    std::int64_t integer(PickleId id, const std::string& name) const;
    bool isFortran(PickleId id) const;
    [[noreturn]] void fail(const std::string& name, const std::string& message) const;

    const Pickle& m_pickle;
    std::string m_origin;
};

}  // namespace mixer::checkpoint
