// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Checkpoint.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace mixer {

using checkpoint::inQuotes;
using checkpoint::shapeText;

namespace {

constexpr std::array<std::string_view, 3> kPrefixes = {"module.", "model.", "backbone."};
constexpr std::uintmax_t kMaxSidecar = std::uintmax_t{16} << 20;
constexpr int kMaxSize = 1 << 24;  // of any side that becomes a number of the configuration
constexpr int kMaxStages = 8;      // as ModelConfig::validate(); here they bound the search through the names
constexpr int kMaxBlocks = 256;
constexpr int kMaxTokenMixers = 64;

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

// What stands before all names: any of kPrefixes, any number of times.
std::string commonPrefix(const TensorFile& file)
{
    std::size_t length = 0;
    const std::string& first = file.tensors().front().name;
    const auto shared = [&](std::string_view candidate) {
        return std::all_of(file.tensors().begin(), file.tensors().end(), [&](const TensorInfo& info) {
            return startsWith(std::string_view(info.name).substr(std::min(length, info.name.size())), candidate);
        });
    };
    for (auto found = kPrefixes.begin(); found != kPrefixes.end();) {
        found = std::find_if(kPrefixes.begin(), kPrefixes.end(), shared);
        if (found != kPrefixes.end())
            length += found->size();
    }
    return first.substr(0, length);
}

// The path of NAME.json beside NAME.safetensors; none when there is no such file.
std::optional<std::filesystem::path> findSidecar(const std::string& path)
{
    const std::filesystem::path sidecar = std::filesystem::path(path).replace_extension(".json");
    std::error_code error;
    if (sidecar == path || !std::filesystem::exists(sidecar, error))
        return std::nullopt;
    return sidecar;
}

std::string readSidecar(const std::filesystem::path& sidecar)
{
    const std::string name = sidecar.string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(sidecar, error))
        throw Error(ErrorKind::File, name + ": expected the checkpoint's configuration, but this is not a plain file");
    const std::uintmax_t size = std::filesystem::file_size(sidecar, error);
    if (!error && size > kMaxSidecar) {
        throw Error(ErrorKind::Format,
                    name + ": a configuration of " + std::to_string(size) + " bytes; at most "
                        + std::to_string(kMaxSidecar) + " are read");
    }
    std::ifstream stream(sidecar, std::ios::binary);
    std::string text(error ? 0 : static_cast<std::size_t>(size), '\0');
    if (error || !stream || !stream.read(text.data(), static_cast<std::streamsize>(text.size()))) {
        throw Error(ErrorKind::File,
                    name + ": the checkpoint's configuration cannot be read; check the file's permissions");
    }
    return text;
}

// Where every tensor is asked for by name and expected shape. Failures name file and tensor.
class Shapes {
public:
    Shapes(const TensorFile& file, std::string prefix)
        : m_file(file)
        , m_prefix(std::move(prefix))
    {
    }

    [[noreturn]] void fail(const std::string& message) const
    {
        throw Error(ErrorKind::Model,
                    m_file.path() + ": no configuration was given, and the tensors' shapes do not yield one: " + message
                        + "; give a configuration as NAME.json beside the checkpoint");
    }

    bool has(const std::string& name) const { return m_file.find(m_prefix + name) != nullptr; }

    const std::vector<std::int64_t>& of(const std::string& name, std::size_t rank) const
    {
        const TensorInfo* info = m_file.find(m_prefix + name);
        if (info == nullptr)
            fail("tensor " + inQuotes(name) + " of ViM2 and ViQS is missing (the file begins with "
                 + inQuotes(m_file.tensors().front().name) + ")");
        if (info->shape.size() != rank) {
            fail("tensor " + inQuotes(name) + " must have " + std::to_string(rank) + " dimensions, found shape "
                 + shapeText(info->shape));
        }
        return info->shape;
    }

