// SPDX-License-Identifier: MIT
// What sessions tell of every tensor, and what errors tell when there is no session.
#include "engine/session/InferenceSession.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

namespace mixer {
namespace {

using nlohmann::json;
using Edit = std::function<void(json&)>;

std::optional<LoadError> failure(const std::string& path)
{
    try {
        InferenceSession::open(path);
    } catch (const LoadError& error) {
        return error;
    }
    return std::nullopt;
}

const TensorReceipt* find(const LoadReceipt& receipt, const std::string& name)
{
    const auto found = std::find_if(receipt.tensors.begin(), receipt.tensors.end(),
                                    [&](const TensorReceipt& line) { return line.name == name; });
    return found == receipt.tensors.end() ? nullptr : &*found;
}

void rename(json& header, const std::string& from, const std::string& to)
{
    header[to] = header.at(from);
    header.erase(from);
}

TEST(LoadReceipt, APlainCheckpointUsesAllAndGuessesNothing)
{
    const auto session = InferenceSession::open(fixture("golden/vim2.safetensors"));
    const LoadReceipt& receipt = session->receipt();
    const auto& stored = session->checkpoint().file->tensors();
    ASSERT_EQ(receipt.tensors.size(), stored.size());
    EXPECT_TRUE(receipt.isPlain());
    EXPECT_EQ(receipt.summary(), "all " + std::to_string(stored.size()) + " tensors used");
    for (std::size_t i = 0; i < stored.size(); ++i) {
        EXPECT_EQ(receipt.tensors[i].name, stored[i].name);
        EXPECT_EQ(receipt.tensors[i].target, stored[i].name);
        EXPECT_EQ(receipt.tensors[i].shape, stored[i].shape);
        EXPECT_EQ(receipt.tensors[i].targetShape, stored[i].shape);
        EXPECT_EQ(receipt.tensors[i].typeName, "F32");
        EXPECT_EQ(receipt.tensors[i].use, TensorUse::Used);
    }
    // This net's picture is 40 x 40, its stages are narrow; what differs from ViM2's defaults is said, and nothing
    // else.
    ASSERT_FALSE(receipt.deviations.empty());
    for (const std::string& deviation : receipt.deviations)
        EXPECT_NE(deviation.find("; the default of ViM2 is "), std::string::npos) << deviation;
}

TEST(LoadReceipt, StrippedPrefixesAreRenamings)
{
    const auto session = InferenceSession::open(fixture("pth/viqs-cross.torch1.zip.pth"));
    const LoadReceipt& receipt = session->receipt();
    EXPECT_EQ(receipt.count(TensorUse::Renamed), static_cast<int>(receipt.tensors.size()));
    EXPECT_FALSE(receipt.isPlain());
    const TensorReceipt* const line = find(receipt, "module.stem.proj.weight");
    ASSERT_NE(line, nullptr);
    EXPECT_EQ(line->target, "stem.proj.weight");
    EXPECT_EQ(line->reason, "prefix 'module.' stripped");
    ASSERT_FALSE(receipt.remarks.empty());
    EXPECT_EQ(receipt.remarks[0].kind, Remark::Kind::Note);
    EXPECT_EQ(receipt.guessCount(), 0);
}

TEST(LoadReceipt, EveryGuessIsListed)
{
    const EditedCheckpoint edited(fixture("golden/viqs.safetensors"),
                                  [](json& header) { header.erase("__metadata__"); });
    const LoadReceipt receipt = InferenceSession::open(edited.path())->receipt();
    EXPECT_EQ(receipt.guessCount(), 4);
    EXPECT_NE(receipt.summary().find("; 4 guesses"), std::string::npos) << receipt.summary();
    EXPECT_FALSE(receipt.isPlain());
    for (const std::string part : {"top_k", "image_size", "window-4", "mean"})
        EXPECT_TRUE(std::any_of(receipt.remarks.begin(), receipt.remarks.end(), [&](const Remark& remark) {
            return remark.kind == Remark::Kind::Guess && remark.text.find(part) != std::string::npos;
        })) << part;
}

TEST(LoadReceipt, AFailureTellsAllProblemsAtOnce)
{
    EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](json& header) {
        rename(header, "stages.1.blocks.0.token_mixers.0.A_log", "surprise");
        header["head.fc.weight"]["shape"] = {56, 7};
        header["stages.0.blocks.0.token_mixers.0.D"]["dtype"] = "I32";
    });
    edited.overwriteFirstFloat("stem.norm.bias", std::numeric_limits<float>::infinity());
    const auto error = failure(edited.path());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::Model);
    const std::string message = error->what();
    EXPECT_EQ(message.rfind(edited.path() + ": 5 problems:", 0), 0U) << message;
    for (const char* part : {"'stages.1.blocks.0.token_mixers.0.A_log' is missing", "'surprise'", "(56, 7)", "(7, 56)",
                             "'stages.0.blocks.0.token_mixers.0.D' has type I32", "'stem.norm.bias' holds a NaN"})
        EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;

    const LoadReceipt& receipt = error->receipt();
    EXPECT_EQ(receipt.count(TensorUse::Missing), 4);
    EXPECT_EQ(receipt.count(TensorUse::Unused), 1);
    EXPECT_EQ(find(receipt, "surprise")->use, TensorUse::Unused);
    EXPECT_NE(find(receipt, "surprise")->reason.find("no place"), std::string::npos);
    const TensorReceipt* const missing = find(receipt, "stages.1.blocks.0.token_mixers.0.A_log");
    ASSERT_NE(missing, nullptr);
    EXPECT_EQ(missing->use, TensorUse::Missing);
    EXPECT_TRUE(missing->typeName.empty());
    EXPECT_EQ(find(receipt, "head.fc.weight")->targetShape, (std::vector<std::int64_t>{7, 56}));
    EXPECT_EQ(find(receipt, "head.fc.weight")->shape, (std::vector<std::int64_t>{56, 7}));
}

TEST(LoadReceipt, EachTensorThatIsLeftOutIsNamed)
{
    std::set<std::string> names;
    const auto file = TensorFile::open(fixture("golden/viqs.safetensors"));
    for (const TensorInfo& info : file->tensors())
        names.insert(info.name);
    for (const std::string& name : names) {
        const EditedCheckpoint edited(fixture("golden/viqs.safetensors"),
                                      [&](json& header) { rename(header, name, "renamed." + name); });
        const auto error = failure(edited.path());
        ASSERT_TRUE(error) << name;
        EXPECT_NE(std::string(error->what()).find("'" + name + "' is missing"), std::string::npos) << error->what();
        EXPECT_EQ(error->receipt().count(TensorUse::Missing), 1) << name;
        EXPECT_EQ(error->receipt().count(TensorUse::Unused), 1) << name;
    }
}

TEST(LoadReceipt, WhereEarlyProblemsAreManyTheRestIsNotJudged)
{
    const EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](json& header) {
        json config = json::parse(header["__metadata__"]["mixer_config"].get<std::string>());
        config["dims"] = {16384, 16384, 16384, 16384};
        header["__metadata__"]["mixer_config"] = config.dump();
    });
    const auto error = failure(edited.path());
    ASSERT_TRUE(error);
    EXPECT_NE(find(error->receipt(), "head.fc.weight")->reason.find("not reached"), std::string::npos);
}

}  // namespace
}  // namespace mixer
