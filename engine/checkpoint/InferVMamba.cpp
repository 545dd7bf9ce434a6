// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Inference.h"
#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace mixer::checkpoint {

namespace {

using Gate = VMambaConfig::Gate;
using OutNorm = VMambaConfig::OutNorm;
using Scan = VMambaConfig::Scan;
using Sampling = VMambaConfig::Downsample;

constexpr int kMaxStages = 16;
constexpr int kMaxBlocks = 512;
constexpr std::int64_t kScans = 4;

std::string layerName(int stage)
{
    return "layers." + std::to_string(stage) + ".";
}

std::string blockName(int stage, int block)
{
    return layerName(stage) + "blocks." + std::to_string(block) + ".";
}

VMambaConfig::Stage inferStage(const TensorShapes& shapes, int stage)
{
    VMambaConfig::Stage result;
    const std::string block = blockName(stage, 0);
    result.depth = shapes.count(layerName(stage) + "blocks.", ".op.A_logs", kMaxBlocks);
    result.dim = shapes.linearSide(block + "op.in_proj.weight", 1);
    for (const char* name : {"op.dt_projs_weight", "op.x_proj_weight"})
        if (!shapes.has(block + name))
            shapes.fail("tensor " + inQuotes(block + name)
                        + " is missing: VMamba's variants without it (forward types m0 of Mamba-2, and xv1 to xv3) are "
                          "not supported");
    result.inner = shapes.side(block + "op.dt_projs_weight", 3, 1);
    result.dtRank = shapes.side(block + "op.dt_projs_weight", 3, 2);
    if (shapes.has(block + "mlp.fc2.weight"))
        result.mlpHidden = shapes.linearSide(block + "mlp.fc2.weight", 1);
    return result;
}

OutNorm inferOutNorm(const TensorShapes& shapes, const std::string& op)
{
    if (shapes.has(op + "out_norm.weight"))
        return OutNorm::Layer;
    if (shapes.has(op + "out_norm.2.weight"))
        return OutNorm::LayerConvolution;
    return shapes.has(op + "out_norm.1.weight") ? OutNorm::Convolution : OutNorm::None;
}

void inferMixer(const TensorShapes& shapes, VMambaConfig& config)
{
    const std::string op = blockName(0, 0) + "op.";
    const std::int64_t inner = config.stages.front().inner;
    config.dState = shapes.side(op + "A_logs", 2, 1);
    shapes.require(op + "x_proj_weight",
                   {kScans, config.stages.front().dtRank + std::int64_t{2} * config.dState, inner});
    const int projected = shapes.linearSide(op + "in_proj.weight", 0);
    if (projected != inner && projected != 2 * inner)
        shapes.fail("tensor " + inQuotes(op + "in_proj.weight") + " must have " + std::to_string(inner) + " or "
                    + std::to_string(2 * inner) + " rows, found " + std::to_string(projected));
    config.gate = projected == inner ? Gate::None : Gate::Activated;
    config.projBias = shapes.has(op + "in_proj.bias");
    config.convKernel = shapes.has(op + "conv2d.weight") ? shapes.side(op + "conv2d.weight", 4, 2) : 0;
    config.convBias = shapes.has(op + "conv2d.bias");
    config.outNorm = inferOutNorm(shapes, op);
    const std::string mlp = blockName(0, 0) + "mlp.";
    if (config.stages.front().mlpHidden > 0)
        config.gatedMlp = shapes.linearSide(mlp + "fc1.weight", 0) == 2 * config.stages.front().mlpHidden;
}

void inferPatchEmbed(const TensorShapes& shapes, VMambaConfig& config)
{
    const int kernel = shapes.side("patch_embed.0.weight", 4, 2);
    config.patchNorm = shapes.has("patch_embed.2.weight");
    if (shapes.has("patch_embed.5.weight")) {
        config.patchEmbed = VMambaConfig::PatchEmbed::Convolutions;
        config.patchSize = 2 * (kernel - 1);  // two of stride kernel - 1
    } else {
        config.patchSize = kernel;
    }
    if (shapes.has("pos_embed")) {
        config.posHeight = shapes.side("pos_embed", 4, 2);
        config.posWidth = shapes.side("pos_embed", 4, 3);
    }
}

void inferDownsampling(const TensorShapes& shapes, VMambaConfig& config)
{
    if (config.stages.size() < 2)
        return;
    const std::string name = layerName(0) + "downsample.";
    if (shapes.has(name + "2.weight")) {
        config.downsample = Sampling::Merge;
        return;
    }
    const int kernel = shapes.side(name + "1.weight", 4, 2);
    if (kernel != 2 && kernel != 3)
        shapes.fail("tensor " + inQuotes(name + "1.weight") + " must be a 2x2 or a 3x3 convolution, found shape "
                    + shapeText(shapes.of(name + "1.weight", 4)));
    config.downsample = kernel == 2 ? Sampling::Patches : Sampling::Convolution;
}

// What the configuration of VMamba's training script, yacs as JSON, says of what no shape tells.
struct Told {
    bool forwardType = false;
    bool activation = false;
    bool mlpActivation = false;
    bool imageSize = false;
    bool crop = false;
};

bool readActivation(const nlohmann::json& settings, const char* key, Activation& activation)
{
    static const std::array<std::pair<std::string_view, Activation>, 4> kNames = {{{"silu", Activation::Silu},
                                                                                   {"gelu", Activation::Gelu},
                                                                                   {"relu", Activation::Relu},
                                                                                   {"sigmoid", Activation::Sigmoid}}};
    const auto value = settings.find(key);
    if (value == settings.end() || !value->is_string())
        return false;
    for (const auto& [name, known] : kNames)
        if (value->get<std::string>() == name) {
            activation = known;
            return true;
        }
    return false;
}

Told readSettings(const Settings& settings, const TensorShapes& shapes, VMambaConfig& config, ModelConfig& model)
{
    Told told;
    const nlohmann::json document = settingsUnder(settings, "config");
    const nlohmann::json vssm = entryOf(entryOf(document, "MODEL"), "VSSM");
    if (vssm.is_object()) {
        const auto type = vssm.find("SSM_FORWARDTYPE");
        if (type != vssm.end() && type->is_string()) {
            try {
                told.forwardType = readForwardType(type->get<std::string>(), "its configuration", config);
            } catch (const Error& error) {
                shapes.fail(error.what());
            }
        }
        told.activation = readActivation(vssm, "SSM_ACT_LAYER", config.activation);
        told.mlpActivation = readActivation(vssm, "MLP_ACT_LAYER", config.mlpActivation);
    }
    told.imageSize = readImageSide(entryOf(entryOf(document, "DATA"), "IMG_SIZE"), model);
    takeEvaluationCrop(model);
    const nlohmann::json crop = entryOf(entryOf(document, "TEST"), "CROP");
    told.crop = crop.is_boolean() && crop.get<bool>();  // without one, pictures are stretched: --crop none
    return told;
}

std::vector<Guess> guessesOf(const VMambaConfig& config, const ModelConfig& model, const Told& told)
{
    std::vector<Guess> guesses;
    const auto guess = [&](const char* key, const std::string& what, const std::string& assumed) {
        guesses.push_back(unknown(key, what, assumed));
    };
    if (!told.forwardType) {
        if (config.gate != Gate::None)
            guess("gate", "whether the gate z is activated", "that it is (no \"nozact\" in the forward type)");
        guess("scan", "which way the four scans go", "the cross-scan: rows, columns, and both backwards");
        if (config.outNorm == OutNorm::None)
            guess("out_norm", "what stands in for the missing output norm", "nothing (\"onnone\")");
        guess("out_gelu", "whether a GELU follows the output norm", "that none does (no \"oact\" in the forward type)");
    }
    if (!told.activation && config.gate != Gate::None)
        guess("activation", "the activation", "SiLU");
    else if (!told.activation)
        guess("activation", "the activation after the convolution", "SiLU");
    if (!told.mlpActivation && config.stages.front().mlpHidden > 0)
        guess("mlp_activation", "the activation of the MLPs", "GELU");
    if (!told.imageSize && config.posHeight == 0)
        guess("image_size", "image_size",
              "the default, " + std::to_string(model.imageHeight) + " x " + std::to_string(model.imageWidth));
    if (!told.crop)
        guesses.push_back(unknownCrop(model));
    return guesses;
}

bool dropEnd(std::string& text, std::string_view end)
{
    if (text.size() < end.size() || text.compare(text.size() - end.size(), end.size(), end) != 0)
        return false;
    text.resize(text.size() - end.size());
    if (!text.empty() && text.back() == '_')
        text.pop_back();
    return true;
}

}  // namespace

