// SPDX-License-Identifier: MIT
// Recognition of families, their configurations in JSON, older names, and what is refused.
#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"
#include "engine/session/InferenceSession.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/TensorFiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace mixer {
namespace {

using nlohmann::json;
using test::expectError;

Checkpoint peer(const std::string& name)
{
    return Checkpoint::open(fixture(name + ".safetensors"));
}

bool hasGuess(const Remarks& remarks, const std::string& part)
{
    return std::any_of(remarks.begin(), remarks.end(), [&](const Remark& remark) {
        return remark.kind == Remark::Kind::Guess && remark.text.find(part) != std::string::npos;
    });
}

TEST(Families, AreRecognisedByTheirNames)
{
    EXPECT_EQ(peer("vim2-cross").config.familyName(), "ViM2");
    EXPECT_EQ(peer("viqs-cross").config.familyName(), "ViQS");
    EXPECT_EQ(peer("vim-default").config.familyName(), "Vim");
    const Checkpoint first = peer("vmamba-v0");
    EXPECT_EQ(first.config.familyName(), "VMamba");
    EXPECT_EQ(std::get<VMambaConfig>(first.config.network).version(), "v0");
    EXPECT_EQ(std::get<VMambaConfig>(peer("vmamba-v2").config.network).version(), "v2");
    const bool says = std::any_of(first.remarks.begin(), first.remarks.end(), [](const Remark& remark) {
        return remark.text.find("VMamba by its tensor") != std::string::npos;
    });
    EXPECT_TRUE(says) << "why it is that family";
}

TEST(Families, ShapesTellAVMamba)
{
    const VMambaConfig config = std::get<VMambaConfig>(peer("vmamba-v2").config.network);
    ASSERT_EQ(config.stages.size(), 3U);
    EXPECT_EQ(config.stages[1], (VMambaConfig::Stage{12, 2, 12, 1, 24}));
    EXPECT_EQ(config.dState, 1);
    EXPECT_EQ(config.gate, VMambaConfig::Gate::None);
    EXPECT_FALSE(config.convBias);
    EXPECT_EQ(config.patchEmbed, VMambaConfig::PatchEmbed::Convolutions);
    EXPECT_EQ(config.patchSize, 4);
    EXPECT_EQ(config.downsample, VMambaConfig::Downsample::Convolution);
    EXPECT_EQ(config.outNorm, VMambaConfig::OutNorm::Layer);
}

TEST(Families, ShapesTellAVim)
{
    const Checkpoint checkpoint = peer("vim-default");
    const VimConfig config = std::get<VimConfig>(checkpoint.config.network);
    EXPECT_EQ(config.depth, 2);
    EXPECT_EQ(config.dim, 12);
    EXPECT_EQ(config.inner, 24);
    EXPECT_EQ(config.gridHeight, 4);
    EXPECT_EQ(config.norm, VimConfig::Norm::Rms);
    EXPECT_EQ(config.classToken, VimConfig::ClassToken::Middle);
    EXPECT_EQ(checkpoint.config.imageHeight, 32);
    EXPECT_TRUE(hasGuess(checkpoint.remarks, "where the class token lies"));
    EXPECT_TRUE(hasGuess(checkpoint.remarks, "stride"));
}

TEST(Families, AConfigurationMayTellOnlyWhatShapesDoNot)
{
    const Checkpoint checkpoint = peer("vmamba-variant");
    const VMambaConfig config = std::get<VMambaConfig>(checkpoint.config.network);
    EXPECT_EQ(config.scan, VMambaConfig::Scan::TwoWays);
    EXPECT_EQ(config.gate, VMambaConfig::Gate::Linear);
    EXPECT_EQ(config.stages.front().inner, 12);
    EXPECT_TRUE(config.gatedMlp);
    EXPECT_FALSE(hasGuess(checkpoint.remarks, "gate")) << "told";
    EXPECT_EQ(checkpoint.config.imageWidth, 24) << "after the position embedding";
}

TEST(Families, JsonRoundTrips)
{
    for (const char* name : {"vmamba-v0", "vmamba-v2", "vmamba-variant", "vim-default", "vim-variant"}) {
        const ModelConfig config = peer(name).config;
        ModelConfig again = ModelConfig::fromJson(config.toJson(), "again", nullptr);
        if (auto* vim = std::get_if<VimConfig>(&again.network))
            vim->stride = std::get<VimConfig>(config.network).stride;  // written only where it is known
        EXPECT_EQ(again, config) << name << ": " << config.toJson();
    }
}

TEST(Families, JsonErrorsNameTheKey)
{
    json config = json::parse(peer("vmamba-v2").config.toJson());
    config["gate"] = "open";
    expectError(ErrorKind::Format, {"place: ", "\"gate\"", "\"linear\"", "'open'"},
                [&] { ModelConfig::fromJson(config.dump(), "place", nullptr); });
    config["gate"] = "none";
    config["dims"] = {8, 12};
    expectError(ErrorKind::Format, {"stages", "3"}, [&] { ModelConfig::fromJson(config.dump(), "place", nullptr); });
    config["arch"] = "swin";
    expectError(ErrorKind::Format, {"\"arch\"", "vmamba", "'swin'"},
                [&] { ModelConfig::fromJson(config.dump(), "place", nullptr); });
    json vim = json::parse(peer("vim-default").config.toJson());
    vim["d_state"] = 100000;
    expectError(ErrorKind::Model, {"d_state", "100000"}, [&] { ModelConfig::fromJson(vim.dump(), "place", nullptr); });
}

TEST(Families, TheReceiptTellsOlderNames)
{
    const auto session = InferenceSession::open(fixture("vmamba-v0.safetensors"));
    const LoadReceipt& receipt = session->receipt();
    EXPECT_EQ(receipt.count(TensorUse::Missing), 0);
    EXPECT_EQ(receipt.count(TensorUse::Unused), 0);
    const auto line = std::find_if(receipt.tensors.begin(), receipt.tensors.end(), [](const TensorReceipt& tensor) {
        return tensor.name == "layers.0.blocks.0.self_attention.A_logs";
    });
    ASSERT_NE(line, receipt.tensors.end());
    EXPECT_EQ(line->use, TensorUse::Renamed);
    EXPECT_EQ(line->target, "layers.0.blocks.0.op.A_logs");
    EXPECT_FALSE(line->reason.empty());
}

TEST(Families, MixersCarryTheirFamilysNames)
{
    const auto vmamba = InferenceSession::open(fixture("vmamba-v2.safetensors"));
    EXPECT_EQ(vmamba->mixers()[2].id.name(), "layers.1.blocks.1.op");
    EXPECT_EQ(vmamba->mixers()[2].id.shortName(), "S2 B2");
    EXPECT_GT(vmamba->parameterCount(MixerId::parse("layers.1.blocks.1")), 500);
    const auto vim = InferenceSession::open(fixture("vim-default.safetensors"));
    EXPECT_EQ(vim->mixers()[1].id.name(), "layers.1.mixer");
    EXPECT_EQ(vim->mixers()[1].id.shortName(), "L2");
    EXPECT_EQ(MixerId::parse("layers.1").name(), "layers.1.mixer");
}

TEST(Families, ClassTokensLieAmongTheTokens)
{
    const auto session = InferenceSession::open(fixture("vim-default.safetensors"));
    PreparedImage image;
    image.tensor = Array({3, 32, 32});
    const auto trace = session->run(image);
    const MixerRecord& record = trace->mixers().front();
    EXPECT_EQ(record.height, 4);
    EXPECT_EQ(record.classTokens, (std::vector<int>{8}));
    EXPECT_EQ(record.tokenAt(7), 7);
    EXPECT_EQ(record.tokenAt(8), -1);
    EXPECT_EQ(record.tokenAt(9), 8);
    for (int token = 0; token < record.tokenCount(); ++token)
        EXPECT_EQ(record.tokenAt(record.positionOf(token)), token);
    EXPECT_EQ(record.routing.scans, (std::vector<std::string>{"forward", "backward"}));
    EXPECT_EQ(record.routing.weights, (std::vector<double>{0.5, 0.5}));
    const auto detail = trace->detail(record.id);
    EXPECT_EQ(detail->positionCount(), 17);
    EXPECT_EQ(detail->positionAt(1, 0), 16) << "backward begins at the end";
}

TEST(Families, OtherSizesResampleThePositionEmbedding)
{
    for (const char* name : {"vim-default", "vmamba-variant"}) {
        const auto session = InferenceSession::open(fixture(std::string(name) + ".safetensors"));
        Array batch({2, 3, 40, 64});
        for (std::size_t i = 0; i < batch.values.size(); ++i)
            batch.values[i] = static_cast<float>(i % 17) / 17;
        EXPECT_EQ(session->logits(batch).shape, (std::vector<std::int64_t>{2, 5})) << name;
    }
}

TEST(Families, TooSmallPicturesAreRefused)
{
    const auto vim = InferenceSession::open(fixture("vim-default.safetensors"));
    expectError(ErrorKind::Image, {"8 pixels"}, [&] { vim->logits(Array({1, 3, 7, 32})); });
    const auto vmamba = InferenceSession::open(fixture("vmamba-variant.safetensors"));
    expectError(ErrorKind::Image, {"too small"}, [&] { vmamba->logits(Array({1, 3, 4, 32})); });
}

using Rename = std::function<std::string(const std::string&)>;

/// A fixture whose tensors were renamed.
EditedCheckpoint renamedFixture(const std::string& name, const Rename& rename)
{
    return EditedCheckpoint(fixture(name + ".safetensors"), [&](json& header) {
        json renamed = json::object();
        for (const auto& item : header.items())
            renamed[item.key() == "__metadata__" ? item.key() : rename(item.key())] = item.value();
        header = renamed;
    });
}

/// `expected`: parts of the message.
void expectRefused(const std::string& name, const Rename& rename, const std::vector<std::string>& expected)
{
    const EditedCheckpoint file = renamedFixture(name, rename);
    expectError(ErrorKind::Model, expected, [&] { InferenceSession::open(file.path()); });
}

TEST(Families, PrefixesOfWrappersAreStripped)
{
    for (const char* prefix : {"module.", "_orig_mod.", "module._orig_mod.", "net.", "model.network.", "backbone."}) {
        const EditedCheckpoint file
            = renamedFixture("vim-default", [&](const std::string& name) { return prefix + name; });
        const Checkpoint checkpoint = Checkpoint::open(file.path());
        EXPECT_EQ(checkpoint.prefix, prefix);
        EXPECT_NE(checkpoint.find("head.weight"), nullptr) << prefix;
    }
}

TEST(Families, CountersNeedNoPlaceAndNoPrefix)
{
    const EditedCheckpoint prefixed
        = renamedFixture("vim-default", [](const std::string& name) { return "module." + name; });
    const EditedCheckpoint file(prefixed.path(), [](json& header) {
        for (const char* counter : {"n_averaged", "module.layers.0.total_ops"})
            header[counter] = {{"dtype", "I64"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
    });
    const auto session = InferenceSession::open(file.path());
    EXPECT_EQ(session->receipt().count(TensorUse::Unused), 2);
    EXPECT_EQ(session->receipt().count(TensorUse::Missing), 0);
}

ModelConfig configOf(const std::string& name, const json& metadata)
{
    const EditedCheckpoint file(fixture(name + ".safetensors"),
                                [&](json& header) { header["__metadata__"] = metadata; });
    return Checkpoint::open(file.path()).config;
}

TEST(Families, PicturesAreCroppedAsThePublicScriptsDoToEvaluate)
{
    EXPECT_EQ(peer("vmamba-v2").config.cropFraction, 0.875) << "224 of 256";
    EXPECT_TRUE(hasGuess(peer("vmamba-v2").remarks, "centre crop"));
    EXPECT_EQ(peer("vim-default").config.cropFraction, 1) << "32 pixels are taken as they are";
    EXPECT_EQ(peer("vim2-cross").config.cropFraction, 1) << "ours";
    EXPECT_EQ(configOf("vim-default", {{"args", R"({"eval_crop_ratio": 0.9})"}}).cropFraction, 0.9);
    EXPECT_EQ(configOf("vim-default", {{"args", R"({"input_size": 64, "eval_crop_ratio": -1})"}}).cropFraction, 0.875);
    EXPECT_EQ(configOf("vmamba-v2", {{"config", R"({"DATA": {"IMG_SIZE": 32}})"}}).cropFraction, 1);
    EXPECT_EQ(configOf("vmamba-v2", {{"mixer_config", R"({"image_size": [64, 64]})"}}).cropFraction, 0.875);
    ModelConfig whole = peer("vmamba-v2").config;
    whole.cropFraction = 1;
    EXPECT_EQ(configOf("vmamba-v2", {{"mixer_config", whole.toJson()}}).cropFraction, 1) << "written, so told";
}

std::string replaced(std::string text, const std::string& old, const std::string& now)
{
    const std::size_t position = text.find(old);
    return position == std::string::npos ? text : text.replace(position, old.size(), now);
}

TEST(Families, BackbonesAreToldAsSuch)
{
    expectRefused("vmamba-v2",
                  [](const std::string& name) {
                      return replaced(replaced(name, "classifier.norm", "outnorm0"), "classifier.", "outnorm1.");
                  },
                  {"backbone of a VMamba", "segmentation or detection", "classify"});
    expectRefused("vmamba-v2",
                  [](const std::string& name) {
                      return name.rfind("classifier.", 0) == 0 ? replaced(name, "classifier.", "decode_head.")
                                                               : "backbone." + name;
                  },
                  {"VMamba", "for segmentation or detection", "decode_head"});
    expectRefused("vim-default", [](const std::string& name) { return replaced(name, "head.", "neck."); },
                  {"'head.weight' is missing", "backbone of a Vim"});
}

TEST(Families, ForeignTensorsAreNamed)
{
    expectRefused("vmamba-v2",
                  [](const std::string& name) { return name == "layers.1.blocks.0.op.Ds" ? name + "x" : name; },
                  {"'layers.1.blocks.0.op.Ds' is missing", "(48)", "'layers.1.blocks.0.op.Dsx' (48)", "no place"});
    expectRefused("vim-default", [](const std::string& name) { return "a." + name; },
                  {"Vim", "names that are not its own", "'a."});
    expectRefused("vmamba-v2", [](const std::string& name) { return replaced(name, "dt_projs_weight", "dt_w"); },
                  {"dt_projs_weight", "Mamba-2"});
    expectRefused("vmamba-v2", [](const std::string& name) { return replaced(name, "x_proj_weight", "x_p"); },
                  {"x_proj_weight", "xv1 to xv3"});
}

TEST(Families, AConfigurationOfAnotherFamilyIsRefused)
{
    const EditedCheckpoint file(fixture("vim-default.safetensors"), [](json& header) {
        header["__metadata__"] = {{"mixer_config", R"({"arch":"vmamba"})"}};
    });
    expectError(ErrorKind::Format, {"\"arch\"", "vmamba", "those of Vim"}, [&] { Checkpoint::open(file.path()); });
}

TEST(Families, HostileShapesAreErrors)
{
    const std::vector<std::pair<std::string, std::string>> places = {
        {"vmamba-v2", "layers.0.blocks.0.op.A_logs"},
        {"vmamba-v2", "layers.0.blocks.0.op.x_proj_weight"},
        {"vmamba-v2", "layers.0.blocks.0.op.in_proj.weight"},
        {"vmamba-v2", "layers.1.blocks.0.op.dt_projs_weight"},
        {"vmamba-v2", "layers.0.downsample.1.weight"},
        {"vmamba-v2", "patch_embed.0.weight"},
        {"vmamba-v2", "classifier.head.weight"},
        {"vmamba-variant", "pos_embed"},
        {"vim-default", "layers.0.mixer.A_log"},
        {"vim-default", "layers.0.norm.weight"},
        {"vim-default", "layers.0.mixer.dt_proj.weight"},
        {"vim-default", "layers.1.mixer.conv1d_b.weight"},
        {"vim-default", "patch_embed.proj.weight"},
        {"vim-default", "pos_embed"},
        {"vim-default", "head.weight"},
    };
    for (const auto& [net, tensor] : places) {
        // The same elements in other shapes, so that the file itself is sound.
        for (int shape = 0; shape < 3; ++shape) {
            bool isSame = false;
            const EditedCheckpoint file(fixture(net + ".safetensors"), [&, name = tensor](json& header) {
                std::int64_t count = 1;
                for (const auto& side : header[name]["shape"])
                    count *= side.get<std::int64_t>();
                const json changed = shape == 0 ? json::array({count})
                    : shape == 1                ? json::array({1, 1, 1, count})
                                                : json::array({count, 1});
                isSame = header[name]["shape"] == changed;
                header[name]["shape"] = changed;
            });
            SCOPED_TRACE(net + " " + tensor + " " + std::to_string(shape));
            if (!isSame)
                expectError(ErrorKind::Model, {"'"}, [&] { InferenceSession::open(file.path()); });
        }
    }
}

}  // namespace
}  // namespace mixer
