// SPDX-License-Identifier: GPL-3.0-or-later
// What figures show of runs with edits, and the figures about weights and margins.
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/GateDistributionFigure.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/ImageOverlay.h"
#include "visualizers/MixingFigure.h"
#include "visualizers/PredictionsFigure.h"
#include "visualizers/RoutingFigure.h"
#include "visualizers/StateFigure.h"
#include "visualizers/TokenMap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer::vis {
namespace {

/// Another run beside the context's: fewer scans chosen, another number of classes' logits the same.
FigureContext withBaseline()
{
    test::FakeOptions options;
    options.inputSide = 64;
    FigureContext context = test::fakeContext(options);
    options.topK = 2;
    context.baseline = std::make_shared<test::FakeTrace>(options);
    context.selection.mixer = {1, 0, 0, false};
    context.detail = context.trace->detail(context.selection.mixer);
    context.baselineDetail = context.baseline->detail(context.selection.mixer);
    return context;
}

TEST(Routing, MarginIsTheGapBetweenTheTwoMostProbableScans)
{
    const RoutingFigure figure(test::fakeContext());
    double least = 1;
    for (int row = 0; row < figure.rowCount(); ++row) {
        std::vector<double> p = figure.mixerOfRow(row).routing.probabilities;
        std::sort(p.rbegin(), p.rend());
        EXPECT_DOUBLE_EQ(figure.margin(row), p[0] - p[1]);
        least = std::min(least, p[0] - p[1]);
    }
    EXPECT_DOUBLE_EQ(figure.margin(figure.mostDividedRow()), least);
}

TEST(Routing, DifferenceIsToTheBaseline)
{
    FigureContext context = withBaseline();
    context.options.shownRun = ShownRun::Difference;
    const RoutingFigure figure(context);
    for (const float change : figure.array().values)
        EXPECT_EQ(change, 0);  // the same routers, only fewer scans are taken
    EXPECT_TRUE(figure.title().contains(QStringLiteral("change")));
}

TEST(Predictions, EditedRunShowsTheChangeOfEachClass)
{
    FigureContext context = withBaseline();
    const auto edited = std::make_shared<test::FakeTrace>(test::FakeOptions());
    context.trace = edited;
    test::FakeOptions fewer;
    fewer.classes = 10;
    context.trueClass = 9;
    const PredictionsFigure figure(context);
    const PredictionsData& data = figure.data();
    EXPECT_FALSE(data.isDifference);
    EXPECT_EQ(data.bars.size(), 6U);  // five best, and the true one
    EXPECT_TRUE(data.bars.back().isTrue);
    EXPECT_EQ(data.bars.back().classIndex, 9);
    for (const PredictionBar& bar : data.bars)
        EXPECT_DOUBLE_EQ(bar.change(),
                         bar.value - context.baseline->probabilities()[static_cast<std::size_t>(bar.classIndex)]);
    EXPECT_GE(figure.table().columnIndex(QStringLiteral("baseline_logit")), 0);
    context.options.shownRun = ShownRun::Difference;
    EXPECT_TRUE(makePredictionsData(context).isDifference);
    EXPECT_EQ(makePredictionsData(context).bars.front().value, 0);
    context.baseline = nullptr;
    EXPECT_TRUE(std::isnan(makePredictionsData(context).bars.front().baseline));
}

TEST(Gates, DifferenceToItselfIsNothing)
{
    FigureContext context = withBaseline();
    context.options.shownRun = ShownRun::Difference;
    // A scan that both ran.
    for (int scan = 0; scan < context.detail->scanCount(); ++scan) {
        if (context.detail->scanName(scan) == context.baselineDetail->scanName(0))
            context.selection.scan = scan;
    }
    for (const float change : GatesFigure(context).array().values)
        EXPECT_EQ(change, 0);
    for (const float change : StateFigure(context).array().values)
        EXPECT_EQ(change, 0);
    context.options.overlay = OverlayQuantity::MeanGate;
    const TokenMap map = makeTokenMap(context);
    EXPECT_TRUE(map.isSigned);
    EXPECT_DOUBLE_EQ(map.range.low, -map.range.high);
    for (const float change : map.values)
        EXPECT_EQ(change, 0);
}

TEST(Gates, DifferenceNeedsTheScanInBothRuns)
{
    FigureContext context = withBaseline();
    context.options.shownRun = ShownRun::Difference;
    for (int scan = 0; scan < context.detail->scanCount(); ++scan) {
        const std::string name = context.detail->scanName(scan);
        if (name != context.baselineDetail->scanName(0) && name != context.baselineDetail->scanName(1))
            context.selection.scan = scan;
    }
    const std::string message = test::errorOf(ErrorKind::Usage, [&] { GatesFigure figure(context); });
    EXPECT_NE(message.find(context.detail->scanName(context.selection.scan)), std::string::npos);
}

TEST(Gates, LanesAreSortedByContribution)
{
    FigureContext context = withBaseline();
    const int lanes = context.detail->laneCount();
    context.options.laneSort = LaneSort::Contribution;
    for (int lane = 0; lane < lanes; ++lane)
        context.contributions.push_back(static_cast<float>((lane * 7) % lanes) - 20.0F);
    const GatesFigure figure(context);
    const QRectF rect(0, 0, 600, 400);
    double top = -1;
    for (int wanted = lanes - 1; wanted >= 0; --wanted) {
        const auto lane = static_cast<int>(
            std::find(context.contributions.begin(), context.contributions.end(), static_cast<float>(wanted) - 20.0F)
            - context.contributions.begin());
        const double y = figure.cellRect({lane, 0}, rect, FigureStyle::light()).top();
        EXPECT_GT(y, top);
        top = y;
    }
}

TEST(Gates, HabitsCountLanesThatNeverChange)
{
    const FigureContext context = withBaseline();
    const GatesFigure figure(context);
    const Array gate = context.detail->gate(0);
    int open = 0;
    int shut = 0;
    for (int lane = 0; lane < context.detail->laneCount(); ++lane) {
        float low = 1;
        float high = 0;
        for (int position = 0; position < context.detail->positionCount(); ++position) {
            low = std::min(low, gate.at(lane, position));
            high = std::max(high, gate.at(lane, position));
        }
        open += low >= kOpenGate ? 1 : 0;
        shut += high <= kShutGate ? 1 : 0;
    }
    EXPECT_EQ(figure.countOf(GatesFigure::Habit::Open), open);
    EXPECT_EQ(figure.countOf(GatesFigure::Habit::Shut), shut);
}

TEST(GateDistribution, SharesSumToOneAndLieWhereTheGatesAre)
{
    FigureContext context = withBaseline();
    context.selection.lane = 4;
    const GateDistributionFigure figure(context);
    EXPECT_NEAR(std::accumulate(figure.shares().begin(), figure.shares().end(), 0.0), 1, 1e-9);
    const Array gate = context.detail->gate(0);
    const double width = -GateDistributionFigure::kLow / GateDistributionFigure::kBins;
    const double edge = std::pow(10, GateDistributionFigure::kLow + 40 * width);
    double below = 0;
    for (int bin = 0; bin < 40; ++bin)
        below += figure.shares()[static_cast<std::size_t>(bin)];
    const auto count = std::count_if(gate.values.begin(), gate.values.end(), [&](float g) { return g < edge; });
    EXPECT_NEAR(below, static_cast<double>(count) / static_cast<double>(gate.values.size()), 1e-3);
}

TEST(Mixing, ShowsTheCheckpointsWeightsAndEdits)
{
    FigureContext context = test::fakeContext();
    context.selection.mixer = {2, 0, 0, false};
    const MixWeightMatrices mix = mixWeights(*context.checkpoint, 2);
    const MixingFigure plain(context);
    const MixingFigure::Cell cell{MixingFigure::Matrix::Theta, 0, 1};
    EXPECT_EQ(plain.weight(cell), static_cast<double>(mix.theta.at(0, 1)));
    const QRectF rect(0, 0, 700, 520);
    const QPointF middle = plain.cellRect(cell, rect, FigureStyle::light()).center();
    const auto hit = plain.cellAt(middle, rect, FigureStyle::light());
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->column, 1);
    EXPECT_EQ(hit->matrix, MixingFigure::Matrix::Theta);