// Endings in the order in which the public code strips them.
bool readForwardType(const std::string& text, const std::string& origin, VMambaConfig& config)
{
    std::string rest = text;
    dropEnd(rest, "no32");
    const bool outGelu = dropEnd(rest, "oact");
    const bool noGate = dropEnd(rest, "noz");
    const bool plainGate = dropEnd(rest, "nozact");
    OutNorm outNorm = OutNorm::Layer;
    for (const auto& [end, norm] : {std::pair("none", OutNorm::None), std::pair("dwconv3", OutNorm::Convolution),
                                    std::pair("cnorm", OutNorm::LayerConvolution),
                                    std::pair("softmax", OutNorm::Softmax), std::pair("sigmoid", OutNorm::Sigmoid)})
        if (outNorm == OutNorm::Layer && (dropEnd(rest, std::string("on") + end) || dropEnd(rest, end)))
            outNorm = norm;
    Scan scan = Scan::Cross;
    if (rest == "v051d" || rest == "v31d")
        scan = Scan::OneWay;
    else if (rest == "v052d" || rest == "v32d")
        scan = Scan::TwoWays;
    else if (rest == "v052dc" || rest == "v052d3" || rest.compare(0, 2, "xv") == 0 || rest.compare(0, 1, "m") == 0)
        throw Error(ErrorKind::Model,
                    origin + " has VMamba's forward type " + inQuotes(text)
                        + ", whose arithmetic is not supported; expected v0, v0seq, v01 to v05, v1 to v4, or v051d, "
                          "v052d with their endings");
    else if (rest != "v0" && rest != "v0seq" && rest != "v01" && rest != "v02" && rest != "v03" && rest != "v04"
             && rest != "v05" && rest != "v1" && rest != "v2" && rest != "v3" && rest != "v4")
        return false;
    config.outGelu = outGelu;
    config.gate = noGate ? Gate::None : plainGate ? Gate::Linear : Gate::Activated;
    config.outNorm = outNorm;
    config.scan = scan;
    return true;
}

