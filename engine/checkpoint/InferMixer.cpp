// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Inference.h"
#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace mixer::checkpoint {

namespace {

constexpr int kMaxStages = 8;  // as ModelConfig::validate(); here they bound the search through the names
constexpr int kMaxBlocks = 256;
constexpr int kMaxTokenMixers = 64;

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

std::string blockName(std::size_t stage, std::size_t block)
{
    return "stages." + std::to_string(stage) + ".blocks." + std::to_string(block);
}

std::string tokenMixerName(std::size_t stage, std::size_t block, int index)
{
    return blockName(stage, block) + ".token_mixers." + std::to_string(index) + ".";
}

std::string channelMixerName(std::size_t stage, std::size_t block)
{
    return blockName(stage, block) + ".channel_mixer.";
}

// Stage, block and token mixer numbers that occur in the names.
using Places = std::map<int, std::map<int, std::set<int>>>;

class Layout {
public:
    explicit Layout(const TensorShapes& shapes)
        : m_shapes(shapes)
    {
        shapes.forEachName([this](std::string_view name) { add(name); });
    }

    /// Token mixers of each block of each stage. Fails where a number is left out.
    std::vector<std::vector<int>> tokenMixers() const
    {
        requireCounted(m_places, "stages.");
        std::vector<std::vector<int>> result;
        for (const auto& [stage, blocks] : m_places) {
            const std::string stageName = "stages." + std::to_string(stage) + ".blocks.";
            requireCounted(blocks, stageName);
            result.emplace_back();
            for (const auto& [block, mixers] : blocks) {
                requireCounted(mixers, stageName + std::to_string(block) + ".token_mixers.");
                result.back().push_back(static_cast<int>(mixers.size()));
            }
        }
        return result;
    }

private:
    void add(std::string_view name)
    {
        std::string_view rest = name;
        if (!skip(rest, "stages."))
            return;
        auto& blocks = m_places[number(rest, name, kMaxStages)];
        if (!skip(rest, ".blocks."))
            return;
        auto& mixers = blocks[number(rest, name, kMaxBlocks)];
        if (skip(rest, ".token_mixers."))
            mixers.insert(number(rest, name, kMaxTokenMixers));
    }

    static bool skip(std::string_view& rest, std::string_view begin)
    {
        if (!startsWith(rest, begin))
            return false;
        rest.remove_prefix(begin.size());
        return true;
    }

    int number(std::string_view& rest, std::string_view name, int limit) const
    {
        const std::size_t digits = std::min(rest.find('.'), rest.size());
        int value = 0;
        bool valid = digits >= 1 && digits <= 3 && (digits == 1 || rest.front() != '0');
        for (const char c : rest.substr(0, valid ? digits : 0)) {
            valid = valid && c >= '0' && c <= '9';
            value = 10 * value + (c - '0');
        }
        if (!valid || value >= limit) {
            m_shapes.fail("tensor " + inQuotes(std::string(name)) + " holds no number from 0 to "
                          + std::to_string(limit - 1) + " where ViM2 and ViQS have one");
        }
        rest.remove_prefix(digits);
        return value;
    }

    template <typename Container> void requireCounted(const Container& numbers, const std::string& name) const
    {
        int next = 0;
        for (const auto& entry : numbers) {
            if (keyOf(entry) != next)
                break;
            ++next;
        }
        if (numbers.empty() || next != static_cast<int>(numbers.size()))
            m_shapes.fail("no tensor is named " + name + std::to_string(next) + " ...");
    }

    static int keyOf(int number) { return number; }
    template <typename Value> static int keyOf(const std::pair<const int, Value>& entry) { return entry.first; }