    /// One side of a tensor, at least 1, as a number for the configuration.
    int side(const std::string& name, std::size_t rank, std::size_t axis) const
    {
        const std::int64_t value = of(name, rank)[axis];
        if (value < 1 || value > kMaxSize)
            fail("tensor " + inQuotes(name) + " has an unusable shape, " + shapeText(of(name, rank)));
        return static_cast<int>(value);
    }

    void require(const std::string& name, const std::vector<std::int64_t>& expected) const
    {
        if (of(name, expected.size()) != expected) {
            fail("tensor " + inQuotes(name) + " must have shape " + shapeText(expected)
                 + " to agree with the others, found " + shapeText(of(name, expected.size())));
        }
    }

    void requirePresence(const std::string& name, bool expected) const
    {
        if (has(name) != expected)
            fail("tensor " + inQuotes(name) + (expected ? " is missing" : " is unexpected")
                 + ": other token mixers have " + (expected ? "one" : "none"));
    }

    /// Names without the prefix.
    template <typename Visit> void forEachName(const Visit& visit) const
    {
        for (const TensorInfo& info : m_file.tensors())
            visit(std::string_view(info.name).substr(m_prefix.size()));
    }

private:
    const TensorFile& m_file;
    std::string m_prefix;
};

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
    explicit Layout(const Shapes& shapes)
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

    const Shapes& m_shapes;
    Places m_places;
};

// The scan set that S scans must be, MODEL section 9. Names of scans are in no shape.
std::vector<std::string> inferScans(const Shapes& shapes, int count, bool hasRouter)
{
    if (hasRouter && count == 8)
        return ModelConfig::defaultScans(Family::Vim2);
    if (hasRouter && count == 6)
        return ModelConfig::defaultScans(Family::Viqs);
    if (!hasRouter && count == 4)
        return ModelConfig::crossScan();
    shapes.fail("tensor " + inQuotes(tokenMixerName(0, 0, 0) + "dt_proj.bias") + " tells that there are "
                + std::to_string(count) + " scans " + (hasRouter ? "with" : "without")
                + " a router, but not which (known sets: 8 or 6 with a router, 4 without)");
}

void inferFamily(const Shapes& shapes, ModelConfig& config)
{
    const std::string name = channelMixerName(0, 0) + "select.weight";
    const int directions = shapes.side(name, 3, 0);
    if (directions > 2) {
        shapes.fail("tensor " + inQuotes(name) + " must have 2 (ViM2) or 1 (ViQS) as its first side, found shape "
                    + shapeText(shapes.of(name, 3)));
    }
    config.family = directions == 2 ? Family::Vim2 : Family::Viqs;
}

void inferStages(const Shapes& shapes, ModelConfig& config)
{
    config.tokenMixers = Layout(shapes).tokenMixers();
    for (std::size_t stage = 0; stage < config.tokenMixers.size(); ++stage) {
        config.dims.push_back(shapes.side(tokenMixerName(stage, 0, 0) + "norm.weight", 1, 0));
        config.channelInner.push_back(shapes.side(channelMixerName(stage, 0) + "in_proj.weight", 2, 0));
    }
}

// What the first token mixer tells about all of them.
void inferTokenMixer(const Shapes& shapes, ModelConfig& config)
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

void requireTokenMixer(const Shapes& shapes, const ModelConfig& config, std::size_t stage, const std::string& mixer)
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

void requireChannelMixer(const Shapes& shapes, const ModelConfig& config, std::size_t stage, const std::string& mixer)
{
    const std::int64_t directions = config.scanDirections();
    shapes.require(mixer + "in_proj.weight", {config.channelInner[stage], config.dims[stage]});
    shapes.require(mixer + "select.weight",
                   {directions, kChannelDtRank + 2 * config.dState, kChannelPool * kChannelPool});
    shapes.require(mixer + "A_log", {directions, config.dState});
}

