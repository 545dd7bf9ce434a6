// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ComponentBars.h"

#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QImage>
#include <QPainter>
#include <QStringList>

#include <algorithm>
#include <array>
#include <cmath>

namespace mixer::vis {

namespace {

constexpr int kShades = 64;

int shadeOf(double value, double reach)
{
    const double t = std::isfinite(value) ? std::clamp(0.5 + 0.5 * value / reach, 0.0, 1.0) : 0.5;
    return static_cast<int>(std::lround(255 * t));
}

QRgb colorOf(const std::array<int, 3>& shades)
{
    return qRgb(shades[0], shades[1], shades[2]);
}

/// Colours of one part, from left to right or from bottom to top.
QImage stripImage(std::size_t part, bool upright)
{
    QImage image(upright ? 1 : kShades, upright ? kShades : 1, QImage::Format_RGB32);
    for (int i = 0; i < kShades; ++i) {
        std::array<int, 3> shades{shadeOf(0, 1), shadeOf(0, 1), shadeOf(0, 1)};
        shades[part] = 255 * i / (kShades - 1);
        image.setPixel(upright ? 0 : i, upright ? kShades - 1 - i : 0, colorOf(shades));
    }
    return image;
}

/// "41.2 % · ±3.2"
QString amountText(const ColorPart& part)
{
    return Words::tr("%1 % · ±%2").arg(100 * part.share, 0, 'f', 1).arg(numberText(part.reach));
}

double stripWidth(const FigureStyle& style)
{
    return 0.9 * style.fontPixelSize;
}

double rowHeight(const FigureStyle& style)
{
    return 1.25 * Metrics(style).line;
}

}  // namespace

QRgb partsColor(const TokenMap& map, std::size_t cell)
{
    std::array<int, 3> shades{};
    for (std::size_t k = 0; k < shades.size(); ++k)
        shades[k] = shadeOf(static_cast<double>(map.parts.at(k).values[cell]), map.parts[k].reach);
    return colorOf(shades);
}

QString partsText(const TokenMap& map, int cell)
{
    QStringList texts;
    for (const ColorPart& part : map.parts)
        if (cell >= 0)
            texts << QStringLiteral("%1: %2").arg(
                part.label, numberText(static_cast<double>(part.values[static_cast<std::size_t>(cell)])));
    return texts.join(QStringLiteral(", "));
}

double ComponentBars::widthFor(const FigureStyle& style) const
{
    const Metrics metrics(style);
    return 3 * (stripWidth(style) + metrics.gap + metrics.line) + 2 * metrics.gap;
}

double ComponentBars::heightFor(const FigureStyle& style) const
{
    return 3 * rowHeight(style);
}

void ComponentBars::paintVertical(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double pitch = stripWidth(style) + 2 * metrics.gap + metrics.line;
    painter.setFont(style.font());
    for (std::size_t k = 0; k < map.parts.size(); ++k) {
        const QRectF strip(rect.left() + static_cast<double>(k) * pitch, rect.top(), stripWidth(style), rect.height());
        if (strip.height() < 4)
            return;
        drawCells(painter, strip, stripImage(k, true));
        paintFrame(painter, strip, style);
        const QString text = map.parts[k].label + QStringLiteral("  ") + amountText(map.parts[k]);
        painter.setPen(style.text);
        drawTextUpwards(painter, {strip.right() + 0.5 * metrics.gap + 0.5 * metrics.line, rect.center().y()},
                        QFontMetricsF(style.font()).elidedText(text, Qt::ElideRight, rect.height()));
    }
}

void ComponentBars::paintHorizontal(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QFont font = style.font();
    double names = 0, amounts = 0;
    for (const ColorPart& part : map.parts) {
        names = std::max(names, textWidth(font, part.label));
        amounts = std::max(amounts, textWidth(font, amountText(part)));
    }
    painter.setFont(font);
    for (std::size_t k = 0; k < map.parts.size(); ++k) {
        const double middle = rect.top() + (static_cast<double>(k) + 0.5) * rowHeight(style);
        const double left = rect.left() + names + 2 * metrics.gap;
        const QRectF strip(left, std::floor(middle - 0.5 * stripWidth(style)),
                           rect.right() - amounts - 2 * metrics.gap - left, stripWidth(style));
        painter.setPen(style.text);
        drawText(painter, {rect.left(), middle}, Qt::AlignLeft | Qt::AlignVCenter, map.parts[k].label);
        drawText(painter, {rect.right(), middle}, Qt::AlignRight | Qt::AlignVCenter, amountText(map.parts[k]));
        if (strip.width() < 4)
            continue;
        drawCells(painter, strip, stripImage(k, false));
        paintFrame(painter, strip, style);
    }
}

}  // namespace mixer::vis
