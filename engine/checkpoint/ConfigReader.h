// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: reads and checks configurations.
#pragma once

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/Remark.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mixer::checkpoint {

using nlohmann::json;

using Problem = std::optional<std::string>;

inline Problem checkRange(const std::string& key, long long value, long long low, long long high)
{
    if (value >= low && value <= high)
        return std::nullopt;
    return key + " must be from " + std::to_string(low) + " to " + std::to_string(high) + ", found "
        + std::to_string(value);
}

inline std::string element(const std::string& key, std::size_t index)
{
    return key + "[" + std::to_string(index) + "]";
}

/// What the words of a key mean.
template <typename Value, std::size_t count> using Words = std::array<std::pair<const char*, Value>, count>;

template <typename Value, std::size_t count> const char* word(const Words<Value, count>& words, Value value)
{
    for (const auto& [text, meaning] : words)
        if (meaning == value)
            return text;
    return "";
}

/// Reads the keys of one JSON object, remembers which were asked for, and reports the others.
class ConfigReader {
public:
    ConfigReader(const json& object, std::string origin, Remarks* remarks)
        : m_object(object)
        , m_origin(std::move(origin))
        , m_remarks(remarks)
    {
    }

    /// Null when the key is not there.
    const json* find(const std::string& key)
    {
        m_asked.insert(key);
        const auto found = m_object.find(key);
        return found == m_object.end() ? nullptr : &*found;
    }

    bool has(const std::string& key) const { return m_object.contains(key); }

    const json& require(const std::string& key)
    {
        if (const json* value = find(key))
            return *value;
        fail("\"" + key + "\" is missing; expected the keys arch, dims, token_mixers, channel_inner and num_classes");
    }

    /// Each leaves `value` as it is where the key is not there, and tells whether it was.
    bool read(const std::string& key, int& value)
    {
        const json* found = find(key);
        if (found != nullptr)
            value = integer(key, *found);
        return found != nullptr;
    }

    bool read(const std::string& key, bool& value)
    {
        const json* found = find(key);
        if (found != nullptr && !found->is_boolean())
            expected(key, "true or false", *found);
        if (found != nullptr)
            value = found->get<bool>();
        return found != nullptr;
    }

    bool read(const std::string& key, std::vector<int>& value)
    {
        const json* found = find(key);
        if (found != nullptr)
            value = integers(key, *found);
        return found != nullptr;
    }

    /// One of several words.
    template <typename Value, std::size_t count>
    bool read(const std::string& key, const Words<Value, count>& words, Value& value)
    {
        const json* found = find(key);
        if (found == nullptr)
            return false;
        std::string known;
        for (const auto& [word, meaning] : words) {
            if (found->is_string() && found->get<std::string>() == word) {
                value = meaning;
                return true;
            }
            known += (known.empty() ? "\"" : ", \"") + std::string(word) + '"';
        }
        expected(key, "one of " + known, *found);
    }

    /// [height, width], or null for none: 0, 0.
    bool readGrid(const std::string& key, int& height, int& width)
    {
        const json* found = find(key);
        if (found == nullptr)
            return false;
        const std::vector<int> sides = found->is_null() ? std::vector<int>{0, 0} : integers(key, *found);
        if (sides.size() != 2)
            expected(key, "a list of two integers, height and width", *found);
        height = sides[0];
        width = sides[1];
        return true;
    }

    [[noreturn]] void fail(const std::string& message) const
    {
        throw Error(ErrorKind::Format, m_origin + ": " + message);
    }

    [[noreturn]] void expected(const std::string& key, const std::string& what, const json& found) const
    {
        fail("\"" + key + "\" must be " + what + ", found " + describe(found));
    }

    void remark(Remark::Kind kind, const std::string& message) const
    {
        if (m_remarks != nullptr)
            m_remarks->push_back({kind, m_origin + ": " + message});
    }

    /// Somebody's before, written down with the configuration.
    void guess(const std::string& text) const
    {
        if (m_remarks != nullptr)
            m_remarks->push_back({Remark::Kind::Guess, text});
    }

    void guessDefault(const std::string& key, const std::string& value) const
    {
        remark(Remark::Kind::Guess, "\"" + key + "\" is not given; taking the default, " + value);
    }

    void remarkUnknown() const
    {
        constexpr std::size_t kNamedKeys = 8;  // the rest are counted
        std::size_t unknown = 0;
        for (const auto& item : m_object.items()) {
            if (m_asked.count(item.key()) == 0 && ++unknown <= kNamedKeys)
                remark(Remark::Kind::Ignored, "unknown key " + inQuotes(item.key()) + " is ignored");
        }
        if (unknown > kNamedKeys)
            remark(Remark::Kind::Ignored, std::to_string(unknown - kNamedKeys) + " more unknown keys are ignored");
    }

    int integer(const std::string& key, const json& value) const
    {
        const bool fits = value.is_number_integer()
            && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::numeric_limits<std::int32_t>::max());
        const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
        if (!fits || number < std::numeric_limits<std::int32_t>::min()
            || number > std::numeric_limits<std::int32_t>::max())
            expected(key, "an integer of at most 31 bits", value);
        return static_cast<int>(number);
    }

    std::vector<int> integers(const std::string& key, const json& value) const
    {
        std::vector<int> result;
        forEach(key, value,
                [&](const std::string& place, const json& item) { result.push_back(integer(place, item)); });
        return result;
    }

    std::string text(const std::string& key, const json& value) const
    {
        if (!value.is_string())
            expected(key, "a text", value);
        return value.get<std::string>();
    }

    std::vector<std::string> texts(const std::string& key, const json& value) const
    {
        std::vector<std::string> result;
        forEach(key, value, [&](const std::string& place, const json& item) { result.push_back(text(place, item)); });
        return result;
    }

    std::array<float, 3> threeNumbers(const std::string& key, const json& value) const
    {
        std::array<float, 3> result{};
        if (!value.is_array() || value.size() != result.size())
            expected(key, "a list of three numbers (red, green, blue)", value);
        for (std::size_t i = 0; i < result.size(); ++i) {
            if (!value[i].is_number() || std::abs(value[i].get<double>()) > std::numeric_limits<float>::max())
                expected(element(key, i), "a number in the range of float32", value[i]);
            result[i] = static_cast<float>(value[i].get<double>());
        }
        return result;
    }

    template <typename Visit> void forEach(const std::string& key, const json& value, const Visit& visit) const
    {
        if (!value.is_array())
            expected(key, "a list", value);
        for (std::size_t i = 0; i < value.size(); ++i)
            visit(element(key, i), value[i]);
    }

private:
    static std::string describe(const json& value)
    {
        if (value.is_string())
            return "the text " + inQuotes(value.get<std::string>());
        if (value.is_array())
            return "a list of " + std::to_string(value.size());
        return value.is_object() ? "an object" : value.dump();
    }

    const json& m_object;
    std::string m_origin;
    Remarks* m_remarks;
    std::set<std::string> m_asked;
};

/// Where a configuration differs from the defaults of its family.
class Deviations {
public:
    explicit Deviations(std::string family)
        : m_family(std::move(family))
    {
    }
    void compare(const std::string& key, const std::string& value, const std::string& standard)
    {
        if (value != standard)
            m_texts.push_back(key + " is " + value + "; the default of " + m_family + " is " + standard);
    }
    const std::vector<std::string>& texts() const { return m_texts; }

private:
    std::string m_family;
    std::vector<std::string> m_texts;
};

}  // namespace mixer::checkpoint
