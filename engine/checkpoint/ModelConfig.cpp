// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ModelConfig.h"

#include "engine/checkpoint/FamilyJson.h"
#include "engine/checkpoint/Inference.h"
#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace mixer {

using checkpoint::checkRange;
using checkpoint::ConfigReader;
using checkpoint::Deviations;
using checkpoint::element;
using checkpoint::Inferred;
using checkpoint::inQuotes;
using checkpoint::Problem;
using nlohmann::json;

namespace {

constexpr int kMaxClasses = 1'000'000;
constexpr double kMinCropFraction = 0.1;
constexpr int kMinImageSide = 4;
constexpr int kMaxImageSide = 16384;
// A million labels fit; a parsed document stays below 1 GB.
constexpr JsonLimits kLimits{std::size_t{16} << 20, 32};

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

Problem checkCrop(const ModelConfig& config)
{
    if (config.cropFraction >= kMinCropFraction && config.cropFraction <= 1)
        return std::nullopt;
    return "crop must be from " + std::to_string(kMinCropFraction) + " to 1, found "
        + std::to_string(config.cropFraction);
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
    if (auto problem = std::visit([](const auto& network) { return network.problem(); }, config.network))
        return problem;
    for (const auto check : {checkNormalization, checkCrop, checkClasses}) {
        if (auto problem = check(config))
            return problem;
    }
    if (auto problem = checkRange("image_size[0]", config.imageHeight, kMinImageSide, kMaxImageSide))
        return problem;
    return checkRange("image_size[1]", config.imageWidth, kMinImageSide, kMaxImageSide);
}

using AnyNetwork = decltype(ModelConfig::network);

/// The network that `arch` names, with its family's defaults; what was inferred where there is no `arch`.
AnyNetwork startOf(ConfigReader& reader, const Inferred* inferred)
{
    if (inferred && !reader.has("arch"))
        return inferred->config.network;
    const std::string arch = reader.text("arch", reader.require("arch"));
    AnyNetwork network;
    if (arch == "vmamba")
        network = VMambaConfig();
    else if (arch == "vim")
        network = VimConfig();
    else if (arch != "vim2" && arch != "viqs")
        reader.fail(R"("arch" must be "vim2", "viqs", "vmamba" or "vim", found )" + inQuotes(arch));
    if (!inferred)
        return network;
    if (network.index() != inferred->config.network.index())
        reader.fail("\"arch\" is " + inQuotes(arch) + ", but the tensors are those of "
                    + inferred->config.familyName());
    return inferred->config.network;
}

/// Of every key that is not given: what was assumed. ViM2 and ViQS tell by themselves.
void remarkAbsent(ConfigReader& reader, const ModelConfig& config, const Inferred* inferred)
{
    if (inferred) {
        for (const checkpoint::Guess& guess : inferred->guesses)
            if (!reader.has(guess.key))
                reader.remark(Remark::Kind::Guess, guess.text);
        return;
    }
    if (std::holds_alternative<MixerConfig>(config.network))
        return;
    nlohmann::ordered_json assumed;
    std::visit([&](const auto& network) { checkpoint::writeJson(network, assumed); }, config.network);
    for (const auto& item : assumed.items())
        if (!reader.has(item.key()))
            reader.guessDefault(item.key(), item.value().dump());
}

void readClasses(ConfigReader& reader, ModelConfig& config, const Inferred* inferred)
{
    if (inferred)
        config.numClasses = inferred->config.numClasses;
    if (!inferred || reader.has("num_classes"))
        config.numClasses = reader.integer("num_classes", reader.require("num_classes"));
    if (const json* labels = reader.find("labels"))
        config.labels = reader.texts("labels", *labels);
}

void readImage(ConfigReader& reader, ModelConfig& config, const Inferred* inferred)
{
    if (inferred) {
        config.imageHeight = inferred->config.imageHeight;
        config.imageWidth = inferred->config.imageWidth;
        config.cropFraction = inferred->config.cropFraction;
    }
    if (const json* size = reader.find("image_size")) {
        const std::vector<int> sides = reader.integers("image_size", *size);
        if (sides.size() != 2)
            reader.expected("image_size", "a list of two integers, height and width", *size);
        config.imageHeight = sides[0];
        config.imageWidth = sides[1];
    } else if (!inferred) {
        reader.guessDefault("image_size",
                            std::to_string(config.imageHeight) + " x " + std::to_string(config.imageWidth));
    }
    // Optional by contract: leaving these out means ImageNet's values and deserves no warning.
    if (const json* mean = reader.find("mean"))
        config.mean = reader.threeNumbers("mean", *mean);
    if (const json* deviation = reader.find("std"))
        config.std = reader.threeNumbers("std", *deviation);
    if (const json* crop = reader.find("crop")) {
        if (!crop->is_number())
            reader.expected("crop", "a number above 0, at most 1", *crop);
        config.cropFraction = crop->get<double>();
    }
}

ModelConfig readConfig(ConfigReader& reader, const Inferred* inferred)
{
    ModelConfig config;
    config.network = startOf(reader, inferred);
    std::visit([&](auto& network) { checkpoint::readJson(reader, network); }, config.network);
    readClasses(reader, config, inferred);
    readImage(reader, config, inferred);
    if (const json* guesses = reader.find("guesses"))
        for (const std::string& guess : reader.texts("guesses", *guesses))
            reader.guess(guess);
    remarkAbsent(reader, config, inferred);
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

std::string ModelConfig::familyName() const
{
    return std::visit([](const auto& config) { return config.familyName(); }, network);
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

ModelConfig ModelConfig::fromJson(const std::string& text, const std::string& origin, Remarks* remarks,
                                  const Inferred* inferred)
{
    json document = parseStrictJson(text, origin, kLimits);
    if (document.is_object() && document.contains("mixer_config")) {
        json inner = std::move(document["mixer_config"]);
        document = inner.is_string() ? parseStrictJson(inner.get<std::string>(), origin, kLimits) : std::move(inner);
    }
    ConfigReader reader(document, origin, remarks);
    if (!document.is_object())
        reader.fail("expected a JSON object with the keys arch, dims, token_mixers ..., found another kind of value");
    ModelConfig config = readConfig(reader, inferred);
    if (const Problem problem = findProblem(config))
        throw Error(ErrorKind::Model, origin + ": " + *problem);
    return config;
}

std::string ModelConfig::toJson(int indent) const
{
    nlohmann::ordered_json result;
    std::visit([&](const auto& config) { checkpoint::writeJson(config, result); }, network);
    result["num_classes"] = numClasses;
    result["image_size"] = {imageHeight, imageWidth};
    result["mean"] = decimals(mean);
    result["std"] = decimals(std);
    if (cropFraction != 1 || !std::holds_alternative<MixerConfig>(network))  // the others' shapes suggest another
        result["crop"] = cropFraction;
    if (!labels.empty())
        result["labels"] = labels;
    // Labels set by a program may hold anything; text that is not UTF-8 must not make writing fail.
    return result.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::string> ModelConfig::deviations() const
{
    const ModelConfig defaults;
    Deviations result(familyName());
    std::visit([&](const auto& config) { checkpoint::addDeviations(config, result); }, network);
    const auto sizeText = [](int height, int width) { return std::to_string(height) + " x " + std::to_string(width); };
    const auto three = [](const std::array<float, 3>& values) { return decimals(values).dump(); };
    result.compare("image_size", sizeText(imageHeight, imageWidth),
                   sizeText(defaults.imageHeight, defaults.imageWidth));
    result.compare("mean", three(mean), three(defaults.mean));
    result.compare("std", three(std), three(defaults.std));
    return result.texts();
}

bool ModelConfig::operator==(const ModelConfig& o) const
{
    return network == o.network && numClasses == o.numClasses && imageHeight == o.imageHeight
        && imageWidth == o.imageWidth && mean == o.mean && std == o.std && cropFraction == o.cropFraction
        && labels == o.labels;
}

}  // namespace mixer
