// SPDX-License-Identifier: MIT
// Effect maps against one edited run for each cell; receptive fields by direction against finite differences of a scan
// written out step by step.
#include "engine/attribution/PatchEffects.h"
#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/InferenceSession.h"
#include "engine/trace/TracedRun.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mixer {
namespace {

class PatchEffectsOf : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<const InferenceSession> session = InferenceSession::open(fixture(GetParam()));
    std::shared_ptr<const Trace> baseline = session->run(randomImage(36, 40, 3));
    std::shared_ptr<const Trace> other = session->run(randomImage(36, 40, 4));
    PatchSources sources = {{"other", other}};

    /// Every cell is the edit that it stands for.
    void expectEachCellIsAnEdit(const std::shared_ptr<const Trace>& trace, const PatchEffects& effects) const
    {
        const auto c = static_cast<std::size_t>(effects.classIndex);
        double scale = 0;
        for (const float logit : trace->logits())
            scale = std::max(scale, std::abs(static_cast<double>(logit)));
        int measured = 0;
        double largest = 0;
        for (int row = 0; row < effects.rows(); ++row) {
            for (int column = 0; column < effects.columns(); ++column) {
                if (!effects.isMeasured(row, column))
                    continue;
                ++measured;
                Interventions edits = trace->interventions();
                edits.edits.push_back(effects.edit(row, column, "other"));
                const auto edited = session->edit(trace, edits, sources);
                const double logit = static_cast<double>(edited->logits()[c]) - static_cast<double>(trace->logits()[c]);
                const double chance
                    = static_cast<double>(edited->probabilities()[c]) - static_cast<double>(trace->probabilities()[c]);
                const std::string where = edits.edits.back().description();
                EXPECT_NEAR(static_cast<double>(effects.logit.at(row, column)), logit, 2e-5 * scale) << where;
                EXPECT_NEAR(static_cast<double>(effects.probability.at(row, column)), chance, 2e-5) << where;
                largest = std::max(largest, std::abs(logit));
            }
        }
        EXPECT_GT(measured, effects.rows());
        EXPECT_GT(largest, 1e-3 * scale) << "patches that change nothing would prove nothing";
    }

    static bool patchesStates(const std::shared_ptr<const Trace>& trace)
    {
        return trace->mixers().front().id.family != MixerId::Family::Vim;
    }
};

TEST_P(PatchEffectsOf, OutputsAreEditedRuns)
{
    AttributionOptions options;
    options.classIndex = 1;
    options.memoryBytes = 400'000;  // several batches to a row
    const PatchEffects effects = patchEffects(*baseline, *other, PatchedPart::Output, 2, options);
    EXPECT_EQ(effects.rows(), static_cast<int>(baseline->mixers().size()));
    EXPECT_EQ(effects.columns(), 4);
    expectEachCellIsAnEdit(baseline, effects);
    EXPECT_THROW(patchEffects(*baseline, *session->run(randomImage(64, 40, 4)), PatchedPart::Output, 2), Error);
    EXPECT_THROW(patchEffects(*baseline, *other, PatchedPart::Output, 0), Error);
}

TEST_P(PatchEffectsOf, StatesAreEditedRuns)
{
    if (!patchesStates(baseline)) {
        EXPECT_THROW(patchEffects(*baseline, *other, PatchedPart::State, 3), Error);
        return;
    }
    expectEachCellIsAnEdit(baseline, patchEffects(*baseline, *other, PatchedPart::State, 3));
}

TEST_P(PatchEffectsOf, StandOnTheEditsThatAreThere)
{
    Interventions edits;
    edits.edits.push_back({SkipMixer{}, {baseline->mixers()[0].id}, true});
    const auto edited = session->edit(baseline, edits);
    expectEachCellIsAnEdit(edited, patchEffects(*edited, *other, PatchedPart::Output, 2));
    if (!patchesStates(baseline))
        return;
    const PatchEffects states = patchEffects(*edited, *other, PatchedPart::State, 2);
    EXPECT_FALSE(states.isMeasured(0, 0)) << "a mixer that is skipped has no state";
    expectEachCellIsAnEdit(edited, states);
}

TEST_P(PatchEffectsOf, StopsWhenItIsCancelled)
{
    AttributionOptions options;
    double reached = 0;
    options.progress = [&reached, cancel = options.cancel](const std::string&, double fraction) {
        reached = fraction;
        cancel.cancel();
    };
    EXPECT_THROW(patchEffects(*baseline, *other, PatchedPart::Output, 2, options), Cancelled);
    EXPECT_GT(reached, 0);
    EXPECT_LT(reached, 1);
}

