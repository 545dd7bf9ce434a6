// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checkpoint/ZipArchive.h"
#include "engine/image/NpyArray.h"
#include "engine/session/InferenceSession.h"
#include "tests/app/Program.h"
#include "tests/app/TestInput.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

namespace mixer {
namespace {

struct Packed {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    double at(std::int64_t row, std::int64_t column) const
    {
        return values.at(static_cast<std::size_t>(row * shape.at(1) + column));
    }
};

/// A pack as someone reads it who has nothing of this program: a zip archive of NumPy arrays.
class Pack {
public:
    explicit Pack(const std::string& path)
    {
        const std::string bytes = readFile(path);
        const checkpoint::ZipArchive zip(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), path);
        for (const checkpoint::ZipEntry& entry : zip.entries()) {
            EXPECT_FALSE(entry.deflated);
            zip.requireChecksum(entry, zip.data(entry));
            const auto* data = reinterpret_cast<const std::uint8_t*>(zip.data(entry));
            const NpyArray npy = readNpy({data, data + entry.size}, entry.name, 1 << 28);
            Packed& packed = m_arrays[entry.name.substr(0, entry.name.size() - 4)];
            packed.shape = npy.shape;
            packed.values.resize(npy.bytes.size() / 4);
            if (npy.type == "<f4") {
                std::memcpy(packed.values.data(), npy.bytes.data(), npy.bytes.size());
                continue;
            }
            EXPECT_EQ(npy.type, "<i4");
            for (std::size_t i = 0; i < packed.values.size(); ++i) {
                std::int32_t value = 0;
                std::memcpy(&value, npy.bytes.data() + 4 * i, 4);
                packed.values[i] = static_cast<float>(value);
            }
        }
    }

    bool has(const std::string& name) const { return m_arrays.count(name) > 0; }
    const Packed& operator[](const std::string& name) const
    {
        const auto found = m_arrays.find(name);
        if (found == m_arrays.end())
            throw std::runtime_error("no array " + name);
        return found->second;
    }
    const std::map<std::string, Packed>& all() const { return m_arrays; }

private:
    std::map<std::string, Packed> m_arrays;
};

/// y of one lane by the recurrence h = exp(Delta A) h + Delta B u, y = <C, h> + D u, from the pack's own arrays.
std::vector<double> scannedAgain(const Pack& pack, const std::string& scan, std::int64_t lane)
{
    const Packed &delta = pack[scan + "/delta"], &u = pack[scan + "/u"], &a = pack[scan + "/A"], &b = pack[scan + "/B"],
                 &c = pack[scan + "/C"], &d = pack[scan + "/D"], &order = pack[scan + "/order"];
    const std::int64_t states = a.shape[1], aRow = a.shape[0] == 1 ? 0 : lane;
    std::vector<double> h(static_cast<std::size_t>(states)), y(order.values.size());
    for (const float place : order.values) {
        const auto position = static_cast<std::int64_t>(place);
        const double step = delta.at(lane, position), input = u.at(lane, position);
        double sum = (d.shape[0] == 1 ? d.at(0, d.shape[1] == 1 ? 0 : position) : d.at(lane, 0)) * input;
        for (std::int64_t n = 0; n < states; ++n) {
            double& state = h[static_cast<std::size_t>(n)];
            state = std::exp(step * a.at(aRow, n)) * state + step * b.at(position, n) * input;
            sum += c.at(position, n) * state;
        }
        y[static_cast<std::size_t>(position)] = sum;
    }
    return y;
}

class PackTest : public ::testing::Test {
protected:
    Finished pack(const std::string& file, std::vector<std::string> extra = {}) const
    {
        std::vector<std::string> arguments = {"export", "--pack", file, m_picture, "--model", m_model};
        arguments.insert(arguments.end(), extra.begin(), extra.end());
        return run(arguments);
    }

