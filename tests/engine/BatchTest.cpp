// SPDX-License-Identifier: MIT
// The parts of a batch: which pictures, what is told of each, and the journal that survives a kill.
#include "engine/analysis/RouterStatistics.h"
#include "engine/batch/BatchReader.h"
#include "engine/batch/BatchRun.h"
#include "engine/batch/PictureList.h"
#include "engine/core/Text.h"
#include "engine/image/LoadPicture.h"
#include "engine/report/Csv.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"
#include "tests/engine/TrainingFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

namespace mixer {
namespace {

template <typename Work> std::string messageOf(Work&& work)
{
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

std::string contentOf(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

TEST(BatchPictures, AreListedInAnOrderThatTheFileSystemHasNoPartIn)
{
    const ScratchFolder folder;
    for (const char* name : {"b/2.png", "a/10.JPG", "a/9.jpg", "c.npy", "notes.txt", "a/._9.jpg", ".hidden.png"})
        writeBytes(folder.path(name), "x");
    std::istringstream none;
    const std::string root = folder.path();
    EXPECT_EQ(listPictures({root}, none),
              (std::vector<std::string>{root + "/a/10.JPG", root + "/a/9.jpg", root + "/b/2.png", root + "/c.npy"}));

    writeBytes(folder.path("names.txt"), "one.png\r\n\nno-ending\n" + root + "/b\n");
    std::istringstream in("from stdin.png\n");
    EXPECT_EQ(listPictures({folder.path("names.txt"), "-", "x.png"}, in),
              (std::vector<std::string>{"one.png", "no-ending", root + "/b", "from stdin.png", "x.png"}));
    EXPECT_NE(messageOf([&] { listPictures({root + "/nowhere"}, none); }).find("no such folder"), std::string::npos);
    writeBytes(folder.path("binary"), std::string("a\0b", 3));
    EXPECT_NE(messageOf([&] { listPictures({folder.path("binary")}, none); }).find("one to a line"), std::string::npos);
    writeBytes(folder.path("empty/readme.md"), "");
    EXPECT_NE(messageOf([&] { listPictures({folder.path("empty")}, none); }).find("no picture"), std::string::npos);
}

TEST(BatchPictures, ShardsTogetherAreTheWhole)
{
    for (const std::size_t pictures : {0U, 1U, 7U, 64U, 1001U})
        for (const int count : {1, 2, 3, 8, 100}) {
            std::size_t next = 0, smallest = pictures, largest = 0;
            for (int i = 1; i <= count; ++i) {
                const auto [first, last] = Shard{i, count}.range(pictures);
                EXPECT_EQ(first, next);
                next = last;
                smallest = std::min(smallest, last - first);
                largest = std::max(largest, last - first);
            }
            EXPECT_EQ(next, pictures);
            EXPECT_LE(largest - smallest, 1U);
        }
    EXPECT_EQ(Shard::parse("3/8").number, 3);
    EXPECT_EQ(Shard::parse("3/8").count, 8);
    for (const char* wrong : {"", "3", "3/", "/8", "0/8", "9/8", "-1/8", "1/8x", "a/b", "1/99999999999"})
        EXPECT_THROW(Shard::parse(wrong), Error) << wrong;
}

TEST(BatchPictures, FoldersNameClasses)
{
    ModelConfig config;
    config.labels = {"tabby-cat", "Espresso", "acoustic guitar"};
    const FolderClasses classes(config);
    EXPECT_EQ(classes.of("photos/Tabby_cat/1.jpg"), 0);
    EXPECT_EQ(classes.of("/data/espresso/1.jpg"), 1);
    EXPECT_EQ(classes.of("./ACOUSTIC-guitar/./1.jpg"), 2);
    EXPECT_EQ(classes.of("espresso/other/1.jpg"), -1);
    EXPECT_EQ(classes.of("1.jpg"), -1);
    EXPECT_EQ(FolderClasses(ModelConfig()).of("espresso/1.jpg"), -1);
}

TEST(Csv, ReadsBackWhatWasWritten)
{
    const std::vector<std::vector<std::string>> table
        = {{"plain", "with,comma", "with \"quotes\"", ""}, {"two\nlines", "\r\n", "\"", ",\"\n"}, {"", "", "", ""}};
    std::string text;
    for (const auto& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i ? "," : "") + csvField(row[i]);
        text += '\n';
    }
    std::istringstream in(text);
    CsvReader reader(in, "table");
    std::vector<std::string> fields;
    for (const auto& row : table) {
        ASSERT_TRUE(reader.next(fields));
        EXPECT_EQ(fields, row);
    }
    EXPECT_EQ(reader.line(), 6U);
    EXPECT_FALSE(reader.next(fields));

    std::istringstream other("a,b\r\nc,\"d\"");
    CsvReader lenient(other, "table");
    ASSERT_TRUE(lenient.next(fields));
    EXPECT_EQ(fields, (std::vector<std::string>{"a", "b"}));
    ASSERT_TRUE(lenient.next(fields));
    EXPECT_EQ(fields, (std::vector<std::string>{"c", "d"}));
    EXPECT_FALSE(lenient.next(fields));

    for (const char* wrong : {"a\n\"never closed\n", "a\nin\"side\n", "a\n\"b\"c\n"}) {
        std::istringstream broken(wrong);
        CsvReader strict(broken, "t.csv");
        ASSERT_TRUE(strict.next(fields));
        EXPECT_EQ(messageOf([&] { strict.next(fields); }).rfind("t.csv, line 2: ", 0), 0U) << wrong;
    }
}

TEST(Text, ReadableKeepsUtf8AndNothingElse)
{
    EXPECT_EQ(readable("Käse/猫.png"), "Käse/猫.png");
    EXPECT_EQ(readable("a\nb\x7f"
                       "c\xff\xc3"),
              "a?b?c??");
}

class Journal : public ::testing::Test {
protected:
    static BatchJournal::Rows rows(int count, int failed, const std::string& text)
    {
        BatchJournal::Rows rows;
        rows.count = count;
        rows.failed = failed;
        rows.text = text;
        return rows;
    }
    /// All rows that the journal holds.
    std::string text(const std::string& run = kRun) const
    {
        std::string all;
        BatchJournal::open(m_path, run)->forEach([&](const BatchJournal::Rows& some) { all += some.text; });
        return all;
    }

    static constexpr const char* kRun = R"({"top":5,"list":"1a"})";
    ScratchFolder m_folder;
    std::string m_path = m_folder.path("out.csv.journal");
};

TEST_F(Journal, HoldsWhateverWasWrittenWhole)
{
    {
        const auto journal = BatchJournal::open(m_path, kRun);
        EXPECT_EQ(journal->rowCount(), 0);
        journal->append(rows(2, 0, "a\nb\n"));
        journal->append(rows(1, 1, "c\n"));
        journal->append(rows(2, 0, "d\ne\n"));
    }
    const std::string whole = contentOf(m_path);
    ASSERT_EQ(text(), "a\nb\nc\nd\ne\n");
    // Cut anywhere, it holds the records before the cut and takes new ones.
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        writeBytes(m_path, whole.substr(0, length));
        const std::string held = text();
        ASSERT_TRUE(held.empty() || held == "a\nb\n" || held == "a\nb\nc\n" || held == "a\nb\nc\nd\ne\n") << held;
        EXPECT_EQ(held == "a\nb\nc\nd\ne\n", length == whole.size());
        {
            const auto journal = BatchJournal::open(m_path, kRun);
            EXPECT_EQ(journal->rowCount(), std::count(held.begin(), held.end(), '\n'));
            EXPECT_EQ(journal->failedCount(), held.size() > 4 ? 1 : 0);
            journal->append(rows(1, 0, "z\n"));
        }
        ASSERT_EQ(text(), held + "z\n") << length;
    }
    // Any byte that is not what was written ends it there, or is no journal at all.
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 0x21);
        writeBytes(m_path, changed);
        const std::string problem = messageOf([&] {
            const std::string held = text();
            EXPECT_TRUE(held.empty() || held == "a\nb\n" || held == "a\nb\nc\n") << i << held;
        });
        EXPECT_EQ(!problem.empty(), i < std::string("MixerScope batch 1\n").size()) << i << problem;
    }
}

