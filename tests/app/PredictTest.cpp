// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"
#include "tests/engine/EditedCheckpoint.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace mixer {
namespace {

using Json = nlohmann::json;

class Predict : public ::testing::Test {
protected:
    Folder m_folder;
    std::string m_picture = writePicture(m_folder, 31, 23);
    std::string m_model = fixture("vim2-default.safetensors");
};

TEST_F(Predict, printsTheDocumentedJson)
{
    const Finished result = run({"predict", m_picture, "--model", m_model, "--json", "--logits", "--routing"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const Json json = Json::parse(result.output);
    EXPECT_EQ(json.at("model").at("path"), m_model);
    EXPECT_EQ(json.at("model").at("family"), "ViM2");
    EXPECT_GT(json.at("model").at("parameters").get<int>(), 1000);

    ASSERT_EQ(json.at("images").size(), 1U);
    const Json& image = json.at("images").at(0);
    EXPECT_EQ(image.at("path"), m_picture);
    EXPECT_EQ(image.at("width"), 31);
    EXPECT_EQ(image.at("height"), 23);
    EXPECT_GE(image.at("milliseconds").get<double>(), 0);

    const auto logits = image.at("logits").get<std::vector<float>>();
    ASSERT_EQ(logits.size(), 5U);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(logit);
    ASSERT_EQ(image.at("top").size(), 5U);
    double last = 1;
    for (const Json& entry : image.at("top")) {
        const auto index = entry.at("index").get<std::size_t>();
        const double probability = entry.at("probability");
        EXPECT_NEAR(probability, std::exp(logits.at(index)) / sum, 1e-6);
        EXPECT_LE(probability, last);
        EXPECT_EQ(entry.at("label"), "class " + std::to_string(index));
        last = probability;
    }

    const Json info = Json::parse(run({"info", m_model, "--json"}).output);
    ASSERT_EQ(image.at("routing").size(), 4U);
    EXPECT_EQ(image.at("routing").at(0).at("mixer"), "stages.0.blocks.0.token_mixers.0");
    for (const Json& mixer : image.at("routing")) {
        EXPECT_EQ(mixer.at("scans"), info.at("configuration").at("scans"));
        const auto probabilities = mixer.at("probabilities").get<std::vector<double>>();
        double total = 0;
        for (const double p : probabilities)
            total += p;
        EXPECT_NEAR(total, 1, 1e-5);
        EXPECT_EQ(mixer.at("chosen").size(), info.at("configuration").at("sos").at("top_k"));
        for (const Json& name : mixer.at("chosen"))
            EXPECT_TRUE(std::count(mixer.at("scans").begin(), mixer.at("scans").end(), name) == 1) << name;
    }
}

TEST_F(Predict, tellsWhatEditsChange)
{
    const std::string edits = m_folder.path("edits.json");
    const std::string mixer = "stages.0.blocks.0.token_mixers.1";
    writeFile(edits,
              R"({"version":1,"edits":[{"kind":"skip-mixer","mixers":[")" + mixer
                  + R"("]},{"kind":"skip-mixer","enabled":false}]})");
    const Finished plain = run({"predict", m_picture, "--model", m_model, "--json"});
    const Finished edited = run({"predict", m_picture, "--model", m_model, "--json", "--edit", edits});
    ASSERT_EQ(edited.exitCode, 0) << edited.errors;
    const Json before = Json::parse(plain.output).at("images").at(0);
    const Json after = Json::parse(edited.output).at("images").at(0);
    EXPECT_EQ(after.at("baseline"), before.at("top"));
    EXPECT_NE(after.at("top"), before.at("top"));
    EXPECT_EQ(after.at("departs_at"), mixer);
    EXPECT_EQ(after.at("edits"), Json({"S1 B1 T2: skipped"}));
    EXPECT_FALSE(before.contains("baseline"));

    // A whole output taken over from the other picture makes the prediction that picture's.
    const std::string other = writePicture(m_folder, 40, 29);
    writeFile(edits,
              R"({"version":1,"edits":[{"kind":"patch-output","mixers":["stages.1.blocks.1.channel_mixer"],"image":)"
                  + Json(other).dump() + "}]}");
    const Finished patched = run({"predict", m_picture, "--model", m_model, "--json", "--edit", edits});
    ASSERT_EQ(patched.exitCode, 0) << patched.errors;
    const Json theirs = Json::parse(run({"predict", other, "--model", m_model, "--json"}).output);
    const Json mine = Json::parse(patched.output).at("images").at(0).at("top");
    ASSERT_EQ(mine.size(), theirs.at("images").at(0).at("top").size());
    EXPECT_EQ(mine.at(0).at("index"), theirs.at("images").at(0).at("top").at(0).at("index"));

    writeFile(edits, R"({"version":1,"edits":[{"kind":"turn-round"}]})");
    const Finished wrong = run({"predict", m_picture, "--model", m_model, "--edit", edits});
    EXPECT_EQ(wrong.exitCode, 1);
    EXPECT_NE(wrong.errors.find("turn-round"), std::string::npos) << wrong.errors;
    EXPECT_NE(run({"predict", m_picture, "--model", m_model, "--edit", edits + ".none"}).errors.find("edits.json.none"),
              std::string::npos);
}

