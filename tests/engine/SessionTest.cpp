// SPDX-License-Identifier: MIT
#include "engine/session/InferenceSession.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mixer {
namespace {

Array batchOf(const std::vector<PreparedImage>& images)
{
    Array batch;
    batch.shape = images.front().tensor.shape;
    batch.shape.insert(batch.shape.begin(), static_cast<std::int64_t>(images.size()));
    for (const PreparedImage& image : images)
        batch.values.insert(batch.values.end(), image.tensor.values.begin(), image.tensor.values.end());
    return batch;
}

void expectNear(const std::vector<float>& found, const std::vector<float>& wanted, double relative)
{
    ASSERT_EQ(found.size(), wanted.size());
    double scale = 0;
    for (const float value : wanted)
        scale = std::max(scale, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < found.size(); ++i)
        EXPECT_NEAR(found[i], wanted[i], relative * scale) << "element " << i;
}

/// The message of the Error that opening the file throws.
std::string openingError(const std::string& path)
{
    try {
        InferenceSession::open(path);
    } catch (const Error& error) {
        return error.what();
    }
    ADD_FAILURE() << path << " opened";
    return {};
}

class Session : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<const InferenceSession> session = InferenceSession::open(fixture(GetParam()));
};

TEST_P(Session, ABatchGivesEachImageItsOwnLogits)
{
    std::vector<PreparedImage> images;
    for (unsigned seed = 0; seed < 3; ++seed)
        images.push_back(randomImage(33, 26, seed));
    const Array together = session->logits(batchOf(images));
    ASSERT_EQ(together.size(0), 3);
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto trace = session->run(images[i]);
        const auto row = together.values.begin() + static_cast<std::ptrdiff_t>(i) * together.size(1);
        expectNear({row, row + together.size(1)}, trace->logits(), 1e-5);
    }
}

TEST_P(Session, ThreadsAndRepetitionDoNotChangeTheResult)
{
    const PreparedImage image = randomImage(40, 40, 7);
    SessionOptions one;
    one.threads = 1;
    const auto single = InferenceSession::open(fixture(GetParam()), one);
    const auto first = session->run(image);
    EXPECT_EQ(first->logits(), session->run(image)->logits());
    expectNear(single->run(image)->logits(), first->logits(), 1e-5);
}

TEST_P(Session, Float64AgreesWithFloat32)
{
    const PreparedImage image = randomImage(30, 41, 3);
    SessionOptions options;
    options.precision = Precision::Float64;
    const auto exact = InferenceSession::open(fixture(GetParam()), options);
    expectNear(session->run(image)->logits(), exact->run(image)->logits(), 1e-4);
}

TEST_P(Session, AnySizeFromFourPixelsRuns)
{
    for (const auto& [height, width] : {std::pair(4, 4), std::pair(4, 37), std::pair(61, 5), std::pair(7, 7)}) {
        const auto trace = session->run(randomImage(height, width, 1));
        for (const float value : trace->logits())
            EXPECT_TRUE(std::isfinite(value)) << height << " x " << width;
        EXPECT_EQ(trace->mixers().front().height, height / 4);
        EXPECT_EQ(trace->mixers().front().width, width / 4);
    }
    EXPECT_THROW(session->run(randomImage(3, 8, 1)), Error);
}

TEST_P(Session, TraceKeepsItsPromises)
{
    const auto trace = session->run(randomImage(32, 32, 5));
    double sum = 0;
    for (const float p : trace->probabilities())
        sum += static_cast<double>(p);
    EXPECT_NEAR(sum, 1.0, 1e-5);
    const std::vector<int> top = trace->topClasses(1000);
    ASSERT_EQ(top.size(), trace->logits().size());
    for (std::size_t i = 1; i < top.size(); ++i)
        EXPECT_GE(trace->logits()[static_cast<std::size_t>(top[i - 1])],
                  trace->logits()[static_cast<std::size_t>(top[i])]);
    EXPECT_EQ(trace->mixers().size(), session->mixers().size());
    EXPECT_GT(trace->recordedBytes(), 0U);
    for (const MixerRecord& mixer : trace->mixers()) {
        if (mixer.id.isChannelMixer)
            continue;
        double weights = 0;
        for (const double w : mixer.routing.weights)
            weights += w;
        const double expected = mixer.routing.hasRouter ? 1.0 : static_cast<double>(mixer.routing.chosen.size());
        EXPECT_NEAR(weights, expected, 1e-12);
    }
    MixerId wrong;
    wrong.stage = 7;
    EXPECT_THROW(trace->detail(wrong), Error);
}

