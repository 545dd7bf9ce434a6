// SPDX-License-Identifier: MIT
// Whole networks and every recorded intermediate against the independent float64 reference (tests/reference), whose
// results lie in tests/fixtures. Tolerances are relative to the largest magnitude of each tensor.
#include "engine/checkpoint/Checkpoint.h"
#include "engine/models/Network.h"
#include "engine/trace/NetworkTrace.h"
#include "engine/trace/ScanDetail.h"
#include "tests/engine/Fixtures.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

namespace mixer {
namespace {

struct Recorded {
    at::Tensor input, output;
    std::vector<Routing> routings;

    Routing routingOf(std::int64_t image) const
    {
        return routings.empty() ? Routing() : routings[static_cast<std::size_t>(image)];
    }
};

class KeepEverything : public Recorder {
public:
    void record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                const ScanChoice& choice) override
    {
        std::vector<Routing> routings;
        for (std::int64_t image = 0; choice.scans && image < input.size(0); ++image)
            routings.push_back(routingOf(choice, image));
        mixers[mixer.id.name()] = {input, output, routings};
    }
    std::map<std::string, Recorded> mixers;
};

struct Case {
    const char* net;
    at::ScalarType type;
};

void PrintTo(const Case& c, std::ostream* os)
{
    *os << c.net << (c.type == at::kFloat ? ", float32" : ", float64");
}

class Parity : public testing::TestWithParam<Case> {
protected:
    void SetUp() override
    {
        const std::string path = fixture(std::string(GetParam().net) + ".safetensors");
        m_checkpoint = std::make_unique<Checkpoint>(Checkpoint::open(path));
        m_expected = TensorFile::open(fixture(std::string(GetParam().net) + ".expected.safetensors"));
        m_network = makeNetwork(*m_checkpoint, GetParam().type);
        ForwardContext context;
        context.recorder = &m_recorder;
        m_logits = m_network->forward(expected("input"), context);
    }

    bool isPeer() const { return !std::holds_alternative<MixerConfig>(m_checkpoint->config.network); }

    at::Tensor expected(const std::string& name) const
    {
        const TensorInfo* info = m_expected->find(name);
        EXPECT_NE(info, nullptr) << name;
        return info ? tensorOf(*info) : at::Tensor();
    }

    /// Stored in float32 where the file would be too large, so float64 results can only be held to float32's rounding.
    void compare(const at::Tensor& found, const std::string& name) const
    {
        const at::Tensor wanted = expected(name).to(at::kDouble);
        ASSERT_EQ(found.sizes(), wanted.sizes()) << name;
        const bool exact = GetParam().type == at::kDouble && m_expected->find(name)->type == DataType::Float64;
        const double tolerance = exact ? 1e-10 : GetParam().type == at::kDouble ? 2e-7 : 1e-4;
        const double scale = wanted.abs().max().item<double>();
        const double error = (found.to(at::kDouble) - wanted).abs().max().item<double>();
        EXPECT_LE(error, tolerance * scale) << name;
        ++m_compared;
    }