TEST_F(Journal, IsOneRunsAndOneProcesss)
{
    const auto journal = BatchJournal::open(m_path, kRun);
    journal->append(rows(1, 0, "a\n"));
    const auto openAgain = [&](const char* run) { return messageOf([&] { BatchJournal::open(m_path, run); }); };
    EXPECT_NE(openAgain(kRun).find("another process"), std::string::npos);
    const_cast<std::unique_ptr<BatchJournal>&>(journal).reset();
    const std::string other = openAgain(R"({"top":3,"list":"1a","gates":true})");
    EXPECT_NE(other.find("gates (nothing, now true), top (5, now 3)"), std::string::npos) << other;
    EXPECT_EQ(other.find("list"), std::string::npos) << other;
    EXPECT_EQ(text(), "a\n");
    EXPECT_EQ(BatchJournal::open(m_path, R"({"top":3})", /*anew=*/true)->rowCount(), 0);
}

class BatchOfImages : public testing::TestWithParam<const char*> {
protected:
    BatchOfImages()
    {
        m_batch = Array({0, 3, 33, 26});
        for (unsigned seed = 0; seed < 3; ++seed) {
            m_images.push_back(randomImage(33, 26, seed));
            const auto& values = m_images.back().tensor.values;
            m_batch.values.insert(m_batch.values.end(), values.begin(), values.end());
        }
        m_batch.shape[0] = 3;
    }

