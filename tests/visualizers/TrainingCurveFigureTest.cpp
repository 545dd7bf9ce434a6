// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/TrainingCurveFigure.h"

#include "engine/core/Error.h"
#include "tests/visualizers/FigureTesting.h"

#include <cmath>
#include <limits>

namespace mixer::vis {
namespace {

const QRectF kRect(0, 0, 900, 400);

std::vector<CurvePoint> someCurve(bool measured = true)
{
    std::vector<CurvePoint> curve;
    for (int epoch = 1; epoch <= 12; ++epoch) {
        CurvePoint p;
        p.epoch = epoch;
        p.trainLoss = 3.0 / epoch + 0.4;
        p.validationLoss = measured ? 2.5 / epoch + 0.9 : std::numeric_limits<double>::quiet_NaN();
        p.top1 = measured ? 1 - 0.9 / epoch : std::numeric_limits<double>::quiet_NaN();
        p.top5 = measured ? 1 - 0.4 / epoch : std::numeric_limits<double>::quiet_NaN();
        curve.push_back(p);
    }
    return curve;
}

TEST(TrainingCurveFigure, PointsLieOnTheirCurves)
{
    using Series = TrainingCurveFigure::Series;
    for (const Theme theme : {Theme::Light, Theme::Dark}) {
        const TrainingCurveFigure figure(someCurve(), QStringLiteral("net"), QStringLiteral("0.1.0"));
        const FigureStyle style = FigureStyle::of(theme);
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        for (const int index : {2, 5, 9}) {
            EXPECT_LE(test::distance(test::colorAt(image, figure.pointAt(Series::TrainLoss, index, kRect, style)),
                                     style.accent),
                      90);
            EXPECT_LE(
                test::distance(test::colorAt(image, figure.pointAt(Series::Top1, index, kRect, style)), style.accent),
                90);
        }
        const QPointF early = figure.pointAt(Series::TrainLoss, 0, kRect, style);
        const QPointF late = figure.pointAt(Series::TrainLoss, 11, kRect, style);
        EXPECT_LT(early.x(), late.x());
        EXPECT_LT(early.y(), late.y()) << "losses fall";
        EXPECT_GT(figure.pointAt(Series::Top5, 0, kRect, style).x(), late.x()) << "accuracy has a panel of its own";
    }
}

TEST(TrainingCurveFigure, TableAndArrayHoldTheNumbers)
{
    const TrainingCurveFigure figure(someCurve(), {}, {});
    const FigureTable table = figure.table();
    EXPECT_EQ(table.rowCount, 12);
    EXPECT_EQ(table.cell(3, 0).toInt(), 4);
    EXPECT_DOUBLE_EQ(table.cell(3, 1).toDouble(), 3.0 / 4 + 0.4);
    EXPECT_DOUBLE_EQ(table.cell(3, 3).toDouble(), 100 * (1 - 0.9 / 4));
    EXPECT_EQ(figure.array().shape, (std::vector<std::int64_t>{12, 4}));
}

TEST(TrainingCurveFigure, OneEpochAndNothingMeasuredArePainted)
{
    for (const bool measured : {true, false}) {
        std::vector<CurvePoint> curve = someCurve(measured);
        curve.resize(1);
        const TrainingCurveFigure figure(curve, {}, {});
        for (const QSize size : {QSize(900, 400), QSize(160, 120)})
            EXPECT_FALSE(test::paintOf(figure, size, FigureStyle::light()).isNull());
        EXPECT_EQ(figure.table().cell(0, 2).isValid(), measured);
    }
    EXPECT_THROW(TrainingCurveFigure({}, {}, {}), Error);
}

}  // namespace
}  // namespace mixer::vis
