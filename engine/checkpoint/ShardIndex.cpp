// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ShardIndex.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace mixer::checkpoint {

namespace {

constexpr std::uint64_t kMaxText = std::uint64_t{64} << 20;
constexpr std::size_t kMaxTensors = std::size_t{1} << 18;
constexpr std::size_t kMaxShards = 4096;
constexpr std::uint64_t kLengthBytes = 8;

// Keeps the texts of "weight_map" and passes over the rest, event by event: memory stays within a few times the text.
class IndexReader : public nlohmann::json_sax<nlohmann::json> {
public:
    IndexReader(std::map<std::string, std::set<std::string>>* shards, std::string origin)
        : m_shards(shards)
        , m_origin(std::move(origin))
    {
    }

    bool found = false;

    bool start_object(std::size_t) override
    {
        ++m_depth;
        if (m_depth == 2 && m_key == "weight_map") {
            found = true;
            m_inMap = true;
        } else if (m_inMap) {
            fail("weight_map must map tensors to file names, found an object");
        }
        return true;
    }

    bool end_object() override
    {
        m_inMap = false;
        --m_depth;
        return true;
    }

    bool start_array(std::size_t) override
    {
        if (m_inMap)
            fail("weight_map must map tensors to file names, found a list");
        ++m_depth;
        return true;
    }

    bool end_array() override
    {
        --m_depth;
        return true;
    }

    bool key(string_t& text) override
    {
        m_key = text;
        return true;
    }

    bool string(string_t& text) override
    {
        if (m_inMap)
            place(text);
        return true;
    }

    bool null() override { return scalar(); }
    bool boolean(bool) override { return scalar(); }
    bool number_integer(number_integer_t) override { return scalar(); }
    bool number_unsigned(number_unsigned_t) override { return scalar(); }
    bool number_float(number_float_t, const string_t&) override { return scalar(); }
    bool binary(binary_t&) override { return scalar(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override
    {
        fail("it is not valid JSON: it breaks off or goes wrong at byte " + std::to_string(position));
    }

private:
    [[noreturn]] void fail(const std::string& message) const { throw Error(ErrorKind::Format, m_origin + message); }

    bool scalar() const
    {
        if (m_inMap)
            fail("weight_map must map tensors to file names, found a number, truth value or null");
        return true;
    }

    void place(const std::string& file)
    {
        const bool plain = !file.empty() && file != "." && file != ".." && file.find('/') == std::string::npos
            && file.find('\\') == std::string::npos && file.find('\0') == std::string::npos;
        if (!plain)
            fail("tensor " + inQuotes(m_key) + " should be in " + inQuotes(file)
                 + "; expected the name of a file in the same folder");
        if (++m_count > kMaxTensors)
            fail("it names more than " + std::to_string(kMaxTensors) + " tensors");
        if (!(*m_shards)[file].insert(m_key).second)
            fail("it names tensor " + inQuotes(m_key) + " twice");
        if (m_shards->size() > kMaxShards)
            fail("it names more than " + std::to_string(kMaxShards) + " files");
    }

    std::map<std::string, std::set<std::string>>* m_shards;
    std::string m_origin;
    std::string m_key;
    std::size_t m_depth = 0;
    std::size_t m_count = 0;
    bool m_inMap = false;
};

}  // namespace

bool ShardIndex::looksLike(const std::byte* bytes, std::uint64_t size)
{
    // A safetensors file begins with a length that leaves some of its eight bytes zero.
    const auto* const text = reinterpret_cast<const char*>(bytes);
    const auto* const end = text + std::min(size, kLengthBytes);
    const auto* const first = std::find_if_not(text, end, [](char c) { return std::strchr(" \t\r\n", c) != nullptr; });
    return first != end && *first == '{' && std::find(text, end, '\0') == end;
}

ShardIndex::ShardIndex(const std::byte* bytes, std::uint64_t size, const std::string& origin)
{
    if (size > kMaxText)
        throw Error(ErrorKind::Format,
                    origin + "an index of " + std::to_string(size) + " bytes; at most " + std::to_string(kMaxText)
                        + " are read");
    const auto* const text = reinterpret_cast<const char*>(bytes);
    IndexReader reader(&m_shards, origin);
    nlohmann::json::sax_parse(text, text + size, &reader);
    if (!reader.found)
        throw Error(ErrorKind::Format,
                    origin
                        + "expected the index of sharded safetensors (an object with weight_map), found other JSON; "
                          "open the checkpoint itself");
}

}  // namespace mixer::checkpoint
