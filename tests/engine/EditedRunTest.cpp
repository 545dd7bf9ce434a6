// SPDX-License-Identifier: MIT
// Edited runs against checkpoints whose weights or configuration were changed to the same effect.
#include "engine/attention/ImplicitAttention.h"
#include "engine/session/InferenceSession.h"
#include "engine/trace/TracedRun.h"
#include "tests/engine/EditedCheckpoint.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

namespace mixer {
namespace {

using SessionPtr = std::shared_ptr<const InferenceSession>;
using TracePtr = std::shared_ptr<const Trace>;

Interventions only(Change change, std::vector<MixerId> mixers = {})
{
    Interventions result;
    result.edits.push_back({std::move(change), std::move(mixers), true});
    return result;
}

void expectLogits(const TracePtr& found, const TracePtr& wanted, double relative)
{
    ASSERT_EQ(found->logits().size(), wanted->logits().size());
    double scale = 0;
    for (const float value : wanted->logits())
        scale = std::max(scale, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < wanted->logits().size(); ++i)
        EXPECT_NEAR(found->logits()[i], wanted->logits()[i], relative * scale) << "class " << i;
}

double difference(const TracePtr& a, const TracePtr& b)
{
    double most = 0;
    for (std::size_t i = 0; i < a->logits().size(); ++i)
        most = std::max(most, static_cast<double>(std::abs(a->logits()[i] - b->logits()[i])));
    return most;
}

std::vector<MixerId> mixersOf(const TracePtr& run, bool channel)
{
    std::vector<MixerId> ids;
    for (const MixerRecord& record : run->mixers())
        if (record.id.isChannelMixer == channel)
            ids.push_back(record.id);
    return ids;
}

class EditedRun : public testing::TestWithParam<const char*> {
protected:
    std::string path = fixture(GetParam());
    SessionPtr session = InferenceSession::open(path);
    PreparedImage image = randomImage(45, 38, 21);
    TracePtr baseline = session->run(image);

