// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/CellGrid.h"

#include "visualizers/PlotAxes.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

double widest(const QStringList& names, const FigureStyle& style)
{
    double width = 0;
    for (const QString& name : names)
        width = std::max(width, textWidth(style.font(), name));
    return width;
}

}  // namespace

CellGrid::Layout CellGrid::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    Layout l;
    const double titleHeight = title.isEmpty() ? 0 : 1.3 * metrics.line;
    l.hasNames = rect.width() > 10 * metrics.line && rect.height() > 6 * metrics.line;
    const double left = l.hasNames ? std::min(widest(rows, style), 0.35 * rect.width()) + metrics.gap : 0;
    const double barWidth = showBar && rect.width() > 14 * metrics.line ? bar.widthFor(style) + 2 * metrics.gap : 0;
    const double names = widest(columns, style);
    const double room = rect.width() - left - barWidth;
    const double column = room / std::max(1, columnCount());
    l.areNamesUpright = names + metrics.gap > column;
    const double above
        = l.hasNames ? (l.areNamesUpright ? std::min(names, 0.4 * rect.height()) : metrics.line) + metrics.gap : 0;
    l.nameHeight = std::max(10.0, above - metrics.gap);
    const double row = (rect.height() - titleHeight - above) / std::max(1, rowCount());
    const double width = std::max(0.5, std::min(column, largestCell));
    const double height = std::max(0.5, std::min(row, largestCell));
    l.cells = QRectF(rect.left() + left, rect.top() + titleHeight + above, width * columnCount(), height * rowCount());
    if (barWidth > 0 && l.cells.height() > 3 * metrics.line)
        l.bar = QRectF(l.cells.right() + 2 * metrics.gap, l.cells.top(), barWidth - 2 * metrics.gap,
                       std::min(l.cells.height(), 16 * metrics.line));
    return l;
}

QRectF CellGrid::cellRect(int row, int column, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF cells = layout(rect, style).cells;
    const double w = cells.width() / std::max(1, columnCount());
    const double h = cells.height() / std::max(1, rowCount());
    return {cells.left() + column * w, cells.top() + row * h, w, h};
}

std::optional<QPoint> CellGrid::cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF cells = layout(rect, style).cells;
    if (cells.isEmpty() || !cells.contains(point))
        return std::nullopt;
    const int column = static_cast<int>((point.x() - cells.left()) / cells.width() * columnCount());
    const int row = static_cast<int>((point.y() - cells.top()) / cells.height() * rowCount());
    return QPoint(std::clamp(column, 0, columnCount() - 1), std::clamp(row, 0, rowCount() - 1));
}

void CellGrid::paintCells(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double w = l.cells.width() / std::max(1, columnCount());
    const double h = l.cells.height() / std::max(1, rowCount());
    const double gap = std::min(w, h) > 6 ? style.lineWidth : 0;
    const bool hasNumbers = h >= 1.2 * metrics.line && w >= textWidth(style.font(), widestText) + metrics.gap;
    for (int row = 0; row < rowCount(); ++row) {
        for (int column = 0; column < columnCount(); ++column) {
            const QRectF cell(l.cells.left() + column * w, l.cells.top() + row * h, w - gap, h - gap);
            const double v = value(row, column);
            if (std::isnan(v)) {
                painter.fillRect(cell, style.panel);
                continue;
            }
            const QRgb color = bar.map->at(bar.range.normalize(v));
            painter.fillRect(cell, QColor::fromRgb(color));
            if (gap > 0) {
                // The middle of a diverging map is as dark, or as light, as what lies around: the cell keeps an edge.
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(style.grid, style.lineWidth));
                const double half = 0.5 * style.lineWidth;
                painter.drawRect(cell.adjusted(half, half, -half, -half));
            }
            const bool marked = isMarked && isMarked(row, column);
            if (marked) {
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(style.highlight, 2 * style.lineWidth, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
                painter.drawRect(cell.adjusted(style.lineWidth, style.lineWidth, -style.lineWidth, -style.lineWidth));
            }
            if (!hasNumbers)
                continue;
            painter.setFont(style.font(1, marked));
            painter.setPen(readableOn(color));
            drawText(painter, cell.center(), Qt::AlignCenter, text ? text(row, column) : tickText(v, 0.01));
        }
    }
}

void CellGrid::paintNames(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double w = l.cells.width() / std::max(1, columnCount());
    const double h = l.cells.height() / std::max(1, rowCount());
    painter.setFont(style.font());
    painter.setPen(style.text);
    const QFontMetricsF font(style.font());
    const int everyRow = std::max(1, static_cast<int>(std::ceil(0.95 * metrics.line / h)));
    for (int row = 0; row < rowCount(); row += everyRow)
        drawText(painter, {l.cells.left() - metrics.gap, l.cells.top() + (row + 0.5) * h},
                 Qt::AlignRight | Qt::AlignVCenter, rows[row]);
    const int everyColumn = l.areNamesUpright ? std::max(1, static_cast<int>(std::ceil(0.95 * metrics.line / w))) : 1;
    for (int column = 0; column < columnCount(); column += everyColumn) {
        const double x = l.cells.left() + (column + 0.5) * w;
        const double y = l.cells.top() - 0.7 * metrics.gap;
        if (!l.areNamesUpright) {
            drawText(painter, {x, y}, Qt::AlignHCenter | Qt::AlignBottom, columns[column]);
            continue;
        }
        const QString name = font.elidedText(columns[column], Qt::ElideRight, l.nameHeight);
        drawTextUpwards(painter, {x, y - 0.5 * textWidth(style.font(), name)}, name);
    }
}

void CellGrid::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    if (rowCount() == 0 || columnCount() == 0 || !rect.isValid())
        return;
    const Layout l = layout(rect, style);
    if (!title.isEmpty()) {
        painter.setFont(style.font(1, true));
        painter.setPen(style.text);
        drawText(painter, rect.topLeft(), Qt::AlignLeft | Qt::AlignTop,
                 QFontMetricsF(painter.font()).elidedText(title, Qt::ElideRight, rect.width() + titleRoom));
    }
    paintCells(painter, l, style);
    if (l.hasNames)
        paintNames(painter, l, style);
    if (!l.bar.isEmpty())
        bar.paintVertical(painter, l.bar, style);
}

}  // namespace mixer::vis
