// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/report/Csv.h"
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <sstream>

namespace mixer {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<Row> rowsOf(const std::string& csv)
{
    std::istringstream in(csv);
    CsvReader reader(in, "csv");
    std::vector<std::string> header, fields;
    EXPECT_TRUE(reader.next(header));
    std::vector<Row> rows;
    while (reader.next(fields)) {
        EXPECT_EQ(fields.size(), header.size());
        Row& row = rows.emplace_back();
        for (std::size_t i = 0; i < fields.size(); ++i)
            row[header[i]] = fields[i];
    }
    return rows;
}

class BatchProgram : public ::testing::Test {
protected:
    BatchProgram()
    {
        std::filesystem::create_directories(m_folder.path("in/class-1"));
        writeFile(m_folder.path("labels.txt"), "class 0\nclass 1\nclass 2\nclass 3\nclass 4\n");
        const std::string picture = readFile(writePicture(m_folder, 31, 23));
        for (int i = 0; i < kPictures; ++i) {
            std::string bytes = picture;
            for (std::size_t k = 200; k < bytes.size(); k += 3)
                bytes[k] = static_cast<char>(bytes[k] + i * 7);
            writeFile(m_folder.path("in/class-1/" + std::to_string(1000 + i) + ".npy"), bytes);
        }
    }

    std::vector<std::string> command(const std::string& output, const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> arguments
            = {"batch",    m_folder.path("in"),        "--model", m_model, "--batch", "4", "-o", m_folder.path(output),
               "--labels", m_folder.path("labels.txt")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    }
    std::uintmax_t sizeOf(const std::string& name) const
    {
        std::error_code none;
        const std::uintmax_t size = std::filesystem::file_size(m_folder.path(name), none);
        return none ? 0 : size;
    }

    static constexpr int kPictures = 160;
    Folder m_folder;
    std::string m_model = fixture("vim2-default.safetensors");
};

TEST_F(BatchProgram, SaysWhatPredictSays)
{
    const Finished finished = run(command("out.csv", {"--top", "2"}));
    ASSERT_EQ(finished.exitCode, 0) << finished.errors;
    EXPECT_EQ(finished.output, "");
    EXPECT_NE(finished.errors.find("160 pictures, 0 failed"), std::string::npos) << finished.errors;
    EXPECT_EQ(finished.errors.find('\r'), std::string::npos) << "no progress line where there is no terminal";
    EXPECT_FALSE(std::filesystem::exists(m_folder.path("out.csv.journal")));
    const std::vector<Row> rows = rowsOf(readFile(m_folder.path("out.csv")));
    ASSERT_EQ(rows.size(), std::size_t(kPictures));
    ASSERT_EQ(run({"batch", m_folder.path("in"), "--model", m_model, "--batch", "1", "-o", m_folder.path("one.csv")})
                  .exitCode,
              0);
    const std::vector<Row> alone = rowsOf(readFile(m_folder.path("one.csv")));
    ASSERT_EQ(alone.size(), rows.size());

    std::vector<std::string> predict
        = {"predict", "--model", m_model, "--top", "2", "--json", "--routing", "--threads", "1"};
    for (const Row& row : rows)
        predict.push_back(row.at("path"));
    const auto json = nlohmann::json::parse(run(predict).output);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& image = json.at("images").at(i);
        EXPECT_EQ(rows[i].at("width"), "31");
        EXPECT_EQ(rows[i].at("label"), "class 1");
        for (std::size_t rank = 0; rank < 2; ++rank) {
            const auto& top = image.at("top").at(rank);
            const std::string name = "top" + std::to_string(rank + 1);
            EXPECT_EQ(rows[i].at(name + "_index"), std::to_string(top.at("index").get<int>()));
            EXPECT_NEAR(std::stod(rows[i].at(name + "_probability")), top.at("probability").get<double>(), 1e-6);
            EXPECT_EQ(std::stof(alone[i].at(name + "_probability")), top.at("probability").get<float>());
        }
        for (const auto& mixer : image.at("routing")) {
            std::string chosen;
            for (const std::string scan : mixer.at("chosen"))
                chosen += (chosen.empty() ? "" : "+") + scan;
            EXPECT_EQ(rows[i].at(mixer.at("mixer").get<std::string>() + ".chosen"), chosen);
        }
    }

