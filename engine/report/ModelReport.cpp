// SPDX-License-Identifier: MIT
#include "engine/report/ModelReport.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace mixer {
namespace {

using Json = nlohmann::ordered_json;

template <typename T> std::string joined(const std::vector<T>& values, const std::string& separator)
{
    std::ostringstream text;
    for (std::size_t i = 0; i < values.size(); ++i)
        text << (i == 0 ? "" : separator) << values[i];
    return text.str();
}

std::string depths(const MixerConfig& config)
{
    std::vector<std::string> stages;
    for (const std::vector<int>& blocks : config.tokenMixers)
        stages.push_back(joined(blocks, "+"));
    return joined(stages, " | ");
}

std::string routing(const MixerConfig& config)
{
    return config.topK ? "chooses " + std::to_string(*config.topK) + " of" : "no router, all of";
}

std::string kind(const MixerConfig& config)
{
    return config.quasiSeparable() ? " (quasi-separable S6)" : " (S6)";
}

std::string kind(const VMambaConfig& config)
{
    return " " + config.version() + " (S6)";
}

std::string kind(const VimConfig& config)
{
    return (config.sizeName().empty() ? "" : " " + config.sizeName()) + " (S6)";
}

void addNetwork(std::ostringstream& out, const MixerConfig& config)
{
    out << "channels       " << joined(config.dims, " ") << '\n'
        << "token mixers   " << depths(config) << "  (blocks of each stage)\n"
        << "channel inner  " << joined(config.channelInner, " ") << '\n'
        << "states         " << config.dState << '\n'
        << "scans          " << routing(config) << ' ' << joined(config.scans, ", ") << '\n'
        << "scan weights   " << (config.perScanParameters ? "per scan" : "shared") << '\n'
        << "gate           " << (config.gate == GateKind::Multires ? "multires" : "linear") << '\n';
}

void addNetwork(std::ostringstream& out, const VMambaConfig& config)
{
    std::vector<int> dims, depths, inner, hidden;
    for (const VMambaConfig::Stage& stage : config.stages) {
        dims.push_back(stage.dim);
        depths.push_back(stage.depth);
        inner.push_back(stage.inner);
        hidden.push_back(stage.mlpHidden);
    }
    out << "channels       " << joined(dims, " ") << '\n'
        << "blocks         " << joined(depths, " ") << '\n'
        << "scanned        " << joined(inner, " ") << " channels\n"
        << "MLP            " << (hidden.front() > 0 ? joined(hidden, " ") : "none") << '\n'
        << "states         " << config.dState << '\n'
        << "scans          all of " << joined(config.scanNames(), ", ") << '\n'
        << "gate           " << (config.gate == VMambaConfig::Gate::None ? "none" : "linear") << '\n';
}

void addNetwork(std::ostringstream& out, const VimConfig& config)
{
    out << "channels       " << config.dim << '\n'
        << "layers         " << config.depth << '\n'
        << "scanned        " << config.inner << " channels\n"
        << "states         " << config.dState << '\n'
        << "scans          all of " << joined(config.scanNames(), ", ") << '\n'
        << "patches        " << config.patchSize << " x " << config.patchSize << " pixels, one every " << config.stride
        << '\n'
        << "class tokens   " << config.classTokenCount() << '\n';
}

void addTensors(std::ostringstream& out, const Checkpoint& checkpoint)
{
    std::size_t widest = 0;
    for (const TensorInfo& tensor : checkpoint.file->tensors())
        widest = std::max(widest, tensor.name.size());
    out << "tensors        " << checkpoint.file->tensors().size() << '\n';
    for (const TensorInfo& tensor : checkpoint.file->tensors())
        out << "  " << tensor.name << std::string(widest - tensor.name.size() + 2, ' ') << tensor.typeName << "  ("
            << joined(tensor.shape, ", ") << ")\n";
}

}  // namespace

std::string modelJson(const Checkpoint& checkpoint)
{
    Json tensors = Json::array();
    for (const TensorInfo& tensor : checkpoint.file->tensors())
        tensors.push_back({{"name", tensor.name}, {"dtype", tensor.typeName}, {"shape", tensor.shape}});
    const Json json = {{"path", checkpoint.path()},
                       {"family", checkpoint.config.familyName()},
                       {"parameters", checkpoint.parameterCount()},
                       {"configuration", Json::parse(checkpoint.config.toJson())},
                       {"configuration_origin", checkpoint.configOrigin},
                       {"prefix", checkpoint.prefix},
                       {"warnings", checkpoint.warnings},
                       {"tensors", std::move(tensors)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string modelText(const Checkpoint& checkpoint, bool withTensors)
{
    const ModelConfig& config = checkpoint.config;
    char megabytes[32];
    std::snprintf(megabytes, sizeof megabytes, "%.1f MB", static_cast<double>(checkpoint.file->fileSize()) / 1e6);
    std::ostringstream out;
    out << "file           " << checkpoint.path() << " (" << megabytes << ")\n"
        << "family         " << config.familyName() << std::visit([](const auto& n) { return kind(n); }, config.network)
        << '\n'
        << "parameters     " << checkpoint.parameterCount() << '\n'
        << "configuration  " << checkpoint.configOrigin << '\n';
    std::visit([&](const auto& network) { addNetwork(out, network); }, config.network);
    out << "input          " << config.imageHeight << " x " << config.imageWidth << " (height x width)\n"
        << "classes        " << config.numClasses << (config.labels.empty() ? ", without labels\n" : "\n");
    if (!checkpoint.prefix.empty())
        out << "prefix         " << checkpoint.prefix << '\n';
    for (const std::string& warning : checkpoint.warnings)
        out << "warning        " << warning << '\n';
    if (withTensors)
        addTensors(out, checkpoint);
    return out.str();
}

}  // namespace mixer
