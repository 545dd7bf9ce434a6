// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: NAME.safetensors.index.json, which tells in which of several files a tensor is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace mixer::checkpoint {

/// Bounded: a text of 64 MiB, 2^18 tensors, 4096 shards.
class ShardIndex {
public:
    /// Whether the bytes are a JSON object, which no safetensors file begins with.
    static bool looksLike(const std::byte* bytes, std::uint64_t size);

    /// Throws Error(Format), with messages that begin with `origin`, when the text is no such index or names a shard
    /// that is not a plain file name.
    ShardIndex(const std::byte* bytes, std::uint64_t size, const std::string& origin);

    /// Names of tensors by file name.
    const std::map<std::string, std::set<std::string>>& shards() const noexcept { return m_shards; }

private:
    std::map<std::string, std::set<std::string>> m_shards;
};

}  // namespace mixer::checkpoint
