// SPDX-License-Identifier: MIT
#include "engine/training/TrainOptions.h"

#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace mixer {

namespace {

using Json = nlohmann::ordered_json;

std::string withoutEnding(const std::string& path)
{
    return std::filesystem::path(path).replace_extension().string();
}

/// The one list of numbers that both forms hold: visit(name, member).
template <typename Options, typename Visit> void visitNumbers(Options& o, Visit&& visit)
{
    visit("hold_out", o.holdOut);
    visit("size", o.size);
    visit("head_only", o.headOnly);
    visit("body_rate", o.bodyRate);
    visit("epochs", o.epochs);
    visit("batch", o.batch);
    visit("rate", o.rate);
    visit("last_rate", o.lastRate);
    visit("warmup", o.warmup);
    visit("weight_decay", o.weightDecay);
    visit("clip", o.clip);
    visit("smoothing", o.smoothing);
    visit("drop_path", o.dropPath);
    visit("average", o.average);
    visit("balance", o.balance);
    visit("router_noise", o.routerNoise);
    visit("strength", o.strength);
    visit("seed", o.seed);
    visit("half", o.half);
    visit("precision", o.precision);
}

Json numbersOf(const TrainOptions& options)
{
    Json json;
    visitNumbers(options, [&](const char* name, const auto& value) { json[name] = value; });
    return json;
}

}  // namespace

void TrainOptions::validate() const
{
    const auto require = [](bool isGood, const char* name, double value, const char* range) {
        if (!isGood)
            throw Error(ErrorKind::Usage,
                        std::string(name) + " must be " + range + ", not " + nlohmann::json(value).dump());
    };
    if (data.empty())
        throw Error(ErrorKind::Usage, "training needs pictures: --data FOLDER or --data ARCHIVE.tar.gz");
    if (output.empty())
        throw Error(ErrorKind::Usage, "training needs a file to write: -o OUT.safetensors");
    require(holdOut == 0 || holdOut >= 2, "--hold-out", holdOut, "0 or at least 2");
    require(size == 0 || (size >= 4 && size <= 4096), "--size", size, "4 to 4096 pixels");
    require(epochs >= 1 && epochs <= 100000, "--epochs", epochs, "1 to 100000");
    require(batch >= 1 && batch <= 65536, "--batch", static_cast<double>(batch), "1 to 65536");
    require(rate > 0 && rate <= 1, "--rate", rate, "above 0 and at most 1");
    require(bodyRate > 0 && bodyRate <= 10, "--body-rate", bodyRate, "above 0 and at most 10");
    require(lastRate >= 0 && lastRate <= 1, "--last-rate", lastRate, "0 to 1");
    require(warmup >= 0 && warmup <= 0.9, "--warmup", warmup, "0 to 0.9");
    require(weightDecay >= 0 && weightDecay <= 10, "--weight-decay", weightDecay, "0 to 10");
    require(clip >= 0, "--clip", clip, "at least 0");
    require(smoothing >= 0 && smoothing < 1, "--smoothing", smoothing, "0 to below 1");
    require(dropPath >= 0 && dropPath < 1, "--drop-path", dropPath, "0 to below 1");
    require(average >= 0 && average < 1, "--average", average, "0 to below 1");
    require(balance >= 0 && balance <= 10, "--balance", balance, "0 to 10");
    require(routerNoise >= 0 && routerNoise < 1, "--router-noise", routerNoise, "0 to below 1");
    require(strength >= 0 && strength <= 3, "--strength", strength, "0 to 3");
    if (precision != "float32" && precision != "bfloat16")
        throw Error(ErrorKind::Usage, "--precision must be float32 or bfloat16, not " + precision);
    require(saveMinutes > 0, "--save-minutes", saveMinutes, "above 0");
    require(memoryMegabytes >= 1, "--memory", static_cast<double>(memoryMegabytes), "at least 1 MiB");
}

std::string TrainOptions::toJson() const
{
    Json json = numbersOf(*this);
    json["data"] = data;
    json["validation"] = validation;
    json["init"] = init;
    json["save_minutes"] = saveMinutes;
    json["device"] = device;
    json["threads"] = threads;
    json["loader_threads"] = loaderThreads;
    json["memory_megabytes"] = memoryMegabytes;
    return json.dump();
}

TrainOptions TrainOptions::fromJson(const std::string& text, const std::string& origin)
{
    try {
        const auto json = nlohmann::json::parse(text);
        TrainOptions options;
        visitNumbers(options, [&](const char* name, auto& value) { json.at(name).get_to(value); });
        json.at("data").get_to(options.data);
        json.at("validation").get_to(options.validation);
        json.at("init").get_to(options.init);
        json.at("save_minutes").get_to(options.saveMinutes);
        json.at("device").get_to(options.device);
        json.at("threads").get_to(options.threads);
        json.at("loader_threads").get_to(options.loaderThreads);
        json.at("memory_megabytes").get_to(options.memoryMegabytes);
        return options;
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::Format, origin + ": the options of the run cannot be read: " + error.what());
    }
}

std::string TrainOptions::recipeJson() const
{
    const auto fileName = [](const std::string& path) {
        const std::filesystem::path p(path);
        return (p.has_filename() ? p : p.parent_path()).filename().string();
    };
    Json json = {{"data", fileName(data)}};
    if (!validation.empty())
        json["validation"] = fileName(validation);
    if (!init.empty())
        json["init"] = fileName(init);
    json.update(numbersOf(*this));
    return json.dump();
}

std::string TrainOptions::curvePath() const
{
    return withoutEnding(output) + ".curve.csv";
}

std::string TrainOptions::figurePath() const
{
    return withoutEnding(output) + ".curve.svg";
}

}  // namespace mixer