    const TensorShapes& m_shapes;
    Places m_places;
};

// The scan set that S scans must be, MODEL section 9. Names of scans are in no shape.
std::vector<std::string> inferScans(const TensorShapes& shapes, int count, bool hasRouter)
{
    if (hasRouter && count == 8)
        return MixerConfig::defaultScans(Family::Vim2);
    if (hasRouter && count == 6)
        return MixerConfig::defaultScans(Family::Viqs);
    if (!hasRouter && count == 4)
        return MixerConfig::crossScan();
    shapes.fail("tensor " + inQuotes(tokenMixerName(0, 0, 0) + "dt_proj.bias") + " tells that there are "
                + std::to_string(count) + " scans " + (hasRouter ? "with" : "without")
                + " a router, but not which (known sets: 8 or 6 with a router, 4 without)");
}

void inferFamily(const TensorShapes& shapes, MixerConfig& config)
{
    const std::string name = channelMixerName(0, 0) + "select.weight";
    const int directions = shapes.side(name, 3, 0);
    if (directions > 2) {
        shapes.fail("tensor " + inQuotes(name) + " must have 2 (ViM2) or 1 (ViQS) as its first side, found shape "
                    + shapeText(shapes.of(name, 3)));
    }
    config.family = directions == 2 ? Family::Vim2 : Family::Viqs;
}

void inferStages(const TensorShapes& shapes, MixerConfig& config)
{
    config.tokenMixers = Layout(shapes).tokenMixers();
    for (std::size_t stage = 0; stage < config.tokenMixers.size(); ++stage) {
        config.dims.push_back(shapes.side(tokenMixerName(stage, 0, 0) + "norm.weight", 1, 0));
        config.channelInner.push_back(shapes.side(channelMixerName(stage, 0) + "in_proj.weight", 2, 0));
    }
}

// What the first token mixer tells about all of them.
void inferTokenMixer(const TensorShapes& shapes, MixerConfig& config)
{
    const std::string mixer = tokenMixerName(0, 0, 0);
    const int inner = shapes.side(mixer + "in_proj.weight", 2, 0);
    const int scans = shapes.side(mixer + "dt_proj.bias", 2, 0);
    const int groups = shapes.side(mixer + "x_proj.weight", 3, 0);
    const bool hasRouter = shapes.has(mixer + "router.fc2.weight");
    if (inner % config.dims[0] != 0) {
        shapes.fail("tensor " + inQuotes(mixer + "in_proj.weight") + " must have a multiple of "
                    + std::to_string(config.dims[0]) + " rows, found shape "
                    + shapeText(shapes.of(mixer + "in_proj.weight", 2)));
    }
    if (groups != 1 && groups != scans) {
        shapes.fail("tensor " + inQuotes(mixer + "x_proj.weight") + " must have 1 or " + std::to_string(scans)
                    + " (the number of scans in dt_proj.bias) as its first side, found shape "
                    + shapeText(shapes.of(mixer + "x_proj.weight", 3)));
    }
    config.expand = inner / config.dims[0];
    config.dState = shapes.side(mixer + "A_log", 3, 2);
    config.scans = inferScans(shapes, scans, hasRouter);
    config.perScanParameters = groups > 1;
    config.gate = shapes.has(mixer + "gate_conv.3.weight") ? GateKind::Multires : GateKind::Linear;
    if (hasRouter)
        config.topK = std::min(config.family == Family::Vim2 ? 4 : 2, scans);
}

void requireTokenMixer(const TensorShapes& shapes, const MixerConfig& config, std::size_t stage,
                       const std::string& mixer)
{
    const auto index = static_cast<int>(stage);
    const std::int64_t inner = config.inner(index);
    const std::int64_t groups = config.parameterGroups();
    const std::int64_t scans = static_cast<std::int64_t>(config.scans.size());
    shapes.require(mixer + "norm.weight", {config.dims[stage]});
    shapes.require(mixer + "in_proj.weight", {inner, config.dims[stage]});
    shapes.require(mixer + "x_proj.weight", {groups, config.dtRank(index) + 2 * config.dState, inner});
    shapes.require(mixer + "dt_proj.weight", {groups, inner, config.dtRank(index)});
    shapes.require(mixer + "dt_proj.bias", {scans, inner});
    shapes.require(mixer + "A_log", {groups, inner, config.dState});
    shapes.requirePresence(mixer + "gate_conv.3.weight", config.gate == GateKind::Multires);
    shapes.requirePresence(mixer + "router.fc2.weight", config.topK.has_value());
    if (config.topK)
        shapes.require(mixer + "router.fc2.weight", {scans, config.routerWidth(index)});
}

void requireChannelMixer(const TensorShapes& shapes, const MixerConfig& config, std::size_t stage,
                         const std::string& mixer)
{
    const std::int64_t directions = config.scanDirections();
    shapes.require(mixer + "in_proj.weight", {config.channelInner[stage], config.dims[stage]});
    shapes.require(mixer + "select.weight",
                   {directions, kChannelDtRank + 2 * config.dState, kChannelPool * kChannelPool});
    shapes.require(mixer + "A_log", {directions, config.dState});
}

// Every tensor that something was read from, and its like in the other mixers. The rest is checked when the network is
// built.
void requireAgreement(const TensorShapes& shapes, const MixerConfig& config, int numClasses)
{
    shapes.require("stem.proj.weight", {config.dims[0], 3, kPatchSize, kPatchSize});
    for (std::size_t stage = 0; stage < config.dims.size(); ++stage) {
        if (stage > 0) {
            shapes.require("stages." + std::to_string(stage) + ".downsample.reduction.weight",
                           {config.dims[stage], std::int64_t{4} * config.dims[stage - 1]});
        }
        for (std::size_t block = 0; block < config.tokenMixers[stage].size(); ++block) {
            for (int index = 0; index < config.tokenMixers[stage][block]; ++index)
                requireTokenMixer(shapes, config, stage, tokenMixerName(stage, block, index));
            requireChannelMixer(shapes, config, stage, channelMixerName(stage, block));
        }
    }
    shapes.require("head.fc.weight", {numClasses, config.dims.back()});
}

std::string listOf(const std::vector<std::string>& names)
{
    std::string result;
    for (const std::string& name : names)
        result += (result.empty() ? "" : ", ") + name;
    return result;
}

}  // namespace

Inferred inferMixer(const TensorShapes& shapes)
{
    Inferred result;
    MixerConfig config;
    shapes.of("stem.proj.weight", 4);
    inferStages(shapes, config);
    inferFamily(shapes, config);
    inferTokenMixer(shapes, config);
    result.config.network = config;
    result.config.numClasses = shapes.side("head.fc.weight", 2, 0);
    try {
        result.config.validate();
    } catch (const Error& error) {
        shapes.fail(error.what());
    }
    requireAgreement(shapes, config, result.config.numClasses);
    result.guesses.push_back({"scans",
                              "the shapes tell only the number of scans (" + std::to_string(config.scans.size())
                                  + "); assuming " + listOf(config.scans)});
    if (config.topK)
        result.guesses.push_back({"sos",
                                  "the shapes do not tell top_k; assuming the default of " + config.familyName() + ", "
                                      + std::to_string(*config.topK)});
    result.guesses.push_back({"image_size",
                              "the shapes do not tell image_size; assuming the default, "
                                  + std::to_string(result.config.imageHeight) + " x "
                                  + std::to_string(result.config.imageWidth)});
    return result;
}

}  // namespace mixer::checkpoint
