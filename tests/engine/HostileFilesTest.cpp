// SPDX-License-Identifier: MIT
// Thousands of damaged copies of every kind of file: each opens or ends in an Error. Most telling under the sanitizers.
#include "engine/checkpoint/Checkpoint.h"
#include "tests/engine/TensorFiles.h"
#include "tests/engine/TorchFiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace mixer {
namespace {

class HostileFiles : public testing::TestWithParam<std::string> { };

std::vector<std::string> seeds()
{
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(std::string(MIXER_FIXTURES) + "/pth"))
        paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

// One to four bytes changed, or the end cut off, or a piece repeated.
std::string damaged(const std::string& original, std::mt19937& random)
{
    std::string bytes = original;
    const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
    switch (below(8)) {
    case 0:
        bytes.resize(below(bytes.size()));
        break;
    case 1:
        bytes.insert(below(bytes.size()), bytes.substr(below(bytes.size()), below(64)));
        break;
    default:
        for (std::size_t i = 0, count = 1 + below(4); i < count; ++i)
            bytes[below(bytes.size())] = static_cast<char>(below(4) == 0 ? 0xFF : random());
    }
    return bytes;
}

// Reads all data, so that a wrong range shows.
unsigned sumOf(const TensorFile& file)
{
    unsigned sum = 0;
    for (const TensorInfo& info : file.tensors())
        for (std::size_t i = 0; i < info.bytes; ++i)
            sum += std::to_integer<unsigned>(info.data[i]);
    return sum;
}

TEST_P(HostileFiles, DamagedCopiesOpenOrEndInAnError)
{
    constexpr int kCopies = 200;
    const test::TemporaryFolder folder;
    const std::string original = test::readBytes(GetParam());
    std::mt19937 random(1);
    int refused = 0;
    [[maybe_unused]] volatile unsigned sum = 0;
    for (int i = 0; i < kCopies; ++i) {
        const std::string path = folder.write("damaged", damaged(original, random));
        try {
            sum = sum + sumOf(*TensorFile::open(path));
            Checkpoint::open(path);
        } catch (const Error& error) {
            ++refused;
            ASSERT_NE(std::string(error.what()).find("damaged"), std::string::npos) << error.what();
            ASSERT_LT(std::string(error.what()).size(), 2000U);
        }
    }
    EXPECT_GT(refused, kCopies / 10) << "damage goes unseen";
}

INSTANTIATE_TEST_SUITE_P(Fixtures, HostileFiles, testing::ValuesIn(seeds()), [](const auto& file) {
    return test::testName(std::filesystem::path(file.param).filename().string());
});

}  // namespace
}  // namespace mixer