TEST_F(Predict, leavesOutWhatWasNotAskedFor)
{
    const Finished result = run({"predict", m_picture, "--model", m_model, "--json", "--top", "2"});
    const Json image = Json::parse(result.output).at("images").at(0);
    EXPECT_EQ(image.at("top").size(), 2U);
    EXPECT_FALSE(image.contains("logits"));
    EXPECT_FALSE(image.contains("routing"));
}

TEST_F(Predict, givesAFailedPictureItsPlaceAndGoesOn)
{
    const std::string broken = m_folder.path("broken.npy");
    writeFile(broken, "\x93NUMPY but not really");
    const Finished result = run({"predict", "missing.png", m_picture, broken, "--model", m_model, "--json"});
    EXPECT_EQ(result.exitCode, 1);
    const Json images = Json::parse(result.output).at("images");
    ASSERT_EQ(images.size(), 3U);
    EXPECT_EQ(images.at(0).at("path"), "missing.png");
    EXPECT_FALSE(images.at(0).at("error").get<std::string>().empty());
    EXPECT_FALSE(images.at(0).contains("top"));
    EXPECT_TRUE(images.at(1).contains("top"));
    EXPECT_FALSE(images.at(1).contains("error"));
    EXPECT_EQ(images.at(2).at("path"), broken);
    EXPECT_TRUE(images.at(2).contains("error"));
    EXPECT_NE(result.errors.find("missing.png"), std::string::npos);
}

TEST_F(Predict, isTheSameInBothPrecisionsWithinTolerance)
{
    const auto logitsOf = [&](const std::string& precision) {
        const Finished result
            = run({"predict", m_picture, "-m", m_model, "--json", "--logits", "--precision", precision});
        return Json::parse(result.output).at("images").at(0).at("logits").get<std::vector<double>>();
    };
    const auto single = logitsOf("float32");
    const auto both = logitsOf("float64");
    for (std::size_t i = 0; i < single.size(); ++i)
        EXPECT_NEAR(single[i], both[i], 1e-4 * (1 + std::abs(both[i])));
}

TEST_F(Predict, readsFileNamesFromStdin)
{
    const Finished result
        = run({"predict", "-", "--model", m_model, "--csv", "--top", "1"}, m_picture + "\r\n\n" + m_picture);
    EXPECT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 3);  // heading and two pictures
    const Finished none = run({"predict", "-", "--model", m_model}, "\n");
    EXPECT_EQ(none.exitCode, 2);
    EXPECT_NE(none.errors.find("found none"), std::string::npos) << none.errors;
}