    std::shared_ptr<const InferenceSession> m_session = InferenceSession::open(fixture(GetParam()));
    std::vector<PreparedImage> m_images;
    Array m_batch;
};

TEST_P(BatchOfImages, RoutersSayWhatTheyDoAlone)
{
    const BatchResult result = m_session->runBatch(m_batch);
    EXPECT_TRUE(result.gates.empty());
    for (std::size_t i = 0; i < m_images.size(); ++i) {
        const auto trace = m_session->run(m_images[i]);
        std::size_t routers = 0;
        for (const MixerRecord& record : trace->mixers()) {
            if (!record.routing.hasRouter)
                continue;
            ASSERT_LT(routers, result.routers.size());
            const BatchResult::Router& router = result.routers[routers++];
            EXPECT_EQ(router.mixer, record.id);
            const Routing routing = router.routing(i);
            EXPECT_EQ(routing.scans, record.routing.scans);
            EXPECT_EQ(routing.chosen, record.routing.chosen);
            for (std::size_t s = 0; s < routing.scans.size(); ++s)
                EXPECT_NEAR(routing.probabilities[s], record.routing.probabilities[s], 1e-5);
        }
        EXPECT_EQ(routers, result.routers.size());
        for (std::size_t c = 0; c < trace->probabilities().size(); ++c)
            EXPECT_NEAR(result.probabilities[i * trace->probabilities().size() + c], trace->probabilities()[c], 1e-5);
    }
}

