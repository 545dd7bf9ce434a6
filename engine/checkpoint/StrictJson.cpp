// SPDX-License-Identifier: MIT
#include "engine/checkpoint/StrictJson.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <set>
#include <vector>

namespace mixer::checkpoint {

using nlohmann::json;

namespace {

constexpr std::size_t kMaxText = std::size_t{16} << 20;  // a million labels fit; a parsed document stays below 1 GB
constexpr int kMaxDepth = 32;

}  // namespace

nlohmann::json parseStrictly(const std::string& text, const std::string& origin)
{
    if (text.size() > kMaxText) {
        throw Error(ErrorKind::Format,
                    origin + ": " + std::to_string(text.size()) + " bytes of JSON; at most " + std::to_string(kMaxText)
                        + " are read");
    }
    // The parser takes a zero byte for the end.
    if (text.find('\0') != std::string::npos)
        throw Error(ErrorKind::Format, origin + ": not valid JSON, it holds a zero byte");
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > kMaxDepth)
            throw Error(ErrorKind::Format,
                        origin + ": the JSON is nested deeper than " + std::to_string(kMaxDepth) + " levels");
        if (event == json::parse_event_t::object_start)
            keys.emplace_back();
        else if (event == json::parse_event_t::object_end)
            keys.pop_back();
        else if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            throw Error(ErrorKind::Format,
                        origin + ": the key " + inQuotes(parsed.get<std::string>()) + " appears twice");
        return true;
    };
    try {
        return json::parse(text, watch);
    } catch (const json::parse_error& error) {
        throw Error(ErrorKind::Format,
                    origin + ": not valid JSON, it breaks off or goes wrong at byte " + std::to_string(error.byte));
    } catch (const json::exception&) {
        throw Error(ErrorKind::Format, origin + ": the JSON holds a number that is too large");
    }
}

}  // namespace mixer::checkpoint