TEST_F(Predict, refusesArraysThatAreNotNumbers)
{
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4, 4), }";
    header.resize(118 - 1, ' ');
    header += '\n';
    const std::string zeros(3 * 4 * 4 * sizeof(float) - 2, '\0');
    const std::string path = m_folder.path("odd.npy");  // the last element is a NaN
    writeFile(path,
              std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + zeros
                  + "\xc0\x7f");
    const Finished result = run({"predict", path, "--model", m_model});
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_NE(result.output.find("expected finite numbers, found nan at element 47"), std::string::npos)
        << result.output;
}

TEST_F(Predict, quotesCsv)
{
    const std::string odd = m_folder.path("a \"b\", c.npy");
    writeFile(odd, readFile(m_picture));
    const Finished result = run({"predict", odd, "gone, too.png", "--model", m_model, "--csv", "--top", "1"});
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_EQ(result.output.rfind("path,width,height,milliseconds,rank,index,label,probability,logit,error\n", 0), 0U);
    EXPECT_NE(result.output.find("a \"\"b\"\", c.npy\",31,23,"), std::string::npos) << result.output;
    EXPECT_NE(result.output.find("\n\"gone, too.png\",,,,,,,,,"), std::string::npos) << result.output;
}

TEST_F(Predict, wholeModeSeesMoreThanTheCrop)
{
    const std::string wide = writePicture(m_folder, 200, 40);
    const auto logits = [&](const std::vector<std::string>& extra) {
        std::vector<std::string> arguments = {"predict", wide, "-m", m_model, "--json", "--logits"};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return Json::parse(run(arguments).output).at("images").at(0).at("logits");
    };
    EXPECT_NE(logits({}), logits({"--whole"}));
}