TEST_P(BatchOfImages, GatesAreThoseOfACloserLook)
{
    const BatchResult result = m_session->runBatch(m_batch, {}, true);
    const BatchResult without = m_session->runBatch(m_batch);
    EXPECT_EQ(result.logits.values, without.logits.values) << "watching changes nothing";
    ASSERT_FALSE(result.gates.empty());
    for (std::size_t i = 0; i < m_images.size(); ++i) {
        const auto trace = m_session->run(m_images[i]);
        for (const BatchResult::Gates& gates : result.gates) {
            const auto detail = trace->detail(gates.mixer);
            double sum = 0, open = 0, shut = 0, lanes = 0, values = 0;
            for (int scan = 0; scan < detail->scanCount(); ++scan) {
                const Array gate = detail->gate(scan);
                for (std::int64_t lane = 0; lane < gate.size(0); ++lane, ++lanes) {
                    float lowest = 1, highest = 0;
                    for (std::int64_t p = 0; p < gate.size(1); ++p, ++values) {
                        sum += static_cast<double>(gate.at(lane, p));
                        lowest = std::min(lowest, gate.at(lane, p));
                        highest = std::max(highest, gate.at(lane, p));
                    }
                    open += lowest >= kOpenGate;
                    shut += highest <= kShutGate;
                }
            }
            const GateSummary& found = gates.images[i];
            EXPECT_NEAR(found.mean, sum / values, 1e-5) << gates.mixer.name();
            EXPECT_NEAR(found.open, open / lanes, 1.01 / lanes) << gates.mixer.name();
            EXPECT_NEAR(found.shut, shut / lanes, 1.01 / lanes) << gates.mixer.name();
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, BatchOfImages,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vim2-perscan-multires.safetensors", "viqs-cross.safetensors",
                                         "vmamba-v2.safetensors", "vim-default.safetensors"));

class WholeBatch : public ::testing::Test {
protected:
    WholeBatch()
    {
        for (int i = 0; i < 23; ++i)
            writeBytes(m_folder.path("in/" + std::string(i < 10 ? "0" : "") + std::to_string(i) + ".npy"),
                       i % 7 == 3 ? "no picture"
                                  : npyBytes(colouredPicture(i == 5 ? 40 : 24, i, static_cast<unsigned>(i))));
        std::istringstream none;
        m_names = listPictures({m_folder.path("in")}, none);
        m_names.push_back(m_folder.path("in/gone.png"));
    }

    std::string table(const BatchOptions& options, const std::string& name)
    {
        const BatchRun run(m_session, m_names, options);
        const auto journal = BatchJournal::open(m_folder.path(name + ".journal"), run.description());
        run.run(*journal, {}, {});
        writeBatchResult(m_folder.path(name), run.table(), *journal);
        m_failures = batchFailures(*journal, 100);
        return contentOf(m_folder.path(name));
    }

    ScratchFolder m_folder;
    std::vector<std::string> m_names, m_failures;
    std::shared_ptr<const InferenceSession> m_session = InferenceSession::open(fixture("vim2-default.safetensors"));
};

TEST_F(WholeBatch, TellsWhatARunOfEachPictureTells)
{
    BatchOptions options;
    options.topCount = 3;
    options.batch = 5;
    options.threads = 3;
    std::istringstream in(table(options, "out.csv"));
    EXPECT_EQ(m_failures.size(), 4U);
    CsvReader reader(in, "out.csv");
    std::vector<std::string> header, fields;
    ASSERT_TRUE(reader.next(header));
    std::size_t row = 0, failed = 0;
    for (; reader.next(fields); ++row) {
        ASSERT_EQ(fields.size(), header.size());
        std::map<std::string, std::string> value;
        for (std::size_t i = 0; i < fields.size(); ++i)
            value[header[i]] = fields[i];
        ASSERT_EQ(value.size(), header.size()) << "names are unique";
        EXPECT_EQ(value["path"], m_names[row]);
        if (!value["error"].empty()) {
            EXPECT_NE(value["error"].find(m_names[row]), std::string::npos);
            EXPECT_EQ(value["error"], m_failures.at(failed++));
            EXPECT_EQ(value["top1_label"], "");
            continue;
        }
        EXPECT_EQ(value["width"], row == 5 ? "40" : "24");
        const auto trace = m_session->run(loadPicture(m_names[row], m_session->preprocessing()).prepared);
        const auto number = [&](const std::string& name) { return std::stod(value.at(name)); };
        const std::vector<int> best = trace->topClasses(3);
        double entropy = 0;
        for (const float p : trace->probabilities())
            entropy -= static_cast<double>(p) * std::log2(static_cast<double>(p));
        for (std::size_t rank = 0; rank < 3; ++rank) {
            const std::string top = "top" + std::to_string(rank + 1);
            EXPECT_EQ(value[top + "_index"], std::to_string(best[rank]));
            EXPECT_EQ(value[top + "_label"], m_session->config().label(best[rank]));
            EXPECT_NEAR(number(top + "_probability"), trace->probabilities()[static_cast<std::size_t>(best[rank])],
                        1e-6);
        }
        EXPECT_NEAR(number("margin"), number("top1_probability") - number("top2_probability"), 1e-6);
        EXPECT_NEAR(number("entropy"), entropy, 1e-5);
        for (const MixerRecord& record : trace->mixers()) {
            const std::string name = record.id.name();
            EXPECT_GE(number(name + ".gate_mean"), 0);
            EXPECT_LE(number(name + ".gate_mean"), 1);
            if (record.id.isChannelMixer)
                continue;
            EXPECT_NEAR(number(name + ".margin"), routerMargin(record.routing), 1e-4);
            std::string chosen;
            for (const int scan : record.routing.chosen)
                chosen += (chosen.empty() ? "" : "+") + record.routing.scans[static_cast<std::size_t>(scan)];
            EXPECT_EQ(value[name + ".chosen"], chosen);
            for (std::size_t s = 0; s < record.routing.scans.size(); ++s)
                EXPECT_NEAR(number(name + ".p." + record.routing.scans[s]), record.routing.probabilities[s], 1e-6);
        }
    }
    EXPECT_EQ(row, m_names.size());
    EXPECT_EQ(failed, 4U);
}

TEST_F(WholeBatch, IsReadBack)
{
    const std::string path = m_folder.path("out.csv");
    const std::string written = table({}, "out.csv");
    EXPECT_TRUE(BatchContents::isOne(path));
    const BatchContents contents = BatchContents::read(path, *m_session);
    ASSERT_EQ(contents.pictures.size(), m_names.size());
    ASSERT_TRUE(contents.routers);
    RouterStatistics expected(m_session->config().numClasses);
    std::vector<int> counted;
    for (std::size_t i = 0; i < m_names.size(); ++i) {
        const BatchContents::Picture& picture = contents.pictures[i];
        EXPECT_EQ(picture.path, m_names[i]);
        if (!picture.error.empty()) {
            EXPECT_EQ(picture.topClass, -1);
            continue;
        }
        const auto trace = m_session->run(loadPicture(m_names[i], m_session->preprocessing()).prepared);
        EXPECT_EQ(picture.topClass, trace->topClasses(1).front());
        EXPECT_NEAR(picture.confidence, trace->probabilities()[static_cast<std::size_t>(picture.topClass)], 1e-6);
        expected.add(*trace, picture.topClass);
        counted.push_back(static_cast<int>(i));
    }
    EXPECT_EQ(contents.routerPictures, counted);
    EXPECT_EQ(contents.routers->imagesOfClass(), expected.imagesOfClass());
    ASSERT_EQ(contents.routers->mixers().size(), expected.mixers().size());
    for (std::size_t m = 0; m < expected.mixers().size(); ++m) {
        const RouterStatistics::Mixer& a = contents.routers->mixers()[m];
        const RouterStatistics::Mixer& b = expected.mixers()[m];
        EXPECT_EQ(a.id, b.id);
        EXPECT_EQ(a.scans, b.scans);
        EXPECT_EQ(a.chosen.values, b.chosen.values);
        ASSERT_EQ(a.margin.size(), b.margin.size());
        for (std::size_t i = 0; i < a.margin.size(); ++i)
            EXPECT_NEAR(a.margin[i], b.margin[i], 1e-4);
    }

    // Tables that are of another network, or none at all.
    const auto readAs = [&](const std::string& text) {
        writeBytes(m_folder.path("other.csv"), text);
        return messageOf([&] { BatchContents::read(m_folder.path("other.csv"), *m_session); });
    };
    const auto replaced = [&](std::string what, const std::string& by) {
        std::string text = written;
        text.replace(text.find(what), what.size(), by);
        return text;
    };
    EXPECT_EQ(readAs(written), "");
    EXPECT_NE(readAs("").find("found nothing"), std::string::npos);
    EXPECT_NE(readAs("a,b\n1,2\n").find("top1_index"), std::string::npos);
    EXPECT_NE(readAs("a,a\n").find("two columns"), std::string::npos);
    EXPECT_NE(readAs(replaced("stages.0.blocks.0.token_mixers.0.chosen", "stages.9.blocks.0.token_mixers.0.chosen"))
                  .find("another network"),
              std::string::npos);
    EXPECT_NE(readAs(replaced("class ", "klass ")).find("other labels"), std::string::npos);
    EXPECT_NE(readAs(written.substr(0, written.rfind(',') - 30) + "\n").find("columns, found"), std::string::npos);
    for (const char* number : {"1e999", "nan", "2", "-1", "0.5x", ""}) {
        std::string text = written;
        const std::size_t row = text.find('\n') + 1;
        std::size_t field = row;
        for (int commas = 0; commas < 7; ++commas)
            field = text.find(',', field) + 1;
        text.replace(field, text.find(',', field) - field, number);
        EXPECT_NE(readAs(text).find("other.csv, line 2: expected a "), std::string::npos) << number << readAs(text);
    }
    EXPECT_FALSE(BatchContents::isOne(m_folder.path("nowhere.csv")));
    writeBytes(m_folder.path("short.csv"), "path,label");
    EXPECT_FALSE(BatchContents::isOne(m_folder.path("short.csv")));
}

TEST_F(WholeBatch, DependsNeitherOnThreadsNorOnInterruptions)
{
    BatchOptions options;
    options.batch = 4;
    const std::string expected = table(options, "one.csv");
    options.threads = 4;
    EXPECT_EQ(table(options, "four.csv"), expected);

    const BatchRun four(m_session, m_names, options);
    options.threads = 1;
    const BatchRun one(m_session, m_names, options);
    for (int round = 0;; ++round) {
        ASSERT_LT(round, 50);
        // Alone a thread stops after the batch in its hands; how far four get before they stop is a matter of luck.
        const BatchRun& run = round < 3 ? one : four;
        const auto journal = BatchJournal::open(m_folder.path("broken.journal"), run.description());
        const CancelToken cancel;
        std::int64_t seen = journal->rowCount();
        try {
            run.run(
                *journal,
                [&](const BatchProgress& progress) {
                    EXPECT_EQ(progress.total, 24);
                    EXPECT_GT(progress.done, seen);
                    seen = progress.done;
                    cancel.cancel();
                },
                cancel);
        } catch (const Cancelled&) {
            continue;
        }
        writeBatchResult(m_folder.path("broken.csv"), run.table(), *journal);
        EXPECT_GE(round, 3);
        break;
    }
    EXPECT_EQ(contentOf(m_folder.path("broken.csv")), expected);
}

}  // namespace
}  // namespace mixer
