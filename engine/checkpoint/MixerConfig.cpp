// SPDX-License-Identifier: MIT
#include "engine/checkpoint/MixerConfig.h"

#include "engine/checkpoint/FamilyJson.h"
#include "engine/scan/ScanOrder.h"

#include <algorithm>

namespace mixer {

using checkpoint::checkRange;
using checkpoint::ConfigReader;
using checkpoint::Deviations;
using checkpoint::element;
using checkpoint::inQuotes;
using checkpoint::Problem;
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

Problem checkStages(const MixerConfig& config)
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

Problem checkBlocks(const MixerConfig& config)
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

Problem checkScans(const MixerConfig& config)
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

Family readFamily(ConfigReader& reader)
{
    const std::string arch = reader.text("arch", reader.require("arch"));
    if (arch != "vim2" && arch != "viqs")
        reader.fail("\"arch\" must be \"vim2\" or \"viqs\", found " + inQuotes(arch));
    return arch == "vim2" ? Family::Vim2 : Family::Viqs;
}

void readStages(ConfigReader& reader, MixerConfig& config)
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

void readScans(ConfigReader& reader, MixerConfig& config)
{
    if (const json* scans = reader.find("scans")) {
        config.scans = reader.texts("scans", *scans);
    } else {
        config.scans = MixerConfig::defaultScans(config.family);
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

}  // namespace

void checkpoint::readJson(ConfigReader& reader, MixerConfig& config)
{
    config.family = readFamily(reader);
    readStages(reader, config);
    config.dState = readInteger(reader, "d_state", config.dState);
    config.expand = readInteger(reader, "expand", config.expand);
    readScans(reader, config);
    config.perScanParameters = readChoice(reader, "scan_parameters", {"shared", "per_scan"}, "shared") == "per_scan";
    const std::string gate = readChoice(reader, "gate", {"linear", "multires"}, gateName(defaultGate(config.family)));
    config.gate = gate == "linear" ? GateKind::Linear : GateKind::Multires;
}

void checkpoint::writeJson(const MixerConfig& config, nlohmann::ordered_json& result)
{
    result["arch"] = config.family == Family::Vim2 ? "vim2" : "viqs";
    result["dims"] = config.dims;
    result["token_mixers"] = config.tokenMixers;
    result["channel_inner"] = config.channelInner;
    result["d_state"] = config.dState;
    result["expand"] = config.expand;
    result["scans"] = config.scans;
    result["sos"] = nullptr;
    if (config.topK)
        result["sos"] = {{"top_k", *config.topK}};
    result["scan_parameters"] = config.perScanParameters ? "per_scan" : "shared";
    result["gate"] = gateName(config.gate);
}

void checkpoint::addDeviations(const MixerConfig& config, Deviations& result)
{
    const MixerConfig defaults;
    const auto choice
        = [](const std::optional<int>& k) { return k ? "a router with top_k " + std::to_string(*k) : "no router"; };
    result.compare("d_state", std::to_string(config.dState), std::to_string(defaults.dState));
    result.compare("expand", std::to_string(config.expand), std::to_string(defaults.expand));
    result.compare("scans", listText(config.scans), listText(MixerConfig::defaultScans(config.family)));
    result.compare("sos", choice(config.topK), choice(defaultTopK(config.family)));
    result.compare("scan_parameters", config.perScanParameters ? "per_scan" : "shared", "shared");
    result.compare("gate", gateName(config.gate), gateName(defaultGate(config.family)));
}

std::optional<std::string> MixerConfig::problem() const
{
    for (const auto check : {checkStages, checkBlocks, checkScans}) {
        if (auto problem = check(*this))
            return problem;
    }
    if (auto problem = checkRange("d_state", dState, 1, kMaxState))
        return problem;
    return checkRange("expand", expand, 1, kMaxExpand);
}

int MixerConfig::routerWidth(int stage) const
{
    return std::max(16, dims.at(static_cast<std::size_t>(stage)) / 4);
}

std::vector<std::string> MixerConfig::defaultScans(Family family)
{
    if (family == Family::Viqs)
        return {"row", "column", "diagonal", "hilbert", "spiral", "window-4"};
    return {"row", "column", "row-reverse", "column-reverse", "diagonal", "hilbert", "spiral", "window-4"};
}

std::vector<std::string> MixerConfig::crossScan()
{
    return {"row", "column", "row-reverse", "column-reverse"};
}

bool MixerConfig::operator==(const MixerConfig& o) const
{
    return family == o.family && dims == o.dims && tokenMixers == o.tokenMixers && channelInner == o.channelInner
        && dState == o.dState && expand == o.expand && scans == o.scans && topK == o.topK
        && perScanParameters == o.perScanParameters && gate == o.gate;
}

}  // namespace mixer
