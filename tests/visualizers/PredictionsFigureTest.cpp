// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PredictionsFigure.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"

#include <QBarSet>
#include <QChart>
#include <QHorizontalBarSeries>

#include <cmath>
#include <memory>

namespace mixer::vis {
namespace {

TEST(PredictionsFigure, BarsAreTheBestClassesInOrder)
{
    const FigureContext context = test::fakeContext();
    const PredictionsData data = makePredictionsData(context);
    ASSERT_EQ(data.bars.size(), 5U);
    const std::vector<int> top = context.trace->topClasses(5);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(data.bars[i].classIndex, top[i]);
        EXPECT_EQ(data.bars[i].label.toStdString(), context.config.labels[static_cast<std::size_t>(top[i])]);
        EXPECT_FLOAT_EQ(static_cast<float>(data.bars[i].value),
                        context.trace->probabilities()[static_cast<std::size_t>(top[i])]);
        EXPECT_EQ(data.bars[i].selected, i == 0);
    }
    EXPECT_NEAR(data.margin, data.bars[0].value - data.bars[1].value, 1e-12);
}

TEST(PredictionsFigure, EntropyIsInBits)
{
    test::FakeOptions options;
    options.classes = 1;
    EXPECT_NEAR(makePredictionsData(test::fakeContext(options)).entropy, 0, 1e-9);
    const FigureContext context = test::fakeContext();
    double bits = 0;
    for (const float p : context.trace->probabilities())
        bits -= p * std::log2(static_cast<double>(p));
    EXPECT_NEAR(makePredictionsData(context).entropy, bits, 1e-9);
}

TEST(PredictionsFigure, ASelectedClassOutsideOfTheBestIsTheLastBar)
{
    FigureContext context = test::fakeContext();
    const int worst = context.trace->topClasses(10).back();
    context.selection.classIndex = worst;
    const PredictionsData data = makePredictionsData(context);
    ASSERT_EQ(data.bars.size(), 6U);
    EXPECT_EQ(data.bars.back().classIndex, worst);
    EXPECT_TRUE(data.bars.back().selected);
    EXPECT_FALSE(data.bars.front().selected);
}

TEST(PredictionsFigure, MoreBarsThanClassesAreNotInvented)
{
    FigureContext context = test::fakeContext();
    context.options.topCount = 1000;
    EXPECT_EQ(makePredictionsData(context).bars.size(), 10U);
    context.options.topCount = -3;
    EXPECT_EQ(makePredictionsData(context).bars.size(), 1U);
}

TEST(PredictionsFigure, ChartHasTheValuesAndNothingThatMovesOrNeedsOpenGl)
{
    FigureContext context = test::fakeContext();
    context.options.predictionValue = PredictionValue::Logit;
    const PredictionsData data = makePredictionsData(context);
    const std::unique_ptr<QChart> chart(makePredictionsChart(data, FigureStyle::light()));
    EXPECT_EQ(chart->animationOptions(), QChart::NoAnimation);
    ASSERT_EQ(chart->series().size(), 1);
    auto* series = qobject_cast<QHorizontalBarSeries*>(chart->series().constFirst());
    ASSERT_NE(series, nullptr);
    EXPECT_FALSE(series->useOpenGL());
    const QBarSet* set = series->barSets().constFirst();
    ASSERT_EQ(set->count(), 5);
    for (int i = 0; i < 5; ++i)
        EXPECT_NEAR(
            set->at(4 - i),
            context.trace->logits()[static_cast<std::size_t>(data.bars[static_cast<std::size_t>(i)].classIndex)], 1e-6);
    EXPECT_TRUE(set->isBarSelected(4));
    EXPECT_FALSE(set->isBarSelected(0));
}

TEST(PredictionsFigure, BarsAreAsLongAsTheirValuesAndTheSelectedOneIsHighlighted)
{
    const PredictionsFigure figure(test::fakeContext());
    const FigureStyle style = FigureStyle::light();
    const QSize size(640, 360);
    const QRectF rect{QPointF(), QSizeF(size)};
    const QImage image = test::paintOf(figure, size, style);
    std::vector<double> lengths;
    for (const PredictionBar& bar : figure.data().bars) {
        // The row of the bar, by its hit test; then its pixels.
        int middle = -1;
        int first = -1;
        for (int y = 0; y < size.height(); ++y) {
            const auto hit = figure.hitTest(QPointF(320, y + 0.5), rect, style);
            if (hit && hit->selection.classIndex == bar.classIndex) {
                first = first < 0 ? y : first;
                middle = (first + y) / 2;
            }
        }
        ASSERT_GE(middle, 0) << bar.classIndex;
        const QColor color = bar.selected ? style.highlight : style.accent;
        lengths.push_back(test::countNear(image, QRect(0, middle, size.width(), 1), color, 4));
        EXPECT_GT(lengths.back(), 0) << bar.classIndex;
    }
    for (std::size_t i = 1; i < lengths.size(); ++i)
        EXPECT_NEAR(lengths[i] / lengths[0], figure.data().bars[i].value / figure.data().bars[0].value, 0.02) << i;
}

TEST(PredictionsFigure, SelectingAClassMovesTheHighlight)
{
    PredictionsFigure figure(test::fakeContext());
    Selection selection;
    selection.classIndex = figure.data().bars[2].classIndex;
    EXPECT_TRUE(figure.select(selection));
    EXPECT_TRUE(figure.data().bars[2].selected);
    EXPECT_FALSE(figure.data().bars[0].selected);
    selection.classIndex = 10;
    EXPECT_FALSE(figure.select(selection));
}

TEST(PredictionsFigure, TableAndArrayAreTheTraces)
{
    const FigureContext context = test::fakeContext();
    const PredictionsFigure figure(context);
    const FigureTable table = figure.table();
    ASSERT_EQ(table.rowCount, 5);
    for (qint64 row = 0; row < 5; ++row) {
        const auto index
            = static_cast<std::size_t>(table.cell(row, table.columnIndex(QStringLiteral("class"))).toInt());
        EXPECT_EQ(table.cell(row, table.columnIndex(QStringLiteral("rank"))).toInt(), row + 1);
        EXPECT_FLOAT_EQ(table.cell(row, table.columnIndex(QStringLiteral("probability"))).toFloat(),
                        context.trace->probabilities()[index]);
        EXPECT_FLOAT_EQ(table.cell(row, table.columnIndex(QStringLiteral("logit"))).toFloat(),
                        context.trace->logits()[index]);
    }
    EXPECT_EQ(figure.array().values, context.trace->logits());
}

TEST(PredictionsFigure, EqualLabelsStayTwoBars)
{
    FigureContext context = test::fakeContext();
    std::fill(context.config.labels.begin(), context.config.labels.end(), "crane");
    const std::unique_ptr<QChart> chart(makePredictionsChart(makePredictionsData(context), FigureStyle::light()));
    auto* series = qobject_cast<QHorizontalBarSeries*>(chart->series().constFirst());
    EXPECT_EQ(series->barSets().constFirst()->count(), 5);
    EXPECT_EQ(chart->axes(Qt::Vertical).constFirst()->property("count").toInt(), 5);
}

}  // namespace
}  // namespace mixer::vis
