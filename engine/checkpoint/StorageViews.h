// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: from views into storages to row-major tensors.
#pragma once

#include "engine/checkpoint/PickledTensors.h"
#include "engine/checkpoint/TensorContents.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mixer::checkpoint {

/// Where a torch file keeps the elements of its tensors.
class TorchStorages {
public:
    struct Range {
        const std::byte* data = nullptr;
        std::uint64_t size = 0;
    };

    virtual ~TorchStorages() = default;
    /// The whole storage; lives as long as the file and TensorContents::owned. Throws Error(Format) when there is none.
    virtual Range storage(std::string_view key) = 0;
    virtual bool isBigEndian() const = 0;
};

/// Turns described tensors into readable ones. Those that lie row-major and little-endian in their storage are not
/// copied. Of the others, together at most file size + 64 MiB are: a tensor that repeats one element a billion times is
/// a few bytes in a file.
class StorageViews {
public:
    StorageViews(const Pickle& pickle, TorchStorages* storages, std::uint64_t fileSize, TensorContents* contents,
                 std::string origin);

    /// Throws Error(Format) when the view passes the end of its storage, or the copies their bound.
    TensorInfo view(const PickledTensor& tensor, const std::string& name);

private:
    TorchStorages::Range decode(const PickledTensor& tensor, const std::string& name);
    void requireInside(const PickledTensor& tensor, std::uint64_t elements, const std::string& name) const;
    const std::byte* copy(const PickledTensor& tensor, const std::byte* storage, std::uint64_t count, bool swap,
                          const std::string& name);
    void spend(std::uint64_t bytes, const std::string& name);
    [[noreturn]] void fail(const std::string& name, const std::string& message) const;

    PickledTensors m_reader;
    TorchStorages* m_storages;
    std::uint64_t m_budget;  ///< bytes that may still be copied
    TensorContents* m_contents;
    std::string m_origin;
};

}  // namespace mixer::checkpoint
