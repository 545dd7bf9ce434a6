// SPDX-License-Identifier: MIT
#include "engine/checkpoint/MappedFile.h"
#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"
#include "engine/interventions/Interventions.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace mixer {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr JsonLimits kLimits{std::size_t{256} << 20, 8};
constexpr double kMaxNumber = 1e9;
constexpr int kMaxIndex = (1 << 30) - 1;

constexpr const char* kMatrices[] = {"alpha", "beta", "theta", "gamma"};
constexpr const char* kHolds[] = {"zero", "mean", "factor"};

// ---- writing

ordered_json maskJson(const TokenMask& mask)
{
    return {{"height", mask.height}, {"width", mask.width}, {"tokens", mask.tokens}};
}

struct Write {
    ordered_json& to;

    void operator()(const ForceScans& c) const { to["kind"] = "force-scans", to["scans"] = c.scans; }
    void operator()(const ForbidScans& c) const { to["kind"] = "forbid-scans", to["scans"] = c.scans; }
    void operator()(const WeighScan& c) const
    {
        to["kind"] = "weigh-scan", to["scan"] = c.scan, to["weight"] = c.weight;
    }
    void operator()(const ReplaceOrder& c) const
    {
        to["kind"] = "replace-order";
        if (!c.scan.empty())
            to["scan"] = c.scan;
        if (!c.name.empty())
            to["name"] = c.name;
        else
            to["height"] = c.height, to["width"] = c.width, to["order"] = c.order;
    }
    void operator()(const HoldChannels& c) const
    {
        to["kind"] = "hold-channels", to["channels"] = c.channels, to["at"] = kHolds[static_cast<int>(c.at)];
        if (c.at == HoldChannels::At::Factor)
            to["factor"] = c.factor;
    }
    void operator()(const ScaleDelta& c) const
    {
        to["kind"] = "scale-delta", to["factor"] = c.factor;
        if (!c.scan.empty())
            to["scan"] = c.scan;
        if (!c.channels.empty())
            to["channels"] = c.channels;
        if (!c.tokens.isAll())
            to["tokens"] = maskJson(c.tokens);
    }
    void operator()(const SkipMixer&) const { to["kind"] = "skip-mixer"; }
    void operator()(const SetMixWeight& c) const
    {
        to["kind"] = "mix-weight", to["stage"] = c.stage, to["matrix"] = kMatrices[static_cast<int>(c.matrix)];
        to["row"] = c.row, to["column"] = c.column, to["value"] = c.value;
    }
    void operator()(const PatchOutput& c) const
    {
        to["kind"] = "patch-output", to["image"] = c.image;
        if (!c.tokens.isAll())
            to["tokens"] = maskJson(c.tokens);
    }
    void operator()(const PatchState& c) const
    {
        to["kind"] = "patch-state", to["image"] = c.image, to["scan"] = c.scan, to["step"] = c.step;
    }
};

// ---- reading

// Reads the keys of one JSON object and reports those that nothing asked for.
class Fields {
public:
    Fields(const json& object, std::string where)
        : m_object(object)
        , m_where(std::move(where))
    {
        if (!object.is_object())
            fail("expected an object");
    }

    [[noreturn]] void fail(const std::string& problem) const
    {
        throw Error(ErrorKind::Format, m_where + ": " + problem);
    }
    const std::string& where() const { return m_where; }

    const json* find(const std::string& key)
    {
        m_asked.insert(key);
        const auto found = m_object.find(key);
        return found == m_object.end() ? nullptr : &*found;
    }

    const json& require(const std::string& key)
    {
        const json* value = find(key);
        if (!value)
            fail("the key '" + key + "' is missing");
        return *value;
    }

    std::string text(const std::string& key) { return textOf(require(key), key); }
    std::string optionalText(const std::string& key)
    {
        const json* value = find(key);
        return value ? textOf(*value, key) : std::string();
    }

    double real(const std::string& key, double lowest)
    {
        const json& value = require(key);
        const double number = value.is_number() ? value.get<double>() : std::nan("");
        if (!(number >= lowest && number <= kMaxNumber))
            fail("'" + key + "' must be a number from " + json(lowest).dump() + " to " + json(kMaxNumber).dump());
        return number;
    }

    int integer(const std::string& key, int lowest = 0) { return integerOf(require(key), key, lowest); }

