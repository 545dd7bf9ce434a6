// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mixer {
namespace {

using Json = nlohmann::json;

class Compare : public ::testing::Test {
protected:
    Folder m_folder;
    std::string m_picture = writePicture(m_folder, 31, 23);
    std::string m_other = writePicture(m_folder, 40, 30);
    std::string m_model = fixture("vim2-default.safetensors");
};

TEST_F(Compare, SaysWhereTwoRunsPart)
{
    const Finished precise = run({"compare", m_model, m_picture, "--precision", "float32,float64", "--device", "cpu"});
    ASSERT_EQ(precise.exitCode, 0) << precise.errors;
    EXPECT_NE(precise.output.find("They do not part"), std::string::npos) << precise.output;

    const Finished images = run({"compare", m_model, m_picture, m_other, "--json", "--device", "cpu"});
    ASSERT_EQ(images.exitCode, 0) << images.errors;
    const Json json = Json::parse(images.output);
    EXPECT_EQ(json.at("parts_at").at("number"), 1);
    EXPECT_EQ(json.at("a").at("image"), m_picture);
    EXPECT_EQ(json.at("b").at("image"), m_other);
    EXPECT_GT(json.at("mixers").at(0).at("relative").get<double>(), 0);

    const std::string edits = m_folder.path("edits.json");
    const std::string third = json.at("mixers").at(2).at("mixer");
    writeFile(edits, R"({"version": 1, "edits": [{"kind": "skip-mixer", "mixers": [")" + third + R"("]}]})");
    const Finished edited = run({"compare", m_model, m_picture, "--edit", edits, "--json", "--device", "cpu"});
    ASSERT_EQ(edited.exitCode, 0) << edited.errors;
    EXPECT_EQ(Json::parse(edited.output).at("parts_at").at("mixer"), third);

    const Finished models
        = run({"compare", m_model, fixture("vmamba-v2.safetensors"), m_picture, "--json", "--device", "cpu"});
    ASSERT_EQ(models.exitCode, 0) << models.errors;
    EXPECT_EQ(Json::parse(models.output).at("b").at("family"), "VMamba");
}

TEST_F(Compare, RefusesWhatIsNoComparison)
{
    const Finished alone = run({"compare", m_model, m_picture});
    EXPECT_EQ(alone.exitCode, 2);
    EXPECT_NE(alone.errors.find("nothing to compare"), std::string::npos) << alone.errors;
    EXPECT_EQ(run({"compare", m_model, m_model, m_model, m_picture}).exitCode, 2);
    EXPECT_EQ(run({"compare", m_model, m_picture, "--precision", "float32,float7"}).exitCode, 2);
    EXPECT_EQ(run({"compare", m_model, m_picture, m_folder.path("none.png")}).exitCode, 1);
}

}  // namespace
}  // namespace mixer