    SetMixWeight change;
    change.stage = 2;
    change.matrix = SetMixWeight::Matrix::Theta;
    change.column = 1;
    change.value = -3;
    const Edit edit{change, {}, true};
    context.interventions.edits.push_back(edit);
    EXPECT_EQ(MixingFigure(context).weight(cell), -3);
    context.interventions.edits.front().enabled = false;
    EXPECT_EQ(MixingFigure(context).weight(cell), plain.weight(cell));
    context.checkpoint = nullptr;
    EXPECT_FALSE(figureExists(QStringLiteral("mixing"), context));
    test::errorOf(ErrorKind::Usage, [&] { MixingFigure figure(context); });
}

TEST(State, RetentionAndHorizonFollowFromDelta)
{
    FigureContext context = withBaseline();
    context.selection.step = 9;
    context.options.stateQuantity = StateQuantity::Retention;
    const Array retention = StateFigure(context).array();
    context.options.stateQuantity = StateQuantity::Horizon;
    const Array horizon = StateFigure(context).array();
    const int position = context.detail->positionAt(0, 9);
    for (int lane = 0; lane < context.detail->laneCount(); lane += 5) {
        const double delta = context.detail->delta(0).at(lane, position);
        for (int n = 0; n < 16; ++n) {
            EXPECT_NEAR(retention.at(lane, n), std::exp(-delta * (n + 1)), 1e-6);
            EXPECT_NEAR(horizon.at(lane, n) * delta * (n + 1), 1, 1e-4);
        }
    }
}

TEST(Attribution, MapMayHaveAGridOfItsOwn)
{
    FigureContext context = withBaseline();
    context.options.overlay = OverlayQuantity::Attribution;
    EXPECT_TRUE(makeTokenMap(context).values.empty());
    AttributionMap map;
    map.height = 2;
    map.width = 3;
    map.values = {1, -2, 0, 0, 0, 4};
    context.attribution = std::make_shared<const AttributionMap>(map);
    const TokenMap tokens = makeTokenMap(context);
    EXPECT_TRUE(tokens.isSigned);
    EXPECT_EQ(tokens.range.high, 4);
    const MixerRecord& record = context.detail->record();
    const ImageOverlay overlay(context.trace->geometry(), record.id.stage, record.height, record.width);
    const QRectF seen = overlay.inputRect();
    EXPECT_EQ(overlay.valueAt(tokens, seen.topLeft() + QPointF(1, 1)), 1);
    EXPECT_EQ(overlay.valueAt(tokens, seen.bottomRight() - QPointF(1, 1)), 4);
    EXPECT_TRUE(std::isnan(overlay.valueAt(tokens, seen.topLeft() - QPointF(5, 0))));
}

}  // namespace
}  // namespace mixer::vis