    std::unique_ptr<Checkpoint> m_checkpoint;
    std::shared_ptr<const TensorFile> m_expected;
    std::shared_ptr<const Network> m_network;
    KeepEverything m_recorder;
    at::Tensor m_logits;
    mutable int m_compared = 0;
};

at::Tensor table(const std::vector<std::vector<double>>& rows)
{
    std::vector<at::Tensor> tensors;
    for (const auto& row : rows)
        tensors.push_back(at::tensor(row, at::kDouble));
    return at::stack(tensors);
}

TEST_P(Parity, Logits)
{
    compare(m_logits, "logits");
    const bool resamples = m_checkpoint->find("pos_embed") != nullptr;
    ASSERT_EQ(m_expected->find("larger.input") != nullptr, resamples) << "each position embedding wants another size";
    if (resamples)
        compare(m_network->forward(expected("larger.input")), "larger.logits");
}

TEST_P(Parity, EveryMixersInputAndOutput)
{
    for (const MixerRecord& mixer : m_network->mixers()) {
        const std::string name = mixer.id.name();
        if (!m_expected->find(name + ".input"))
            continue;
        compare(m_recorder.mixers.at(name).input, name + ".input");
        compare(m_recorder.mixers.at(name).output, name + ".output");
    }
    const bool golden = std::string(GetParam().net).rfind("golden", 0) == 0;  // these hold no inputs and outputs
    EXPECT_EQ(m_compared, golden ? 0 : 2 * static_cast<int>(m_network->mixers().size()));
}

TEST_P(Parity, EveryRouter)
{
    for (const auto& [name, recorded] : m_recorder.mixers) {
        if (!m_expected->find(name + ".chosen"))
            continue;
        std::vector<std::vector<double>> logits, probabilities, weights;
        const at::Tensor chosen = expected(name + ".chosen");
        for (std::size_t image = 0; image < recorded.routings.size(); ++image) {
            const Routing& routing = recorded.routings[image];
            logits.push_back(routing.logits);
            probabilities.push_back(routing.probabilities);
            weights.push_back(routing.weights);
            ASSERT_EQ(chosen.size(1), static_cast<std::int64_t>(routing.chosen.size()));
            for (std::size_t k = 0; k < routing.chosen.size(); ++k)
                EXPECT_EQ(chosen[image][k].item<std::int64_t>(), routing.chosen[k]) << name << " image " << image;
        }
        compare(table(weights), name + ".omega");
        const auto* config = std::get_if<MixerConfig>(&m_checkpoint->config.network);
        if (config && config->topK) {
            compare(table(logits), name + ".router_logits");
            compare(table(probabilities), name + ".router_p");
        }
    }
    EXPECT_GT(m_compared, 0);
}

/// Everything that a closer look computes again, image by image from the recorded input.
TEST_P(Parity, CloserLook)
{
    for (const MixerRecord& mixer : m_network->mixers()) {
        const std::string name = mixer.id.name();
        if (!m_expected->find(name + ".delta"))
            continue;
        const Recorded& recorded = m_recorder.mixers.at(name);
        std::vector<at::Tensor> deltas, outputs, gates, us, Bs, Cs, sums;
        for (std::int64_t image = 0; image < recorded.input.size(0); ++image) {
            const at::Tensor x = recorded.input.narrow(0, image, 1);
            const Routing routing = recorded.routingOf(image);
            const MixerParts parts = m_network->parts(mixer.id, x, routing);
            const std::vector<ScanInput>& scans = parts.scans;
            const std::vector<double> weights = mixer.id.isChannelMixer ? std::vector<double>(2, 1.0) : routing.weights;
            // The fixtures hold (lanes, positions) for token mixers, (positions, lanes) for channel mixers.
            const auto natural = [&](const at::Tensor& t) { return mixer.id.isChannelMixer ? t : t.t(); };
            std::vector<at::Tensor> delta, output;
            at::Tensor sum = at::zeros_like(scans.front().u);
            for (std::size_t k = 0; k < scans.size(); ++k) {
                delta.push_back(natural(scans[k].delta()));
                const at::Tensor y = at::full_like(scans[k].u, std::numeric_limits<double>::quiet_NaN());
                scans[k].run(y, 1.0, false);
                output.push_back(natural(y));
                scans[k].run(sum, weights[k], true);
            }
            deltas.push_back(at::stack(delta));
            outputs.push_back(at::stack(output));
            if (parts.outputGate.defined())
                gates.push_back(parts.outputGate.t());
            us.push_back(natural(scans.front().u));
            sums.push_back(natural(sum));
        }
        compare(at::stack(deltas), name + ".delta");
        if (!m_expected->find(name + ".scan_out"))
            continue;
        compare(at::stack(outputs), name + ".scan_out");
        ASSERT_EQ(gates.empty(), !m_expected->find(name + ".gate_out"));
        if (!gates.empty())
            compare(at::stack(gates), name + ".gate_out");
        compare(at::stack(us), name + ".u");
        compare(at::stack(sums), name + ".y");
    }
    EXPECT_GT(m_compared, 0);
}

TEST_P(Parity, States)
{
    for (const MixerRecord& mixer : m_network->mixers()) {
        const std::string name = mixer.id.name();
        if (!m_expected->find(name + ".states"))
            continue;
        const Recorded& recorded = m_recorder.mixers.at(name);
        const at::Tensor steps = expected(name + ".state_steps");
        for (const bool backward : {false, true}) {
            const std::string stored = name + (backward ? ".states_backward" : ".states");
            const auto* config = std::get_if<MixerConfig>(&m_checkpoint->config.network);
            if (backward && !(config && config->quasiSeparable()))
                continue;
            std::vector<at::Tensor> images;
            for (std::int64_t image = 0; image < recorded.input.size(0); ++image) {
                MixerRecord record = mixer;
                const at::Tensor x = recorded.input.narrow(0, image, 1);
                record.routing = recorded.routingOf(image);
                MixerParts parts = m_network->parts(mixer.id, x, record.routing);
                const std::size_t count = parts.scans.size();
                const ScanDetail detail(record, std::move(parts), {});
                std::vector<at::Tensor> perScan;
                for (std::size_t k = 0; k < count; ++k) {
                    std::vector<at::Tensor> perStep;
                    for (std::int64_t i = 0; i < steps.numel(); ++i) {
                        const Array state = detail.state(
                            static_cast<int>(k), 0, detail.laneCount(), static_cast<int>(steps[i].item<std::int64_t>()),
                            backward ? MixerDetail::Direction::Backward : MixerDetail::Direction::Forward);
                        perStep.push_back(asTensor(state).clone());
                    }
                    perScan.push_back(at::stack(perStep));
                }
                images.push_back(at::stack(perScan));
            }
            const at::Tensor found = at::stack(images).to(at::kDouble);
            const at::Tensor wanted = expected(stored).to(at::kDouble);
            ASSERT_EQ(found.sizes(), wanted.sizes()) << stored;
            EXPECT_LE((found - wanted).abs().max().item<double>(), 1e-4 * wanted.abs().max().item<double>()) << stored;
            ++m_compared;
        }
    }
    const std::string net = GetParam().net;
    const bool hasStates = net.rfind("golden", 0) != 0 && !isPeer();  // the state's own parity is that of the scan
    EXPECT_EQ(m_compared > 0, hasStates);
}

std::vector<Case> cases()
{
    std::vector<Case> all;
    for (const char* net :
         {"golden/vim2", "golden/viqs", "vim2-default", "vim2-cross", "vim2-every-scan", "vim2-perscan-multires",
          "viqs-default", "viqs-cross", "viqs-every-scan", "viqs-perscan-linear", "vmamba-v0", "vmamba-v2",
          "vmamba-variant", "vim-default", "vim-variant"})
        for (const at::ScalarType type : {at::kFloat, at::kDouble})
            all.push_back({net, type});
    return all;
}

std::string caseName(const testing::TestParamInfo<Case>& info)
{
    std::string name = std::string(info.param.net) + (info.param.type == at::kFloat ? "_float32" : "_float64");
    for (char& c : name)
        if (c == '/' || c == '-')
            c = '_';
    return name;
}

INSTANTIATE_TEST_SUITE_P(Nets, Parity, testing::ValuesIn(cases()), caseName);

}  // namespace
}  // namespace mixer