TEST_F(Predict, rejectsWrongUsage)
{
    EXPECT_EQ(run({"predict"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--json", "--csv"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--logits"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--top", "0"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--device", "abacus"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--precision", "float8"}).exitCode, 2);
}

TEST_F(Predict, saysWhatIsWrongWithAModel)
{
    const Finished missing = run({"predict", m_picture, "--model", m_folder.path("none.safetensors")});
    EXPECT_EQ(missing.exitCode, 1);
    EXPECT_TRUE(missing.output.empty());
    EXPECT_NE(missing.errors.find("none.safetensors"), std::string::npos) << missing.errors;

    const std::string broken = m_folder.path("broken.safetensors");
    writeFile(broken, readFile(m_model).substr(0, 2000));
    const Finished cut = run({"predict", m_picture, "--model", broken});
    EXPECT_EQ(cut.exitCode, 1);
    EXPECT_NE(cut.errors.find("broken.safetensors"), std::string::npos) << cut.errors;
}

TEST_F(Predict, endsCleanlyWhenInterrupted)
{
    std::string list;
    for (int i = 0; i < 100000; ++i)
        list += m_picture + "\n";
    const Finished result = run({"predict", "-", "--model", m_model, "--json"}, list,
                                [](const std::string& output) { return output.find("\"top\"") != std::string::npos; });
    EXPECT_EQ(result.exitCode, 1);
    const std::size_t count = Json::parse(result.output).at("images").size();
    EXPECT_GE(count, 1U);
    EXPECT_LT(count, 100000U);
    EXPECT_NE(result.errors.find("cancelled"), std::string::npos);
}

TEST_F(Predict, saysSoWhenItTakesTheDemonstrationModel)
{
    const Finished result = run({"predict", m_picture, "--json"});
    EXPECT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_NE(result.errors.find("demonstration model"), std::string::npos);
    EXPECT_NE(Json::parse(result.output).at("model").at("path").get<std::string>().find("vim2-demo"),
              std::string::npos);
}

TEST_F(Predict, showsWhatIsPreparedOtherwise)
{
    const Json plain = Json::parse(run({"predict", m_picture, "--model", m_model, "--json"}).output);
    EXPECT_TRUE(plain.at("preprocessing").at("overrides").empty());
    const Finished other = run({"predict", m_picture, "--model", m_model, "--json", "--size", "48x64", "--mean",
                                "0.5,0.5,0.5", "--crop", "none", "--logits"});
    ASSERT_EQ(other.exitCode, 0) << other.errors;
    const Json json = Json::parse(other.output);
    EXPECT_EQ(json.at("preprocessing").at("size"), Json({48, 64}));
    EXPECT_EQ(json.at("preprocessing").at("crop"), "none");
    EXPECT_EQ(json.at("preprocessing").at("overrides").size(), 3U);
    EXPECT_NE(other.errors.find("preprocessing: size 48 x 64 (configuration: "), std::string::npos) << other.errors;
    const Finished same = run({"predict", m_picture, "--model", m_model, "--json", "--logits"});
    EXPECT_NE(Json::parse(same.output).at("images").at(0).at("logits"), json.at("images").at(0).at("logits"));
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--size", "big"}).exitCode, 2);
    EXPECT_EQ(run({"predict", m_picture, "--model", m_model, "--whole", "--crop", "1"}).exitCode, 2);
}

TEST_F(Predict, takesLabelsFromAFile)
{
    const int classes = Json::parse(run({"info", m_model, "--json"}).output).at("configuration").at("num_classes");
    std::string names;
    for (int i = 0; i < classes; ++i)
        names += "thing " + std::to_string(i) + "\n";
    const std::string file = m_folder.path("things.txt");
    writeFile(file, names);
    const Finished result = run({"predict", m_picture, "--model", m_model, "--json", "--labels", file});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const Json top = Json::parse(result.output).at("images").at(0).at("top").at(0);
    EXPECT_EQ(top.at("label"), "thing " + std::to_string(top.at("index").get<int>()));
    writeFile(file, "one\n");
    const Finished wrong = run({"predict", m_picture, "--model", m_model, "--labels", file});
    EXPECT_EQ(wrong.exitCode, 1);
    EXPECT_NE(wrong.errors.find("things.txt: expected"), std::string::npos) << wrong.errors;
}

TEST(Convert, writesBothKindsAndRefusesToReplace)
{
    const Folder folder;
    const std::string model = fixture("viqs-default.safetensors");
    const std::string pth = folder.path("net.pth");
    const Finished first = run({"convert", model, pth, "--dtype", "bf16"});
    ASSERT_EQ(first.exitCode, 0) << first.errors;
    EXPECT_EQ(first.output, pth + "\n");
    EXPECT_EQ(Json::parse(run({"info", pth, "--json"}).output).at("tensors").at(0).at("dtype"), "BF16");
    const Finished again = run({"convert", model, pth});
    EXPECT_EQ(again.exitCode, 1);
    EXPECT_NE(again.errors.find("--force"), std::string::npos) << again.errors;
    EXPECT_EQ(run({"convert", model, pth, "--force"}).exitCode, 0);
    EXPECT_EQ(run({"convert", pth, folder.path("net.bin")}).exitCode, 2);
    EXPECT_EQ(run({"convert", pth, folder.path("net.safetensors"), "--dtype", "int8"}).exitCode, 2);
}

TEST(Info, listsConfigurationAndTensors)
{
    const Finished result = run({"info", fixture("viqs-default.safetensors"), "--json"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const Json json = Json::parse(result.output);
    EXPECT_EQ(json.at("family"), "ViQS");
    EXPECT_EQ(json.at("configuration").at("arch"), "viqs");
    EXPECT_EQ(json.at("receipt").at("counts").at("used"), json.at("tensors").size());
    EXPECT_EQ(json.at("receipt").at("guesses"), 0);
    std::int64_t elements = 0;
    bool hasStem = false;
    for (const Json& tensor : json.at("tensors")) {
        std::int64_t count = 1;
        for (const Json& n : tensor.at("shape"))
            count *= n.get<std::int64_t>();
        elements += count;
        hasStem = hasStem || tensor.at("name") == "stem.proj.weight";
        EXPECT_EQ(tensor.at("dtype"), "F32");
        EXPECT_EQ(tensor.at("use"), "used");
        EXPECT_EQ(tensor.at("target"), tensor.at("name"));
    }
    EXPECT_TRUE(hasStem);
    EXPECT_EQ(json.at("parameters"), elements);
}

TEST(Info, isReadableAsText)
{
    const std::string model = fixture("vim2-default.safetensors");
    const Finished brief = run({"info", model});
    EXPECT_EQ(brief.exitCode, 0);
    EXPECT_NE(brief.output.find("ViM2"), std::string::npos);
    EXPECT_EQ(brief.output.find("stem.proj.weight"), std::string::npos);
    EXPECT_NE(run({"info", model, "--tensors"}).output.find("stem.proj.weight"), std::string::npos);
    EXPECT_EQ(run({"info", "/no/such.safetensors"}).exitCode, 1);
}

TEST(Info, tellsWhatBecameOfEveryTensor)
{
    const std::string model = fixture("pth/viqs-cross.torch1.zip.pth");
    const Finished text = run({"info", model, "--tensors"});
    EXPECT_EQ(text.exitCode, 0) << text.errors;
    EXPECT_NE(text.output.find(" renamed to stem.proj.weight: prefix 'module.' stripped"), std::string::npos)
        << text.output;
    const Json json = Json::parse(run({"info", model, "--json"}).output);
    EXPECT_EQ(json.at("receipt").at("counts").at("renamed"), json.at("tensors").size());
    EXPECT_EQ(json.at("container"), "torch zip archive");
}

TEST(Info, showsTheReceiptOfANetworkThatCannotBeBuilt)
{
    const EditedCheckpoint broken(fixture("vim2-default.safetensors"), [](Json& header) {
        header["surprise"] = header.at("head.fc.bias");
        header.erase("head.fc.bias");
    });
    const Finished result = run({"info", broken.path(), "--json"});
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_NE(result.errors.find("'head.fc.bias' is missing"), std::string::npos) << result.errors;
    const Json counts = Json::parse(result.output).at("receipt").at("counts");
    EXPECT_EQ(counts.at("missing"), 1);
    EXPECT_EQ(counts.at("unused"), 1);
}

TEST(Program, explainsItself)
{
    const Finished version = run({"--version"});
    EXPECT_EQ(version.exitCode, 0);
    EXPECT_EQ(version.output.rfind("mixerscope ", 0), 0U);
    for (const std::string command : {"predict", "info", "convert", "export", "inspect"}) {
        const Finished help = run({command, "--help"});
        EXPECT_EQ(help.exitCode, 0) << command;
        EXPECT_NE(help.output.find("Usage"), std::string::npos) << command;
    }
    for (const std::string command : {"predict", "info"})
        EXPECT_NE(run({command, "--help"}).output.find("Example"), std::string::npos) << command;
    EXPECT_EQ(run({"--bogus"}).exitCode, 2);
}

TEST(Program, namesWhatItDoesNotKnow)
{
    const Finished option = run({"predict", "--hepl"});
    EXPECT_EQ(option.exitCode, 2);
    EXPECT_NE(option.errors.find("'--hepl'"), std::string::npos) << option.errors;
    EXPECT_NE(run({"predict"}).errors.find("images is required"), std::string::npos);
    const Finished word = run({"frobnicate"});
    EXPECT_EQ(word.exitCode, 2);
    EXPECT_FALSE(word.errors.empty());
}

TEST(Program, needsADisplayForItsWindow)
{
    const Finished result = run({});
    EXPECT_NE(result.exitCode, 0);
    EXPECT_FALSE(result.errors.empty());
}

}  // namespace
}  // namespace mixer
