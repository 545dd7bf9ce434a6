// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ScanPathFigure.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"

namespace mixer::vis {
namespace {

const QRectF kRect(0, 0, 900, 640);

FigureContext contextOf(const MixerId& mixer = {2, 0, 0, false})
{
    FigureContext context = test::fakeContext();
    context.selection.mixer = mixer;
    context.selection.step = 20;
    return context;
}

TEST(ScanPathFigure, ThePhotoIsAlignedThroughCropAndResize)
{
    FigureContext context = contextOf();
    context.options.showPath = false;
    context.options.showPatchGrid = false;
    const FigureStyle style = FigureStyle::light();
    for (const bool crop : {true, false}) {
        context.options.cropToInput = crop;
        const ScanPathFigure figure(context);
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        const QImage photo = toQImage(*context.image);
        int compared = 0;
        const QRect seen = figure.overlay().inputRect().toAlignedRect();
        for (int y = 10; y < photo.height() - 10; y += 23) {
            for (int x = seen.left() + 4; x < seen.right() - 4; x += 23) {
                // Not at the edge of a shape: there a pixel more or less is another colour.
                if (test::countNear(photo, QRect(x - 3, y - 3, 7, 7), photo.pixelColor(x, y), 6) < 49)
                    continue;
                const QPointF at = figure.toFigure(QPointF(x + 0.5, y + 0.5), kRect, style);
                EXPECT_LE(test::distance(test::colorAt(image, at), photo.pixelColor(x, y)), 4) << x << " " << y;
                ++compared;
            }
        }
        EXPECT_GT(compared, 80);
    }
}

TEST(ScanPathFigure, TokensMapToPixelsWithinOnePercent)
{
    FigureContext context = contextOf();
    context.options.overlay = OverlayQuantity::Gate;
    context.options.overlayOpacity = 1;
    context.options.showPath = false;
    context.options.showPatchGrid = false;
    const ScanPathFigure figure(context);
    const FigureStyle style = FigureStyle::light();
    const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
    const TokenMap& map = figure.tokenMap();
    const auto expected = [&](int token) {
        return QColor(
            ColorMap::get(ColorMapId::Viridis).at(map.range.normalize(map.values[static_cast<std::size_t>(token)])));
    };
    const double side = figure.toFigure(figure.overlay().inputRect().bottomRight(), kRect, style).x()
        - figure.toFigure(figure.overlay().inputRect().topLeft(), kRect, style).x();
    const double percent = 0.01 * side;
    for (int token = 0; token < figure.overlay().tokenCount(); ++token) {
        const QRectF cell = figure.overlay().tokenRect(token);
        const QPointF topLeft = figure.toFigure(cell.topLeft(), kRect, style);
        const QPointF bottomRight = figure.toFigure(cell.bottomRight(), kRect, style);
        ASSERT_GT(bottomRight.x() - topLeft.x(), 4 * percent);
        for (const QPointF& at : {(topLeft + bottomRight) / 2, topLeft + QPointF(percent, percent),
                                  bottomRight - QPointF(percent, percent)})
            EXPECT_LE(test::distance(test::colorAt(image, at), expected(token)), 2) << token;
    }
}

TEST(ScanPathFigure, AHitSelectsTheStepThatVisitsTheToken)
{
    const FigureContext context = contextOf();
    const ScanPathFigure figure(context);
    const auto detail = context.trace->detail(context.selection.mixer);
    const FigureStyle style = FigureStyle::light();
    for (const int step : {0, 1, 97, 195}) {
        const int token = detail->positionAt(0, step);
        const QPointF at = figure.toFigure(figure.overlay().tokenCentre(token), kRect, style);
        const auto hit = figure.hitTest(at, kRect, style);
        ASSERT_TRUE(hit);
        EXPECT_EQ(hit->selection.step, step);
    }
    const ScanPathFigure channels(contextOf({2, 0, 0, true}));
    const auto hit
        = channels.hitTest(channels.toFigure(channels.overlay().tokenCentre(33), kRect, style), kRect, style);
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->selection.lane, 33);
}

TEST(ScanPathFigure, TheCurrentStepIsRinged)
{
    const FigureContext context = contextOf();
    ScanPathFigure figure(context);
    const FigureStyle style = FigureStyle::light();
    const auto ringAt = [&](int step) {
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        const int token = context.trace->detail(context.selection.mixer)->positionAt(0, step);
        const QPoint at = figure.toFigure(figure.overlay().tokenCentre(token), kRect, style).toPoint();
        return test::countNear(image, QRect(at - QPoint(14, 14), QSize(29, 29)), style.highlight, 30) > 10;
    };
    EXPECT_TRUE(ringAt(20));
    EXPECT_FALSE(ringAt(120));
    Selection selection = context.selection;
    selection.step = 120;
    ASSERT_TRUE(figure.select(selection));
    EXPECT_FALSE(ringAt(20));
    EXPECT_TRUE(ringAt(120));
}

TEST(ScanPathFigure, TableIsThePathAndItsGates)
{
    FigureContext context = contextOf();
    context.options.overlay = OverlayQuantity::StateNorm;
    const ScanPathFigure figure(context);
    const auto detail = context.trace->detail(context.selection.mixer);
    const FigureTable table = figure.table();
    ASSERT_EQ(table.rowCount, 196);
    ASSERT_EQ(table.columnCount(), 5);
    const Array gate = detail->meanGate(0);
    for (const int step : {0, 50, 195}) {
        const int token = detail->positionAt(0, step);
        EXPECT_EQ(table.cell(step, 0).toInt(), step);
        EXPECT_EQ(table.cell(step, 1).toInt() * 14 + table.cell(step, 2).toInt(), token);
        EXPECT_FLOAT_EQ(table.cell(step, 3).toFloat(), gate.values[static_cast<std::size_t>(token)]);
        EXPECT_FLOAT_EQ(table.cell(step, 4).toFloat(), detail->stateNorm(0).values[static_cast<std::size_t>(step)]);
    }
}

TEST(ScanPathFigure, NeedsThePictureOfTheTrace)
{
    FigureContext context = contextOf();
    context.image = std::make_shared<RgbImage>(RgbImage{2, 2, std::vector<std::uint8_t>(12)});
    const std::string message = test::errorOf(ErrorKind::Usage, [&] { const ScanPathFigure figure(context); });
    EXPECT_NE(message.find("451 x 300"), std::string::npos);
    EXPECT_NE(message.find("2 x 2"), std::string::npos);
    context.image.reset();
    test::errorOf(ErrorKind::Usage, [&] { const ScanPathFigure figure(context); });
}

}  // namespace
}  // namespace mixer::vis
