// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ColorMap.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/ColorBar.h"

#include <cmath>
#include <limits>
#include <vector>

namespace mixer::vis {
namespace {

/// CIE L* of a colour: another measure than the one by which the tables are made.
double lightness(QRgb rgb)
{
    const auto linear = [](int byte) {
        const double c = byte / 255.0;
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const double y = 0.2126 * linear(qRed(rgb)) + 0.7152 * linear(qGreen(rgb)) + 0.0722 * linear(qBlue(rgb));
    return y > 0.008856 ? 116 * std::cbrt(y) - 16 : 903.3 * y;
}

class SequentialMap : public testing::TestWithParam<ColorMapId> { };

TEST_P(SequentialMap, LightnessRisesAllTheWayWithoutJumps)
{
    const ColorMap& map = ColorMap::get(GetParam());
    double largestStep = 0;
    for (std::size_t i = 1; i < map.table().size(); ++i) {
        const double step = lightness(map.table()[i]) - lightness(map.table()[i - 1]);
        // Tables have 8 bits: a step may be rounded away, never turned around visibly.
        EXPECT_GT(step, -0.25) << map.name().toStdString() << " at " << i;
        largestStep = std::max(largestStep, step);
    }
    const double total = lightness(map.table().back()) - lightness(map.table().front());
    EXPECT_GT(total, 60);
    EXPECT_LT(largestStep, 4 * total / ColorMap::kSize);
}

INSTANTIATE_TEST_SUITE_P(Maps, SequentialMap,
                         testing::Values(ColorMapId::Viridis, ColorMapId::Magma, ColorMapId::Cividis));

class DivergingMap : public testing::TestWithParam<ColorMapId> { };

TEST_P(DivergingMap, IsMonotoneOnBothSidesAndEquallySo)
{
    const ColorMap& map = ColorMap::get(GetParam());
    const double middle = lightness(map.at(0.5));
    const double sign = lightness(map.at(0)) > middle ? 1 : -1;
    for (int i = 1; i < 128; ++i) {
        const double t = i / 254.0;
        const double below = sign * (lightness(map.at(0.5 - t)) - lightness(map.at(0.5 - t + 1 / 254.0)));
        const double above = sign * (lightness(map.at(0.5 + t)) - lightness(map.at(0.5 + t - 1 / 254.0)));
        EXPECT_GT(below, -0.3) << i;
        EXPECT_GT(above, -0.3) << i;
        EXPECT_NEAR(lightness(map.at(0.5 - t)), lightness(map.at(0.5 + t)), 6) << i;
    }
    EXPECT_GT(std::abs(lightness(map.at(0)) - middle), 45);
    EXPECT_GT(qBlue(map.at(0.1)), qRed(map.at(0.1)) + 50);
    EXPECT_GT(qRed(map.at(0.9)), qBlue(map.at(0.9)) + 50);
    const QRgb neutral = map.at(0.5);
    EXPECT_LT(std::abs(qRed(neutral) - qBlue(neutral)), 12);
}

INSTANTIATE_TEST_SUITE_P(Maps, DivergingMap, testing::Values(ColorMapId::Diverging, ColorMapId::DivergingDark));

TEST(ColorMap, EndsAreThePublishedColours)
{
    EXPECT_EQ(ColorMap::get(ColorMapId::Viridis).at(0), qRgb(0x44, 0x01, 0x54));
    EXPECT_EQ(ColorMap::get(ColorMapId::Viridis).at(1), qRgb(0xfd, 0xe7, 0x25));
    EXPECT_EQ(ColorMap::get(ColorMapId::Magma).at(1), qRgb(0xfc, 0xfd, 0xbf));
}

TEST(ColorMap, ClampsAndMarksNaN)
{
    for (const QString& name : ColorMap::names()) {
        const ColorMap& map = ColorMap::byName(name);
        EXPECT_EQ(map.name(), name);
        EXPECT_EQ(map.at(-3), map.at(0));
        EXPECT_EQ(map.at(std::numeric_limits<double>::infinity()), map.at(1));
        EXPECT_EQ(map.at(std::nan("")), ColorMap::nanColor());
        for (const QRgb color : map.table())
            EXPECT_GT(test::distance(QColor(color), QColor(ColorMap::nanColor())), 8) << name.toStdString();
    }
}

TEST(ColorMap, UnknownNameListsTheKnownOnes)
{
    const std::string message = test::errorOf(ErrorKind::Usage, [] { ColorMap::byName(QStringLiteral("jet")); });
    EXPECT_NE(message.find("jet"), std::string::npos);
    EXPECT_NE(message.find("viridis"), std::string::npos);
}

TEST(ValueRange, SkipsWhatIsNotFinite)
{
    const float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> values = {std::nanf(""), 2, -5, inf, 3};
    EXPECT_EQ(ValueRange::of(values.data(), values.size()).low, -5);
    EXPECT_EQ(ValueRange::of(values.data(), values.size()).high, 3);
    EXPECT_EQ(ValueRange::symmetric(values.data(), values.size()).low, -5);
    EXPECT_EQ(ValueRange::symmetric(values.data(), values.size()).high, 5);
}

TEST(ValueRange, IsNeverEmpty)
{
    for (const std::vector<float>& values : {std::vector<float>{}, {0.0F}, {7.0F, 7.0F}, {std::nanf("")}, {-2.0F}}) {
        EXPECT_LT(ValueRange::of(values.data(), values.size()).low, ValueRange::of(values.data(), values.size()).high);
        EXPECT_LT(ValueRange::symmetric(values.data(), values.size()).low, 0);
    }
}

TEST(ReadableOn, ContrastIsAtLeastThreeToOneOnEveryMap)
{
    const auto luminance = [](QRgb c) {
        const double l = lightness(c);
        return l > 8 ? std::pow((l + 16) / 116, 3) : l / 903.3;
    };
    for (const QString& name : ColorMap::names()) {
        for (const QRgb color : ColorMap::byName(name).table()) {
            const double a = luminance(color) + 0.05;
            const double b = luminance(readableOn(color).rgb()) + 0.05;
            EXPECT_GT(std::max(a, b) / std::min(a, b), 3.0) << name.toStdString();
        }
    }
}

TEST(ColorBar, StripShowsTheMapFromLowAtTheBottomToHighAtTheTop)
{
    const FigureStyle style = FigureStyle::light();
    const ColorBar bar{&ColorMap::get(ColorMapId::Viridis), {0, 2}, QStringLiteral("gate g"), false};
    QImage image(120, 256, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    bar.paintVertical(painter, QRectF(0, 0, 120, 256), style);
    painter.end();
    for (const int y : {2, 64, 128, 200, 253})
        EXPECT_LE(test::distance(image.pixelColor(4, y), QColor(bar.map->at(1 - (y + 0.5) / 256))), 4) << y;
    // Numbers and label lie inside the width that was asked for.
    const int width = static_cast<int>(std::ceil(bar.widthFor(style)));
    EXPECT_EQ(test::countNear(image, QRect(width, 0, 120 - width, 256), Qt::white, 0), (120 - width) * 256);
}

}  // namespace
}  // namespace mixer::vis
