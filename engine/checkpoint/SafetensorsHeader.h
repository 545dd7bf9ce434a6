// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the JSON header of the safetensors format.
#pragma once

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace mixer::checkpoint {

/// One tensor as the header describes it; nothing but its presence and JSON type is checked yet.
struct HeaderEntry {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::array<std::uint64_t, 2> offsets{};  ///< begin and end, from the first byte after the header
};

/// Reads the header event by event, without building a document: memory stays within a few times the text, depth is
/// bounded by the schema, and duplicate keys are seen. Throws Error(Format); messages begin with `origin`.
class SafetensorsHeader : public nlohmann::json_sax<nlohmann::json> {
public:
    // Beyond any real file; without them 100 MB of tiny entries would become gigabytes here.
    static constexpr std::size_t kMaxRank = 16;
    static constexpr std::size_t kMaxTensors = std::size_t{1} << 18;
    static constexpr std::size_t kMaxMetadata = std::size_t{1} << 16;

    explicit SafetensorsHeader(std::string origin)
        : m_origin(std::move(origin))
    {
    }

    std::vector<HeaderEntry> entries;
    std::map<std::string, std::string> metadata;

    bool start_object(std::size_t) override
    {
        if (m_place == Place::Outside)
            m_place = Place::Top;
        else if (m_place == Place::Top)
            enterTopValue();
        else
            unexpected("an object");
        return true;
    }

    bool end_object() override
    {
        if (m_place == Place::Tensor)
            finishTensor();
        m_place = m_place == Place::Top ? Place::Outside : Place::Top;
        return true;
    }

    bool key(string_t& text) override
    {
        m_key = text;
        if (m_place == Place::Tensor)
            beginField();
        return true;
    }

    bool string(string_t& text) override
    {
        if (m_place == Place::Metadata) {
            if (metadata.size() == kMaxMetadata)
                fail("__metadata__ has more than " + std::to_string(kMaxMetadata) + " entries");
            if (!metadata.emplace(m_key, text).second)
                fail("the key " + inQuotes(m_key) + " appears twice in __metadata__");
        } else if (m_place == Place::Tensor && m_field == Dtype) {
            entries.back().dtype = text;
        } else {
            unexpected("a text");
        }
        return true;
    }

    bool start_array(std::size_t) override
    {
        if (m_place != Place::Tensor || (m_field != Shape && m_field != Offsets))
            unexpected("a list");
        m_place = Place::List;
        m_count = 0;
        return true;
    }

    bool end_array() override
    {
        if (m_field == Offsets && m_count != 2)
            fail(tensor() + ": data_offsets must be two numbers, found " + std::to_string(m_count));
        m_place = Place::Tensor;
        return true;
    }

    bool number_unsigned(number_unsigned_t value) override
    {
        if (m_place != Place::List)
            unexpected("a number");
        if (m_field == Shape)
            addSize(value);
        else if (m_count < 2)
            entries.back().offsets[m_count] = value;
        ++m_count;
        return true;
    }

    bool null() override { return unexpected("null"); }
    bool boolean(bool) override { return unexpected("a truth value"); }
    bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
    bool number_float(number_float_t, const string_t&) override
    {
        return unexpected("a number with a fraction or over 2^64");
    }
    bool binary(binary_t&) override { return unexpected("binary data"); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override
    {
        fail("the header is not valid JSON: it breaks off or goes wrong at byte " + std::to_string(position)
             + " of the header; the file is damaged, fetch it again");
    }

private:
    enum class Place { Outside, Top, Metadata, Tensor, List };
    enum Field : unsigned { None = 0, Dtype = 1, Shape = 2, Offsets = 4, All = 7 };

    [[noreturn]] void fail(const std::string& message) const { throw Error(ErrorKind::Format, m_origin + message); }

    bool unexpected(const std::string& found) const
    {
        switch (m_place) {
        case Place::Outside:
            fail("the header must be a JSON object, found " + found);
        case Place::Top:
            fail("the header's entry " + inQuotes(m_key) + " must describe a tensor as an object, found " + found);
        case Place::Metadata:
            fail("__metadata__ must map texts to texts, found " + found + " at " + inQuotes(m_key));
        case Place::Tensor:
        case Place::List:
            break;
        }
        fail(tensor() + ": unexpected " + found + " in " + inQuotes(m_key));
    }

    std::string tensor() const { return "tensor " + inQuotes(entries.back().name); }

    void enterTopValue()
    {
        if (m_key == "__metadata__") {
            if (m_hasMetadata)
                fail("the header holds __metadata__ twice");
            m_hasMetadata = true;
            m_place = Place::Metadata;
            return;
        }
        if (entries.size() == kMaxTensors)
            fail("the header names more than " + std::to_string(kMaxTensors) + " tensors");
        m_place = Place::Tensor;
        m_seen = None;
        m_field = None;
        entries.emplace_back();
        entries.back().name = m_key;
    }

    void beginField()
    {
        m_field = m_key == "dtype" ? Dtype : m_key == "shape" ? Shape : m_key == "data_offsets" ? Offsets : None;
        if (m_field == None)
            fail(tensor() + ": unexpected key " + inQuotes(m_key) + "; expected dtype, shape and data_offsets");
        if ((m_seen & m_field) != 0)
            fail(tensor() + ": the key " + inQuotes(m_key) + " appears twice");
        m_seen |= m_field;
    }

    void finishTensor() const
    {
        if (m_seen != All)
            fail(tensor() + ": dtype, shape or data_offsets is missing");
    }

    void addSize(std::uint64_t value)
    {
        std::vector<std::int64_t>& shape = entries.back().shape;
        if (shape.size() == kMaxRank)
            fail(tensor() + ": more than " + std::to_string(kMaxRank) + " dimensions");
        if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            fail(tensor() + ": a side of " + std::to_string(value) + " elements is too large");
        shape.push_back(static_cast<std::int64_t>(value));
    }

    std::string m_origin;
    Place m_place = Place::Outside;
    std::string m_key;
    Field m_field = None;
    unsigned m_seen = None;
    std::size_t m_count = 0;
    bool m_hasMetadata = false;
};

}  // namespace mixer::checkpoint
