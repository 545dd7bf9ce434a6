// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ModelConfig.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"
#include "engine/scan/ScanOrder.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace mixer {

using checkpoint::inQuotes;
using nlohmann::json;

namespace {

// Far above any network that was trained, low enough that products of them fit 64 bits and lists stay small.
constexpr std::size_t kMaxStages = 8;
constexpr std::size_t kMaxBlocks = 256;  // of all stages together
constexpr int kMaxTokenMixers = 64;      // of one block
constexpr int kMaxDim = 16384;
constexpr int kMaxChannelInner = 65536;
constexpr int kMaxState = 256;
constexpr int kMaxExpand = 16;
constexpr std::size_t kMaxScans = 64;
constexpr int kMaxClasses = 1'000'000;
constexpr int kMinImageSide = 4;
constexpr int kMaxImageSide = 16384;
constexpr std::size_t kMaxText = std::size_t{16} << 20;  // a million labels fit; a parsed document stays below 1 GB
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxUnknownKeys = 8;  // named in warnings; the rest are counted

int defaultTopK(Family family)
{
    return family == Family::Vim2 ? 4 : 2;
}
GateKind defaultGate(Family family)
{
    return family == Family::Vim2 ? GateKind::Linear : GateKind::Multires;
}
std::string gateName(GateKind gate)
{
    return gate == GateKind::Linear ? "linear" : "multires";
}

using Problem = std::optional<std::string>;

Problem checkRange(const std::string& key, long long value, long long low, long long high)
{
    if (value >= low && value <= high)
        return std::nullopt;
    return key + " must be from " + std::to_string(low) + " to " + std::to_string(high) + ", found "
        + std::to_string(value);
}

std::string element(const std::string& key, std::size_t index)
{
    return key + "[" + std::to_string(index) + "]";
}

Problem checkStages(const ModelConfig& config)
{
    if (auto problem
        = checkRange("the number of stages in dims", static_cast<long long>(config.dims.size()), 1, kMaxStages))
        return problem;
    const auto lengthProblem = [&](const std::string& key, std::size_t length) {
        return key + " must have one entry for each of the " + std::to_string(config.dims.size())
            + " stages in dims, found " + std::to_string(length);
    };
    if (config.tokenMixers.size() != config.dims.size())
        return lengthProblem("token_mixers", config.tokenMixers.size());
    if (config.channelInner.size() != config.dims.size())
        return lengthProblem("channel_inner", config.channelInner.size());
    for (std::size_t i = 0; i < config.dims.size(); ++i) {
        if (auto problem = checkRange(element("dims", i), config.dims[i], 1, kMaxDim))
            return problem;
        if (auto problem = checkRange(element("channel_inner", i), config.channelInner[i], 1, kMaxChannelInner))
            return problem;
    }
    return std::nullopt;
}

Problem checkBlocks(const ModelConfig& config)
{
    std::size_t blocks = 0;
    for (std::size_t i = 0; i < config.tokenMixers.size(); ++i) {
        const std::vector<int>& stage = config.tokenMixers[i];
        blocks += stage.size();
        if (stage.empty())
            return element("token_mixers", i) + " must name at least one block, found none";
        for (std::size_t block = 0; block < stage.size(); ++block) {
            if (auto problem = checkRange(element(element("token_mixers", i), block), stage[block], 1, kMaxTokenMixers))
                return problem;
        }
    }
    return checkRange("the number of blocks in token_mixers", static_cast<long long>(blocks), 1, kMaxBlocks);
}

Problem checkScans(const ModelConfig& config)
{
    if (auto problem
        = checkRange("the number of scans in scans", static_cast<long long>(config.scans.size()), 1, kMaxScans))
        return problem;
    std::set<std::string> seen;
    for (const std::string& scan : config.scans) {
        if (!ScanOrder::isKnown(scan))
            return "scans holds " + inQuotes(scan) + ", which is no scan that this program knows";
        if (!seen.insert(scan).second)
            return "scans must be distinct, found " + inQuotes(scan) + " twice";
    }
    if (config.topK)
        return checkRange("sos.top_k", *config.topK, 1, static_cast<long long>(config.scans.size()));
    return std::nullopt;
}

Problem checkNormalization(const ModelConfig& config)
{
    for (std::size_t i = 0; i < 3; ++i) {
        if (!std::isfinite(config.mean[i]))
            return element("mean", i) + " must be a finite number";
        if (!std::isfinite(config.std[i]) || !(config.std[i] > 0.0F))
            return element("std", i) + " must be a finite number above 0";
    }
    return std::nullopt;
}

Problem checkClasses(const ModelConfig& config)
{
    if (auto problem = checkRange("num_classes", config.numClasses, 1, kMaxClasses))
        return problem;
    if (!config.labels.empty() && config.labels.size() != static_cast<std::size_t>(config.numClasses)) {
        return "labels must have one text for each of the " + std::to_string(config.numClasses)
            + " classes of num_classes, found " + std::to_string(config.labels.size());
    }
    return std::nullopt;
}

Problem findProblem(const ModelConfig& config)
{
    for (const auto check : {checkStages, checkBlocks, checkScans, checkNormalization, checkClasses}) {
        if (auto problem = check(config))
            return problem;
    }
    if (auto problem = checkRange("d_state", config.dState, 1, kMaxState))
        return problem;
    if (auto problem = checkRange("expand", config.expand, 1, kMaxExpand))
        return problem;
    if (auto problem = checkRange("image_size[0]", config.imageHeight, kMinImageSide, kMaxImageSide))
        return problem;
    return checkRange("image_size[1]", config.imageWidth, kMinImageSide, kMaxImageSide);
}

// Reads the keys of one JSON object, remembers which were asked for, and reports the others.
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