TEST_P(Session, DetailIsConsistentWithItself)
{
    const auto trace = session->run(randomImage(45, 38, 11));
    for (const MixerRecord& mixer : trace->mixers()) {
        const auto detail = trace->detail(mixer.id);
        EXPECT_EQ(detail, trace->detail(mixer.id)) << "asking again is free";
        const int tokens = mixer.height * mixer.width;
        EXPECT_EQ(detail->laneCount(), mixer.id.isChannelMixer ? tokens : mixer.inner);
        EXPECT_EQ(detail->positionCount(), mixer.id.isChannelMixer ? mixer.inner : tokens);
        for (int scan = 0; scan < detail->scanCount(); ++scan) {
            const Array gate = detail->gate(scan);
            const Array mean = detail->meanGate(scan);
            const Array lanes = detail->laneGate(scan);
            double all = 0, byPosition = 0, byLane = 0;
            for (std::size_t i = 0; i < gate.values.size(); ++i) {
                ASSERT_GE(gate.values[i], 0.0F);
                ASSERT_LE(gate.values[i], 1.0F);
                ASSERT_NEAR(gate.values[i], 1 - std::exp(-detail->delta(scan).values[i]), 1e-6);
                all += static_cast<double>(gate.values[i]);
            }
            for (const float value : mean.values)
                byPosition += static_cast<double>(value);
            for (const float value : lanes.values)
                byLane += static_cast<double>(value);
            EXPECT_NEAR(all / static_cast<double>(gate.values.size()), byPosition / mean.size(0), 1e-5);
            EXPECT_NEAR(all / static_cast<double>(gate.values.size()), byLane / lanes.size(0), 1e-5);
            for (int step = 0; step < detail->positionCount(); ++step)
                ASSERT_EQ(detail->stepOf(scan, detail->positionAt(scan, step)), step);
        }
    }
}

/// The norm by step is the norm of the state that `state` recomputes, in both directions.
TEST_P(Session, StateNormIsTheNormOfTheState)
{
    const auto trace = session->run(randomImage(48, 48, 13));  // 144 tokens: three chunks
    for (const MixerRecord& mixer : trace->mixers()) {
        const auto detail = trace->detail(mixer.id);
        for (const auto direction : {MixerDetail::Direction::Forward, MixerDetail::Direction::Backward}) {
            if (direction == MixerDetail::Direction::Backward && !detail->isQuasiSeparable()) {
                EXPECT_THROW(detail->stateNorm(0, direction), Error);
                continue;
            }
            const Array& norms = detail->stateNorm(0, direction);
            ASSERT_EQ(norms.size(0), detail->positionCount());
            for (int step = 0; step < detail->positionCount(); step += 7) {
                double squares = 0;
                for (const float h : detail->state(0, 0, detail->laneCount(), step, direction).values)
                    squares += static_cast<double>(h) * static_cast<double>(h);
                EXPECT_NEAR(norms.values[static_cast<std::size_t>(step)], std::sqrt(squares),
                            1e-4 * std::sqrt(squares) + 1e-9);
            }
        }
        EXPECT_THROW(detail->state(0, 0, detail->laneCount() + 1, 0), Error);
        EXPECT_THROW(detail->state(99, 0, 1, 0), Error);
        EXPECT_THROW(detail->state(0, 0, 1, detail->positionCount()), Error);
    }
}

/// y = <C, h> + D u in a causal scan, and u and D do not depend on the scan: what is left of y without <C, h> is the
/// same for two scans of one mixer.
TEST(SessionDetail, OutputFollowsTheStates)
{
    const auto session = InferenceSession::open(fixture("golden/vim2.safetensors"));
    const auto trace = session->run(randomImage(24, 28, 17));
    const auto detail = trace->detail(trace->mixers().front().id);
    const Array y = detail->output(0);
    const Array C = detail->outputMatrix(0);
    const int step = detail->positionCount() / 2;
    const int position = detail->positionAt(0, step);
    const Array h = detail->state(0, 0, detail->laneCount(), step);
    const Array y1 = detail->output(1);
    const Array C1 = detail->outputMatrix(1);
    const Array h1 = detail->state(1, 0, detail->laneCount(), detail->stepOf(1, position));
    for (int lane = 0; lane < detail->laneCount(); ++lane) {
        double rest = static_cast<double>(y.at(lane, position));
        double rest1 = static_cast<double>(y1.at(lane, position));
        for (int n = 0; n < detail->stateSize(); ++n) {
            rest -= static_cast<double>(C.at(position, n) * h.at(lane, n));
            rest1 -= static_cast<double>(C1.at(position, n) * h1.at(lane, n));
        }
        EXPECT_NEAR(rest, rest1, 1e-4 * (std::abs(rest) + 0.1)) << "lane " << lane;
    }
}

