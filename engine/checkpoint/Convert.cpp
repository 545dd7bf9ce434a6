// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Convert.h"

#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/FloatConversion.h"
#include "engine/checkpoint/Recognition.h"
#include "engine/checkpoint/TensorWriter.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <system_error>

namespace mixer {

namespace {

std::string endingOf(const std::string& path)
{
    std::string ending = std::filesystem::path(path).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return ending;
}

void requireTarget(const std::string& output, bool overwrite)
{
    if (!isConvertTarget(output))
        throw Error(ErrorKind::Usage, output + ": expected a name that ends in .safetensors, .pth or .pt");
    std::error_code error;
    const auto status = std::filesystem::symlink_status(output, error);
    if (!std::filesystem::exists(status))
        return;
    if (std::filesystem::is_directory(output, error))
        throw Error(ErrorKind::File, output + ": is a folder; expected the name of a file");
    if (!overwrite)
        throw Error(ErrorKind::File, output + ": exists already; --force replaces it");
}

/// The network in the file, where it is one that is known; what stood in the way becomes a remark.
std::optional<Checkpoint> recognise(const std::string& path, const ConvertOptions& options, Remarks& remarks)
{
    try {
        Checkpoint checkpoint = Checkpoint::open(path);
        if (!options.labels.empty())
            checkpoint.useLabels(options.labels);
        return checkpoint;
    } catch (const Error& error) {
        // A broken configuration must not be dropped, and labels that were asked for must not be either.
        const bool isUnknown = error.kind() == ErrorKind::Model && options.labels.empty() && !options.stripPrefix;
        if (!isUnknown)
            throw;
        remarks.push_back({Remark::Kind::Note,
                           "no known network was recognised, so tensors and metadata are copied as they are ("
                               + std::string(error.what()) + ")"});
        return std::nullopt;
    }
}

std::string configText(const Checkpoint& checkpoint)
{
    ModelConfig config = checkpoint.config;
    if (checkpoint.labelsAreAssumed)
        config.labels.clear();
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(config.toJson());
    for (const Remark& remark : checkpoint.remarks)
        if (remark.kind == Remark::Kind::Guess)
            json["guesses"].push_back(remark.text);
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool hasGuesses(const Checkpoint& checkpoint)
{
    return std::any_of(checkpoint.remarks.begin(), checkpoint.remarks.end(),
                       [](const Remark& remark) { return remark.kind == Remark::Kind::Guess; });
}

}  // namespace

bool isConvertTarget(const std::string& path)
{
    const std::string ending = endingOf(path);
    return ending == ".safetensors" || ending == ".pth" || ending == ".pt";
}

Remarks convertCheckpoint(const std::string& input, const std::string& output, const ConvertOptions& options)
{
    requireTarget(output, options.overwrite);
    Remarks remarks;
    const auto checkpoint = recognise(input, options, remarks);
    const auto file = checkpoint ? checkpoint->file : TensorFile::open(input);
    std::vector<TensorInfo> tensors = file->tensors();
    std::map<std::string, std::string> metadata = file->metadata();
    if (checkpoint) {
        remarks = checkpoint->remarks;
        metadata["mixer_config"] = configText(*checkpoint);
        if (hasGuesses(*checkpoint))
            remarks.push_back({Remark::Kind::Note, "the guesses are embedded, marked as guesses"});
        if (options.stripPrefix)
            for (TensorInfo& info : tensors)
                info.name = checkpoint::unprefixed(info.name, checkpoint->prefix);
    } else {
        for (const std::string& note : file->notes())
            remarks.push_back({Remark::Kind::Note, note});
    }
    const WriteOptions write{options.floats, options.progress, options.cancel};
    (endingOf(output) == ".safetensors" ? writeSafetensors : writeTorchFile)(output, tensors, metadata, write);
    return remarks;
}

}  // namespace mixer