    /// The same image through the checkpoint with its weights changed.
    TracePtr withWeights(const std::string& tensor, const std::function<void(float*, std::size_t)>& change) const
    {
        EditedCheckpoint checkpoint(path, [](nlohmann::json&) {});
        checkpoint.change(tensor, change);
        return InferenceSession::open(checkpoint.path())->run(image);
    }
};

TEST_P(EditedRun, NothingActiveIsTheBaseline)
{
    Interventions off = only(SkipMixer{});
    off.edits.front().enabled = false;
    const TracePtr run = session->edit(baseline, off);
    EXPECT_EQ(run->logits(), baseline->logits());
    EXPECT_EQ(run->baseline(), baseline);
    EXPECT_EQ(run->interventions(), off);
    EXPECT_EQ(run->firstDeparture(), -1);
    EXPECT_EQ(baseline->baseline(), nullptr);
    EXPECT_TRUE(baseline->interventions().isBaseline());
}

TEST_P(EditedRun, ASkippedMixerIsOneWithoutOutput)
{
    for (const MixerRecord& record : baseline->mixers()) {
        const TracePtr edited = session->edit(baseline, only(SkipMixer{}, {record.id}));
        expectLogits(edited,
                     withWeights(record.id.name() + ".out_proj.weight",
                                 [](float* values, std::size_t count) { std::fill(values, values + count, 0.0F); }),
                     2e-5);
        EXPECT_EQ(edited->firstDeparture(), static_cast<int>(&record - baseline->mixers().data()));
        EXPECT_EQ(edited->detail(record.id)->scanCount(), baseline->detail(record.id)->scanCount());
    }
}

TEST_P(EditedRun, HeldChannelsAreColumnsOfTheProjectionOut)
{
    for (const MixerRecord& record : {baseline->mixers().front(), baseline->mixers().back()}) {
        const auto scaled = [&](float factor) {
            return withWeights(record.id.name() + ".out_proj.weight", [&](float* values, std::size_t count) {
                for (std::size_t i = 0; i < count; ++i)
                    if (const auto channel = static_cast<int>(i) % record.inner; channel == 1 || channel == 4)
                        values[i] *= factor;
            });
        };
        expectLogits(session->edit(baseline, only(HoldChannels{{1, 4}, HoldChannels::At::Zero, 1}, {record.id})),
                     scaled(0), 2e-5);
        expectLogits(session->edit(baseline, only(HoldChannels{{1, 4}, HoldChannels::At::Factor, -1.5}, {record.id})),
                     scaled(-1.5F), 2e-5);
    }
}

/// Delta times f is A times f and B times f.
TEST_P(EditedRun, ScaledStepsAreScaledAAndB)
{
    const float f = 1.7F;
    for (const bool channel : {false, true}) {
        const MixerRecord& record = *baseline->find(mixersOf(baseline, channel).front());
        const auto detail = baseline->detail(record.id);
        EditedCheckpoint checkpoint(path, [](nlohmann::json&) {});
        checkpoint.change(record.id.name() + ".A_log", [&](float* values, std::size_t count) {
            for (std::size_t i = 0; i < count; ++i)
                values[i] += std::log(f);
        });
        const std::string projection = record.id.name() + (channel ? ".select.weight" : ".x_proj.weight");
        const int states = detail->stateSize();
        checkpoint.change(projection, [&](float* values, std::size_t count) {
            const std::size_t columns = channel ? 16 : static_cast<std::size_t>(record.inner);
            const std::size_t rank = channel ? 4 : static_cast<std::size_t>((record.channels + 15) / 16);
            const std::size_t rows = rank + 2 * static_cast<std::size_t>(states);
            for (std::size_t i = 0; i < count; ++i) {
                const std::size_t row = i / columns % rows;
                if (row >= rank && row < rank + static_cast<std::size_t>(states))
                    values[i] *= f;
            }
        });
        const TracePtr wanted = InferenceSession::open(checkpoint.path())->run(image);
        const TracePtr edited
            = session->edit(baseline, only(ScaleDelta{static_cast<double>(f), "", {}, {}}, {record.id}));
        expectLogits(edited, wanted, 1e-4);
        EXPECT_GT(difference(edited, baseline), 1e-4);
    }
}

/// out = x + (LN(sum of weights times what the scans put out) . gate) out_proj, from the detail of the edited run.
void expectMixerFollowsItsDetail(const std::string& path, const TracePtr& run, const MixerRecord& record)
{
    const auto detail = run->detail(record.id);
    const auto file = TensorFile::open(path);
    const auto weight
        = [&](const std::string& name) { return tensorOf(*file->find(record.id.name() + "." + name)).to(at::kFloat); };
    const auto natural = [&](const Array& array) {  // (tokens, channels)
        const at::Tensor tensor
            = at::from_blob(const_cast<float*>(array.values.data()), array.shape, at::kFloat).clone();
        return record.id.isChannelMixer ? tensor : tensor.t();
    };
    at::Tensor sum;
    for (int scan = 0; scan < detail->scanCount(); ++scan) {
        const double omega = record.id.isChannelMixer ? 1 : record.routing.weights[static_cast<std::size_t>(scan)];
        const at::Tensor y = natural(detail->output(scan)) * omega;
        sum = sum.defined() ? sum + y : y;
    }
    const at::Tensor y = at::layer_norm(sum, {record.inner}, weight("out_norm.weight"), weight("out_norm.bias"), 1e-5);
    const at::Tensor gated = y * natural(detail->outputGate());
    const std::size_t index = static_cast<std::size_t>(run->find(record.id) - run->mixers().data());
    const at::Tensor x = run->tensors()->inputs[index].flatten(0, 2);
    const at::Tensor wanted = x + at::linear(gated, weight("out_proj.weight"));
    const at::Tensor found = run->tensors()->outputs[index].flatten(0, 2);
    EXPECT_LT((found - wanted).abs().max().item<double>(), 1e-4 * wanted.abs().max().item<double>())
        << record.id.name();
}

TEST_P(EditedRun, PaintedStepsReachThePaintedPlacesOnly)
{
    TokenMask mask{4, 4, {0, 1, 5, 10}};
    for (const bool channel : {false, true}) {
        const MixerId id = mixersOf(baseline, channel).front();
        const MixerRecord& record = *baseline->find(id);
        const auto before = baseline->detail(id);
        const int scan = before->scanCount() - 1;
        const ScaleDelta change{0, before->scanName(scan) == "both" ? "" : before->scanName(scan), {0, 3}, mask};
        const TracePtr edited = session->edit(baseline, only(change, {id}));
        const auto after = edited->detail(id);
        const std::vector<bool> painted = mask.on(record.height, record.width);
        for (int s = 0; s < before->scanCount(); ++s) {
            for (int lane = 0; lane < before->laneCount(); ++lane) {
                for (int p = 0; p < before->positionCount(); ++p) {
                    const int token = channel ? lane : p;
                    const int inner = channel ? p : lane;
                    const bool meant
                        = s == scan && painted[static_cast<std::size_t>(token)] && (inner == 0 || inner == 3);
                    ASSERT_NEAR(after->delta(s).at(lane, p), meant ? 0 : before->delta(s).at(lane, p), 1e-6);
                }
            }
            EXPECT_LT(ImplicitAttention(after).residual({{s}, false, -1}, 20), 1e-4);
        }
        expectMixerFollowsItsDetail(path, edited, *edited->find(id));
        EXPECT_GT(difference(edited, baseline), 0);
    }
}

TEST_P(EditedRun, AReplacedOrderIsAnotherScanSet)
{
    for (const MixerId& id : mixersOf(baseline, false)) {
        const MixerRecord& record = *baseline->find(id);
        const int scan = record.routing.chosen.back();
        const std::string name = record.routing.scans[static_cast<std::size_t>(scan)];
        ReplaceOrder named;
        named.scan = name, named.name = "morton-reverse";
        const TracePtr edited = session->edit(baseline, only(named, {id}));
        const auto order = ScanOrder::get(named.name, record.height, record.width);
        ReplaceOrder drawn;
        drawn.scan = name, drawn.height = record.height, drawn.width = record.width, drawn.order = order->order();
        EXPECT_EQ(session->edit(baseline, only(drawn, {id}))->logits(), edited->logits());
        const auto detail = edited->detail(id);
        EXPECT_EQ(detail->positionAt(detail->scanCount() - 1, 1), order->order()[1]);
        EXPECT_EQ(detail->positionAt(0, 1) == order->order()[1],
                  detail->scanCount() == 1 || baseline->detail(id)->positionAt(0, 1) == order->order()[1]);
        expectMixerFollowsItsDetail(path, edited, *edited->find(id));
        drawn.width += 1, drawn.order.resize(static_cast<std::size_t>(drawn.width * drawn.height));
        EXPECT_THROW(session->edit(baseline, only(drawn, {id})), Error);
    }
    // In all mixers at once: the configuration with another name in its place.
    const std::string name = baseline->mixers().front().routing.scans.front();
    const EditedCheckpoint checkpoint(path, [&](nlohmann::json& header) {
        auto config = nlohmann::json::parse(header["__metadata__"]["mixer_config"].get<std::string>());
        config["scans"][0] = "morton-reverse";
        header["__metadata__"]["mixer_config"] = config.dump();
    });
    ReplaceOrder everywhere;
    everywhere.scan = name, everywhere.name = "morton-reverse";
    expectLogits(session->edit(baseline, only(everywhere)), InferenceSession::open(checkpoint.path())->run(image),
                 2e-5);
}

TEST_P(EditedRun, MixWeightsAreThoseOfTheCheckpoint)
{
    for (const auto& [matrix, name] :
         {std::pair(SetMixWeight::Matrix::Alpha, "alpha"), std::pair(SetMixWeight::Matrix::Beta, "beta"),
          std::pair(SetMixWeight::Matrix::Theta, "theta"), std::pair(SetMixWeight::Matrix::Gamma, "gamma")}) {
        expectLogits(
            session->edit(baseline, only(SetMixWeight{0, matrix, 0, 0, 0.75})),
            withWeights(std::string("stages.0.mix.") + name, [](float* values, std::size_t) { values[0] = 0.75F; }),
            2e-5);
    }
    EXPECT_THROW(session->edit(baseline, only(SetMixWeight{0, SetMixWeight::Matrix::Alpha, 0, 1, 1})), Error);
    EXPECT_THROW(session->edit(baseline, only(SetMixWeight{9, SetMixWeight::Matrix::Alpha, 0, 0, 1})), Error);
}

TEST_P(EditedRun, PatchedOutputsAreTheOtherImages)
{
    const TracePtr other = session->run(randomImage(45, 38, 22));
    const PatchSources sources = {{"other", other}};
    const MixerId last = baseline->mixers().back().id;
    expectLogits(session->edit(baseline, only(PatchOutput{"other", {}}, {last}), sources), other, 1e-6);
    const MixerRecord& first = baseline->mixers().front();
    const TokenMask mask{first.height, first.width, {0, 5}};
    const TracePtr edited = session->edit(baseline, only(PatchOutput{"other", mask}, {first.id}), sources);
    const at::Tensor found = edited->tensors()->outputs.front().flatten(0, 2);
    for (int token = 0; token < first.height * first.width; ++token) {
        const TracePtr& from = token == 0 || token == 5 ? other : baseline;
        ASSERT_TRUE(at::equal(found[token], from->tensors()->outputs.front().flatten(0, 2)[token]));
    }
    EXPECT_THROW(session->edit(baseline, only(PatchOutput{"unknown", {}}, {last}), sources), Error);
    const TracePtr elsewhere = InferenceSession::open(path)->run(image);
    EXPECT_THROW(session->edit(baseline, only(PatchOutput{"other", {}}, {last}), {{"other", elsewhere}}), Error);
    EXPECT_THROW(session->edit(elsewhere, {}), Error);
    const TracePtr larger = session->run(randomImage(101, 38, 1));
    EXPECT_THROW(session->edit(baseline, only(PatchOutput{"other", {}}, {last}), {{"other", larger}}), Error);
}

/// The states of every later step follow from the patched one by the recurrence, and the output from the states.
TEST_P(EditedRun, APatchedStateIsGoneOnFrom)
{
    const PreparedImage large = randomImage(64, 68, 40);  // 272 tokens: the jump and its chunk's end lie apart
    const TracePtr run = session->run(large);
    TracePtr other = session->run(randomImage(64, 68, 41));
    for (const bool channel : {false, true}) {
        const MixerRecord& record = *run->find(mixersOf(run, channel).front());
        const auto before = run->detail(record.id);
        const int index = before->scanCount() - 1;
        const std::string scan = !channel ? before->scanName(index) : index == 0 ? "forward" : "backward";
        if (!channel) {  // so that the other image runs the same scans
            std::vector<std::string> names;
            for (const int chosen : record.routing.chosen)
                names.push_back(record.routing.scans[static_cast<std::size_t>(chosen)]);
            other = session->edit(other, only(ForceScans{names}, {record.id}));
        }
        const int steps = before->positionCount();
        const int lanes = before->laneCount();
        const std::vector<int> jumps = {steps / 3, steps / 2};
        Interventions edits = only(PatchState{"other", scan, jumps[1]}, {record.id});
        edits.edits.push_back({PatchState{"other", scan, jumps[0]}, {record.id}, true});
        const TracePtr edited = session->edit(run, edits, {{"other", other}});
        const auto after = edited->detail(record.id);
        const auto theirs = other->detail(record.id);
        // Plain recurrence over all steps, in double, jumping where it is told to.
        const Array& delta = before->delta(index);
        const Array& A = before->stateMatrix(index);
        const Array B = before->inputMatrix(index);
        const Array C = before->outputMatrix(index);
        const Array u = before->input(index);
        const Array yBefore = before->output(index);
        const Array yAfter = after->output(index);
        const int lane = lanes / 2;
        std::vector<double> own(static_cast<std::size_t>(before->stateSize())), patched(own);
        double scale = 0;
        for (const float value : yBefore.values)
            scale = std::max(scale, static_cast<double>(std::abs(value)));
        for (int step = 0; step < steps; ++step) {
            const int p = before->positionAt(index, step);
            double change = 0;
            double squares = 0;
            for (int n = 0; n < before->stateSize(); ++n) {
                const auto i = static_cast<std::size_t>(n);
                const double decay = std::exp(static_cast<double>(A.at(A.size(0) == 1 ? 0 : lane, n))
                                              * static_cast<double>(delta.at(lane, p)));
                const double write = static_cast<double>(delta.at(lane, p)) * static_cast<double>(u.at(lane, p))
                    * static_cast<double>(B.at(p, n));
                own[i] = decay * own[i] + write;
                patched[i] = decay * patched[i] + write;
                change += static_cast<double>(C.at(p, n)) * (patched[i] - own[i]);
            }
            ASSERT_NEAR(static_cast<double>(yAfter.at(lane, p)) - static_cast<double>(yBefore.at(lane, p)), change,
                        2e-5 * scale)
                << step;
            if (std::count(jumps.begin(), jumps.end(), step) > 0) {
                const Array state = theirs->state(index, lane, 1, step);
                std::copy(state.values.begin(), state.values.end(), patched.begin());
            }
            const Array state = after->state(index, lane, 1, step);
            for (std::size_t n = 0; n < patched.size(); ++n) {
                ASSERT_NEAR(static_cast<double>(state.values[n]), patched[n], 1e-4 * (std::abs(patched[n]) + 0.01));
                squares += patched[n] * patched[n];
            }
            if (step % 16 == 0 || step == jumps[0]) {
                ASSERT_NEAR(static_cast<double>(after->stateNorm(index, lane, 1, MixerDetail::Direction::Forward)
                                                    .values[static_cast<std::size_t>(step)]),
                            std::sqrt(squares), 1e-4 * (std::sqrt(squares) + 0.01));
            }
        }
        expectMixerFollowsItsDetail(path, edited, *edited->find(record.id));
        EXPECT_EQ(edited->firstDeparture(), static_cast<int>(run->find(record.id) - run->mixers().data()));
        EXPECT_THROW(session->edit(run, only(PatchState{"other", "zigzag", 1}, {record.id}), {{"other", other}}),
                     Error);
        EXPECT_THROW(session->edit(run, only(PatchState{"other", scan, steps}, {record.id}), {{"other", other}}),
                     Error);
    }
}

/// What is computed from the first change on is what a whole pass computes.
TEST_P(EditedRun, GoingOnFromTheFirstChangeIsExact)
{
    for (const MixerRecord& record : baseline->mixers()) {
        Interventions edits = only(HoldChannels{{0, 2}, HoldChannels::At::Mean, 1}, {record.id});
        edits.edits.push_back({ScaleDelta{0.5, "", {}, {}}, {record.id}, true});
        const TracePtr edited = session->edit(baseline, edits);
        const auto plan = InterventionPlan::make(edits, baseline->mixers(), nullptr);
        ForwardContext context;
        context.plan = plan.get();
        const at::Tensor input = at::from_blob(image.tensor.values.data(), {1, 3, 45, 38}, at::kFloat);
        const c10::NoGradGuard noGradients;
        const at::Tensor whole = baseline->tensors()->runtime->network->forward(input, context)[0];
        for (std::size_t c = 0; c < edited->logits().size(); ++c)
            EXPECT_EQ(edited->logits()[c], whole[static_cast<std::int64_t>(c)].item<float>());
        const auto index = static_cast<int>(&record - baseline->mixers().data());
        EXPECT_EQ(edited->firstDeparture(), index);
        for (int i = 0; i < index; ++i)
            EXPECT_EQ(edited->departure()[static_cast<std::size_t>(i)], 0);
    }
}

TEST_P(EditedRun, ClassChangesAreSorted)
{
    const TracePtr edited = session->edit(baseline, only(SkipMixer{}));
    const std::vector<ClassChange> changes = classChanges(*edited);
    ASSERT_EQ(changes.size(), baseline->logits().size());
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto c = static_cast<std::size_t>(changes[i].classIndex);
        EXPECT_EQ(changes[i].logitBefore, baseline->logits()[c]);
        EXPECT_EQ(changes[i].logitAfter, edited->logits()[c]);
        EXPECT_EQ(changes[i].probabilityBefore, baseline->probabilities()[c]);
        EXPECT_EQ(changes[i].probabilityAfter, edited->probabilities()[c]);
        const ClassChange& before = changes[i > 0 ? i - 1 : 0];
        EXPECT_GE(std::abs(before.probabilityAfter - before.probabilityBefore),
                  std::abs(changes[i].probabilityAfter - changes[i].probabilityBefore));
    }
    EXPECT_TRUE(classChanges(*baseline).empty());
}

TEST_P(EditedRun, EditsThatDoNotFitAreNamed)
{
    MixerId nowhere;
    nowhere.stage = 7;
    const int inner = baseline->mixers().front().inner;
    EXPECT_THROW(session->edit(baseline, only(SkipMixer{}, {nowhere})), Error);
    EXPECT_THROW(session->edit(baseline, only(ForceScans{{"zigzag"}})), Error);
    EXPECT_THROW(session->edit(baseline, only(ForbidScans{baseline->mixers().front().routing.scans})), Error);
    EXPECT_THROW(session->edit(baseline, only(ForceScans{{"row"}}, mixersOf(baseline, true))), Error);
    EXPECT_THROW(session->edit(baseline,
                               only(HoldChannels{{inner}, HoldChannels::At::Zero, 1}, {baseline->mixers().front().id})),
                 Error);
}

INSTANTIATE_TEST_SUITE_P(Nets, EditedRun,
                         testing::Values("vim2-default.safetensors", "vim2-perscan-multires.safetensors",
                                         "vim2-cross.safetensors", "viqs-default.safetensors",
                                         "golden/vim2.safetensors"));

/// A router whose bias leaves it no choice.
TEST(EditedRouter, ForcedForbiddenAndWeighedScans)
{
    const std::string path = fixture("vim2-default.safetensors");
    const auto session = InferenceSession::open(path);
    const PreparedImage image = randomImage(33, 40, 5);
    const TracePtr baseline = session->run(image);
    const MixerRecord& record = baseline->mixers().front();
    const auto biased = [&](const std::vector<int>& scans, float by) {
        EditedCheckpoint checkpoint(path, [](nlohmann::json&) {});
        checkpoint.change(record.id.name() + ".router.fc2.bias", [&](float* values, std::size_t) {
            for (const int scan : scans)
                values[scan] += by;
        });
        return InferenceSession::open(checkpoint.path())->run(image);
    };
    const auto names = [&](const std::vector<int>& scans) {
        std::vector<std::string> result;
        for (const int scan : scans)
            result.push_back(record.routing.scans[static_cast<std::size_t>(scan)]);
        return result;
    };
    const std::vector<int> wanted = {0, 3, 5, 7};
    const TracePtr forced = session->edit(baseline, only(ForceScans{names({7, 3, 0, 5})}, {record.id}));
    EXPECT_EQ(forced->mixers().front().routing.chosen, wanted);
    expectLogits(forced, biased(wanted, 64), 1e-4);
    EXPECT_EQ(forced->mixers().front().routing.logits, record.routing.logits) << "what the router said stays visible";

    const std::vector<int> forbidden = {record.routing.chosen[0], record.routing.chosen[2]};
    const TracePtr without = session->edit(baseline, only(ForbidScans{names(forbidden)}, {record.id}));
    expectLogits(without, biased(forbidden, -64), 1e-4);
    EXPECT_EQ(without->mixers().front().routing.chosen.size(), record.routing.chosen.size());

    const TracePtr single = session->edit(baseline, only(ForceScans{names({2})}));
    for (const MixerRecord& mixer : single->mixers())
        EXPECT_EQ(mixer.routing.weights, std::vector<double>(mixer.id.isChannelMixer ? 0 : 1, 1.0));

    const std::string weighed = names({record.routing.chosen[1]}).front();
    const TracePtr reweighed = session->edit(baseline, only(WeighScan{weighed, 0.9}, {record.id}));
    std::vector<double> weights = record.routing.weights;
    weights[1] = 0.9;
    EXPECT_EQ(reweighed->mixers().front().routing.weights, weights);
    expectMixerFollowsItsDetail(path, reweighed, reweighed->mixers().front());
    expectMixerFollowsItsDetail(path, forced, forced->mixers().front());
}

}  // namespace
}  // namespace mixer
