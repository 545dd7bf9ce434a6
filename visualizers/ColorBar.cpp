// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ColorBar.h"

#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>

namespace mixer::vis {

namespace {

double stripWidth(const FigureStyle& style)
{
    return 0.9 * style.fontPixelSize;
}

/// Colours from left to right, or from bottom to top.
QImage stripImage(const ColorMap& map, bool upright)
{
    QImage image(upright ? 1 : ColorMap::kSize, upright ? ColorMap::kSize : 1, QImage::Format_RGB32);
    for (int i = 0; i < ColorMap::kSize; ++i) {
        const QRgb color = map.table()[static_cast<std::size_t>(i)];
        if (upright)
            image.setPixel(0, ColorMap::kSize - 1 - i, color);
        else
            image.setPixel(i, 0, color);
    }
    return image;
}

void paintArrow(QPainter& painter, const QPolygonF& shape, const ColorMap& map)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor::fromRgb(map.at(1)));
    painter.drawPolygon(shape);
}

QString tickOf(double tick, const std::vector<double>& ticks)
{
    return tickText(tick, ticks.size() > 1 ? ticks[1] - ticks[0] : tick);
}

}  // namespace

double ColorBar::widthFor(const FigureStyle& style) const
{
    const Metrics metrics(style);
    // The ticks of any height are among these or shorter.
    double widest = 0;
    for (const int count : {2, 3, 4, 6})
        widest = std::max(widest, tickTextWidth(axisTicks(range.low, range.high, count, 1), style));
    return stripWidth(style) + metrics.tick + metrics.gap + widest
        + (label.isEmpty() ? 0 : 0.5 * metrics.gap + metrics.line);
}

double ColorBar::heightFor(const FigureStyle& style) const
{
    const Metrics metrics(style);
    return stripWidth(style) + metrics.tick + 0.5 * metrics.gap + (label.isEmpty() ? 1 : 2) * metrics.line;
}

void ColorBar::paintVertical(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double arrow = extendHigh ? 0.8 * stripWidth(style) : 0;
    const QRectF strip(rect.left(), rect.top() + arrow, stripWidth(style), rect.height() - arrow);
    if (strip.height() < 4 || map == nullptr)
        return;
    drawCells(painter, strip, stripImage(*map, true));
    if (extendHigh)
        paintArrow(painter, {{strip.topLeft(), strip.topRight(), QPointF(strip.center().x(), rect.top())}}, *map);
    paintFrame(painter, strip, style);

    const Axis axis{range.low, range.high, strip.bottom(), strip.top()};
    const std::vector<double> ticks = axisTicks(range.low, range.high, strip.height(), 2.2 * metrics.line);
    painter.setFont(style.font());
    double widest = 0;
    for (const double tick : ticks) {
        const double y = axis.position(tick);
        const double x = strip.right() + style.lineWidth;
        painter.setPen(QPen(style.frame, style.lineWidth));
        painter.drawLine(QPointF(x, y), QPointF(x + metrics.tick, y));
        painter.setPen(style.text);
        drawText(painter, {x + metrics.tick + 0.6 * metrics.gap, y}, Qt::AlignLeft | Qt::AlignVCenter,
                 tickOf(tick, ticks));
        widest = std::max(widest, textWidth(style.font(), tickOf(tick, ticks)));
    }
    if (label.isEmpty())
        return;
    const double x = strip.right() + metrics.tick + metrics.gap + widest + 0.5 * metrics.gap + 0.5 * metrics.line;
    const QString text = QFontMetricsF(style.font()).elidedText(label, Qt::ElideRight, rect.height());
    drawTextUpwards(painter, {x, rect.center().y()}, text);
}

void ColorBar::paintHorizontal(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    painter.setFont(style.font());
    if (map == nullptr)
        return;
    const double arrow = extendHigh ? 0.8 * stripWidth(style) : 0;
    const Axis bounds{range.low, range.high, rect.left(), rect.right()};
    const std::vector<double> ticks = axisTicks(range.low, range.high, rect.width(), 5 * metrics.line);
    // Room for the numbers at the two ends, which are centred on their ticks.
    const double margin = ticks.empty() ? 0 : 0.5 * tickTextWidth(ticks, style);
    const QRectF strip(rect.left() + margin, rect.top(), rect.width() - 2 * margin - arrow, stripWidth(style));
    if (strip.width() < 4)
        return;
    drawCells(painter, strip, stripImage(*map, false));
    if (extendHigh)
        paintArrow(painter,
                   {{strip.topRight(), strip.bottomRight(), strip.center() + QPointF(0.5 * strip.width() + arrow, 0)}},
                   *map);
    paintFrame(painter, strip, style);
    Axis axis = bounds;
    axis.start = strip.left();
    axis.end = strip.right();
    paintAxisBelow(painter, strip, axis, {ticks, label}, style);
}

}  // namespace mixer::vis
