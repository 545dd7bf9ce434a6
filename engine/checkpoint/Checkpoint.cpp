// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Checkpoint.h"

#include "engine/checkpoint/ClassLabels.h"
#include "engine/checkpoint/Inference.h"
#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/Recognition.h"
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

using checkpoint::Inferred;
using checkpoint::inQuotes;
using checkpoint::NetworkFamily;
using checkpoint::Recognition;

namespace {

// Of DataParallel and AveragedModel, torch.compile, Lightning, and of networks that are parts of others.
constexpr std::array<std::string_view, 6> kPrefixes
    = {"module.", "_orig_mod.", "model.", "net.", "network.", "backbone."};
constexpr std::uintmax_t kMaxSidecar = std::uintmax_t{16} << 20;
constexpr const char* kAssumedLabels
    = "nothing names the classes; there are 1000 of them, so ImageNet-1k's names are assumed";

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

// What stands before all names but those of counters: any of kPrefixes, any number of times.
std::string commonPrefix(const TensorFile& file)
{
    std::string prefix;
    const auto isShared = [&](std::string_view next) {
        const std::string longer = prefix + std::string(next);
        bool isFound = false;
        for (const TensorInfo& info : file.tensors()) {
            if (Checkpoint::isCounter(info.name))
                continue;
            if (!startsWith(info.name, longer))
                return false;
            isFound = true;
        }
        return isFound;
    };
    for (auto found = kPrefixes.begin(); found != kPrefixes.end();) {
        found = std::find_if(kPrefixes.begin(), kPrefixes.end(), isShared);
        if (found != kPrefixes.end())
            prefix += *found;
    }
    return prefix;
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

// Every tensor by its network's name for it.
std::map<std::string, const TensorInfo*> namesOf(const TensorFile& file, const std::string& prefix,
                                                 NetworkFamily family)
{
    std::map<std::string, const TensorInfo*> names;
    for (const TensorInfo& info : file.tensors()) {
        const std::string stored(checkpoint::unprefixed(info.name, prefix));
        const auto [entry, isNew] = names.emplace(checkpoint::currentName(family, stored, info), &info);
        if (!isNew)
            throw Error(ErrorKind::Model,
                        file.path() + ": tensors " + inQuotes(info.name) + " and " + inQuotes(entry->second->name)
                            + " are two for the same place, " + inQuotes(entry->first)
                            + "; expected one, under its present or its older name");
    }
    return names;
}

Inferred infer(const Checkpoint& checkpoint, NetworkFamily family)
{
    const TensorFile& file = *checkpoint.file;
    switch (family) {
    case NetworkFamily::VMamba:
        return checkpoint::inferVMamba({file, checkpoint.names, "VMamba"}, file.metadata());
    case NetworkFamily::Vim:
        return checkpoint::inferVim({file, checkpoint.names, "Vim"}, file.metadata());
    case NetworkFamily::Mixer:
        break;
    }
    return checkpoint::inferMixer({file, checkpoint.names, "ViM2 and ViQS"});
}

/// The configuration that the shapes told, with what people should know of it.
ModelConfig accepted(Checkpoint& checkpoint, const Recognition& recognition, const Inferred& inferred)
{
    checkpoint.remarks.push_back({Remark::Kind::Note,
                                  "no configuration was found; the network is " + inferred.config.familyName()
                                      + " by its tensor " + inQuotes(recognition.reason)
                                      + ", and its configuration was inferred from the tensors' shapes"});
    for (const checkpoint::Guess& guess : inferred.guesses)
        checkpoint.remarks.push_back({Remark::Kind::Guess, guess.text});
    checkpoint.remarks.push_back({Remark::Kind::Guess, "the shapes do not tell mean and std; assuming ImageNet's"});
    return inferred.config;
}

ModelConfig readConfig(Checkpoint& checkpoint, const Recognition& recognition)
{
    // The shapes of ViM2 and ViQS leave much open; their configuration is whole, or is not there at all.
    std::optional<Inferred> inferred;
    if (recognition.family != NetworkFamily::Mixer)
        inferred = infer(checkpoint, recognition.family);
    const Inferred* known = inferred ? &*inferred : nullptr;
    const auto metadata = checkpoint.file->metadata().find("mixer_config");
    if (metadata != checkpoint.file->metadata().end()) {
        checkpoint.configOrigin = "metadata";
        return ModelConfig::fromJson(metadata->second, checkpoint.path() + ": mixer_config", &checkpoint.remarks,
                                     known);
    }
    if (const auto sidecar = findSidecar(checkpoint.path())) {
        checkpoint.configOrigin = sidecar->filename().string();
        return ModelConfig::fromJson(readSidecar(*sidecar), sidecar->string(), &checkpoint.remarks, known);
    }
    checkpoint.configOrigin = "inferred from shapes";
    return accepted(checkpoint, recognition, inferred ? *inferred : infer(checkpoint, recognition.family));
}

/// A file with a configuration may lack the tensors that tell a family: building the network names all that is missing.
Recognition recognized(const Checkpoint& checkpoint)
{
    const TensorFile& file = *checkpoint.file;
    if (const auto found = checkpoint::recognize(file, checkpoint.prefix))
        return *found;
    if (file.metadata().count("mixer_config") == 0 && !findSidecar(checkpoint.path()))
        checkpoint::refuse(file);
    return {NetworkFamily::Mixer, file.tensors().front().name};
}

/// The configuration must be one of the family that the tensors are named after.
void requireFamily(const Checkpoint& checkpoint, const Recognition& recognition)
{
    if (checkpoint.config.network.index() != static_cast<std::size_t>(recognition.family))
        throw Error(ErrorKind::Model,
                    checkpoint.path() + ": the configuration (" + checkpoint.configOrigin + ") is of "
                        + checkpoint.config.familyName() + ", but the tensors are not: one is named "
                        + inQuotes(recognition.reason));
}

void nameClasses(Checkpoint& checkpoint)
{
    ModelConfig& config = checkpoint.config;
    const std::vector<std::string>& imageNet = imageNetLabels();
    if (!config.labels.empty()) {
        checkpoint.labelsOrigin = "configuration";
    } else if (config.numClasses == static_cast<int>(imageNet.size())) {
        config.labels = imageNet;
        checkpoint.labelsOrigin = "ImageNet-1k";
        checkpoint.labelsAreAssumed = true;
        checkpoint.remarks.push_back({Remark::Kind::Guess, kAssumedLabels});
    }
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
            throw Error(ErrorKind::Model, path + ": the file holds no tensors; expected those of a network");
        checkpoint.prefix = commonPrefix(*checkpoint.file);
        for (const std::string& note : checkpoint.file->notes())
            checkpoint.remarks.push_back({Remark::Kind::Note, note});
        const Recognition recognition = recognized(checkpoint);
        checkpoint.names = namesOf(*checkpoint.file, checkpoint.prefix, recognition.family);
        checkpoint.config = readConfig(checkpoint, recognition);
        requireFamily(checkpoint, recognition);
        nameClasses(checkpoint);
        return checkpoint;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, path + ": not enough memory to read this checkpoint; close other programs");
    }
}

void Checkpoint::useLabels(const std::string& labelsPath)
{
    config.labels = readLabels(labelsPath, config.numClasses);
    labelsOrigin = labelsPath;
    labelsAreAssumed = false;
    const Remark assumed{Remark::Kind::Guess, kAssumedLabels};
    remarks.erase(std::remove(remarks.begin(), remarks.end(), assumed), remarks.end());
    remarks.push_back({Remark::Kind::Note, "the names of the classes come from " + labelsPath});
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
    const auto found = names.find(name);
    return found == names.end() ? nullptr : found->second;
}

std::string Checkpoint::shortName(const TensorInfo& info) const
{
    const auto family = static_cast<NetworkFamily>(config.network.index());
    return checkpoint::currentName(family, std::string(checkpoint::unprefixed(info.name, prefix)), info);
}

bool Checkpoint::isCounter(std::string_view name)
{
    const std::string_view last = name.substr(name.rfind('.') + 1);
    return last == "total_ops" || last == "total_params" || last == "n_averaged";
}

}  // namespace mixer