    const json& require(const std::string& key)
    {
        if (const json* value = find(key))
            return *value;
        fail("\"" + key + "\" is missing; expected the keys arch, dims, token_mixers, channel_inner and num_classes");
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

    void guessDefault(const std::string& key, const std::string& value) const
    {
        remark(Remark::Kind::Guess, "\"" + key + "\" is not given; taking the default, " + value);
    }

    void remarkUnknown() const
    {
        std::size_t unknown = 0;
        for (const auto& item : m_object.items()) {
            if (m_asked.count(item.key()) == 0 && ++unknown <= kMaxUnknownKeys)
                remark(Remark::Kind::Ignored, "unknown key " + inQuotes(item.key()) + " is ignored");
        }
        if (unknown > kMaxUnknownKeys)
            remark(Remark::Kind::Ignored, std::to_string(unknown - kMaxUnknownKeys) + " more unknown keys are ignored");
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

Family readFamily(ConfigReader& reader)
{
    const std::string arch = reader.text("arch", reader.require("arch"));
    if (arch != "vim2" && arch != "viqs")
        reader.fail("\"arch\" must be \"vim2\" or \"viqs\", found " + inQuotes(arch));
    return arch == "vim2" ? Family::Vim2 : Family::Viqs;
}

void readStages(ConfigReader& reader, ModelConfig& config)
{
    config.dims = reader.integers("dims", reader.require("dims"));
    reader.forEach("token_mixers", reader.require("token_mixers"), [&](const std::string& place, const json& stage) {
        config.tokenMixers.push_back(reader.integers(place, stage));
    });
    config.channelInner = reader.integers("channel_inner", reader.require("channel_inner"));
}

int readInteger(ConfigReader& reader, const std::string& key, int fallback)
{
    if (const json* value = reader.find(key))
        return reader.integer(key, *value);
    reader.guessDefault(key, std::to_string(fallback));
    return fallback;
}

std::string readChoice(ConfigReader& reader, const std::string& key, const std::array<std::string, 2>& choices,
                       const std::string& fallback)
{
    const json* value = reader.find(key);
    if (value == nullptr) {
        reader.guessDefault(key, fallback);
        return fallback;
    }
    std::string choice = reader.text(key, *value);
    if (choice != choices[0] && choice != choices[1])
        reader.fail("\"" + key + "\" must be \"" + choices[0] + "\" or \"" + choices[1] + "\", found "
                    + inQuotes(choice));
    return choice;
}

std::string listText(const std::vector<std::string>& names)
{
    std::string result;
    for (const std::string& name : names)
        result += (result.empty() ? "" : ", ") + name;
    return result;
}

void readScans(ConfigReader& reader, ModelConfig& config)
{
    if (const json* scans = reader.find("scans")) {
        config.scans = reader.texts("scans", *scans);
    } else {
        config.scans = ModelConfig::defaultScans(config.family);
        reader.guessDefault("scans", listText(config.scans) + " (" + config.familyName() + ")");
    }
    const json* sos = reader.find("sos");
    if (sos != nullptr && sos->is_null())
        return;
    if (sos != nullptr) {
        if (!sos->is_object() || sos->size() != 1 || !sos->contains("top_k"))
            reader.expected("sos", R"(null or {"top_k": K})", *sos);
        config.topK = reader.integer("sos.top_k", (*sos)["top_k"]);
        return;
    }
    config.topK = std::min(defaultTopK(config.family), std::max(1, static_cast<int>(config.scans.size())));
    reader.guessDefault("sos", "a router with top_k " + std::to_string(*config.topK));
}

void readImage(ConfigReader& reader, ModelConfig& config)
{
    if (const json* size = reader.find("image_size")) {
        const std::vector<int> sides = reader.integers("image_size", *size);
        if (sides.size() != 2)
            reader.expected("image_size", "a list of two integers, height and width", *size);
        config.imageHeight = sides[0];
        config.imageWidth = sides[1];
    } else {
        reader.guessDefault("image_size",
                            std::to_string(config.imageHeight) + " x " + std::to_string(config.imageWidth));
    }
    // Optional by contract: leaving these out means ImageNet's values and deserves no warning.
    if (const json* mean = reader.find("mean"))
        config.mean = reader.threeNumbers("mean", *mean);
    if (const json* deviation = reader.find("std"))
        config.std = reader.threeNumbers("std", *deviation);
}

ModelConfig readConfig(ConfigReader& reader)
{
    ModelConfig config;
    config.family = readFamily(reader);
    readStages(reader, config);
    config.dState = readInteger(reader, "d_state", config.dState);
    config.expand = readInteger(reader, "expand", config.expand);
    readScans(reader, config);
    config.perScanParameters = readChoice(reader, "scan_parameters", {"shared", "per_scan"}, "shared") == "per_scan";
    const std::string gate = readChoice(reader, "gate", {"linear", "multires"}, gateName(defaultGate(config.family)));
    config.gate = gate == "linear" ? GateKind::Linear : GateKind::Multires;
    config.numClasses = reader.integer("num_classes", reader.require("num_classes"));
    readImage(reader, config);
    if (const json* labels = reader.find("labels"))
        config.labels = reader.texts("labels", *labels);
    reader.remarkUnknown();
    return config;
}

// The shortest decimal that reads back as this float: 0.485, where widening to double writes 0.48500001430511475.
double shortestDecimal(float value)
{
    std::array<char, 32> text{};
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    double result = value;
    std::from_chars(text.data(), written.ptr, result);
    return result;
}

nlohmann::ordered_json decimals(const std::array<float, 3>& values)
{
    return {shortestDecimal(values[0]), shortestDecimal(values[1]), shortestDecimal(values[2])};
}

}  // namespace

int ModelConfig::routerWidth(int stage) const
{
    return std::max(16, dims.at(static_cast<std::size_t>(stage)) / 4);
}

std::string ModelConfig::familyName() const
{
    return family == Family::Vim2 ? "ViM2" : "ViQS";
}

std::string ModelConfig::label(int classIndex) const
{
    if (classIndex >= 0 && static_cast<std::size_t>(classIndex) < labels.size())
        return labels[static_cast<std::size_t>(classIndex)];
    return "class " + std::to_string(classIndex);
}

void ModelConfig::validate() const
{
    if (const Problem problem = findProblem(*this))
        throw Error(ErrorKind::Model, "model configuration: " + *problem);
}

ModelConfig ModelConfig::fromJson(const std::string& text, const std::string& origin, Remarks* remarks)
{
    json document = parseStrictJson(text, origin, {kMaxText, kMaxDepth});
    if (document.is_object() && document.contains("mixer_config")) {
        json inner = std::move(document["mixer_config"]);
        document = inner.is_string() ? parseStrictJson(inner.get<std::string>(), origin, {kMaxText, kMaxDepth})
                                     : std::move(inner);
    }
    ConfigReader reader(document, origin, remarks);
    if (!document.is_object())
        reader.fail("expected a JSON object with the keys arch, dims, token_mixers ..., found another kind of value");
    ModelConfig config = readConfig(reader);
    if (const Problem problem = findProblem(config))
        throw Error(ErrorKind::Model, origin + ": " + *problem);
    return config;
}

std::string ModelConfig::toJson(int indent) const
{
    nlohmann::ordered_json result;
    result["arch"] = family == Family::Vim2 ? "vim2" : "viqs";
    result["dims"] = dims;
    result["token_mixers"] = tokenMixers;
    result["channel_inner"] = channelInner;
    result["d_state"] = dState;
    result["expand"] = expand;
    result["scans"] = scans;
    result["sos"] = nullptr;
    if (topK)
        result["sos"] = {{"top_k", *topK}};
    result["scan_parameters"] = perScanParameters ? "per_scan" : "shared";
    result["gate"] = gateName(gate);
    result["num_classes"] = numClasses;
    result["image_size"] = {imageHeight, imageWidth};
    result["mean"] = decimals(mean);
    result["std"] = decimals(std);
    if (!labels.empty())
        result["labels"] = labels;
    // Labels set by a program may hold anything; text that is not UTF-8 must not make writing fail.
    return result.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> ModelConfig::deviations() const
{
    const ModelConfig defaults;
    std::vector<std::string> result;
    const auto compare = [&](const std::string& key, const std::string& value, const std::string& standard) {
        if (value != standard)
            result.push_back(key + " is " + value + "; the default of " + familyName() + " is " + standard);
    };
    const auto sizeText = [](int height, int width) { return std::to_string(height) + " x " + std::to_string(width); };
    const auto choice
        = [](const std::optional<int>& k) { return k ? "a router with top_k " + std::to_string(*k) : "no router"; };
    const auto three = [](const std::array<float, 3>& values) { return decimals(values).dump(); };
    compare("d_state", std::to_string(dState), std::to_string(defaults.dState));
    compare("expand", std::to_string(expand), std::to_string(defaults.expand));
    compare("scans", listText(scans), listText(defaultScans(family)));
    compare("sos", choice(topK), choice(defaultTopK(family)));
    compare("scan_parameters", perScanParameters ? "per_scan" : "shared", "shared");
    compare("gate", gateName(gate), gateName(defaultGate(family)));
    compare("image_size", sizeText(imageHeight, imageWidth), sizeText(defaults.imageHeight, defaults.imageWidth));
    compare("mean", three(mean), three(defaults.mean));
    compare("std", three(std), three(defaults.std));
    return result;
}

std::vector<std::string> ModelConfig::defaultScans(Family family)
{
    if (family == Family::Viqs)
        return {"row", "column", "diagonal", "hilbert", "spiral", "window-4"};
    return {"row", "column", "row-reverse", "column-reverse", "diagonal", "hilbert", "spiral", "window-4"};
}

std::vector<std::string> ModelConfig::crossScan()
{
    return {"row", "column", "row-reverse", "column-reverse"};
}

bool ModelConfig::operator==(const ModelConfig& o) const
{
    return family == o.family && dims == o.dims && tokenMixers == o.tokenMixers && channelInner == o.channelInner
        && dState == o.dState && expand == o.expand && scans == o.scans && topK == o.topK
        && perScanParameters == o.perScanParameters && gate == o.gate && numClasses == o.numClasses
        && imageHeight == o.imageHeight && imageWidth == o.imageWidth && mean == o.mean && std == o.std
        && labels == o.labels;
}

}  // namespace mixer
