// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ScanGlyph.h"

#include "engine/scan/ScanOrder.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

constexpr double kSmallGlyph = 28;  ///< units

/// Tokens of a side: windows and phases need two of their own, or they look like a raster.
int gridOf(const QString& scan, int wanted, double side)
{
    const int grid = std::clamp(side < kSmallGlyph ? std::min(wanted, 4) : wanted, 2, 64);
    if (!scan.startsWith(QStringLiteral("window-")) && !scan.startsWith(QStringLiteral("atrous-")))
        return grid;
    const int period = scan.section(QLatin1Char('-'), 1, 1).toInt();
    return period >= 2 && period <= 8 ? std::max(grid, 2 * period) : grid;
}

/// One line for each run of neighbouring tokens; the jumps between runs apart.
struct Strokes {
    std::vector<QPolygonF> runs;
    std::vector<QLineF> jumps;
};

Strokes strokesOf(const ScanOrder& order, const QRectF& box)
{
    const auto centre = [&](int token) {
        return QPointF(box.left() + (token % order.width() + 0.5) * box.width() / order.width(),
                       box.top() + (token / order.width() + 0.5) * box.height() / order.height());
    };
    Strokes strokes;
    strokes.runs.emplace_back();
    for (int t = 0; t < order.size(); ++t) {
        const int token = order.order()[static_cast<std::size_t>(t)];
        if (t > 0) {
            const int before = order.order()[static_cast<std::size_t>(t - 1)];
            const int dx = std::abs(token % order.width() - before % order.width());
            const int dy = std::abs(token / order.width() - before / order.width());
            if (std::max(dx, dy) > 1) {
                strokes.jumps.emplace_back(centre(before), centre(token));
                strokes.runs.emplace_back();
            }
        }
        strokes.runs.back() << centre(token);
    }
    return strokes;
}

void paintPath(QPainter& painter, const ScanOrder& order, const QRectF& box, const QColor& color)
{
    const double cell = box.width() / order.width();
    const double width = std::clamp(0.28 * cell, 0.4, 2.0);
    const Strokes strokes = strokesOf(order, box);
    QColor faint = color;
    faint.setAlphaF(0.35 * color.alphaF());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(faint, 0.6 * width));
    for (const QLineF& jump : strokes.jumps)
        painter.drawLine(jump);
    painter.setPen(QPen(color, width, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    for (const QPolygonF& run : strokes.runs)
        painter.drawPolyline(run);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const QPointF start = strokes.runs.front().front();
    const double radius = std::max(1.1, 0.38 * cell);
    painter.drawEllipse(start, radius, radius);
}

/// Directions of a channel mixer: an arrow along the channels.
void paintArrows(QPainter& painter, const QRectF& box, const QColor& color, bool rightwards, bool leftwards)
{
    const double y = box.center().y();
    const double head = 0.22 * box.width();
    painter.setPen(QPen(color, std::max(0.5, 0.06 * box.width())));
    painter.drawLine(QPointF(box.left() + (leftwards ? head : 0), y),
                     QPointF(box.right() - (rightwards ? head : 0), y));
    if (rightwards)
        paintPointer(painter, {box.right(), y}, Qt::LeftEdge, head, color);
    if (leftwards)
        paintPointer(painter, {box.left(), y}, Qt::RightEdge, head, color);
}

}  // namespace

void ScanGlyph::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const double side = std::min(rect.width(), rect.height());
    if (side < 4)
        return;
    const QRectF square(rect.center() - QPointF(0.5 * side, 0.5 * side), QSizeF(side, side));
    QColor ink = bright ? style.text : style.mutedText;
    QColor border = bright ? style.frame : style.grid;
    if (!bright)
        ink.setAlphaF(0.6);

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(border, style.lineWidth));
    painter.setBrush(bright ? QBrush(style.panel) : QBrush(Qt::NoBrush));
    const double half = 0.5 * style.lineWidth;
    painter.drawRoundedRect(square.adjusted(half, half, -half, -half), 0.1 * side, 0.1 * side);

    const QRectF box = square.adjusted(0.08 * side, 0.08 * side, -0.08 * side, -0.08 * side);
    const bool both = scan == QStringLiteral("both");
    if (both || scan == QStringLiteral("forward") || scan == QStringLiteral("backward")) {
        paintArrows(painter, box, ink, both || scan == QStringLiteral("forward"),
                    both || scan == QStringLiteral("backward"));
    } else {
        // A mixer may run the same order with several parameters: "row", "row (2)" ...
        const QString order = scan.section(QLatin1Char(' '), 0, 0);
        const int tokens = gridOf(order, grid, side);
        if (ScanOrder::isKnown(order.toStdString()))
            paintPath(painter, *ScanOrder::get(order.toStdString(), tokens, tokens), box, ink);
    }
    painter.restore();
}

}  // namespace mixer::vis
