// SPDX-License-Identifier: MIT
#include "engine/report/ModelReport.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
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

/// The first column of the facts.
std::string padded(const std::string& key)
{
    return key + std::string(15 - std::min<std::size_t>(key.size(), 14), ' ');
}

std::string shapeOf(const std::vector<std::int64_t>& shape)
{
    return '(' + joined(shape, ", ") + ')';
}

/// What the network made of it, where that is not what is stored.
std::string outcome(const TensorReceipt& line)
{
    std::string text = tensorUseName(line.use);
    if (line.use == TensorUse::Renamed)
        text += " to " + line.target;
    else if (line.use == TensorUse::Reshaped)
        text += " to " + (line.target == line.name ? "" : line.target + ' ') + shapeOf(line.targetShape);
    return line.reason.empty() ? text : text + ": " + line.reason;
}

void addTensors(std::ostringstream& out, const LoadReceipt& receipt)
{
    std::array<std::size_t, 3> widest{};
    const auto cells = [](const TensorReceipt& line) {
        return std::array<std::string, 3>{line.name, line.typeName.empty() ? "-" : line.typeName, shapeOf(line.shape)};
    };
    for (const TensorReceipt& line : receipt.tensors) {
        const auto row = cells(line);
        for (std::size_t i = 0; i < row.size(); ++i)
            widest[i] = std::max(widest[i], row[i].size());
    }
    out << "tensors        " << receipt.tensors.size() << '\n';
    for (const TensorReceipt& line : receipt.tensors) {
        const auto row = cells(line);
        out << ' ';
        for (std::size_t i = 0; i < row.size(); ++i)
            out << ' ' << row[i] << std::string(widest[i] - row[i].size() + 1, ' ');
        out << ' ' << outcome(line) << '\n';
    }
}

Json tensorJson(const TensorReceipt& line)
{
    Json json = {{"name", line.name},
                 {"dtype", line.typeName.empty() ? Json() : Json(line.typeName)},
                 {"shape", line.shape},
                 {"use", tensorUseName(line.use)}};
    if (!line.target.empty()) {
        json["target"] = line.target;
        json["target_shape"] = line.targetShape;
    }
    json["reason"] = line.reason;
    return json;
}

Json receiptJson(const LoadReceipt& receipt)
{
    Json counts = Json::object();
    for (const TensorUse use :
         {TensorUse::Used, TensorUse::Renamed, TensorUse::Reshaped, TensorUse::Unused, TensorUse::Missing})
        counts[tensorUseName(use)] = receipt.count(use);
    Json remarks = Json::array();
    for (const Remark& remark : receipt.remarks)
        remarks.push_back({{"kind", remarkKindName(remark.kind)}, {"text", remark.text}});
    return {{"summary", receipt.summary()},
            {"counts", std::move(counts)},
            {"guesses", receipt.guessCount()},
            {"remarks", std::move(remarks)},
            {"deviations", receipt.deviations}};
}

}  // namespace

std::string modelJson(const Checkpoint& checkpoint, const LoadReceipt& receipt)
{
    Json tensors = Json::array();
    for (const TensorReceipt& line : receipt.tensors)
        tensors.push_back(tensorJson(line));
    const Json json = {{"path", checkpoint.path()},
                       {"container", containerName(checkpoint.file->container())},
                       {"family", checkpoint.config.familyName()},
                       {"parameters", checkpoint.parameterCount()},
                       {"configuration", Json::parse(checkpoint.config.toJson())},
                       {"configuration_origin", checkpoint.configOrigin},
                       {"prefix", checkpoint.prefix},
                       {"receipt", receiptJson(receipt)},
                       {"tensors", std::move(tensors)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string modelText(const Checkpoint& checkpoint, const LoadReceipt& receipt, bool withTensors)
{
    const ModelConfig& config = checkpoint.config;
    char megabytes[32];
    std::snprintf(megabytes, sizeof megabytes, "%.1f MB", static_cast<double>(checkpoint.file->fileSize()) / 1e6);
    std::ostringstream out;
    out << "file           " << checkpoint.path() << " (" << megabytes << ", "
        << containerName(checkpoint.file->container()) << ")\n"
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
    out << "receipt        " << receipt.summary() << '\n';
    for (const Remark& remark : receipt.remarks)
        out << padded(remarkKindName(remark.kind)) << remark.text << '\n';
    for (const std::string& deviation : receipt.deviations)
        out << padded("deviation") << deviation << '\n';
    if (withTensors)
        addTensors(out, receipt);
    return out.str();
}

}  // namespace mixer
