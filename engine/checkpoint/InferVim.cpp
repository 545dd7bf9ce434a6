// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Inference.h"
#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <string_view>

namespace mixer::checkpoint {

namespace {

using ClassToken = VimConfig::ClassToken;
using Directions = VimConfig::Directions;

constexpr int kMaxLayers = 1024;
constexpr const char* kMixer = "layers.0.mixer.";

void inferMixer(const TensorShapes& shapes, VimConfig& config)
{
    const std::string mixer = kMixer;
    config.depth = shapes.count("layers.", ".mixer.A_log", kMaxLayers);
    config.dim = shapes.side("layers.0.norm.weight", 1, 0);
    config.inner = shapes.side(mixer + "A_log", 2, 0);
    config.dState = shapes.side(mixer + "A_log", 2, 1);
    config.dtRank = shapes.side(mixer + "dt_proj.weight", 2, 1);
    config.convKernel = shapes.side(mixer + "conv1d.weight", 3, 2);
    config.convBias = shapes.has(mixer + "conv1d.bias");
    config.projBias = shapes.has(mixer + "in_proj.bias");
    config.layerScale = shapes.has(mixer + "gamma");
    config.norm = shapes.has("layers.0.norm.bias") ? VimConfig::Norm::Layer : VimConfig::Norm::Rms;
    config.directions = shapes.has(mixer + "conv1d_b.weight") ? Directions::Two
        : shapes.has(mixer + "A_b_log")                       ? Directions::SharedTwo
                                                              : Directions::One;
}

// The most nearly square grid of that many tokens; the square where there is one.
void inferGrid(const TensorShapes& shapes, VimConfig& config)
{
    config.patchSize = shapes.side("patch_embed.proj.weight", 4, 2);
    config.classToken = shapes.has("cls_token_head") ? ClassToken::Both
        : shapes.has("cls_token")                    ? ClassToken::Middle
                                                     : ClassToken::None;
    config.hasPosEmbed = shapes.has("pos_embed");
    if (!config.hasPosEmbed)
        return;
    const int tokens = shapes.side("pos_embed", 3, 1) - config.classTokenCount();
    if (tokens < 1)
        shapes.fail("tensor 'pos_embed' leaves no place for a patch, found shape "
                    + shapeText(shapes.of("pos_embed", 3)));
    config.gridHeight = static_cast<int>(std::sqrt(static_cast<double>(tokens)));
    while (tokens % config.gridHeight != 0)
        --config.gridHeight;
    config.gridWidth = tokens / config.gridHeight;
}

// Side of the picture that makes a grid of that side.
int pixels(int grid, int patch, int stride)
{
    return (grid - 1) * stride + patch;
}

// The stride is in no shape. Networks are trained on pictures whose sides are multiples of 32.
int likelyStride(const VimConfig& config)
{
    const int patch = config.patchSize;
    for (int stride = patch; stride > 1 && stride % 2 == 0 && stride >= patch / 4; stride /= 2)
        if (pixels(config.gridHeight, patch, stride) % 32 == 0 && pixels(config.gridWidth, patch, stride) % 32 == 0)
            return stride;
    return patch;
}

struct Told {
    bool model = false;
    bool inputSize = false;
    bool crop = false;
};

// Vim's training script keeps its arguments: the model's name, whose parts say how it is built, and the picture's size.
Told readSettings(const Settings& settings, VimConfig& config, ModelConfig& model)
{
    Told told;
    const nlohmann::json arguments = settingsUnder(settings, "args");
    const nlohmann::json name = entryOf(arguments, "model");
    if (name.is_string() && name.get<std::string>().compare(0, 4, "vim_") == 0) {
        const std::string words = name.get<std::string>();
        const auto says = [&](const char* word) { return words.find(word) != std::string::npos; };
        told.model = true;
        config.stride = says("stride8") && config.patchSize == 16 ? 8 : config.patchSize;
        config.halved = says("div2");
        if (config.classToken == ClassToken::Middle && says("cls") && !says("mid"))
            config.classToken = ClassToken::First;
        if (says("final_pool_max"))
            config.pool = VimConfig::Pool::Max;
    }
    told.inputSize = readImageSide(entryOf(arguments, "input_size"), model);
    told.crop = readCrop(entryOf(arguments, "eval_crop_ratio"), model);
    return told;
}

std::vector<Guess> guessesOf(const VimConfig& config, const ModelConfig& model, const Told& told)
{
    std::vector<Guess> guesses;
    const auto guess = [&](const char* key, const std::string& what, const std::string& assumed) {
        guesses.push_back(unknown(key, what, assumed));
    };
    if (!told.model) {
        if (config.directions == Directions::Two)
            guess("halved", "whether the two directions are summed or averaged", "the mean (\"div2\")");
        if (config.classToken == ClassToken::Middle)
            guess("class_token", "where the class token lies", "the middle of the sequence");
        if (config.classToken == ClassToken::None)
            guess("pool", "which tokens the head sees", "their mean (\"final_pool_mean\")");
        guess("stride", "the stride of the patches",
              std::to_string(config.stride)
                  + " pixels, or what makes the grid of a picture fit the position embedding");
    }
    if (!told.inputSize)
        guess("image_size", "image_size",
              std::to_string(model.imageHeight) + " x " + std::to_string(model.imageWidth)
                  + (config.hasPosEmbed ? ", which fits the position embedding" : ""));
    if (!told.crop)
        guesses.push_back(unknownCrop(model));
    return guesses;
}

}  // namespace

Inferred inferVim(const TensorShapes& shapes, const Settings& settings)
{
    if (shapes.has("rope.freqs_cos"))
        shapes.fail("tensor 'rope.freqs_cos' belongs to a rotary position embedding, which is not supported");
    if (!shapes.has("head.weight"))
        shapes.fail(
            "tensor 'head.weight' is missing: this is the backbone of a Vim network, which names no classes, and "
            "MixerScope runs networks that classify");
    Inferred result;
    VimConfig config;
    inferMixer(shapes, config);
    inferGrid(shapes, config);
    config.stride = config.hasPosEmbed ? likelyStride(config) : config.patchSize;
    const Told told = readSettings(settings, config, result.config);
    config.strideKnown = told.model;
    if (!told.inputSize && config.hasPosEmbed) {
        result.config.imageHeight = pixels(config.gridHeight, config.patchSize, config.stride);
        result.config.imageWidth = pixels(config.gridWidth, config.patchSize, config.stride);
    }
    if (!told.crop)
        takeEvaluationCrop(result.config);
    result.config.network = config;
    result.config.numClasses = shapes.linearSide("head.weight", 0);
    result.guesses = guessesOf(config, result.config, told);
    try {
        result.config.validate();
    } catch (const Error& error) {
        shapes.fail(error.what());
    }
    return result;
}

}  // namespace mixer::checkpoint
