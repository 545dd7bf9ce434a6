// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ImageOverlay.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/PlotAxes.h"

#include <algorithm>

namespace mixer::vis {
namespace {

/// A picture of 451 x 300 seen at 224 x 224: shrunk and cropped left and right.
ImageGeometry croppedGeometry()
{
    return test::fakeContext().trace->geometry();
}

/// Original pixels of the token by the definition: original = (input + offset) / scale.
QRectF tokenByHand(const ImageGeometry& g, double side, int y, int x)
{
    return {(x * side + g.offsetX) / g.scaleX, (y * side + g.offsetY) / g.scaleY, side / g.scaleX, side / g.scaleY};
}

TEST(ImageOverlay, TokensLieWhereTheGeometrySays)
{
    const ImageGeometry g = croppedGeometry();
    ASSERT_GT(g.offsetX, 0);
    for (const int stage : {0, 1, 2, 3}) {
        const int grid = 56 >> stage;
        const ImageOverlay overlay(g, stage, grid, grid);
        for (const int token : {0, grid - 1, grid * grid / 2, grid * grid - 1}) {
            const QRectF expected = tokenByHand(g, 4 << stage, token / grid, token % grid);
            EXPECT_NEAR(overlay.tokenRect(token).left(), expected.left(), 1e-9);
            EXPECT_NEAR(overlay.tokenRect(token).bottom(), expected.bottom(), 1e-9);
            EXPECT_EQ(overlay.tokenAt(overlay.tokenCentre(token)), token);
        }
    }
}

TEST(ImageOverlay, NoTokenOutsideOfWhatTheNetworkSees)
{
    const ImageOverlay overlay(croppedGeometry(), 0, 56, 56);
    const QRectF seen = overlay.inputRect();
    EXPECT_EQ(overlay.tokenAt({seen.left() - 1, seen.center().y()}), -1);
    EXPECT_EQ(overlay.tokenAt({seen.right() + 1, seen.center().y()}), -1);
    EXPECT_EQ(overlay.tokenAt({-1e12, 1e12}), -1);
    EXPECT_EQ(overlay.tokenAt({seen.left() + 0.1, seen.top() + 0.1}), 0);
}

TEST(ImageOverlay, HeatMapCoversItsTokensAtEveryZoom)
{
    const ImageGeometry g = croppedGeometry();
    const ImageOverlay overlay(g, 3, 7, 7);
    TokenMap map;
    map.height = 7;
    map.width = 7;
    map.range = {0, 48};
    for (int i = 0; i < 49; ++i)
        map.values.push_back(static_cast<float>(i));
    for (const double zoom : {0.5, 1.0, 2.7}) {
        QImage image(static_cast<int>(451 * zoom), static_cast<int>(300 * zoom), QImage::Format_RGB32);
        image.fill(Qt::magenta);
        QPainter painter(&image);
        painter.scale(zoom, zoom);
        overlay.paintHeatMap(painter, map, ColorMapId::Magma, 1);
        painter.end();
        for (int token = 0; token < 49; ++token) {
            const QRectF cell = overlay.tokenRect(token);
            // The centre, and points 3 % of the cell inside its corners.
            for (const QPointF& share : {QPointF(0.5, 0.5), QPointF(0.06, 0.06), QPointF(0.94, 0.94)}) {
                const QPointF at(cell.left() + share.x() * cell.width(), cell.top() + share.y() * cell.height());
                EXPECT_LE(test::distance(test::colorAt(image, at * zoom),
                                         QColor(ColorMap::get(ColorMapId::Magma).at(token / 48.0))),
                          2)
                    << "token " << token << " zoom " << zoom;
            }
        }
        const int column = static_cast<int>((overlay.inputRect().left() - 2) * zoom);
        EXPECT_EQ(image.pixelColor(column, image.height() / 2), QColor(Qt::magenta));
    }
}

TEST(ImageOverlay, OpacityMixesWithThePicture)
{
    const ImageOverlay overlay(croppedGeometry(), 3, 7, 7);
    TokenMap map{7, 7, std::vector<float>(49, 1.0F), {0, 1}, {}, {}};
    QImage image(451, 300, QImage::Format_RGB32);
    image.fill(Qt::black);
    QPainter painter(&image);
    overlay.paintHeatMap(painter, map, ColorMapId::Viridis, 0.5);
    painter.end();
    const QColor top(ColorMap::get(ColorMapId::Viridis).at(1));
    const QColor half(top.red() / 2, top.green() / 2, top.blue() / 2);
    EXPECT_LE(test::distance(image.pixelColor(225, 150), half), 2);
}

TEST(ImageOverlay, AMapOfAnotherGridIsNotPainted)
{
    const ImageOverlay overlay(croppedGeometry(), 3, 7, 7);
    TokenMap map{14, 14, std::vector<float>(196, 1.0F), {0, 1}, {}, {}};
    QImage image(451, 300, QImage::Format_RGB32);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    overlay.paintHeatMap(painter, map, ColorMapId::Viridis, 1);
    overlay.paintScanPath(painter, *ScanOrder::get("row", 5, 5), {}, 1);
    painter.end();
    EXPECT_EQ(test::countNear(image, image.rect(), Qt::magenta, 0), 451 * 300);
}

TEST(ImageOverlay, PathIsColouredByTime)
{
    const ImageOverlay overlay(croppedGeometry(), 2, 14, 14);
    const auto order = ScanOrder::get("hilbert", 14, 14);
    const double zoom = 3;
    QImage image(451 * 3, 900, QImage::Format_RGB32);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    painter.scale(zoom, zoom);
    ScanPathStyle style;
    style.lineWidth = 6;
    overlay.paintScanPath(painter, *order, style, 1 / zoom);
    painter.end();
    for (const int step : {10, 50, 100, 150, 185}) {
        const QPointF a = overlay.tokenCentre(order->order()[static_cast<std::size_t>(step)]);
        const QPointF b = overlay.tokenCentre(order->order()[static_cast<std::size_t>(step + 1)]);
        const QRgb expected = ColorMap::get(ColorMapId::Viridis).at((step + 0.5) / 195);
        EXPECT_LE(test::distance(test::colorAt(image, (a + b) / 2 * zoom), QColor(expected)), 3) << step;
    }
}

TEST(ImageOverlay, LineWidthsStayAtEveryZoom)
{
    const ImageOverlay overlay(croppedGeometry(), 3, 7, 7);
    for (const double zoom : {1.0, 4.0}) {
        QImage image(static_cast<int>(451 * zoom), static_cast<int>(300 * zoom), QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        painter.scale(zoom, zoom);
        overlay.paintGrid(painter, Qt::white, 1 / zoom);
        painter.end();
        // Across one inner line of the grid: about one pixel's worth of white.
        const QPointF edge(overlay.tokenRect(24).left() * zoom, overlay.tokenCentre(24).y() * zoom);
        double white = 0;
        for (int x = static_cast<int>(edge.x()) - 6; x <= edge.x() + 6; ++x)
            white += image.pixelColor(x, static_cast<int>(edge.y())).red() / 255.0;
        EXPECT_NEAR(white, 1, 0.2) << zoom;
    }
}

class TokenMaps : public testing::Test {
protected:
    TokenMaps()
    {
        test::FakeOptions options;
        options.inputSide = 64;
        options.topK = 3;
        context = test::fakeContext(options);
        tokens = context.trace->detail({0, 0, 0, false});
        channels = context.trace->detail({0, 0, 0, true});
        selection.scan = 1;
        selection.step = 9;
    }
    FigureContext context;
    std::shared_ptr<const MixerDetail> tokens;
    std::shared_ptr<const MixerDetail> channels;
    Selection selection;
};

TEST_F(TokenMaps, RangeStartsAtZeroUnlessTheValuesHardlyVary)
{
    EXPECT_EQ(rangeOfPositives({0.1F, 0.9F}).low, 0.0);
    EXPECT_GE(rangeOfPositives({0.1F, 0.9F}).high, 0.9);
    const ValueRange tight = rangeOfPositives({0.0171F, 0.0184F});
    EXPECT_GT(tight.low, 0.016);
    EXPECT_LE(tight.low, 0.0171);
    EXPECT_LT(tight.high, 0.0195);
    EXPECT_GE(tight.high, 0.0184);
    const ValueRange equal = rangeOfPositives({0.5F, 0.5F});
    EXPECT_LE(equal.low, 0.5);
    EXPECT_GT(equal.high, equal.low);
}

TEST_F(TokenMaps, TokenMixerGateOfALaneOrItsMean)
{
    TokenMap map = makeTokenMap(*tokens, selection, OverlayQuantity::Gate);
    EXPECT_EQ(map.values, tokens->meanGate(1).values);
    selection.lane = 7;
    map = makeTokenMap(*tokens, selection, OverlayQuantity::Gate);
    const Array gate = tokens->gate(1);
    ASSERT_EQ(map.values.size(), 256U);
    for (int token = 0; token < 256; ++token)
        EXPECT_NEAR(map.values[static_cast<std::size_t>(token)], gate.at(7, token), 1e-6);
    EXPECT_GE(map.range.high, *std::max_element(map.values.begin(), map.values.end()));
    EXPECT_EQ(makeTokenMap(*tokens, selection, OverlayQuantity::MeanGate).values, tokens->meanGate(1).values);
}

TEST_F(TokenMaps, TokenMixerNormIsPutWhereTheScanWas)
{
    const TokenMap map = makeTokenMap(*tokens, selection, OverlayQuantity::StateNorm);
    const Array& norm = tokens->stateNorm(1);
    for (const int step : {0, 31, 255})
        EXPECT_EQ(map.values[static_cast<std::size_t>(tokens->positionAt(1, step))],
                  norm.values[static_cast<std::size_t>(step)]);
}

TEST_F(TokenMaps, ChannelMixerShowsTheVisitedChannel)
{
    const TokenMap map = makeTokenMap(*channels, selection, OverlayQuantity::Gate);
    const Array gate = channels->gate(1);
    const int channel = channels->positionAt(1, 9);
    EXPECT_EQ(channel, 48 - 1 - 9);
    for (int token = 0; token < 256; ++token)
        EXPECT_NEAR(map.values[static_cast<std::size_t>(token)], gate.at(token, channel), 1e-6);
    const TokenMap norms = makeTokenMap(*channels, selection, OverlayQuantity::StateNorm);
    double sum = 0;
    for (int n = 0; n < 16; ++n)
        sum += std::pow(test::FakeDetail::stateValue(100, n, 9), 2);
    EXPECT_NEAR(norms.values[100], std::sqrt(sum), 1e-6);
}

TEST_F(TokenMaps, NoneIsEmptyAndWrongIndicesAreErrors)
{
    EXPECT_TRUE(makeTokenMap(*tokens, selection, OverlayQuantity::None).values.empty());
    selection.scan = 3;
    test::errorOf(ErrorKind::Usage, [&] { makeTokenMap(*tokens, selection, OverlayQuantity::Gate); });
    selection.scan = 0;
    selection.lane = 48;
    test::errorOf(ErrorKind::Usage, [&] { makeTokenMap(*tokens, selection, OverlayQuantity::Gate); });
    selection.step = 48;
    test::errorOf(ErrorKind::Usage, [&] { makeTokenMap(*channels, selection, OverlayQuantity::StateNorm); });
}

TEST(ToQImage, SharesThePixels)
{
    RgbImage image{3, 2, std::vector<std::uint8_t>(18, 0)};
    image.pixels[3 * 3 + 1 * 3 + 2] = 255;
    const QImage view = toQImage(image);
    EXPECT_EQ(view.size(), QSize(3, 2));
    EXPECT_EQ(view.pixelColor(1, 1), QColor(0, 0, 255));
    EXPECT_EQ(view.constBits(), image.pixels.data());
    EXPECT_TRUE(toQImage(RgbImage{}).isNull());
    EXPECT_TRUE(toQImage(RgbImage{100, 100, {1, 2, 3}}).isNull());
}

}  // namespace
}  // namespace mixer::vis