Inferred inferVMamba(const TensorShapes& shapes, const Settings& settings)
{
    if (!shapes.has("classifier.head.weight"))
        shapes.fail(std::string("tensor 'classifier.head.weight' is missing: this is the backbone of a VMamba network")
                    + (shapes.has("outnorm0.weight") ? " for segmentation or detection" : "")
                    + ", which names no classes, and MixerScope runs networks that classify");
    Inferred result;
    VMambaConfig config;
    const int stages = shapes.count("layers.", ".blocks.0.op.A_logs", kMaxStages);
    if (stages == 0)
        shapes.fail("tensor 'layers.0.blocks.0.op.A_logs' is missing");
    for (int stage = 0; stage < stages; ++stage)
        config.stages.push_back(inferStage(shapes, stage));
    if (shapes.has(blockName(0, 0) + "norm.running_mean"))
        shapes.fail("tensor " + inQuotes(blockName(0, 0) + "norm.running_mean")
                    + " belongs to a batch normalization, which is not supported; expected LayerNorm or LayerNorm2d");
    inferMixer(shapes, config);
    inferPatchEmbed(shapes, config);
    inferDownsampling(shapes, config);
    if (config.posHeight > 0) {
        result.config.imageHeight = config.posHeight * config.patchSize;
        result.config.imageWidth = config.posWidth * config.patchSize;
    }
    const Gate gateByShape = config.gate;
    const OutNorm normByShape = config.outNorm;
    const Told told = readSettings(settings, shapes, config, result.config);
    if ((config.gate == Gate::None) != (gateByShape == Gate::None))
        shapes.fail("its own configuration and its tensors disagree about the gate (\"noz\")");
    if (normByShape != OutNorm::None)
        config.outNorm = normByShape;
    result.config.network = config;
    result.config.numClasses = shapes.linearSide("classifier.head.weight", 0);
    result.guesses = guessesOf(config, result.config, told);
    try {
        result.config.validate();
    } catch (const Error& error) {
        shapes.fail(error.what());
    }
    return result;
}

}  // namespace mixer::checkpoint
