// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/image/Image.h"
#include "engine/session/InferenceSession.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/AttentionFigure.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/RoutingFigure.h"
#include "visualizers/SplitFigure.h"
#include "visualizers/StateFigure.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer::vis {
namespace {

/// The figures of small networks from tests/fixtures, run by the engine itself.
class RealModel : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        const std::string path = std::string(MIXER_FIXTURES) + "/" + GetParam();
        session = InferenceSession::open(path);
        context = test::fakeContext();
        context.trace = session->run(prepareImage(*context.image, session->preprocessing()));
        context.config = session->config();
        context.checkpoint = std::make_shared<const Checkpoint>(session->checkpoint());
        context.modelPath = QString::fromStdString(path);
    }
    std::shared_ptr<const InferenceSession> session;
    FigureContext context;
};

TEST_P(RealModel, EveryFigureOfEveryMixerAndScanIsPainted)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection = Selection();
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        for (int scan = 0; scan < context.detail->scanCount(); ++scan) {
            context.selection.scan = scan;
            context.selection.step = context.detail->positionCount() / 2;
            context.selection.lane = context.detail->laneCount() - 1;
            for (const OverlayQuantity overlay :
                 {OverlayQuantity::Gate, OverlayQuantity::MeanGate, OverlayQuantity::StateNorm}) {
                context.options.overlay = overlay;
                for (const QString& id : figureIds()) {
                    // Receptive fields take passes through the network, and are of all scans.
                    const bool isOfAllScans = id == QLatin1String("receptive-fields");
                    if (!figureExists(id, context) || (isOfAllScans && (scan > 0 || overlay != OverlayQuantity::Gate)))
                        continue;
                    const auto figure = makeFigure(id, context);
                    const QImage image = test::paintOf(*figure, {480, 320}, FigureStyle::light());
                    EXPECT_EQ(test::countNear(image, image.rect(), Qt::magenta, 0), 0) << id.toStdString();
                    EXPECT_LT(test::countNear(image, image.rect(), Qt::white, 0), 480 * 320 * 9 / 10);
                }
            }
        }
    }
}

TEST_P(RealModel, RoutingShowsWhatTheRouterSaid)
{
    const RoutingFigure figure(context);
    const Array values = figure.array();
    for (int row = 0; row < figure.rowCount(); ++row) {
        const Routing& routing = figure.mixerOfRow(row).routing;
        if (!routing.hasRouter)
            continue;
        for (int column = 0; column < figure.columnCount(); ++column)
            EXPECT_FLOAT_EQ(values.at(row, column),
                            static_cast<float>(routing.probabilities[static_cast<std::size_t>(column)]));
    }
}

TEST_P(RealModel, NormUnderTheStateIsTheStatesNorm)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.selection.step = context.detail->positionCount() - 1;
        const StateFigure figure(context);
        const std::vector<float> state = figure.array().values;
        const double norm = std::sqrt(std::inner_product(state.begin(), state.end(), state.begin(), 0.0));
        const FigureTable table = figure.normTable();
        EXPECT_NEAR(table.cell(context.selection.step, table.columnIndex(QStringLiteral("norm_h"))).toDouble(), norm,
                    1e-4 * norm)
            << record.id.name();
    }
}

TEST_P(RealModel, GatesAreOneMinusExpOfMinusDelta)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.selection.step = 0;
        const GatesFigure figure(context);
        const Array& delta = context.detail->delta(0);
        const Array gate = figure.array();
        for (int step = 0; step < context.detail->positionCount(); ++step)
            EXPECT_NEAR(gate.at(0, step), -std::expm1(-delta.at(0, context.detail->positionAt(0, step))), 1e-6);
    }
}

TEST_P(RealModel, AttentionRowIsTheEnginesAndItsResidualIsSmall)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection = Selection();
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.attention = nullptr;
        context.selection.step = context.detail->positionCount() / 2;
        for (const bool isMerged : {false, true}) {
            context.options.attention.isMerged = isMerged;
            const AttentionFigure figure(context);
            EXPECT_LT(figure.residual(), AttentionFigure::kLargestResidual) << record.id.name();
            AttentionScope scope;
            if (isMerged)
                scope = {{}, true, -1};
            const AttentionMap map
                = ImplicitAttention(context.detail).row(scope, context.detail->positionAt(0, context.selection.step));
            EXPECT_EQ(figure.array().values, map.mean.values);
        }
    }
}

TEST_P(RealModel, TheStateIsWhatWasKeptPlusWhatWasAdded)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection = Selection();
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        const MixerDetail& detail = *context.detail;
        const Array u = detail.input(0);
        const Array B = detail.inputMatrix(0);
        for (const int step : {0, std::min(1, detail.positionCount() - 1), detail.positionCount() - 1}) {
            context.selection.step = step;
            context.options.stateQuantity = StateQuantity::Added;
            const Array added = StateFigure(context).array();
            context.options.stateQuantity = StateQuantity::Kept;
            const Array kept = StateFigure(context).array();
            context.options.stateQuantity = StateQuantity::State;
            const Array state = StateFigure(context).array();
            const int position = detail.positionAt(0, step);
            double scale = 1e-6;
            for (const float h : state.values)
                scale = std::max(scale, std::abs(static_cast<double>(h)));
            for (int lane = 0; lane < detail.laneCount(); ++lane) {
                for (int n = 0; n < detail.stateSize(); ++n) {
                    // By the recurrence itself: Delta u B is written, whatever the state is.
                    const double written = static_cast<double>(detail.delta(0).at(lane, position))
                        * u.at(lane, position) * B.at(position, n);
                    ASSERT_NEAR(added.at(lane, n), written, 1e-4 * scale) << record.id.name() << " step " << step;
                    ASSERT_NEAR(kept.at(lane, n) + added.at(lane, n), state.at(lane, n), 1e-5 * scale);
                }
            }
        }
    }
}

TEST_P(RealModel, PartsOfTheOutputSumToIt)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection = Selection();
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.attention = nullptr;
        const SplitFigure figure(context);
        const auto& share = figure.split().share;
        EXPECT_NEAR(share[0] + share[1] + share[2] + share[3], 1, 1e-3) << record.id.name();
        if (!context.detail->isQuasiSeparable()) {
            EXPECT_EQ(figure.split().energy[AttentionSplit::Upper], 0);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RealModel,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vim2-cross.safetensors"));

}  // namespace
}  // namespace mixer::vis
