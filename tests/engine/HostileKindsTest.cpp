// SPDX-License-Identifier: MIT
// One file of every kind of attack: each ends in a clear error within 2 seconds and 1 GB, under the sanitizers too.
#include "engine/session/InferenceSession.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/TensorFiles.h"
#include "tests/engine/TorchFiles.h"

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <functional>

namespace mixer {
namespace {

using test::number;
using test::pickle;
using test::pickleDict;
using test::pickleTensor;
using test::pickleText;
using test::readBytes;
using test::safetensors;
using test::torchArchive;
using test::zipArchive;

struct Attack {
    std::string name;
    std::string file;                      ///< name of the file
    std::function<std::string()> content;  ///< made when it is needed: some are large
    std::string part;                      ///< of the message
};

std::string tensor(const std::string& shape, const std::string& end)
{
    return R"({"t":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,)" + end + "]}}";
}

std::string half(const std::string& name)
{
    const std::string bytes = readBytes(fixture(name));
    return bytes.substr(0, bytes.size() / 2);
}

/// A header of many tiny tensors.
std::string manyEntries(std::size_t count)
{
    std::string header = "{";
    for (std::size_t i = 0; i < count; ++i)
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    return header + "}";
}

std::string hugeNetwork()
{
    std::string config
        = R"({"arch":"vim2","dims":[16384,16384,16384,16384],"token_mixers":[[64],[64],[64],[64]],)"
          R"("channel_inner":[65536,65536,65536,65536],"d_state":256,"expand":16,"num_classes":1000000})";
    return test::zeroTensors({{"stem.proj.weight", {8, 3, 4, 4}}}, config);
}

std::vector<Attack> attacks()
{
    const std::string six(24, '\0');
    const std::string one = pickleTensor("0", 6, 0, {6}, {1});
    return {
        {"truncatedSafetensors", "a.safetensors", [] { return half("vim2-default.safetensors"); }, "a.safetensors"},
        {"truncatedZip", "a.pth", [] { return half("pth/plain.torch2.zip.pth"); }, "a.pth"},
        {"truncatedLegacy", "a.pth", [] { return half("pth/plain.torch1.legacy.pth"); }, "a.pth"},
        {"truncatedScript", "a.pt", [] { return half("pth/script.torch2.zip.pth"); }, "a.pt"},
        {"nestedHeader", "a.safetensors",
         [] { return safetensors(R"({"a":)" + std::string(5'000'000, '[') + "}", ""); }, "a.safetensors"},
        {"nestedIndex", "a.safetensors.index.json",
         [] { return R"({"weight_map":{},"metadata":)" + std::string(5'000'000, '[') + "}"; }, "index.json"},
        {"nestedPickle", "a.pth", [] { return pickle(std::string(1'000'000, ']') + std::string(999'999, 'a')); },
         "nested deeper"},
        {"nestedConfiguration", "a.safetensors",
         [] {
             return test::zeroTensors({{"a", {1}}}, std::string(1'000'000, '['));
         },
         "nested deeper"},
        {"containsItself", "a.pth",
         [=] { return torchArchive("}q\001(" + pickleText("w") + one + pickleText("a") + "h\001u", {six}); },
         "contain themselves"},
        {"multipliesItself", "a.pth",
         [=] {
             std::string laughs = "](" + one + "e";
             for (int i = 0; i < 30; ++i)
                 laughs += std::string("q\001") + "0](h\001h\001h\001h\001" + "e";
             return torchArchive(pickleDict({pickleText("model"), laughs}), {six});
         },
         "a.pth"},
        {"overLongHeader", "a.safetensors", [] { return safetensors(std::string((100U << 20) + 1, ' '), ""); }, "100"},
        {"overLongHeaderAnnounced", "a.safetensors", [] { return number(~std::uint64_t{0} >> 1, 8) + "{}"; },
         "a.safetensors"},
        {"overLongName", "a.safetensors",
         [] { return safetensors("{\"" + std::string(30U << 20, 'x') + "\":{}}", ""); }, "xxx...'"},
        {"overLongText", "a.pth", [] { return "\x80\x02\x8d" + number(~std::uint64_t{0}, 8) + "x."; }, "breaks off"},
        {"overLongInteger", "a.pth",
         [] { return "\x80\x02\x8b" + number(5'000'000, 4) + std::string(5'000'000, '\x7F') + "."; }, "integer of"},
        {"tooManyTensors", "a.safetensors", [] { return safetensors(manyEntries(1'000'000), ""); }, "a.safetensors"},
        {"tooManyValues", "a.pth", [] { return "\x80\x02" + std::string((std::size_t{1} << 21) + 1, 'N') + "."; },
         "values"},
        {"tooManyLinks", "a.pth", [] { return "\x80\x02N" + std::string(std::size_t{1} << 24, '2') + "."; }, "links"},
        {"overLargeShape", "a.safetensors",
         [] { return safetensors(tensor("[4611686018427387904,4611686018427387904]", "4"), std::string(4, 0)); },
         "'t'"},
        {"overLargeRange", "a.safetensors",
         [] { return safetensors(tensor("[1]", "18446744073709551615"), std::string(4, 0)); }, "'t'"},
        {"overLargeStorage", "a.pth",
         [=] {
             return torchArchive(pickleDict({pickleText("w"), pickleTensor("0", std::int64_t{1} << 60, 0, {1}, {1})}),
                                 {six});
         },
         "a.pth"},
        {"overLargeView", "a.pth",
         [=] {
             const std::int64_t side = std::int64_t{1} << 30;
             return torchArchive(pickleDict({pickleText("w"), pickleTensor("0", 6, 0, {side, side}, {0, 0})}), {six});
         },
         "'w'"},
        {"overLargeNetwork", "a.safetensors", hugeNetwork, "stem.proj.weight"},
        {"zipBomb", "a.pth",
         [=] {
             test::ZipPart bomb{"x/data/0", std::string(300U << 20, '\0'), true};
             return zipArchive({{"x/data.pkl", pickle(pickleDict({pickleText("w"), one}))}, bomb});
         },
         "unpacks to far more"},
        {"zipBombOfThePickle", "a.pth",
         [] {
             return zipArchive({{"x/data.pkl", std::string(300U << 20, 'N'), true}});
         },
         "unpacks to far more"},
        {"zipLeadsUpwards", "a.pth",
         [=] {
             return zipArchive({{"x/data.pkl", pickle(pickleDict({pickleText("w"), one}))}, {"x/../../data/0", six}});
         },
         "x/../../data/0"},
        {"storageKeyLeadsUpwards", "a.pth",
         [=] {
             return torchArchive(pickleDict({pickleText("w"), pickleTensor("../../../../etc/passwd", 6, 0, {6}, {1})}),
                                 {six});
         },
         "missing"},
        {"shardLeadsUpwards", "a.safetensors.index.json",
         [] { return std::string(R"({"weight_map":{"a":"../../../../etc/passwd"}})"); }, "same folder"},
        {"shardIsTheIndex", "a.safetensors.index.json",
         [] { return std::string(R"({"weight_map":{"a":"a.safetensors.index.json"}})"); }, "index.json"},
    };
}

class HostileKinds : public testing::TestWithParam<Attack> { };

long kilobytes(const std::string& key)
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == key) {
            long value = 0;
            status >> value;
            return value;
        }
    }
    return 0;
}

TEST_P(HostileKinds, EndsInAnErrorInTimeAndMemory)
{
    const test::TemporaryFolder folder;
    const std::string path = folder.write(GetParam().file, GetParam().content());
    std::ofstream("/proc/self/clear_refs") << "5";  // the peak counts from here
    const long before = kilobytes("VmRSS:");
    const std::clock_t start = std::clock();  // of the processor: the machine may be busy with other work
    try {
        InferenceSession::open(path);
        ADD_FAILURE() << "opened";
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(message.rfind(path, 0), 0U) << "names the file first: " << message;
        EXPECT_NE(message.find(GetParam().part), std::string::npos) << message;
        EXPECT_LT(message.size(), 4000U);
    }
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 2.0);
    EXPECT_LT(kilobytes("VmHWM:"), before + (1L << 20));
}

INSTANTIATE_TEST_SUITE_P(Attacks, HostileKinds, testing::ValuesIn(attacks()),
                         [](const auto& attack) { return attack.param.name; });

}  // namespace
}  // namespace mixer
