// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/image/Image.h"
#include "engine/image/NpyArray.h"
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace mixer {
namespace {

class Export : public ::testing::Test {
protected:
    Finished exportFigure(const std::string& figure, const std::string& file, std::vector<std::string> extra = {}) const
    {
        std::vector<std::string> arguments = {"export", "--figure", figure, m_picture, "--model", m_model, "-o", file};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return run(arguments);
    }

    Folder m_folder;
    std::string m_picture = writePicture(m_folder, 40, 30);
    std::string m_model = fixture("viqs-default.safetensors");
};

TEST_F(Export, writesEveryFigure)
{
    const Finished result = exportFigure("all", m_folder.path("figures/"), {"--dpi", "72"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 9);
    for (const std::string figure : {"predictions", "routing", "scan-path", "gates", "gate-distribution", "state",
                                     "attention", "split", "mixing"}) {
        const std::string path = m_folder.path("figures/picture-40x30-" + figure + ".png");
        const RgbImage image = decodeImage(path);
        EXPECT_EQ(image.width, 504) << figure;  // 7 inches
        const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
        EXPECT_GT(*high - *low, 100) << figure << " is blank";
    }
}

TEST_F(Export, writesEveryFormat)
{
    for (const std::string extension : {"png", "svg", "pdf", "csv", "json", "npy"}) {
        const Finished result = exportFigure("gates", m_folder.path("gates." + extension), {"--dpi", "50"});
        ASSERT_EQ(result.exitCode, 0) << result.errors;
    }
    EXPECT_EQ(decodeImage(m_folder.path("gates.png")).width, 350);
    const std::string svg = readFile(m_folder.path("gates.svg"));
    EXPECT_NE(svg.find("<svg"), std::string::npos);
    EXPECT_NE(svg.find("<text"), std::string::npos);
    const std::string pdf = readFile(m_folder.path("gates.pdf"));
    EXPECT_EQ(pdf.rfind("%PDF-", 0), 0U);
    EXPECT_NE(pdf.find("%%EOF"), std::string::npos);

    const NpyArray array = readNpy(m_folder.path("gates.npy"), 1 << 24);
    ASSERT_EQ(array.shape.size(), 2U);
    const std::string csv = readFile(m_folder.path("gates.csv"));
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + array.shape[0] * array.shape[1]);
    EXPECT_TRUE(nlohmann::json::parse(readFile(m_folder.path("gates.json"))).is_object());
}

TEST_F(Export, refusesToOverwriteUnlessForced)
{
    const std::string file = m_folder.path("routing.csv");
    writeFile(file, "precious");
    const Finished refused = exportFigure("routing", file);
    EXPECT_EQ(refused.exitCode, 1);
    EXPECT_NE(refused.errors.find(file), std::string::npos) << refused.errors;
    EXPECT_EQ(readFile(file), "precious");
    EXPECT_EQ(exportFigure("routing", file, {"--force"}).exitCode, 0);
    EXPECT_NE(readFile(file), "precious");
}

TEST_F(Export, leavesNoFileBehindWhenItFails)
{
    const Finished result = exportFigure("routing", m_folder.path("no/such/folder/routing.png"));
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_FALSE(std::filesystem::exists(m_folder.path("no")));
}

TEST_F(Export, followsTheSelection)
{
    const std::string mixer = "stages.0.blocks.0.channel_mixer";
    const auto table = [&](const std::string& step) {
        const std::string file = m_folder.path("state-" + step + ".csv");
        const Finished result = exportFigure("state", file, {"--mixer", mixer, "--step", step});
        EXPECT_EQ(result.exitCode, 0) << result.errors;
        return readFile(file);
    };
    EXPECT_NE(table("0"), table("3"));
}

TEST_F(Export, saysWhatItCannotSelect)
{
    const std::string file = m_folder.path("x.png");
    const auto expectUsage = [&](const std::vector<std::string>& extra, const std::string& part) {
        const Finished result = exportFigure("gates", file, extra);
        EXPECT_EQ(result.exitCode, 2) << part;
        EXPECT_NE(result.errors.find(part), std::string::npos) << result.errors;
        EXPECT_FALSE(std::filesystem::exists(file));
    };
    expectUsage({"--mixer", "stages.9.blocks.0.channel_mixer"}, "stages.9");
    expectUsage({"--mixer", "nonsense"}, "nonsense");
    expectUsage({"--scan", "zigzag"}, "zigzag");
    expectUsage({"--step", "100000"}, "100000");
    expectUsage({"--lane", "100000"}, "100000");
    expectUsage({"--class", "unicorn"}, "unicorn");
    expectUsage({"--dpi", "1"}, "dpi");
    EXPECT_EQ(exportFigure("portrait", file).exitCode, 2);
    EXPECT_EQ(exportFigure("all", file).exitCode, 2);
    EXPECT_EQ(exportFigure("gates", m_folder.path("x.docx")).exitCode, 2);
}

TEST_F(Export, goesOnAfterABrokenPicture)
{
    const Finished result = run({"export", "--figure", "routing", "missing.png", m_picture, "--model", m_model, "-o",
                                 m_folder.path("out/"), "--format", "csv"});
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_TRUE(std::filesystem::exists(m_folder.path("out/picture-40x30-routing.csv")));
}

}  // namespace
}  // namespace mixer
