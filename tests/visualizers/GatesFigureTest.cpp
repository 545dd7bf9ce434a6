// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/GatesFigure.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/ColorMap.h"
#include "visualizers/LaneClusters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace mixer::vis {
namespace {

const QRectF kRect(0, 0, 1000, 680);

FigureContext contextOf(bool channelMixer, int inner = 20)
{
    test::FakeOptions options;
    options.inner = inner;
    options.inputSide = 32;  // 8 x 8 tokens in stage 0, 4 x 4 in stage 1
    FigureContext context = test::fakeContext(options);
    context.selection.mixer = {1, 0, channelMixer ? 0 : 1, channelMixer};
    context.selection.scan = 1;
    context.selection.step = 15;
    return context;
}

TEST(GatesFigure, CellsHaveTheColourOfTheirGate)
{
    for (const bool channelMixer : {false, true}) {
        for (const LaneSort sort : {LaneSort::Natural, LaneSort::MeanGate, LaneSort::Variance, LaneSort::Cluster}) {
            FigureContext context = contextOf(channelMixer);
            context.options.laneSort = sort;
            const GatesFigure figure(context);
            const FigureStyle style = FigureStyle::light();
            const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
            const auto detail = context.trace->detail(context.selection.mixer);
            const Array gate = detail->gate(1);
            for (int lane = 0; lane < detail->laneCount(); ++lane) {
                for (int step = 0; step < detail->positionCount(); ++step) {
                    if (step == context.selection.step)
                        continue;  // under the mark
                    const float g = gate.at(lane, detail->positionAt(1, step));
                    const QRgb expected = ColorMap::get(ColorMapId::Viridis).at(figure.range().normalize(g));
                    const QPointF centre = figure.cellRect({lane, step}, kRect, style).center();
                    EXPECT_LE(test::distance(test::colorAt(image, centre), QColor(expected)), 2)
                        << "lane " << lane << " step " << step;
                }
            }
        }
    }
}

TEST(GatesFigure, ClusteredRowsPutThoseBesideEachOtherThatDoAlike)
{
    // Three kinds of lanes, mixed: early, late, and in the middle, each with some noise of its own.
    constexpr int kLanes = 90;
    constexpr int kSteps = 300;
    Array matrix({kLanes, kSteps});
    std::uint32_t noise = 1;
    for (int lane = 0; lane < kLanes; ++lane) {
        for (int step = 0; step < kSteps; ++step) {
            noise = noise * 1664525U + 1013904223U;
            const float small = static_cast<float>(noise >> 8) / static_cast<float>(1 << 24) * 0.1F;
            matrix.values[static_cast<std::size_t>(lane * kSteps + step)] = small + (step / 100 == lane % 3 ? 0.8F : 0);
        }
    }
    matrix.values[5] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<int> order = clusteredRows(matrix);
    EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), std::size_t{kLanes});
    int borders = 0;
    for (std::size_t row = 1; row < order.size(); ++row)
        borders += order[row] % 3 != order[row - 1] % 3;
    EXPECT_EQ(borders, 2);
    EXPECT_EQ(clusteredRows(matrix), order);
    // A pattern at two levels is one pattern.
    Array levels({4, 6});
    for (int lane = 0; lane < 4; ++lane) {
        for (int step = 0; step < 6; ++step)
            levels.values[static_cast<std::size_t>(lane * 6 + step)]
                = (lane < 2 ? 0.1F : 10.0F) * (1 + static_cast<float>(lane % 2 ? step : 5 - step));
    }
    const std::vector<int> pairs = clusteredRows(levels);
    EXPECT_EQ(pairs[0] % 2, pairs[1] % 2);
    EXPECT_EQ(pairs[2] % 2, pairs[3] % 2);
    // Nothing to tell apart: as they are.
    EXPECT_EQ(clusteredRows(Array({3, 5})), (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(clusteredRows(Array({1, 5})), std::vector<int>{0});
    EXPECT_EQ(clusteredRows(Array({2, 1})), (std::vector<int>{0, 1}));
}

TEST(GatesFigure, HitTestIsTheInverseOfPainting)
{
    FigureContext context = contextOf(false);
    context.options.laneSort = LaneSort::Variance;
    const GatesFigure figure(context);
    for (const QRectF& rect : {kRect, QRectF(31, 11, 480, 320), QRectF(0, 0, 130, 90)}) {
        for (int lane = 0; lane < 20; ++lane) {
            for (int step = 0; step < 16; ++step) {
                const QPointF centre = figure.cellRect({lane, step}, rect, FigureStyle::dark()).center();
                const auto cell = figure.cellAt(centre, rect, FigureStyle::dark());
                ASSERT_TRUE(cell);
                EXPECT_EQ(cell->lane, lane);
                EXPECT_EQ(cell->step, step);
            }
        }
    }
}

TEST(GatesFigure, SortingPutsTheLargestOnTopAndLosesNoLane)
{
    FigureContext context = contextOf(false);
    const Array mean = context.trace->detail(context.selection.mixer)->laneGate(1);
    const auto laneOfRow = [&](const GatesFigure& figure, int row) {
        const QRectF m = figure.matrixRect(kRect, FigureStyle::light());
        return figure.cellAt({m.left() + 1, m.top() + (row + 0.5) * m.height() / 20}, kRect, FigureStyle::light())
            ->lane;
    };
    const GatesFigure natural(context);
    for (int row = 0; row < 20; ++row)
        EXPECT_EQ(laneOfRow(natural, row), row);
    context.options.laneSort = LaneSort::MeanGate;
    const GatesFigure sorted(context);
    std::set<int> seen;
    for (int row = 0; row < 20; ++row) {
        seen.insert(laneOfRow(sorted, row));
        if (row > 0) {
            EXPECT_GE(mean.values[static_cast<std::size_t>(laneOfRow(sorted, row - 1))],
                      mean.values[static_cast<std::size_t>(laneOfRow(sorted, row))]);
        }
    }
    EXPECT_EQ(seen.size(), 20U);
}

TEST(GatesFigure, ALargeMatrixIsAveragedIntoItsPixels)
{
    test::FakeOptions options;
    options.inner = 700;
    options.inputSide = 128;  // 32 x 32 tokens
    FigureContext context = test::fakeContext(options);
    context.selection.mixer = {0, 0, 0, false};
    context.options.range = ValueRange{0, 0.2};
    const GatesFigure figure(context);
    const FigureStyle style = FigureStyle::light();
    const QSize size(300, 200);
    const QRectF rect{QPointF(), QSizeF(size)};
    const QRectF matrix = figure.matrixRect(rect, style);
    const int w = static_cast<int>(matrix.width());
    const int h = static_cast<int>(matrix.height());
    ASSERT_EQ(matrix, QRectF(matrix.toRect())) << "pixels and cells line up only on whole units";
    ASSERT_LT(w, 1024);
    ASSERT_LT(h, 700);
    const QImage image = test::paintOf(figure, size, style);
    const Array gate = figure.array();
    for (const QPoint pixel : {QPoint(w - 1, h - 1), QPoint(w / 2, h / 3), QPoint(w / 4, 3), QPoint(7, h / 2)}) {
        double sum = 0;
        int count = 0;
        for (int lane = pixel.y() * 700 / h; lane < (pixel.y() + 1) * 700 / h; ++lane) {
            for (int step = pixel.x() * 1024 / w; step < (pixel.x() + 1) * 1024 / w; ++step) {
                sum += gate.at(lane, step);
                ++count;
            }
        }
        ASSERT_GT(count, 1);
        const QRgb expected = ColorMap::get(ColorMapId::Viridis).at(sum / count / 0.2);
        const QPointF place = matrix.topLeft() + QPointF(pixel);
        EXPECT_LE(test::distance(test::colorAt(image, place), QColor(expected)), 2) << pixel.x() << " " << pixel.y();
    }
}

TEST(GatesFigure, MarksFollowTheSelection)
{
    FigureContext context = contextOf(false);
    context.selection.step = 3;
    GatesFigure figure(context);
    const FigureStyle style = FigureStyle::light();
    const auto columnOfMark = [&] {
        // Below the matrix there is nothing but ticks and the pointer in the highlight colour.
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        const QRectF m = figure.matrixRect(kRect, style);
        double sum = 0;
        int count = 0;
        for (int y = static_cast<int>(m.bottom()) + 2; y < m.bottom() + 6; ++y) {
            for (int x = static_cast<int>(m.left()); x < m.right(); ++x) {
                if (test::distance(image.pixelColor(x, y), style.highlight) < 20) {
                    sum += x + 0.5;
                    ++count;
                }
            }
        }
        EXPECT_GT(count, 3);
        return sum / count;
    };
    EXPECT_NEAR(columnOfMark(), figure.cellRect({0, 3}, kRect, style).center().x(), 1);
    context.selection.step = 11;
    ASSERT_TRUE(figure.select(context.selection));
    EXPECT_NEAR(columnOfMark(), figure.cellRect({0, 11}, kRect, style).center().x(), 1);
}

TEST(GatesFigure, TableAndArrayAreTheGatesInScanOrder)
{
    const FigureContext context = contextOf(false);
    const auto detail = context.trace->detail(context.selection.mixer);
    const GatesFigure figure(context);
    const Array gate = detail->gate(1);
    const FigureTable table = figure.table();
    ASSERT_EQ(table.rowCount, 20 * 16);
    EXPECT_EQ(table.columns[0].name, QStringLiteral("channel"));
    for (const qint64 row : {0, 17, 319}) {
        const int lane = static_cast<int>(row / 16);
        const int step = static_cast<int>(row % 16);
        EXPECT_EQ(table.cell(row, 0).toInt(), lane);
        EXPECT_EQ(table.cell(row, 1).toInt(), step);
        EXPECT_EQ(table.cell(row, 2).toInt(), detail->positionAt(1, step));
        EXPECT_FLOAT_EQ(table.cell(row, 3).toFloat(), gate.at(lane, detail->positionAt(1, step)));
        EXPECT_FLOAT_EQ(figure.array().at(lane, step), gate.at(lane, detail->positionAt(1, step)));
    }
}

TEST(GatesFigure, RangeCoversTheGates)
{
    const GatesFigure figure(contextOf(false));
    const Array gate = figure.array();
    EXPECT_EQ(figure.range().low, 0);
    const auto above
        = std::count_if(gate.values.begin(), gate.values.end(), [&](float g) { return g > figure.range().high; });
    EXPECT_LE(above, static_cast<std::ptrdiff_t>(gate.values.size() / 100));
}

}  // namespace
}  // namespace mixer::vis