TEST_P(Session, CancelStopsBetweenMixers)
{
    const CancelToken cancel;
    int mixersRun = 0;
    const auto progress = [&](const std::string&, double) {
        if (++mixersRun == 1)
            cancel.cancel();
    };
    EXPECT_THROW(session->run(randomImage(32, 32, 1), progress, cancel), Cancelled);
    EXPECT_EQ(mixersRun, 1);
    EXPECT_NO_THROW(session->run(randomImage(32, 32, 1)));
}

INSTANTIATE_TEST_SUITE_P(Nets, Session,
                         testing::Values("golden/vim2.safetensors", "golden/viqs.safetensors",
                                         "vim2-perscan-multires.safetensors", "viqs-cross.safetensors"));

TEST(SessionErrors, MissingTensorIsNamed)
{
    const EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](nlohmann::json& header) {
        header["stages.1.blocks.0.token_mixers.0.spare"] = header["stages.1.blocks.0.token_mixers.0.A_log"];
        header.erase("stages.1.blocks.0.token_mixers.0.A_log");
    });
    const std::string message = openingError(edited.path());
    EXPECT_NE(message.find("stages.1.blocks.0.token_mixers.0.A_log"), std::string::npos) << message;
    EXPECT_NE(message.find("missing"), std::string::npos) << message;
}

TEST(SessionErrors, UnexpectedTensorIsNamed)
{
    const EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](nlohmann::json& header) {
        header["surprise.weight"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
    });
    EXPECT_NE(openingError(edited.path()).find("surprise.weight"), std::string::npos);
}

TEST(SessionErrors, WrongShapeNamesExpectedAndFound)
{
    const EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](nlohmann::json& header) {
        header["head.fc.weight"]["shape"] = {56, 7};
    });
    const std::string message = openingError(edited.path());
    EXPECT_NE(message.find("head.fc.weight"), std::string::npos) << message;
    EXPECT_NE(message.find("(7, 56)"), std::string::npos) << message;
    EXPECT_NE(message.find("(56, 7)"), std::string::npos) << message;
}

TEST(SessionErrors, NonFiniteWeightIsNamed)
{
    EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](nlohmann::json&) {});
    edited.overwriteFirstFloat("head.norm.weight", std::numeric_limits<float>::quiet_NaN());
    EXPECT_NE(openingError(edited.path()).find("head.norm.weight"), std::string::npos);
}

TEST(SessionErrors, AHugeConfigurationIsRefusedBeforeAnythingIsAllocated)
{
    const EditedCheckpoint edited(fixture("golden/vim2.safetensors"), [](nlohmann::json& header) {
        nlohmann::json config = nlohmann::json::parse(header["__metadata__"]["mixer_config"].get<std::string>());
        config["dims"] = {16384, 16384, 16384, 16384};
        header["__metadata__"]["mixer_config"] = config.dump();
    });
    EXPECT_NE(openingError(edited.path()).find("stem.proj.weight"), std::string::npos);
}

TEST(SessionErrors, DevicesThatNoMachineHas)
{
    SessionOptions options;
    for (const char* device : {"cuda:999", "cuda:x", "tpu"}) {
        options.device = device;
        EXPECT_THROW(InferenceSession::open(fixture("golden/vim2.safetensors"), options), Error) << device;
    }
}

TEST(SessionRuntime, SaysWhatItRunsOn)
{
    const RuntimeInfo info = InferenceSession::open(fixture("viqs-cross.safetensors"))->runtime();
    EXPECT_FALSE(info.kernel.empty());
    EXPECT_FALSE(info.blas.empty());
    EXPECT_GE(info.threads, 1);
}

}  // namespace
}  // namespace mixer
