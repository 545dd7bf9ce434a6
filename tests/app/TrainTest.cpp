// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/Program.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <filesystem>

namespace mixer {
namespace {

using Json = nlohmann::json;

/// A NumPy picture of one colour for each class, 16 x 16.
std::string picture(int classIndex, int number)
{
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (16, 16, 3), }";
    header.resize(117, ' ');
    std::string bytes("\x93NUMPY\x01\x00\x76\x00", 10);
    bytes += header + '\n';
    for (int i = 0; i < 16 * 16 * 3; ++i)
        bytes += static_cast<char>((i % 3 == classIndex ? 180 : 40) + (i * 7 + number * 13) % 30);
    return bytes;
}

class Train : public ::testing::Test {
protected:
    Train()
    {
        for (int c = 0; c < 2; ++c) {
            std::filesystem::create_directories(m_folder.path("data/class-" + std::to_string(c)));
            for (int i = 0; i < 10; ++i)
                writeFile(m_folder.path("data/class-" + std::to_string(c) + "/" + std::to_string(i) + ".npy"),
                          picture(c, i));
        }
        m_arguments = {"train",   "--data", m_folder.path("data"), "--preset", "nano", "--size", "16", "--epochs", "2",
                       "--batch", "6",      "--threads",           "1",        "-o",   m_output};
    }

    Folder m_folder;
    std::string m_output = m_folder.path("net.safetensors");
    std::vector<std::string> m_arguments;
};

TEST_F(Train, WritesACheckpointThatEvalMeasures)
{
    const Finished trained = run(m_arguments);
    ASSERT_EQ(trained.exitCode, 0) << trained.errors;
    EXPECT_NE(trained.output.find("trained on     18 pictures, 6 steps"), std::string::npos) << trained.output;
    EXPECT_NE(trained.errors.find("epoch 2  loss "), std::string::npos) << trained.errors;
    EXPECT_EQ(trained.errors.find('\r'), std::string::npos) << "no progress line where there is no terminal";
    const std::string csv = readFile(m_folder.path("net.curve.csv"));
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);

    const Finished measured
        = run({"eval", "--model", m_output, "--data", m_folder.path("data"), "--json", "--confusion",
               m_folder.path("confusion.csv"), "--routers", m_folder.path("routers.csv")});
    ASSERT_EQ(measured.exitCode, 0) << measured.errors;
    const Json json = Json::parse(measured.output);
    EXPECT_EQ(json.at("pictures"), 20);
    EXPECT_EQ(json.at("classes"), (std::vector<std::string>{"class-0", "class-1"}));
    int right = 0, all = 0;
    for (int t = 0; t < 2; ++t)
        for (int p = 0; p < 2; ++p) {
            const int count = json.at("confusion").at(t).at(p);
            all += count;
            right += t == p ? count : 0;
        }
    EXPECT_EQ(all, 20);
    EXPECT_NEAR(json.at("top_1").get<double>(), right / 20.0, 1e-9);
    for (const Json& router : json.at("routers")) {
        for (const Json& row : router.at("chosen")) {
            double sum = 0;
            for (const Json& share : row)
                sum += share.get<double>();
            EXPECT_NEAR(sum, 4, 1e-9);  // K of ViM2
        }
    }
    EXPECT_EQ(readFile(m_folder.path("confusion.csv")).rfind("true \\ predicted,class-0,class-1\nclass-0,", 0), 0U);
    EXPECT_EQ(readFile(m_folder.path("routers.csv")).rfind("mixer,class,pictures,row,", 0), 0U);
}

TEST_F(Train, RefusesToOverwriteAndToGoOnWithOtherOptions)
{
    writeFile(m_output, "mine");
    const Finished exists = run(m_arguments);
    EXPECT_EQ(exists.exitCode, 2);
    EXPECT_NE(exists.errors.find("--force"), std::string::npos) << exists.errors;
    EXPECT_EQ(readFile(m_output), "mine");

    const Finished other = run({"train", "--resume", "--epochs", "5", "-o", m_output});
    EXPECT_EQ(other.exitCode, 2);
    EXPECT_NE(other.errors.find("--epochs"), std::string::npos) << other.errors;
    const Finished nothing = run({"train", "--resume", "-o", m_output});
    EXPECT_EQ(nothing.exitCode, 1);
    EXPECT_NE(nothing.errors.find("no run to resume"), std::string::npos) << nothing.errors;
}

TEST_F(Train, FailuresAreToldInWords)
{
    const Finished nowhere = run({"train", "--data", m_folder.path("missing"), "-o", m_output});
    EXPECT_EQ(nowhere.exitCode, 1);
    EXPECT_NE(nowhere.errors.find("missing"), std::string::npos) << nowhere.errors;
    const Finished range = run({"train", "--data", m_folder.path("data"), "--smoothing", "2", "-o", m_output});
    EXPECT_EQ(range.exitCode, 2);
    const Finished classes
        = run({"eval", "--data", m_folder.path("data"), "--model", fixture("vim2-default.safetensors")});
    EXPECT_EQ(classes.exitCode, 2);
    EXPECT_NE(classes.errors.find("knows no class class-0"), std::string::npos) << classes.errors;
}

}  // namespace
}  // namespace mixer