INSTANTIATE_TEST_SUITE_P(Nets, PatchEffectsOf,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vmamba-v2.safetensors", "vim-default.safetensors"));

// ---- receptive fields by direction

/// y of one lane's scan, forward and (quasi-separable) from behind, step by step: (positions, lanes) each.
std::pair<at::Tensor, at::Tensor> scanned(const ScanInput& input)
{
    const at::Tensor delta = input.delta();
    const std::int64_t steps = input.positions();
    at::Tensor forward = at::zeros_like(input.u);
    at::Tensor backward = at::zeros_like(input.u);
    const auto at = [&](std::int64_t step) {
        return input.order ? static_cast<std::int64_t>((*input.order)[static_cast<std::size_t>(step)]) : step;
    };
    const auto written = [&](std::int64_t p) { return (delta[p] * input.u[p]).unsqueeze(1) * input.B[p].unsqueeze(0); };
    const auto decay = [&](std::int64_t p) { return (delta[p].unsqueeze(1) * input.A).exp(); };
    at::Tensor h = at::zeros({input.lanes(), input.stateSize()}, input.u.options());
    at::Tensor k = at::zeros_like(h);
    for (std::int64_t t = 0; t < steps; ++t) {
        const std::int64_t p = at(t);
        h = decay(p) * h + written(p);
        const at::Tensor skip = input.perPosition ? input.D[p] * input.u[p] : input.D * input.u[p];
        forward[p] = (h * input.C[p]).sum(1) + skip;
    }
    for (std::int64_t t = steps - 1; input.quasiSeparable && t >= 0; --t) {
        const std::int64_t p = at(t);
        if (t + 1 < steps)
            k = decay(p) * (k + written(at(t + 1)));
        backward[p] = (k * input.C[p]).sum(1);
    }
    return {forward, backward};
}

class DirectionFieldsOf : public testing::TestWithParam<const char*> {
protected:
    static constexpr int kSide = 20;

    SessionOptions options = [] {
        SessionOptions exact;
        exact.precision = Precision::Float64;
        return exact;
    }();
    std::shared_ptr<const InferenceSession> session = InferenceSession::open(fixture(GetParam()), options);
    PreparedImage image = randomImage(kSide, kSide, 8);
    std::shared_ptr<const Trace> trace = session->run(image);

    at::Tensor input() const
    {
        return at::from_blob(const_cast<float*>(image.tensor.values.data()), {1, 3, kSide, kSide}, at::kFloat)
            .to(at::kDouble);
    }

    /// The norm of each direction's output at the token, for a picture.
    std::vector<double> norms(const at::Tensor& picture, std::size_t index, int token) const
    {
        struct Keep : Recorder {
            void record(const MixerRecord&, const at::Tensor& in, const at::Tensor&, const ScanChoice&) override
            {
                inputs.push_back(in);
            }
            std::vector<at::Tensor> inputs;
        } keep;
        const c10::NoGradGuard noGradients;
        ForwardContext context;
        context.recorder = &keep;
        const MixerRecord& record = trace->mixers()[index];
        const auto& network = *trace->tensors()->runtime->network;
        network.forward(picture, context);
        const MixerParts parts = network.parts(record.id, keep.inputs[index], record.routing, nullptr);
        std::vector<double> result;
        for (std::size_t i = 0; i < parts.scans.size(); ++i) {
            const double weight = record.id.isChannelMixer ? 1 : record.routing.weights[i];
            const auto [forward, backward] = scanned(parts.scans[i]);
            const auto of = [&](const at::Tensor& y) {
                const at::Tensor here = record.id.isChannelMixer ? y.select(1, token) : y[record.positionOf(token)];
                return weight * here.norm().item<double>();
            };
            result.push_back(of(forward));
            if (parts.scans[i].quasiSeparable)
                result.push_back(of(backward));
        }
        return result;
    }
};

TEST_P(DirectionFieldsOf, AreGradientsOfEachDirectionsNorm)
{
    for (const std::size_t index : {std::size_t{0}, trace->mixers().size() / 2, trace->mixers().size() - 1}) {
        const MixerRecord& record = trace->mixers()[index];
        const int token = record.tokenCount() / 2;
        const DirectionFields fields = directionFields(*trace, record.id, token);
        const std::vector<double> own = norms(input(), index, token);
        ASSERT_EQ(fields.names.size(), own.size());
        ASSERT_EQ(fields.values.shape,
                  (std::vector<std::int64_t>{static_cast<std::int64_t>(own.size()), kSide, kSide}));
        float largest = 0;
        for (const float value : fields.values.values)
            largest = std::max(largest, value);
        ASSERT_GT(largest, 0) << record.id.name();
        for (int i = 0; i < 3; ++i) {
            const int y = (5 * i + 9) % kSide;
            const int x = (7 * i + 10) % kSide;
            std::vector<double> sums(own.size());
            for (int c = 0; c < 3; ++c) {
                at::Tensor up = input();
                at::Tensor down = input();
                up[0][c][y][x] += 1e-5;
                down[0][c][y][x] -= 1e-5;
                const std::vector<double> above = norms(up, index, token);
                const std::vector<double> below = norms(down, index, token);
                for (std::size_t d = 0; d < own.size(); ++d)
                    sums[d] += std::abs(above[d] - below[d]) / 2e-5;
            }
            for (std::size_t d = 0; d < own.size(); ++d)
                EXPECT_NEAR(static_cast<double>(fields.values.values[(d * kSide + static_cast<std::size_t>(y)) * kSide
                                                                     + static_cast<std::size_t>(x)]),
                            sums[d], 2e-4 * static_cast<double>(largest))
                    << record.id.name() << ' ' << fields.names[d];
        }
    }
    EXPECT_THROW(directionFields(*trace, trace->mixers()[0].id, trace->mixers()[0].tokenCount()), Error);
}

INSTANTIATE_TEST_SUITE_P(Nets, DirectionFieldsOf,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vmamba-v2.safetensors", "vim-default.safetensors"));

}  // namespace
}  // namespace mixer
