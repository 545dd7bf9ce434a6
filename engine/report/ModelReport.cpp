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

std::string depths(const ModelConfig& config)
{
    std::vector<std::string> stages;
    for (const std::vector<int>& blocks : config.tokenMixers)
        stages.push_back(joined(blocks, "+"));
    return joined(stages, " | ");
}

std::string routing(const ModelConfig& config)
{
    return config.topK ? "chooses " + std::to_string(*config.topK) + " of" : "no router, all of";
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
        << "family         " << config.familyName() << (config.quasiSeparable() ? " (quasi-separable S6)\n" : " (S6)\n")
        << "parameters     " << checkpoint.parameterCount() << '\n'
        << "configuration  " << checkpoint.configOrigin << '\n'
        << "channels       " << joined(config.dims, " ") << '\n'
        << "token mixers   " << depths(config) << "  (blocks of each stage)\n"
        << "channel inner  " << joined(config.channelInner, " ") << '\n'
        << "states         " << config.dState << '\n'
        << "scans          " << routing(config) << ' ' << joined(config.scans, ", ") << '\n'
        << "scan weights   " << (config.perScanParameters ? "per scan" : "shared") << '\n'
        << "gate           " << (config.gate == GateKind::Multires ? "multires" : "linear") << '\n'
        << "input          " << config.imageHeight << " x " << config.imageWidth << " (height x width)\n"
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
