// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/StateFigure.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/ColorMap.h"

namespace mixer::vis {
namespace {

const QRectF kRect(0, 0, 1000, 680);

FigureContext contextOf(bool quasiSeparable = false)
{
    test::FakeOptions options;
    options.quasiSeparable = quasiSeparable;
    options.topK = 2;
    options.inner = 40;
    options.inputSide = 64;
    FigureContext context = test::fakeContext(options);
    context.selection.mixer = {0, 0, 1, false};
    context.selection.step = 100;
    return context;
}

TEST(StateFigure, CellsHaveTheColourOfTheState)
{
    for (const Theme theme : {Theme::Light, Theme::Dark}) {
        const FigureContext context = contextOf();
        const StateFigure figure(context);
        const FigureStyle style = FigureStyle::of(theme);
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        const ColorMap& map = ColorMap::get(theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging);
        for (int lane = 0; lane < 40; ++lane) {
            for (int n = 0; n < 16; ++n) {
                const double value = test::FakeDetail::stateValue(lane, n, 100);
                const QPointF centre = figure.cellRect({lane, n}, kRect, style).center();
                EXPECT_LE(test::distance(test::colorAt(image, centre), QColor(map.at(figure.range().normalize(value)))),
                          2)
                    << lane << " " << n;
            }
        }
    }
}

TEST(StateFigure, RangeIsSymmetricSoThatZeroIsNeutral)
{
    const StateFigure figure(contextOf());
    EXPECT_EQ(figure.range().low, -figure.range().high);
    for (const float h : figure.array().values)
        EXPECT_LE(std::abs(h), figure.range().high);
}

TEST(StateFigure, HitTestsAreTheInverseOfPainting)
{
    const StateFigure figure(contextOf());
    for (const QRectF& rect : {kRect, QRectF(9, 5, 480, 320)}) {
        const FigureStyle style = FigureStyle::light();
        for (int lane = 0; lane < 40; ++lane) {
            for (int n = 0; n < 16; ++n) {
                const auto cell = figure.cellAt(figure.cellRect({lane, n}, rect, style).center(), rect, style);
                ASSERT_TRUE(cell);
                EXPECT_EQ(cell->lane, lane);
                EXPECT_EQ(cell->state, n);
            }
        }
        for (const int step : {0, 1, 100, 254, 255}) {
            const QPointF point = figure.normPoint(step, rect, style);
            EXPECT_EQ(figure.stepAt(point, rect, style), std::optional<int>(step));
            EXPECT_FALSE(figure.cellAt(point, rect, style));
        }
    }
}

TEST(StateFigure, TheNormCurveRunsThroughItsPoints)
{
    for (const bool quasiSeparable : {false, true}) {
        const StateFigure figure(contextOf(quasiSeparable));
        const FigureStyle style = FigureStyle::light();
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        for (const int step : {20, 60, 150, 200, 240}) {
            const QPoint point = figure.normPoint(step, kRect, style).toPoint();
            EXPECT_GT(test::countNear(image, QRect(point - QPoint(2, 2), QSize(5, 5)), style.accent, 40), 0) << step;
        }
        const QRect lower(60, 340, 860, 300);
        EXPECT_EQ(test::countNear(image, lower, style.secondAccent, 10) > 50, quasiSeparable);
    }
}

TEST(StateFigure, AStepChangesStateAndTable)
{
    FigureContext context = contextOf(true);
    StateFigure figure(context);
    const FigureTable before = figure.table();
    context.selection.step = 7;
    ASSERT_TRUE(figure.select(context.selection));
    const FigureTable after = figure.table();
    ASSERT_EQ(after.rowCount, 40 * 16);
    const qint64 row = 5 * 16 + 3;
    EXPECT_EQ(after.cell(row, 0).toInt(), 5);
    EXPECT_EQ(after.cell(row, 1).toInt(), 3);
    EXPECT_FLOAT_EQ(before.cell(row, 2).toFloat(), test::FakeDetail::stateValue(5, 3, 100));
    EXPECT_FLOAT_EQ(after.cell(row, 2).toFloat(), test::FakeDetail::stateValue(5, 3, 7));
    EXPECT_FLOAT_EQ(after.cell(row, 3).toFloat(), -0.5F * test::FakeDetail::stateValue(5, 3, 7));
    EXPECT_FLOAT_EQ(figure.array().at(5, 3), test::FakeDetail::stateValue(5, 3, 7));
}

TEST(StateFigure, NormTableHasBackwardNormsOnlyWhereTheyExist)
{
    const FigureTable causal = StateFigure(contextOf()).normTable();
    EXPECT_EQ(causal.columnIndex(QStringLiteral("norm_k")), -1);
    const FigureContext context = contextOf(true);
    const FigureTable both = StateFigure(context).normTable();
    const auto detail = context.trace->detail(context.selection.mixer);
    ASSERT_EQ(both.rowCount, 256);
    EXPECT_FLOAT_EQ(both.cell(200, both.columnIndex(QStringLiteral("norm_h"))).toFloat(),
                    detail->stateNorm(0, MixerDetail::Direction::Forward).values[200]);
    EXPECT_FLOAT_EQ(both.cell(200, both.columnIndex(QStringLiteral("norm_k"))).toFloat(),
                    detail->stateNorm(0, MixerDetail::Direction::Backward).values[200]);
}

}  // namespace
}  // namespace mixer::vis
