// SPDX-License-Identifier: MIT
// Pictures for training: what is read from folders and archives, what is refused, and batches that depend on nothing
// but their number.
#include "TestPictures.h"
#include "TrainingFiles.h"

#include "engine/core/Error.h"
#include "engine/evaluation/Evaluation.h"
#include "engine/training/Augmentation.h"
#include "engine/training/BatchLoader.h"
#include "engine/training/DataSet.h"
#include "engine/training/Workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <numeric>
#include <set>

using namespace mixer;

namespace {

std::string messageOf(const std::function<void()>& work)
{
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(Workers, RunEveryIndexOnceAndPassExceptionsOn)
{
    for (const int threads : {1, 3}) {
        std::vector<std::atomic<int>> seen(100);
        forEachIndex(seen.size(), threads, [&](std::size_t i) { ++seen[i]; });
        for (const auto& count : seen)
            EXPECT_EQ(count, 1);
        EXPECT_THROW(forEachIndex(10, threads,
                                  [](std::size_t i) {
                                      if (i == 4)
                                          throw Error(ErrorKind::Usage, "no");
                                  }),
                     Error);
    }
}

TEST(DataSet, ClassesAreTheSortedFoldersAndPicturesAreInOrder)
{
    const ScratchFolder folder;
    writeBytes(folder.path("zebra/b.npy"), npyBytes(gradient(5, 4)));
    writeBytes(folder.path("zebra/a.npy"), npyBytes(gradient(6, 4)));
    writeBytes(folder.path("ant/nested/c.npy"), npyBytes(gradient(7, 4)));
    writeBytes(folder.path("ant/notes.txt"), "no picture");
    writeBytes(folder.path("ant/._c.npy"), "another system's note");
    const auto set = DataSet::open(folder.path());
    EXPECT_EQ(set->classes(), (std::vector<std::string>{"ant", "zebra"}));
    ASSERT_EQ(set->size(), 3U);
    EXPECT_EQ(set->name(0), "ant/nested/c.npy");
    EXPECT_EQ(set->label(0), 0);
    EXPECT_EQ(set->name(1), "zebra/a.npy");
    EXPECT_EQ(set->label(2), 1);
    EXPECT_EQ(largestDifference(set->picture(2), gradient(5, 4)), 0);
    EXPECT_TRUE(set->skipped().empty());
}

TEST(DataSet, FoldersThatAllShareAreNoClasses)
{
    const ScratchFolder folder;
    writeBytes(folder.path("set/train/x/1.npy"), npyBytes(gradient(4, 4)));
    writeBytes(folder.path("set/train/y/1.npy"), npyBytes(gradient(4, 4)));
    EXPECT_EQ(DataSet::open(folder.path())->classes(), (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(DataSet::open(folder.path("set/train/x/.."))->classes(), (std::vector<std::string>{"x", "y"}));

    const ScratchFolder single;
    writeBytes(single.path("only/1.npy"), npyBytes(gradient(4, 4)));
    EXPECT_EQ(DataSet::open(single.path())->classes(), (std::vector<std::string>{"only"}));
}

TEST(DataSet, CorruptPicturesAreToldAndLeftOut)
{
    const ScratchFolder folder;
    writePictureFolders(folder.path(), 2, 3, 8);
    writeBytes(folder.path("class-0/050.npy"), "not an array at all");
    writeBytes(folder.path("class-1/empty.jpg"), "");
    const auto set = DataSet::open(folder.path());
    EXPECT_EQ(set->size(), 6U);
    ASSERT_EQ(set->skipped().size(), 2U);
    EXPECT_NE(set->skipped()[0].find("class-0/050.npy"), std::string::npos);
    EXPECT_NE(set->skipped()[1].find("class-1/empty.jpg"), std::string::npos);
}

TEST(DataSet, SaysWhatIsWrong)
{
    const ScratchFolder folder;
    EXPECT_NE(messageOf([&] { DataSet::open(folder.path()); }).find("found no picture"), std::string::npos);
    writeBytes(folder.path("train/a/1.npy"), npyBytes(gradient(4, 4)));
    writeBytes(folder.path("val/a/1.npy"), npyBytes(gradient(4, 4)));
    EXPECT_NE(messageOf([&] { DataSet::open(folder.path()); }).find("parts of a data set"), std::string::npos);
    writeBytes(folder.path("loose.npy"), npyBytes(gradient(4, 4)));
    EXPECT_NE(messageOf([&] { DataSet::open(folder.path()); }).find("lies in none"), std::string::npos);
    const ScratchFolder broken;
    writeBytes(broken.path("a/1.npy"), "x");
    EXPECT_NE(messageOf([&] { DataSet::open(broken.path()); }).find("none of its pictures"), std::string::npos);
}

TEST(DataSet, KeepsWithinItsMemoryAndShrinksLargePictures)
{
    const ScratchFolder folder;
    writePictureFolders(folder.path(), 2, 4, 40);
    DataSetOptions options;
    options.memoryBytes = 10000;  // two of the eight
    options.threads = 2;
    const auto bounded = DataSet::open(folder.path(), options);
    EXPECT_LE(bounded->memoryBytes(), 10000);
    EXPECT_EQ(largestDifference(bounded->picture(7), colouredPicture(40, 1, 103)), 0);

    for (const std::int64_t memory : {std::int64_t{1}, std::int64_t{1} << 30}) {
        options.memoryBytes = memory;
        options.shrinkTo = 16;
        const auto shrunk = DataSet::open(folder.path(), options);
        EXPECT_EQ(largestDifference(shrunk->picture(3), resizeBicubic(colouredPicture(40, 0, 3), 16, 16)), 0);
        EXPECT_EQ(shrunk->memoryBytes(), memory == 1 ? 0 : 8 * 16 * 16 * 3);
    }
}

#ifdef MIXERSCOPE_HAS_ARCHIVES

TEST(PictureArchive, HoldsTheSameAsItsFolder)
{
    const ScratchFolder folder;
    std::string tar = tarEntry("set/", "", '5');
    for (int c = 0; c < 2; ++c)
        for (int i = 0; i < 3; ++i)
            tar += tarEntry("set/class-" + std::to_string(c) + "/" + std::to_string(100 + i) + ".npy",
                            npyBytes(colouredPicture(9, c, static_cast<unsigned>(100 * c + i))));
    writeBytes(folder.path("set.tar"), tar + tarEnd());
    writePictureFolders(folder.path("set"), 2, 3, 9);
    const auto archive = DataSet::open(folder.path("set.tar"));
    const auto files = DataSet::open(folder.path("set"));
    EXPECT_EQ(archive->classes(), files->classes());
    ASSERT_EQ(archive->size(), files->size());
    for (std::size_t i = 0; i < files->size(); ++i) {
        EXPECT_EQ(archive->label(i), files->label(i));
        EXPECT_EQ(largestDifference(archive->picture(i), files->picture(i)), 0);
    }
}

TEST(PictureArchive, HostileEntriesDoNoHarm)
{
    const ScratchFolder folder;
    const std::string good = npyBytes(gradient(5, 5));
    // Names that would leave a folder, links, devices, and a size that no file has.
    const std::string tar = tarEntry("a/1.npy", good) + tarEntry("../../../etc/b/evil.npy", good)
        + tarEntry("/absolute/b/evil.npy", good) + tarEntry("a/link.npy", "", '2', ~0ULL, "/etc/passwd")
        + tarEntry("a/hard.npy", "", '1', ~0ULL, "/etc/passwd") + tarEntry("a/device.npy", "", '3')
        + tarEntry("b/2.npy", good) + tarEntry("b/\x01\xff.npy", "control characters");
    writeBytes(folder.path("names.tar"), tar + tarEnd());
    const auto set = DataSet::open(folder.path("names.tar"));
    for (const std::string& skipped : set->skipped())
        for (const char c : skipped)
            EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
        files.insert(entry.path().filename().string());
    EXPECT_EQ(files, (std::set<std::string>{"names.tar"}));
    EXPECT_EQ(set->size(), 4U);
    EXPECT_EQ(set->skipped().size(), 1U);

    writeBytes(folder.path("huge.tar"),
               tarEntry("a/1.npy", good) + tarEntry("b/1.npy", good)
                   + tarEntry("b/huge.npy", good, '0', 0777777777777ULL));
    EXPECT_NE(messageOf([&] { DataSet::open(folder.path("huge.tar")); }).find("huge.tar"), std::string::npos);
}

TEST(PictureArchive, DamagedOnesAreErrors)
{
    const ScratchFolder folder;
    std::string tar = tarEntry("a/1.npy", npyBytes(gradient(5, 5))) + tarEntry("b/1.npy", npyBytes(gradient(50, 50)));
    for (const std::size_t length : {std::size_t{100}, std::size_t{700}, tar.size() - 3000}) {
        writeBytes(folder.path("cut.tar"), tar.substr(0, length));
        EXPECT_THROW(DataSet::open(folder.path("cut.tar")), Error) << length;
    }
    tar[200] = 'x';  // the check sum is wrong
    writeBytes(folder.path("sum.tar"), tar + tarEnd());
    EXPECT_THROW(DataSet::open(folder.path("sum.tar")), Error);
    writeBytes(folder.path("text.tar"), std::string(5000, 'x'));
    EXPECT_THROW(DataSet::open(folder.path("text.tar")), Error);
    EXPECT_THROW(DataSet::open(folder.path("missing.tar")), Error);

    DataSetOptions small;
    small.memoryBytes = 100;
    writeBytes(folder.path("big.tar"), tarEntry("a/1.npy", npyBytes(gradient(50, 50))) + tarEnd());
    EXPECT_NE(messageOf([&] { DataSet::open(folder.path("big.tar"), small); }).find("unpack it"), std::string::npos);
}

#endif

AugmentOptions smallAugment()
{
    AugmentOptions options;
    options.height = 10;
    options.width = 12;
    return options;
}

TEST(Augmentation, WithoutStrengthItIsTheWholePicture)
{
    AugmentOptions options = smallAugment().scaled(0);
    options.mean = {0, 0, 0};
    options.std = {1, 1, 1};
    const RgbImage picture = gradient(12, 10);
    std::vector<float> out(3 * 120);
    augmentPicture(picture, options, CounterRandom(1, {2}), out.data());
    for (int y = 0; y < 10; ++y)
        for (int x = 0; x < 12; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                EXPECT_NEAR(255 * out[c * 120 + static_cast<std::size_t>(12 * y + x)], pixel(picture, x, y)[c], 1e-3);
}

TEST(Augmentation, IsAFunctionOfItsRandomNumbers)
{
    const RgbImage picture = gradient(31, 17);
    const auto with = [&](std::uint64_t key) {
        std::vector<float> out(3 * 120);
        augmentPicture(picture, smallAugment(), CounterRandom(7, {key}), out.data());
        return out;
    };
    EXPECT_EQ(with(1), with(1));
    EXPECT_NE(with(1), with(2));
    for (std::uint64_t key = 0; key < 50; ++key)
        for (const float value : with(key))
            ASSERT_TRUE(std::isfinite(value));
}

TEST(Augmentation, RefusesWhatMakesNoSense)
{
    AugmentOptions options = smallAugment();
    options.mixup = 0.7;
    options.cutmix = 0.7;
    EXPECT_THROW(options.validate(), Error);
    EXPECT_NO_THROW(smallAugment().scaled(3).validate());
}

TEST(Mixing, SharesOfPixelsAreSharesOfTargets)
{
    // Pictures of one value each, so that a pixel tells whose it is.
    AugmentOptions options = smallAugment();
    for (const bool cut : {false, true}) {
        options.mixup = cut ? 0 : 1;
        options.cutmix = cut ? 1 : 0;
        constexpr std::size_t kBatch = 6;
        std::vector<float> images, targets(kBatch * kBatch, 0.0F);
        std::vector<CounterRandom> random;
        for (std::size_t i = 0; i < kBatch; ++i) {
            images.insert(images.end(), 360, static_cast<float>(i));
            targets[i * kBatch + i] = 1;
            random.emplace_back(5, std::initializer_list<std::uint64_t>{i});
        }
        mixBatch(images, targets, kBatch, options, random);
        bool anyMixed = false;
        for (std::size_t i = 0; i < kBatch; ++i) {
            const double mean = std::accumulate(images.begin() + static_cast<std::ptrdiff_t>(360 * i),
                                                images.begin() + static_cast<std::ptrdiff_t>(360 * (i + 1)), 0.0)
                / 360;
            double expected = 0, sum = 0;
            for (std::size_t k = 0; k < kBatch; ++k) {
                expected += targets[i * kBatch + k] * static_cast<double>(k);
                sum += targets[i * kBatch + k];
            }
            EXPECT_NEAR(mean, expected, 1e-4);
            EXPECT_NEAR(sum, 1, 1e-6);
            anyMixed |= targets[i * kBatch + i] < 0.999F;
        }
        EXPECT_TRUE(anyMixed);
    }
}

class Loader : public ::testing::Test {
protected:
    Loader()
    {
        writePictureFolders(m_folder.path(), 3, 5, 14);
        m_data = DataSet::open(m_folder.path());
        m_pictures.resize(m_data->size());
        std::iota(m_pictures.begin(), m_pictures.end(), 0U);
        m_options.augment = smallAugment();
        m_options.batch = 4;
        m_options.seed = 11;
    }
    std::vector<std::unique_ptr<Batch>> batches(int threads, std::int64_t first, int count)
    {
        m_options.threads = threads;
        BatchLoader loader(m_data, m_pictures, m_options, first);
        EXPECT_EQ(loader.batchesPerEpoch(), 3);
        std::vector<std::unique_ptr<Batch>> result;
        for (int i = 0; i < count; ++i)
            result.push_back(loader.next());
        return result;
    }
    ScratchFolder m_folder;
    std::shared_ptr<const DataSet> m_data;
    std::vector<std::uint32_t> m_pictures;
    LoaderOptions m_options;
};

TEST_F(Loader, BatchesDependOnTheirNumberOnly)
{
    const auto one = batches(1, 0, 8);
    const auto three = batches(3, 0, 8);
    const auto later = batches(2, 5, 3);
    for (std::size_t k = 0; k < one.size(); ++k) {
        EXPECT_EQ(one[k]->step, static_cast<std::int64_t>(k));
        EXPECT_EQ(one[k]->images, three[k]->images);
        EXPECT_EQ(one[k]->targets, three[k]->targets);
        if (k >= 5) {
            EXPECT_EQ(one[k]->images, later[k - 5]->images);
        }
    }
    EXPECT_NE(one[0]->images, one[3]->images);  // the first batch of two epochs
    m_options.seed = 12;
    EXPECT_NE(one[0]->images, batches(1, 0, 1)[0]->images);
}

TEST_F(Loader, AnEpochVisitsEachPictureOnce)
{
    m_options.augment = smallAugment().scaled(0);
    m_options.batch = 5;
    BatchLoader loader(m_data, m_pictures, m_options);
    ASSERT_EQ(loader.batchesPerEpoch(), 3);
    std::vector<double> sums(3, 0);
    std::set<std::vector<float>> seen;
    for (int k = 0; k < 3; ++k) {
        const auto batch = loader.next();
        for (std::size_t i = 0; i < 5; ++i) {
            seen.emplace(batch->images.begin() + static_cast<std::ptrdiff_t>(360 * i),
                         batch->images.begin() + static_cast<std::ptrdiff_t>(360 * (i + 1)));
            for (std::size_t c = 0; c < 3; ++c)
                sums[c] += batch->targets[3 * i + c];
        }
    }
    EXPECT_EQ(seen.size(), 15U);
    EXPECT_EQ(sums, (std::vector<double>{5, 5, 5}));
}

TEST_F(Loader, PicturesThatVanishAreReplacedAndTold)
{
    DataSetOptions forgetful;
    forgetful.memoryBytes = 0;
    m_data = DataSet::open(m_folder.path(), forgetful);
    std::filesystem::remove(m_folder.path("class-1/102.npy"));
    int told = 0;
    for (const auto& batch : batches(2, 0, 6))
        told += static_cast<int>(batch->failures.size());
    EXPECT_GE(told, 1);
    std::filesystem::remove_all(m_folder.path());
    EXPECT_THROW(batches(2, 0, 6), Error);
}

TEST(Evaluation, CountsRanksConfusionAndCalibration)
{
    const ScratchFolder folder;
    writePictureFolders(folder.path(), 3, 2, 8);
    const auto data = DataSet::open(folder.path());
    EvaluationOptions options;
    options.preprocess.height = options.preprocess.width = 8;
    options.classes = {"class-2", "class-0", "class-1"};
    options.classOf = matchClasses(*data, options.classes, 3);
    EXPECT_EQ(options.classOf, (std::vector<int>{1, 2, 0}));
    options.batch = 4;
    int seen = 0;
    // Says class-0 with probability 1/2 of everything.
    const auto network = [&](const Array& images) {
        BatchResult result;
        const std::int64_t count = images.shape[0];
        result.logits = Array({count, 3});
        result.routers.push_back({MixerId{0, 0, 0, false}, {"row", "column"}, 1, {}, {}, {}});
        for (std::int64_t i = 0; i < count; ++i) {
            result.logits.at(i, 1) = std::log(2.0F);
            result.routers[0].chosen.push_back(seen++ % 2);
        }
        return result;
    };
    const Evaluation e = evaluate(*data, network, options);
    EXPECT_EQ(e.pictures, 6);
    EXPECT_NEAR(e.top1, 2.0 / 6, 1e-12);
    EXPECT_NEAR(e.top5, 1, 1e-12);
    EXPECT_NEAR(e.loss, (2 * std::log(2.0) + 4 * std::log(4.0)) / 6, 1e-6);
    EXPECT_EQ(e.confused(1, 1), 2);
    EXPECT_EQ(e.confused(0, 1), 2);
    EXPECT_EQ(e.confused(0, 0), 0);
    EXPECT_NEAR(e.calibrationError, 0.5 - 2.0 / 6, 1e-6);
    ASSERT_EQ(e.routers.size(), 1U);
    EXPECT_EQ(e.routers[0].chosen, (std::vector<std::int64_t>{1, 1, 1, 1, 1, 1}));

    EXPECT_NE(messageOf([&] {
                  matchClasses(*data, {"cat", "class-1"}, 2);
              }).find("class-0, class-2"),
              std::string::npos);
    EXPECT_THROW(matchClasses(*data, {}, 4), Error);
}

}  // namespace