    template <typename T> std::vector<T> integers(const std::string& key)
    {
        std::vector<T> result;
        for (const json& value : list(require(key), key))
            result.push_back(static_cast<T>(integerOf(value, key, 0)));
        return result;
    }

    /// Rising, without repetitions, at least one.
    template <typename T> std::vector<T> rising(const std::string& key)
    {
        std::vector<T> result = integers<T>(key);
        if (result.empty() || std::adjacent_find(result.begin(), result.end(), std::greater_equal<>()) != result.end())
            fail("'" + key + "' must list at least one number, rising");
        return result;
    }

    std::vector<std::string> texts(const std::string& key)
    {
        std::vector<std::string> result;
        for (const json& value : list(require(key), key))
            result.push_back(textOf(value, key));
        if (result.empty())
            fail("'" + key + "' is empty");
        return result;
    }

    template <std::size_t N> int oneOf(const std::string& key, const char* const (&names)[N])
    {
        const std::string value = text(key);
        for (std::size_t i = 0; i < N; ++i)
            if (value == names[i])
                return static_cast<int>(i);
        std::string expected;
        for (const char* name : names)
            expected += (expected.empty() ? "" : ", ") + std::string(name);
        fail("'" + key + "' is " + checkpoint::inQuotes(value) + "; expected one of " + expected);
    }

    void requireAllAsked() const
    {
        for (const auto& item : m_object.items())
            if (m_asked.count(item.key()) == 0)
                fail("the key " + checkpoint::inQuotes(item.key()) + " is unknown here");
    }

private:
    const json& list(const json& value, const std::string& key) const
    {
        if (!value.is_array() || value.size() > Interventions::kMaxListed)
            fail("'" + key + "' must be a list of at most " + std::to_string(Interventions::kMaxListed) + " entries");
        return value;
    }

    std::string textOf(const json& value, const std::string& key) const
    {
        constexpr std::size_t kMaxText = 4096;
        if (!value.is_string() || value.get_ref<const std::string&>().empty()
            || value.get_ref<const std::string&>().size() > kMaxText)
            fail("'" + key + "' must be text of 1 to " + std::to_string(kMaxText) + " bytes");
        return value.get<std::string>();
    }

    int integerOf(const json& value, const std::string& key, int lowest) const
    {
        if (value.is_number_unsigned() || value.is_number_integer()) {
            const bool tooLarge = value.is_number_unsigned() && value.get<std::uint64_t>() > kMaxIndex;
            const std::int64_t number = tooLarge ? -1 : value.get<std::int64_t>();
            if (number >= lowest && number <= kMaxIndex)
                return static_cast<int>(number);
        }
        fail("'" + key + "' must hold whole numbers from " + std::to_string(lowest) + " to "
             + std::to_string(kMaxIndex));
    }

    const json& m_object;
    std::string m_where;
    std::set<std::string> m_asked;
};

TokenMask readMask(Fields& fields)
{
    const json* found = fields.find("tokens");
    if (!found)
        return {};
    Fields mask(*found, fields.where() + ", tokens");
    TokenMask result;
    result.height = mask.integer("height", 1);
    result.width = mask.integer("width", 1);
    if (std::int64_t{result.height} * result.width > static_cast<std::int64_t>(Interventions::kMaxListed))
        mask.fail("the grid has more than " + std::to_string(Interventions::kMaxListed) + " tokens");
    result.tokens = mask.rising<std::int32_t>("tokens");
    if (result.tokens.back() >= result.height * result.width)
        mask.fail("token " + std::to_string(result.tokens.back()) + " lies outside the grid of "
                  + std::to_string(result.height) + " x " + std::to_string(result.width));
    mask.requireAllAsked();
    return result;
}

ReplaceOrder readOrder(Fields& fields)
{
    ReplaceOrder c;
    c.scan = fields.optionalText("scan");
    c.name = fields.optionalText("name");
    if (!c.name.empty())
        return c;
    c.height = fields.integer("height", 1);
    c.width = fields.integer("width", 1);
    c.order = fields.integers<std::int32_t>("order");
    requirePermutation(c.order, c.height, c.width, fields.where());
    return c;
}

HoldChannels readHold(Fields& fields)
{
    HoldChannels c;
    c.channels = fields.rising<int>("channels");
    c.at = static_cast<HoldChannels::At>(fields.oneOf("at", kHolds));
    if (c.at == HoldChannels::At::Factor)
        c.factor = fields.real("factor", -kMaxNumber);
    return c;
}

