// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Inference.h"

#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace mixer::checkpoint {

namespace {

constexpr JsonLimits kSettingsLimits{std::size_t{1} << 20, 32};
constexpr std::int64_t kMinSide = 4;
constexpr std::int64_t kMaxSide = 16384;
constexpr double kMinCrop = 0.1;
// VMamba's and Vim's scripts evaluate on the central 224 of 256 pixels, and on smaller pictures than 33 as they are.
constexpr double kEvaluationCrop = 0.875;
constexpr int kLargestUncropped = 32;

}  // namespace

Guess unknown(std::string key, const std::string& what, const std::string& assumed)
{
    return {std::move(key), "the shapes do not tell " + what + "; assuming " + assumed};
}

nlohmann::json settingsUnder(const Settings& settings, const std::string& key)
{
    const auto text = settings.find(key);
    if (text == settings.end())
        return nullptr;
    try {
        return parseStrictJson(text->second, key, kSettingsLimits);
    } catch (const Error&) {
        return nullptr;  // not a training script's
    }
}

nlohmann::json entryOf(const nlohmann::json& parent, const char* key)
{
    const auto found = parent.is_object() ? parent.find(key) : parent.end();
    return found == parent.end() ? nlohmann::json() : *found;
}

bool readImageSide(const nlohmann::json& value, ModelConfig& config)
{
    if (!value.is_number_integer() || value < kMinSide || value > kMaxSide)
        return false;
    config.imageHeight = config.imageWidth = value.get<int>();
    return true;
}

bool readCrop(const nlohmann::json& value, ModelConfig& config)
{
    if (!value.is_number() || value < kMinCrop || value > 1)
        return false;
    config.cropFraction = value.get<double>();
    return true;
}

void takeEvaluationCrop(ModelConfig& config)
{
    config.cropFraction = std::max(config.imageHeight, config.imageWidth) > kLargestUncropped ? kEvaluationCrop : 1;
}

Guess unknownCrop(const ModelConfig& config)
{
    return unknown("crop", "the centre crop",
                   config.cropFraction < 1 ? "0.875, with which " + config.familyName() + " was evaluated"
                                           : "none, pictures being this small");
}

}  // namespace mixer::checkpoint
