// SPDX-License-Identifier: MIT
#include "engine/checkpoint/VMambaConfig.h"

#include "engine/checkpoint/FamilyJson.h"
#include "engine/checkpoint/Inference.h"

#include <array>
#include <cstddef>

namespace mixer {

namespace {

// Far above any network that was trained, low enough that products of them fit 64 bits.
constexpr int kMaxStages = 16;
constexpr int kMaxBlocks = 512;
constexpr int kMaxDim = 16384;
constexpr int kMaxWidth = 262144;
constexpr int kMaxState = 256;
constexpr int kMaxConv = 7;  // of the depth-wise kernel
constexpr int kMaxPatch = 256;
constexpr int kMaxGrid = 4096;

using checkpoint::checkRange;
using checkpoint::ConfigReader;
using checkpoint::element;
using checkpoint::Problem;
using checkpoint::word;
using checkpoint::Words;

constexpr Words<VMambaConfig::Gate, 3> kGates = {{{"activated", VMambaConfig::Gate::Activated},
                                                  {"linear", VMambaConfig::Gate::Linear},
                                                  {"none", VMambaConfig::Gate::None}}};
constexpr Words<VMambaConfig::OutNorm, 6> kOutNorms = {{{"layer", VMambaConfig::OutNorm::Layer},
                                                        {"none", VMambaConfig::OutNorm::None},
                                                        {"dwconv3", VMambaConfig::OutNorm::Convolution},
                                                        {"cnorm", VMambaConfig::OutNorm::LayerConvolution},
                                                        {"softmax", VMambaConfig::OutNorm::Softmax},
                                                        {"sigmoid", VMambaConfig::OutNorm::Sigmoid}}};
constexpr Words<VMambaConfig::Scan, 3> kScans = {{{"cross", VMambaConfig::Scan::Cross},
                                                  {"one_way", VMambaConfig::Scan::OneWay},
                                                  {"two_ways", VMambaConfig::Scan::TwoWays}}};
constexpr Words<VMambaConfig::PatchEmbed, 2> kPatchEmbeds
    = {{{"v1", VMambaConfig::PatchEmbed::Patches}, {"v2", VMambaConfig::PatchEmbed::Convolutions}}};
constexpr Words<VMambaConfig::Downsample, 3> kDownsamples = {{{"v1", VMambaConfig::Downsample::Merge},
                                                              {"v2", VMambaConfig::Downsample::Patches},
                                                              {"v3", VMambaConfig::Downsample::Convolution}}};
constexpr Words<Activation, 4> kActivations = {{{"silu", Activation::Silu},
                                                {"gelu", Activation::Gelu},
                                                {"relu", Activation::Relu},
                                                {"sigmoid", Activation::Sigmoid}}};

/// One number of every stage.
std::vector<int> column(const VMambaConfig& config, int VMambaConfig::Stage::*member)
{
    std::vector<int> values;
    for (const VMambaConfig::Stage& stage : config.stages)
        values.push_back(stage.*member);
    return values;
}

void readColumn(ConfigReader& reader, const std::string& key, VMambaConfig& config, int VMambaConfig::Stage::*member)
{
    std::vector<int> values;
    if (!reader.read(key, values))
        return;
    if (config.stages.empty())
        config.stages.resize(values.size());
    if (values.size() != config.stages.size())
        reader.fail("\"" + key + "\" must have one entry for each of the " + std::to_string(config.stages.size())
                    + " stages, found " + std::to_string(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i)
        config.stages[i].*member = values[i];
}

Problem stageProblem(const VMambaConfig::Stage& stage, std::size_t index)
{
    if (auto problem = checkRange(element("dims", index), stage.dim, 1, kMaxDim))
        return problem;
    if (auto problem = checkRange(element("depths", index), stage.depth, 1, kMaxBlocks))
        return problem;
    if (auto problem = checkRange(element("inner", index), stage.inner, 1, kMaxWidth))
        return problem;
    if (auto problem = checkRange(element("dt_rank", index), stage.dtRank, 1, kMaxDim))
        return problem;
    return checkRange(element("mlp_hidden", index), stage.mlpHidden, 0, kMaxWidth);
}

}  // namespace

void checkpoint::writeJson(const VMambaConfig& config, nlohmann::ordered_json& result)
{
    result["arch"] = "vmamba";
    result["dims"] = column(config, &VMambaConfig::Stage::dim);
    result["depths"] = column(config, &VMambaConfig::Stage::depth);
    result["inner"] = column(config, &VMambaConfig::Stage::inner);
    result["dt_rank"] = column(config, &VMambaConfig::Stage::dtRank);
    result["mlp_hidden"] = column(config, &VMambaConfig::Stage::mlpHidden);
    result["d_state"] = config.dState;
    result["conv"] = config.convKernel;
    result["conv_bias"] = config.convBias;
    result["proj_bias"] = config.projBias;
    result["gate"] = word(kGates, config.gate);
    result["activation"] = word(kActivations, config.activation);
    result["out_norm"] = word(kOutNorms, config.outNorm);
    result["out_gelu"] = config.outGelu;
    result["scan"] = word(kScans, config.scan);
    result["gated_mlp"] = config.gatedMlp;
    result["mlp_activation"] = word(kActivations, config.mlpActivation);
    result["post_norm"] = config.postNorm;
    result["patch_embed"] = word(kPatchEmbeds, config.patchEmbed);
    result["patch_size"] = config.patchSize;
    result["patch_norm"] = config.patchNorm;
    result["downsample"] = word(kDownsamples, config.downsample);
    result["pos_embed"] = nullptr;
    if (config.posHeight > 0)
        result["pos_embed"] = {config.posHeight, config.posWidth};
}

void checkpoint::readJson(ConfigReader& reader, VMambaConfig& config)
{
    reader.find("arch");
    readColumn(reader, "dims", config, &VMambaConfig::Stage::dim);
    readColumn(reader, "depths", config, &VMambaConfig::Stage::depth);
    readColumn(reader, "inner", config, &VMambaConfig::Stage::inner);
    readColumn(reader, "dt_rank", config, &VMambaConfig::Stage::dtRank);
    readColumn(reader, "mlp_hidden", config, &VMambaConfig::Stage::mlpHidden);
    if (const json* type = reader.find("forward_type")) {  // for people; toJson() writes its parts
        const std::string text = reader.text("forward_type", *type);
        if (!readForwardType(text, "the configuration", config))
            reader.expected("forward_type", "one of VMamba's, e.g. \"v05_noz\"", *type);
    }
    reader.read("d_state", config.dState);
    reader.read("conv", config.convKernel);
    reader.read("conv_bias", config.convBias);
    reader.read("proj_bias", config.projBias);
    reader.read("gate", kGates, config.gate);
    reader.read("activation", kActivations, config.activation);
    reader.read("out_norm", kOutNorms, config.outNorm);
    reader.read("out_gelu", config.outGelu);
    reader.read("scan", kScans, config.scan);
    reader.read("gated_mlp", config.gatedMlp);
    reader.read("mlp_activation", kActivations, config.mlpActivation);
    reader.read("post_norm", config.postNorm);
    reader.read("patch_embed", kPatchEmbeds, config.patchEmbed);
    reader.read("patch_size", config.patchSize);
    reader.read("patch_norm", config.patchNorm);
    reader.read("downsample", kDownsamples, config.downsample);
    reader.readGrid("pos_embed", config.posHeight, config.posWidth);
}

// Releases differ in sizes, states, gate and downsampling; what no release has is a deviation.
void checkpoint::addDeviations(const VMambaConfig& config, Deviations& result)
{
    result.compare("scan", word(kScans, config.scan), "cross");
    result.compare("activation", word(kActivations, config.activation), "silu");
    result.compare("out_norm", word(kOutNorms, config.outNorm), "layer");
    result.compare("out_gelu", config.outGelu ? "true" : "false", "false");
    result.compare("mlp_activation", word(kActivations, config.mlpActivation), "gelu");
    result.compare("post_norm", config.postNorm ? "true" : "false", "false");
}

std::string VMambaConfig::version() const
{
    const bool first = !stages.empty() && stages.front().mlpHidden == 0 && gate == Gate::Activated && convBias
        && convKernel == 3 && outNorm == OutNorm::Layer && scan == Scan::Cross && downsample == Downsample::Merge
        && patchEmbed == PatchEmbed::Patches;
    return first ? "v0" : "v2";
}

std::vector<std::string> VMambaConfig::scanNames() const
{
    if (scan == Scan::OneWay)
        return {"row", "row (2)", "row (3)", "row (4)"};
    if (scan == Scan::TwoWays)
        return {"row", "row (2)", "row-reverse", "row-reverse (2)"};
    return {"row", "column", "row-reverse", "column-reverse"};
}

std::optional<std::string> VMambaConfig::problem() const
{
    if (auto problem = checkRange("the number of stages in dims", static_cast<int>(stages.size()), 1, kMaxStages))
        return problem;
    for (std::size_t i = 0; i < stages.size(); ++i)
        if (auto problem = stageProblem(stages[i], i))
            return problem;
    if (auto problem = checkRange("d_state", dState, 1, kMaxState))
        return problem;
    if (convKernel != 0 && convKernel % 2 == 0)
        return "conv must be odd, or 0 for none, found " + std::to_string(convKernel);
    if (auto problem = checkRange("conv", convKernel, 0, kMaxConv))
        return problem;
    if (auto problem = checkRange("patch_size", patchSize, 1, kMaxPatch))
        return problem;
    if (patchEmbed == PatchEmbed::Convolutions && patchSize % 2 != 0)
        return "patch_size must be even with two convolutions, found " + std::to_string(patchSize);
    if (auto problem = checkRange("pos_embed[0]", posHeight, 0, kMaxGrid))
        return problem;
    return checkRange("pos_embed[1]", posWidth, posHeight > 0 ? 1 : 0, kMaxGrid);
}

bool VMambaConfig::operator==(const VMambaConfig& o) const
{
    return stages == o.stages && dState == o.dState && convKernel == o.convKernel && convBias == o.convBias
        && projBias == o.projBias && gate == o.gate && activation == o.activation && outNorm == o.outNorm
        && outGelu == o.outGelu && scan == o.scan && gatedMlp == o.gatedMlp && mlpActivation == o.mlpActivation
        && postNorm == o.postNorm && patchEmbed == o.patchEmbed && patchSize == o.patchSize && patchNorm == o.patchNorm
        && downsample == o.downsample && posHeight == o.posHeight && posWidth == o.posWidth;
}

}  // namespace mixer