ScaleDelta readScale(Fields& fields)
{
    ScaleDelta c;
    c.factor = fields.real("factor", 0);
    c.scan = fields.optionalText("scan");
    if (fields.find("channels"))
        c.channels = fields.rising<int>("channels");
    c.tokens = readMask(fields);
    return c;
}

SetMixWeight readMixWeight(Fields& fields)
{
    SetMixWeight c;
    c.stage = fields.integer("stage");
    c.matrix = static_cast<SetMixWeight::Matrix>(fields.oneOf("matrix", kMatrices));
    c.row = fields.integer("row");
    c.column = fields.integer("column");
    c.value = fields.real("value", -kMaxNumber);
    return c;
}

Change readChange(Fields& fields)
{
    const std::string kind = fields.text("kind");
    if (kind == "force-scans")
        return ForceScans{fields.texts("scans")};
    if (kind == "forbid-scans")
        return ForbidScans{fields.texts("scans")};
    if (kind == "weigh-scan")
        return WeighScan{fields.text("scan"), fields.real("weight", -kMaxNumber)};
    if (kind == "replace-order")
        return readOrder(fields);
    if (kind == "hold-channels")
        return readHold(fields);
    if (kind == "scale-delta")
        return readScale(fields);
    if (kind == "skip-mixer")
        return SkipMixer();
    if (kind == "mix-weight")
        return readMixWeight(fields);
    if (kind == "patch-output") {
        std::string image = fields.text("image");
        return PatchOutput{std::move(image), readMask(fields)};
    }
    if (kind == "patch-state")
        return PatchState{fields.text("image"), fields.text("scan"), fields.integer("step")};
    fields.fail("the kind " + checkpoint::inQuotes(kind)
                + " is unknown; expected force-scans, forbid-scans, weigh-scan, replace-order, hold-channels, "
                  "scale-delta, skip-mixer, mix-weight, patch-output or patch-state");
}

Edit readEdit(const json& value, const std::string& where)
{
    Fields fields(value, where);
    Edit edit;
    if (const json* enabled = fields.find("enabled")) {
        if (!enabled->is_boolean())
            fields.fail("'enabled' must be true or false");
        edit.enabled = enabled->get<bool>();
    }
    if (fields.find("mixers")) {
        for (const std::string& name : fields.texts("mixers")) {
            try {
                edit.mixers.push_back(MixerId::parse(name));
            } catch (const Error& error) {
                fields.fail(error.what());
            }
        }
    }
    edit.change = readChange(fields);
    fields.requireAllAsked();
    return edit;
}

}  // namespace

std::string Interventions::toJson() const
{
    ordered_json document = {{"version", 1}, {"edits", ordered_json::array()}};
    for (const Edit& edit : edits) {
        ordered_json entry;
        std::visit(Write{entry}, edit.change);
        if (!edit.mixers.empty()) {
            for (const MixerId& id : edit.mixers)
                entry["mixers"].push_back(id.name());
        }
        if (!edit.enabled)
            entry["enabled"] = false;
        document["edits"].push_back(std::move(entry));
    }
    return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Interventions Interventions::fromJson(const std::string& text, const std::string& origin)
{
    const json document = parseStrictJson(text, origin, kLimits);
    Fields fields(document, origin);
    if (fields.integer("version") != 1)
        fields.fail("expected version 1");
    const json& list = fields.require("edits");
    if (!list.is_array() || list.size() > kMaxEdits)
        fields.fail("'edits' must be a list of at most " + std::to_string(kMaxEdits) + " entries");
    fields.requireAllAsked();
    Interventions result;
    for (const json& entry : list)
        result.edits.push_back(readEdit(entry, origin + ": edit " + std::to_string(result.edits.size() + 1)));
    return result;
}

Interventions Interventions::load(const std::string& path)
{
    const auto file = checkpoint::MappedFile::open(path, "edits (.json)");
    if (file->size() > kLimits.bytes)
        throw Error(ErrorKind::Format,
                    path + ": " + std::to_string(file->size()) + " bytes; a list of edits has at most "
                        + std::to_string(kLimits.bytes));
    return fromJson({reinterpret_cast<const char*>(file->data()), static_cast<std::size_t>(file->size())}, path);
}

}  // namespace mixer
