// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/image/Image.h"
#include "engine/image/NpyArray.h"
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
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
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 30);
    for (const std::string figure : {"predictions",      "routing",
                                     "scan-path",        "gates",
                                     "output-gates",     "state",
                                     "state-kept",       "state-added",
                                     "state-backward",   "retention",
                                     "memory-horizon",   "gate-distribution",
                                     "attention",        "split",
                                     "receptive-fields", "mixing",
                                     "attention-column", "map-gate",
                                     "map-mean-gate",    "map-state-norm",
                                     "map-attention",    "map-attention-column",
                                     "map-half-life",    "map-output-gate",
                                     "gradient-x-input", "integrated-gradients",
                                     "grad-cam",         "occlusion",
                                     "receptive-field",  "map-feature-pca"}) {
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

/// The file made again from its recipe by another process is the same, whatever the format.
TEST_F(Export, makesAFigureAgainFromItsRecipe)
{
    for (const std::string extension : {"png", "svg", "pdf", "json", "gif"}) {
        const std::string figure = extension == "gif" ? "map-gate" : "predictions";
        const std::string file = m_folder.path("a." + extension);
        Finished result
            = exportFigure(figure, file, {"--column", "single", "--class", "1", "--frames", "5", "--dpi", "60"});
        ASSERT_EQ(result.exitCode, 0) << result.errors;
        const std::string again = m_folder.path("again." + extension);
        result = run({"export", "--recipe", file, "-o", again});
        ASSERT_EQ(result.exitCode, 0) << result.errors;
        EXPECT_EQ(result.errors.find("warning"), std::string::npos) << result.errors;
        EXPECT_EQ(readFile(again), readFile(file)) << extension;
        EXPECT_EQ(run({"export", "--recipe", file, "-o", file}).exitCode, 1) << "it is there already";
    }
    // Another format of the same figure.
    ASSERT_EQ(run({"export", "--recipe", m_folder.path("a.svg"), "-o", m_folder.path("b.png")}).exitCode, 0);
    EXPECT_EQ(run({"export", "--recipe", m_folder.path("b.png"), "-o", m_folder.path("b.svg")}).exitCode, 0);
    EXPECT_EQ(readFile(m_folder.path("b.svg")), readFile(m_folder.path("a.svg")));
}

TEST_F(Export, aRecipeHoldsOnlyForItsFiles)
{
    const std::string file = m_folder.path("a.svg");
    ASSERT_EQ(exportFigure("routing", file).exitCode, 0);
    const std::string again = m_folder.path("again.svg");
    const std::string other = fixture("vim2-default.safetensors");
    Finished result = run({"export", "--recipe", file, "--model", other, "-o", again});
    EXPECT_EQ(result.exitCode, 2);
    EXPECT_NE(result.errors.find("expected SHA-256"), std::string::npos) << result.errors;
    EXPECT_FALSE(std::filesystem::exists(again));
    const std::string moved = m_folder.path("moved.npy");
    std::filesystem::create_directory(m_folder.path("elsewhere"));
    std::filesystem::rename(m_picture, m_folder.path("elsewhere/moved.npy"));
    result = run({"export", "--recipe", file, "-o", again});
    EXPECT_EQ(result.exitCode, 1);
    EXPECT_NE(result.errors.find(m_picture), std::string::npos) << result.errors;
    result = run({"export", "--recipe", file, m_folder.path("elsewhere/moved.npy"), "-o", again});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_EQ(readFile(again), readFile(file));
    const std::string bare = m_folder.path("bare.svg");
    ASSERT_EQ(
        run({"export", "--recipe", file, m_folder.path("elsewhere/moved.npy"), "-o", bare, "--no-recipe"}).exitCode, 0);
    EXPECT_EQ(readFile(bare).find("sha256"), std::string::npos);
    EXPECT_EQ(run({"export", "--recipe", bare, "-o", again, "--force"}).exitCode, 1);
    EXPECT_EQ(run({"export", "--recipe", file, "--figure", "gates", "-o", bare}).exitCode, 2);
}

TEST_F(Export, fillsPlaceholdersAndRefusesTwoOfOneName)
{
    const std::string second = writePicture(m_folder, 20, 30);
    const auto write = [&](const std::string& name) {
        return run(
            {"export", "--figure", "routing,mixing", m_picture, second, "--model", m_model, "-o", m_folder.path(name)});
    };
    EXPECT_EQ(write("{figure}/{index:03}-{image}-{model}.csv").exitCode, 0);
    for (const std::string file : {"routing/001-picture-40x30", "mixing/001-picture-40x30", "routing/002-picture-20x30",
                                   "mixing/002-picture-20x30"})
        EXPECT_TRUE(std::filesystem::exists(m_folder.path(file + "-viqs-default.csv"))) << file;
    const Finished clash = write("{image}.csv");
    EXPECT_EQ(clash.exitCode, 2);
    EXPECT_NE(clash.errors.find("{figure}"), std::string::npos) << clash.errors;
    EXPECT_FALSE(std::filesystem::exists(m_folder.path("picture-40x30.csv"))) << "nothing was computed";
    EXPECT_EQ(write("{photo}.csv").exitCode, 2);
    EXPECT_EQ(write("x.csv").exitCode, 2);
    // One that is there already stops all before anything is written.
    writeFile(m_folder.path("2-mixing.csv"), "precious");
    EXPECT_EQ(write("{index}-{figure}.csv").exitCode, 1);
    EXPECT_FALSE(std::filesystem::exists(m_folder.path("1-routing.csv")));
}

TEST_F(Export, showsEditsBaselineAndDifference)
{
    const std::string edits = m_folder.path("edits.json");
    writeFile(edits, R"({"version": 1, "edits": [{"kind": "scale-delta", "factor": 0.5,
        "mixers": ["stages.0.blocks.0.token_mixers.0"]}]})");
    const auto gates = [&](const std::string& show) {
        const std::string file = m_folder.path(show + ".npy");
        const Finished result = exportFigure("gates", file, {"--edit", edits, "--show", show});
        EXPECT_EQ(result.exitCode, 0) << result.errors;
        const NpyArray array = readNpy(file, 1 << 24);
        std::vector<float> values(array.bytes.size() / sizeof(float));
        std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
        return values;
    };
    const std::vector<float> edited = gates("edited"), baseline = gates("baseline"), difference = gates("difference");
    ASSERT_EQ(edited.size(), baseline.size());
    ASSERT_EQ(edited.size(), difference.size());
    double largest = 0;
    for (std::size_t i = 0; i < edited.size(); ++i) {
        EXPECT_NEAR(difference[i], edited[i] - baseline[i], 1e-6);
        // g = 1 - exp(-Delta), Delta halved
        EXPECT_NEAR(edited[i], 1 - std::sqrt(1 - baseline[i]), 1e-5);
        largest = std::max(largest, std::abs(double{difference[i]}));
    }
    EXPECT_GT(largest, 1e-3);
    const std::string svg = m_folder.path("edited.svg");
    ASSERT_EQ(exportFigure("gates", svg, {"--edit", edits, "--show", "difference"}).exitCode, 0);
    EXPECT_NE(readFile(svg).find("Edits:"), std::string::npos) << "the caption tells";
    const std::string again = m_folder.path("again.svg");
    ASSERT_EQ(run({"export", "--recipe", svg, "-o", again}).exitCode, 0);
    EXPECT_EQ(readFile(again), readFile(svg));
}

