// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RoutingFigure.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/ColorMap.h"
#include "visualizers/ScanGlyph.h"

#include <algorithm>

namespace mixer::vis {
namespace {

const QRectF kRect(0, 0, 1000, 680);

TEST(RoutingFigure, RowsAreTheTokenMixersAndColumnsTheScans)
{
    const FigureContext context = test::fakeContext();
    const RoutingFigure figure(context);
    EXPECT_EQ(figure.rowCount(), 10);
    EXPECT_EQ(figure.columnCount(), 8);
    EXPECT_EQ(figure.mixerOfRow(3).id, (MixerId{1, 0, 1, false}));
    const Array values = figure.array();
    for (int row = 0; row < 10; ++row) {
        const Routing& routing = figure.mixerOfRow(row).routing;
        double sum = 0;
        for (int column = 0; column < 8; ++column) {
            EXPECT_FLOAT_EQ(values.at(row, column),
                            static_cast<float>(routing.probabilities[static_cast<std::size_t>(column)]));
            sum += values.at(row, column);
            const bool chosen = std::find(routing.chosen.begin(), routing.chosen.end(), column) != routing.chosen.end();
            EXPECT_EQ(figure.isChosen({row, column}), chosen);
        }
        EXPECT_NEAR(sum, 1, 1e-5);
    }
}

TEST(RoutingFigure, HitTestIsTheInverseOfPainting)
{
    const RoutingFigure figure(test::fakeContext());
    for (const QRectF& rect : {kRect, QRectF(13, 7, 480, 320), QRectF(0, 0, 150, 100)}) {
        for (int row = 0; row < figure.rowCount(); ++row) {
            for (int column = 0; column < figure.columnCount(); ++column) {
                const QRectF cell = figure.cellRect({row, column}, rect, FigureStyle::light());
                const auto found = figure.cellAt(cell.center(), rect, FigureStyle::light());
                ASSERT_TRUE(found);
                EXPECT_EQ(found->row, row);
                EXPECT_EQ(found->column, column);
            }
        }
    }
}

TEST(RoutingFigure, CellsHaveTheColourOfTheirProbability)
{
    const RoutingFigure figure(test::fakeContext());
    const FigureStyle style = FigureStyle::light();
    const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
    const Array values = figure.array();
    // Two cells of equal rank on the colour bar are told apart by their pixels only when the range is known: the colour
    // bar ends at the round number above the largest probability (0.33 here).
    const double high = 0.4;
    ASSERT_LT(*std::max_element(values.values.begin(), values.values.end()), high);
    for (int row = 0; row < figure.rowCount(); ++row) {
        for (int column = 0; column < figure.columnCount(); ++column) {
            const QRectF cell = figure.cellRect({row, column}, kRect, style);
            const QPointF place(cell.left() + 0.2 * cell.width(), cell.top() + 0.75 * cell.height());
            const QRgb expected = ColorMap::get(ColorMapId::Viridis).at(values.at(row, column) / high);
            EXPECT_LE(test::distance(test::colorAt(image, place), QColor(expected)), 3) << row << " " << column;
        }
    }
}

TEST(RoutingFigure, ChosenCellsAreMarkedInDarkAndLight)
{
    const RoutingFigure figure(test::fakeContext());
    for (const Theme theme : {Theme::Light, Theme::Dark}) {
        const FigureStyle style = FigureStyle::of(theme);
        const QImage image = test::paintOf(figure, kRect.size().toSize(), style);
        for (int row = 0; row < figure.rowCount(); ++row) {
            for (int column = 0; column < figure.columnCount(); ++column) {
                const QRect cell = figure.cellRect({row, column}, kRect, style).toAlignedRect();
                const QRect side(cell.left(), cell.center().y() - 6, 8, 12);  // across the left edge
                const bool marked = test::countNear(image, side, Qt::white, 60) > 8
                    && test::countNear(image, side, Qt::black, 60) > 8;
                EXPECT_EQ(marked, figure.isChosen({row, column})) << row << " " << column;
            }
        }
    }
}

TEST(RoutingFigure, AHitSelectsMixerAndChosenScan)
{
    const RoutingFigure figure(test::fakeContext());
    const FigureStyle style = FigureStyle::light();
    const Routing& routing = figure.mixerOfRow(4).routing;
    const auto hit = figure.hitTest(figure.cellRect({4, routing.chosen[2]}, kRect, style).center(), kRect, style);
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->selection.mixer, figure.mixerOfRow(4).id);
    EXPECT_EQ(hit->selection.scan, 2);
    EXPECT_TRUE(hit->text.contains(QStringLiteral("chosen, weight")));
    for (int column = 0; column < 8; ++column) {
        if (figure.isChosen({4, column}))
            continue;
        const auto other = figure.hitTest(figure.cellRect({4, column}, kRect, style).center(), kRect, style);
        ASSERT_TRUE(other);
        EXPECT_EQ(other->selection.scan, 0);
        EXPECT_TRUE(other->text.contains(QStringLiteral("not chosen")));
    }
}

TEST(RoutingFigure, TableHasWeightsOfTheChosen)
{
    const RoutingFigure figure(test::fakeContext());
    const FigureTable table = figure.table();
    ASSERT_EQ(table.rowCount, 80);
    double weights = 0;
    int chosen = 0;
    for (qint64 row = 0; row < 8; ++row) {
        weights += table.cell(row, table.columnIndex(QStringLiteral("weight"))).toDouble();
        chosen += table.cell(row, table.columnIndex(QStringLiteral("chosen"))).toInt();
    }
    EXPECT_EQ(chosen, 4);
    EXPECT_NEAR(weights, 1, 1e-6);
    EXPECT_EQ(table.cell(8, 0).toString(), QStringLiteral("stages.0.blocks.0.token_mixers.1"));
    EXPECT_EQ(table.cell(8, 1).toString(), QStringLiteral("row"));
}

TEST(RoutingFigure, WithoutARouterThereIsNoProbability)
{
    test::FakeOptions options;
    options.hasRouter = false;
    options.scans = {"row", "column", "row-reverse", "column-reverse"};
    const RoutingFigure figure(test::fakeContext(options));
    EXPECT_TRUE(figure.isChosen({0, 3}));
    EXPECT_FALSE(figure.table().cell(0, 2).isValid());
    EXPECT_TRUE(figure.caption().contains(QStringLiteral("No router")));
}

TEST(ScanGlyph, DrawsEveryScanAndDifferently)
{
    std::vector<QImage> images;
    for (const char* name : {"row", "column", "row-reverse", "serpentine-row", "diagonal", "hilbert", "spiral",
                             "morton", "window-4", "atrous-2", "forward", "backward", "both", "no such scan"}) {
        QImage image(32, 32, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        ScanGlyph{QString::fromLatin1(name)}.paint(painter, QRectF(0, 0, 32, 32), FigureStyle::light());
        painter.end();
        for (const QImage& other : images)
            EXPECT_NE(image, other) << name;
        images.push_back(image);
    }
}

TEST(ScanGlyph, StartDotIsWhereTheScanStartsAndDimIsPaler)
{
    const auto darkness = [](const QString& scan, bool bright, const QRect& area) {
        QImage image(64, 64, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        ScanGlyph{scan, bright}.paint(painter, QRectF(0, 0, 64, 64), FigureStyle::light());
        painter.end();
        int sum = 0;
        for (int y = area.top(); y <= area.bottom(); ++y) {
            for (int x = area.left(); x <= area.right(); ++x)
                sum += 255 - qGray(image.pixel(x, y));
        }
        return sum;
    };
    const QRect upperLeft(5, 5, 7, 7);
    const QRect lowerRight(52, 52, 7, 7);
    EXPECT_GT(darkness(QStringLiteral("row"), true, upperLeft),
              1.5 * darkness(QStringLiteral("row"), true, lowerRight));
    EXPECT_GT(darkness(QStringLiteral("row-reverse"), true, lowerRight),
              1.5 * darkness(QStringLiteral("row-reverse"), true, upperLeft));
    const QRect all(0, 0, 64, 64);
    EXPECT_GT(darkness(QStringLiteral("spiral"), true, all), 1.5 * darkness(QStringLiteral("spiral"), false, all));
}

}  // namespace
}  // namespace mixer::vis
