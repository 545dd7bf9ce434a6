// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ColorMap.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace mixer::vis {

namespace {

/// Oklab (B. Ottosson, 2020): L lightness 0 to 1; a, b opponent colours. Interpolation there keeps lightness even.
struct Lab {
    double l, a, b;
};

double toLinear(double srgb)
{
    return srgb <= 0.04045 ? srgb / 12.92 : std::pow((srgb + 0.055) / 1.055, 2.4);
}

double toSrgb(double linear)
{
    return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1.0 / 2.4) - 0.055;
}

Lab toLab(QRgb rgb)
{
    const double r = toLinear(qRed(rgb) / 255.0);
    const double g = toLinear(qGreen(rgb) / 255.0);
    const double b = toLinear(qBlue(rgb) / 255.0);
    const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

int toByte(double linear)
{
    return std::clamp(static_cast<int>(std::lround(toSrgb(std::max(linear, 0.0)) * 255.0)), 0, 255);
}

QRgb toRgb(const Lab& lab)
{
    const double l = std::pow(lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3);
    const double m = std::pow(lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3);
    const double s = std::pow(lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3);
    return qRgb(toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                toByte(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

using Table = std::array<QRgb, ColorMap::kSize>;

/// A cubic through evenly spaced anchors (Catmull-Rom) in Oklab.
Table through(const std::vector<QRgb>& anchors)
{
    std::vector<Lab> labs;
    for (const QRgb rgb : anchors)
        labs.push_back(toLab(rgb));
    const int last = static_cast<int>(labs.size()) - 1;
    const auto point = [&](int i) { return labs[static_cast<std::size_t>(std::clamp(i, 0, last))]; };

    Table table{};
    for (int i = 0; i < ColorMap::kSize; ++i) {
        const double t = static_cast<double>(i) / (ColorMap::kSize - 1) * last;
        const int k = std::min(static_cast<int>(t), last - 1);
        const double x = t - k;
        const auto cubic = [x](double p0, double p1, double p2, double p3) {
            return p1 + 0.5 * x * (p2 - p0 + x * (2 * p0 - 5 * p1 + 4 * p2 - p3 + x * (3 * (p1 - p2) + p3 - p0)));
        };
        const Lab p0 = point(k - 1);
        const Lab p1 = point(k);
        const Lab p2 = point(k + 1);
        const Lab p3 = point(k + 2);
        table[static_cast<std::size_t>(i)]
            = toRgb({cubic(p0.l, p1.l, p2.l, p3.l), cubic(p0.a, p1.a, p2.a, p3.a), cubic(p0.b, p1.b, p2.b, p3.b)});
    }
    return table;
}

/// Blue (hue 250 degrees) and red-orange (hue 40): apart for all common kinds of colour blindness. Lightness is the
/// same function of the magnitude on both sides.
Table diverging(double middleLightness, double endLightness, double chroma)
{
    constexpr double kDegree = 3.14159265358979323846 / 180;
    Table table{};
    for (int i = 0; i < ColorMap::kSize; ++i) {
        const double t = 2.0 * i / (ColorMap::kSize - 1) - 1;
        const double magnitude = std::abs(t);
        const double hue = (t < 0 ? 250 : 40) * kDegree;
        // Colour rises faster than lightness falls, so that small magnitudes already have a sign.
        const double c = chroma * std::sin(0.5 * 3.14159265358979323846 * std::pow(magnitude, 0.8));
        const double l = middleLightness + (endLightness - middleLightness) * magnitude;
        table[static_cast<std::size_t>(i)] = toRgb({l, c * std::cos(hue), c * std::sin(hue)});
    }
    return table;
}

Table makeTable(ColorMapId id)
{
    switch (id) {
    case ColorMapId::Viridis:
        return through({0xff440154, 0xff482878, 0xff3e4989, 0xff31688e, 0xff26828e, 0xff1f9e89, 0xff35b779, 0xff6ece58,
                        0xffb5de2b, 0xfffde725});
    case ColorMapId::Magma:
        return through({0xff000004, 0xff180f3d, 0xff440f76, 0xff721f81, 0xff9e2f7f, 0xffcd4071, 0xfff1605d, 0xfffd9668,
                        0xfffeca8d, 0xfffcfdbf});
    case ColorMapId::Cividis:
        return through({0xff00204d, 0xff123570, 0xff3b496c, 0xff575d6d, 0xff707173, 0xff8a8678, 0xffa59c74, 0xffc3b369,
                        0xffe1cc55, 0xfffde737});
    case ColorMapId::Diverging:
        return diverging(0.97, 0.40, 0.135);
    case ColorMapId::DivergingDark:
        return diverging(0.20, 0.80, 0.135);
    }
    return {};
}

struct NamedMap {
    ColorMapId id;
    const char* name;
};
constexpr std::array<NamedMap, 5> kMaps = {{{ColorMapId::Viridis, "viridis"},
                                            {ColorMapId::Magma, "magma"},
                                            {ColorMapId::Cividis, "cividis"},
                                            {ColorMapId::Diverging, "diverging"},
                                            {ColorMapId::DivergingDark, "diverging-dark"}}};

}  // namespace

ColorMap::ColorMap(ColorMapId id)
    : m_id(id)
    , m_table(makeTable(id))
{
}

const ColorMap& ColorMap::get(ColorMapId id)
{
    static const std::array<ColorMap, kMaps.size()> maps
        = {ColorMap(kMaps[0].id), ColorMap(kMaps[1].id), ColorMap(kMaps[2].id), ColorMap(kMaps[3].id),
           ColorMap(kMaps[4].id)};
    return maps.at(static_cast<std::size_t>(id));
}

const ColorMap& ColorMap::byName(const QString& name)
{
    for (const NamedMap& map : kMaps) {
        if (name == QLatin1String(map.name))
            return get(map.id);
    }
    throw Error(ErrorKind::Usage,
                "unknown colour map \"" + name.toStdString() + "\": expected one of "
                    + names().join(QStringLiteral(", ")).toStdString());
}

QStringList ColorMap::names()
{
    QStringList list;
    for (const NamedMap& map : kMaps)
        list << QString::fromLatin1(map.name);
    return list;
}

QString ColorMap::name() const
{
    return names().at(static_cast<int>(m_id));
}

QRgb ColorMap::at(double t) const
{
    if (std::isnan(t))
        return nanColor();
    const double index = std::clamp(t, 0.0, 1.0) * (kSize - 1);
    return m_table[static_cast<std::size_t>(std::lround(index))];
}

QRgb ColorMap::nanColor()
{
    return qRgb(150, 150, 150);
}

ValueRange ValueRange::of(const float* values, std::size_t count)
{
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t i = 0; i < count; ++i) {
        if (!std::isfinite(values[i]))
            continue;
        low = std::min(low, static_cast<double>(values[i]));
        high = std::max(high, static_cast<double>(values[i]));
    }
    if (low > high)
        return {0, 1};
    if (low == high) {
        const double margin = low == 0 ? 1 : 0.5 * std::abs(low);
        return {low - margin, high + margin};
    }
    return {low, high};
}

ValueRange ValueRange::symmetric(const float* values, std::size_t count)
{
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (std::isfinite(values[i]))
            largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    }
    return largest > 0 ? ValueRange{-largest, largest} : ValueRange{-1, 1};
}

QColor readableOn(QRgb background)
{
    return toLab(background).l > 0.62 ? QColor(Qt::black) : QColor(Qt::white);
}

}  // namespace mixer::vis