// Every tensor that something was read from, and its like in the other mixers. The rest is checked when the network is
// built.
void requireAgreement(const Shapes& shapes, const ModelConfig& config)
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
    shapes.require("head.fc.weight", {config.numClasses, config.dims.back()});
}

void remarkAssumptions(const ModelConfig& config, Remarks& remarks)
{
    const auto guess = [&](const std::string& text) { remarks.push_back({Remark::Kind::Guess, text}); };
    std::string scans;
    for (const std::string& scan : config.scans)
        scans += (scans.empty() ? "" : ", ") + scan;
    remarks.push_back(
        {Remark::Kind::Note,
         "no configuration was found; it was inferred from the tensors' shapes as " + config.familyName()});
    guess("the shapes tell only the number of scans (" + std::to_string(config.scans.size()) + "); assuming " + scans);
    if (config.topK) {
        guess("the shapes do not tell top_k; assuming the default of " + config.familyName() + ", "
              + std::to_string(*config.topK));
    }
    guess("the shapes do not tell image_size; assuming the default, " + std::to_string(config.imageHeight) + " x "
          + std::to_string(config.imageWidth));
    guess("the shapes do not tell mean, std and labels; assuming ImageNet's mean and std, and no labels");
}

ModelConfig readConfig(Checkpoint& checkpoint)
{
    const auto metadata = checkpoint.file->metadata().find("mixer_config");
    if (metadata != checkpoint.file->metadata().end()) {
        checkpoint.configOrigin = "metadata";
        return ModelConfig::fromJson(metadata->second, checkpoint.path() + ": mixer_config", &checkpoint.remarks);
    }
    if (const auto sidecar = findSidecar(checkpoint.path())) {
        checkpoint.configOrigin = sidecar->filename().string();
        return ModelConfig::fromJson(readSidecar(*sidecar), sidecar->string(), &checkpoint.remarks);
    }
    checkpoint.configOrigin = "inferred from shapes";
    return inferConfig(*checkpoint.file, checkpoint.prefix, &checkpoint.remarks);
}

bool isFloatingPoint(DataType type)
{
    return type == DataType::Float64 || type == DataType::Float32 || type == DataType::Float16
        || type == DataType::BFloat16;
}

}  // namespace

Checkpoint Checkpoint::open(const std::string& path)
{
    try {
        Checkpoint checkpoint;
        checkpoint.file = TensorFile::open(path);
        if (checkpoint.file->tensors().empty())
            throw Error(ErrorKind::Model,
                        path + ": the file holds no tensors; expected those of a ViM2 or ViQS network");
        checkpoint.prefix = commonPrefix(*checkpoint.file);
        for (const std::string& note : checkpoint.file->notes())
            checkpoint.remarks.push_back({Remark::Kind::Note, note});
        checkpoint.config = readConfig(checkpoint);
        return checkpoint;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, path + ": not enough memory to read this checkpoint; close other programs");
    }
}

std::int64_t Checkpoint::parameterCount() const
{
    std::int64_t count = 0;
    for (const TensorInfo& info : file->tensors())
        count += isFloatingPoint(info.type) ? info.elementCount() : 0;
    return count;
}

const TensorInfo* Checkpoint::find(const std::string& name) const
{
    return file->find(prefix + name);
}

ModelConfig inferConfig(const TensorFile& file, const std::string& prefix, Remarks* remarks)
{
    const Shapes shapes(file, prefix);
    ModelConfig config;
    shapes.of("stem.proj.weight", 4);  // first, so that a foreign checkpoint is told as such
    inferStages(shapes, config);
    inferFamily(shapes, config);
    inferTokenMixer(shapes, config);
    config.numClasses = shapes.side("head.fc.weight", 2, 0);
    try {
        config.validate();
    } catch (const Error& error) {
        shapes.fail(error.what());
    }
    requireAgreement(shapes, config);
    if (remarks != nullptr)
        remarkAssumptions(config, *remarks);
    return config;
}

}  // namespace mixer