    const Finished again = run(command("out.csv"));
    EXPECT_EQ(again.exitCode, 2);
    EXPECT_NE(again.errors.find("--force"), std::string::npos) << again.errors;
    EXPECT_EQ(run(command("out.csv", {"--top", "3", "--force"})).exitCode, 0);
    EXPECT_NE(readFile(m_folder.path("out.csv")).find("top3_label"), std::string::npos);
}

TEST_F(BatchProgram, GoesOnAfterAKill)
{
    ASSERT_EQ(run(command("whole.csv")).exitCode, 0);
    const std::string expected = readFile(m_folder.path("whole.csv"));

    int kills = 0;
    std::uintmax_t wanted = 4000;
    for (int round = 0; round < 100; ++round) {
        const Finished finished
            = runUntil(command("out.csv"), SIGKILL, [&] { return sizeOf("out.csv.journal") > wanted; });
        if (finished.exitCode == 0)
            break;
        ASSERT_EQ(finished.exitCode, -1) << finished.errors;
        ++kills;
        EXPECT_FALSE(std::filesystem::exists(m_folder.path("out.csv"))) << "no half result";
        EXPECT_GT(sizeOf("out.csv.journal"), 4000U) << "what was done is kept";
        if (round > 0) {
            EXPECT_NE(finished.errors.find("Going on after "), std::string::npos) << finished.errors;
        }
        wanted = sizeOf("out.csv.journal") + expected.size() / 6;
        // What a crash of the machine leaves: half a record.
        std::filesystem::resize_file(m_folder.path("out.csv.journal"), sizeOf("out.csv.journal") - 100);
    }
    EXPECT_GE(kills, 3);
    EXPECT_EQ(readFile(m_folder.path("out.csv")), expected);
    EXPECT_FALSE(std::filesystem::exists(m_folder.path("out.csv.journal")));
}

TEST_F(BatchProgram, LeavesAValidPartWhenInterrupted)
{
    ASSERT_EQ(run(command("whole.csv")).exitCode, 0);
    const std::string expected = readFile(m_folder.path("whole.csv"));
    const Finished stopped = runUntil(command("out.csv"), SIGINT, [&] { return sizeOf("out.csv.journal") > 8000; });
    ASSERT_EQ(stopped.exitCode, 1) << stopped.errors;
    EXPECT_NE(stopped.errors.find("the same command goes on"), std::string::npos) << stopped.errors;
    const std::string part = readFile(m_folder.path("out.csv"));
    EXPECT_GT(rowsOf(part).size(), 0U);
    EXPECT_LT(part.size(), expected.size());
    EXPECT_EQ(expected.rfind(part, 0), 0U) << "the part is how the whole begins";

    const Finished other = run(command("out.csv", {"--top", "2"}));
    EXPECT_EQ(other.exitCode, 2);
    EXPECT_NE(other.errors.find("top (5, now 2)"), std::string::npos) << other.errors;
    EXPECT_EQ(readFile(m_folder.path("out.csv")), part);

    ASSERT_EQ(run(command("out.csv")).exitCode, 0);
    EXPECT_EQ(readFile(m_folder.path("out.csv")), expected);
}

TEST_F(BatchProgram, FailuresAreRowsAndListed)
{
    const std::string bad = m_folder.path("in/class-1/1005.npy");
    writeFile(bad, "not a picture");
    std::string names;
    for (const char* name : {"1004", "1005", "1006"})
        names += m_folder.path("in/class-1/" + std::string(name) + ".npy") + '\n';
    names += "missing.npy\n";
    const Finished finished = run({"batch", "-", "--model", m_model, "-o", m_folder.path("out.csv"), "--no-gates",
                                   "--labels", m_folder.path("labels.txt")},
                                  names);
    EXPECT_EQ(finished.exitCode, 1);
    EXPECT_NE(finished.errors.find("mixerscope: " + bad), std::string::npos) << finished.errors;
    EXPECT_NE(finished.errors.find("missing.npy: there is no such file"), std::string::npos) << finished.errors;
    EXPECT_NE(finished.errors.find("4 pictures, 2 failed"), std::string::npos) << finished.errors;
    const std::string csv = readFile(m_folder.path("out.csv"));
    EXPECT_EQ(csv.find("gate_mean"), std::string::npos);
    const std::vector<Row> rows = rowsOf(csv);
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[1].at("path"), bad);
    EXPECT_EQ(rows[1].at("label"), "class 1");
    EXPECT_NE(rows[1].at("error").find(bad), std::string::npos);
    EXPECT_EQ(rows[1].at("top1_label"), "");
    EXPECT_EQ(rows[2].at("error"), "");
    EXPECT_NE(rows[2].at("top1_label"), "");
    EXPECT_EQ(rows[3].at("error"), "missing.npy: there is no such file");
    EXPECT_EQ(rows[3].at("label"), "");
}

TEST_F(BatchProgram, ShardsInARowAreTheWhole)
{
    const auto body = [](const std::string& csv) { return csv.substr(csv.find('\n') + 1); };
    ASSERT_EQ(run(command("whole.csv")).exitCode, 0);
    std::string together;
    for (const char* shard : {"1/4", "2/4", "3/4", "4/4"}) {
        ASSERT_EQ(run(command("part.csv", {"--shard", shard, "--force"})).exitCode, 0);
        together += body(readFile(m_folder.path("part.csv")));
    }
    EXPECT_EQ(together, body(readFile(m_folder.path("whole.csv"))));
    EXPECT_EQ(run(command("part.csv", {"--shard", "5/4", "--force"})).exitCode, 2);
}

}  // namespace
}  // namespace mixer
