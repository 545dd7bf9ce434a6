// SPDX-License-Identifier: MIT
#include "engine/core/StrictJson.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <set>
#include <vector>

namespace mixer {

using nlohmann::json;

json parseStrictJson(const std::string& text, const std::string& origin, const JsonLimits& limits)
{
    if (text.size() > limits.bytes) {
        throw Error(ErrorKind::Format,
                    origin + ": JSON of " + std::to_string(text.size()) + " bytes; at most "
                        + std::to_string(limits.bytes) + " are read");
    }
    // The parser takes a zero byte for the end.
    if (text.find('\0') != std::string::npos)
        throw Error(ErrorKind::Format, origin + ": not valid JSON, it holds a zero byte");
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > limits.depth)
            throw Error(ErrorKind::Format,
                        origin + ": the JSON is nested deeper than " + std::to_string(limits.depth) + " levels");
        if (event == json::parse_event_t::object_start)
            keys.emplace_back();
        else if (event == json::parse_event_t::object_end)
            keys.pop_back();
        else if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
            throw Error(ErrorKind::Format,
                        origin + ": the key " + checkpoint::inQuotes(parsed.get<std::string>()) + " appears twice");
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

}  // namespace mixer