TEST_F(Export, comparesTwoRuns)
{
    const std::string second = writePicture(m_folder, 20, 30);
    const std::string file = m_folder.path("pair.json");
    const Finished result
        = exportFigure("comparison-map", file, {"--compare", second, "--map", "mean-gate", "--no-caption"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const auto json = nlohmann::json::parse(readFile(file));
    EXPECT_EQ(json.at("recipe").at("compare").at("file").at("path"), second);
    const auto& row = json.at("rows").at(0);
    EXPECT_NEAR(row.at(4).get<double>(), row.at(3).get<double>() - row.at(2).get<double>(), 1e-7);
    const std::string again = m_folder.path("again.json");
    ASSERT_EQ(run({"export", "--recipe", file, "-o", again}).exitCode, 0);
    EXPECT_EQ(readFile(again), readFile(file));
    EXPECT_EQ(exportFigure("comparison", m_folder.path("alone.svg")).exitCode, 2) << "there is no second run";
    EXPECT_EQ(exportFigure("comparison", m_folder.path("b.svg"), {"--compare", "baseline"}).exitCode, 2);
}

TEST_F(Export, studiesRoutersOverAllPictures)
{
    const std::string second = writePicture(m_folder, 20, 30);
    const std::string file = m_folder.path("routers.json");
    const Finished result
        = run({"export", "--figure", "router-statistics", m_picture, second, "--model", m_model, "-o", file});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const auto json = nlohmann::json::parse(readFile(file));
    EXPECT_EQ(json.at("recipe").at("studied").size(), 2U);
    const std::string again = m_folder.path("again.json");
    ASSERT_EQ(run({"export", "--recipe", file, "-o", again}).exitCode, 0);
    EXPECT_EQ(readFile(again), readFile(file));
}

TEST_F(Export, animatesTheScan)
{
    const std::string file = m_folder.path("scan.gif");
    Finished result
        = exportFigure("scan-path", file, {"--frames", "6", "--fps", "10", "--width", "2", "--map", "gate"});
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const std::string gif = readFile(file);
    EXPECT_EQ(gif.substr(0, 6), "GIF89a");
    EXPECT_EQ(static_cast<unsigned char>(gif[6]) + 256 * static_cast<unsigned char>(gif[7]), 200) << "2 in at 100 dpi";
    EXPECT_EQ(gif.back(), ';');
    EXPECT_EQ(exportFigure("gates", m_folder.path("gates.gif")).exitCode, 2);
    EXPECT_EQ(exportFigure("scan-path", m_folder.path("no/folder/x.gif")).exitCode, 1);
    result = exportFigure("all", m_folder.path("moving/"), {"--format", "gif", "--frames", "2", "--width", "1"});
    EXPECT_EQ(result.exitCode, 0) << result.errors;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 14);
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