    Folder m_folder;
    std::string m_picture = writePicture(m_folder, 40, 30);
    std::string m_model = fixture("vim2-default.safetensors");
};

TEST_F(PackTest, HoldsWhatSomeoneNeedsToCheckAPortedScan)
{
    const std::string file = m_folder.path("reference.npz");
    const Finished result = pack(file);
    ASSERT_EQ(result.exitCode, 0) << result.errors;
    const Pack packed(file);
    int scans = 0;
    for (const auto& [name, order] : packed.all()) {
        const std::string ending = "/order";
        if (name.size() < ending.size() || name.compare(name.size() - ending.size(), ending.size(), ending) != 0)
            continue;
        ++scans;
        const std::string scan = name.substr(0, name.size() - ending.size());
        const Packed &y = packed[scan + "/y"], &gate = packed[scan + "/gate"], &delta = packed[scan + "/delta"];
        for (std::size_t i = 0; i < gate.values.size(); ++i)
            ASSERT_NEAR(gate.values[i], -std::expm1(-double{delta.values[i]}), 1e-6) << scan;
        double difference = 0, norm = 0;
        for (const std::int64_t lane : {std::int64_t{0}, y.shape[0] - 1}) {
            const std::vector<double> wanted = scannedAgain(packed, scan, lane);
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                difference += std::pow(wanted[i] - y.at(lane, static_cast<std::int64_t>(i)), 2);
                norm += wanted[i] * wanted[i];
            }
        }
        EXPECT_LT(std::sqrt(difference / norm), 1e-5) << scan;
    }
    EXPECT_GE(scans, 4);
    // Logits are those of a run.
    const auto session = InferenceSession::open(m_model);
    PreparedImage image;
    image.tensor.shape = packed["image"].shape;
    image.tensor.values = packed["image"].values;
    image.geometry.inputHeight = static_cast<int>(image.tensor.size(1));
    image.geometry.inputWidth = static_cast<int>(image.tensor.size(2));
    const auto trace = session->run(image);
    ASSERT_EQ(packed["logits"].values.size(), trace->logits().size());
    for (std::size_t i = 0; i < trace->logits().size(); ++i)
        EXPECT_NEAR(packed["logits"].values[i], trace->logits()[i], 1e-5);
    for (const MixerRecord& record : trace->mixers()) {
        const std::string mixer = record.id.name();
        EXPECT_TRUE(packed.has(mixer + "/input") && packed.has(mixer + "/output")) << mixer;
        if (record.routing.hasRouter) {
            EXPECT_EQ(packed[mixer + "/router_probabilities"].values.size(), record.routing.probabilities.size());
        }
    }
}

TEST_F(PackTest, TolerancesAreMeasured)
{
    const std::string file = m_folder.path("reference.npz");
    ASSERT_EQ(pack(file).exitCode, 0);
    const Pack packed(file);
    const auto document = nlohmann::json::parse(readFile(m_folder.path("reference.tolerances.json")));
    EXPECT_EQ(document.at("model"), m_model);
    std::size_t orders = 0, inexact = 0;
    for (const auto& [name, array] : packed.all())
        orders += name.substr(name.rfind('/') + 1) == "order" ? 1 : 0;
    EXPECT_EQ(document.at("arrays").size() + orders, packed.all().size());
    for (const auto& array : document.at("arrays")) {
        const std::string name = array.at("name");
        const Packed& values = packed[name];
        EXPECT_EQ(array.at("shape").get<std::vector<std::int64_t>>(), values.shape) << name;
        double largest = 0;
        for (const float value : values.values)
            largest = std::max(largest, std::abs(double{value}));
        EXPECT_EQ(array.at("largest").get<double>(), largest) << name;
        EXPECT_LT(array.at("relative").get<double>(), 1e-4) << name;
        EXPECT_LE(array.at("absolute").get<double>(), 1e-4 * std::max(1.0, largest)) << name;
        inexact += array.at("absolute").get<double>() > 0 ? 1 : 0;
    }
    EXPECT_GT(inexact, packed.all().size() / 2) << "float32 is not float64";
}

TEST_F(PackTest, OneMixerAndTheSameBytesAgain)
{
    const std::string mixer = "stages.0.blocks.0.token_mixers.0";
    ASSERT_EQ(pack(m_folder.path("a.npz"), {"--mixer", mixer}).exitCode, 0);
    ASSERT_EQ(pack(m_folder.path("b.npz"), {"--mixer", mixer}).exitCode, 0);
    EXPECT_TRUE(readFile(m_folder.path("a.npz")) == readFile(m_folder.path("b.npz")));
    const Pack packed(m_folder.path("a.npz"));
    int inside = 0;
    for (const auto& [name, array] : packed.all())
        if (name.find("/scans/") != std::string::npos) {
            ++inside;
            EXPECT_EQ(name.rfind(mixer, 0), 0U) << name;
        }
    EXPECT_GT(inside, 0);
}

TEST_F(PackTest, SaysWhatItCannotDo)
{
    const std::string file = m_folder.path("a.npz");
    EXPECT_EQ(pack(m_folder.path("a.zip")).exitCode, 2);
    EXPECT_EQ(pack(file, {"--figure", "gates"}).exitCode, 2);
    EXPECT_EQ(pack(file, {"--mixer", "stages.7.blocks.0.channel_mixer"}).exitCode, 2);
    EXPECT_EQ(pack(file, {"--precision", "float64"}).exitCode, 2);
    EXPECT_EQ(pack(m_folder.path("no/folder/a.npz")).exitCode, 1);
    EXPECT_FALSE(std::filesystem::exists(file));
    writeFile(m_folder.path("a.tolerances.json"), "precious");
    EXPECT_EQ(pack(file).exitCode, 1);
    EXPECT_EQ(readFile(m_folder.path("a.tolerances.json")), "precious");
}

}  // namespace
}  // namespace mixer
