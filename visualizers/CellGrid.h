// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorBar.h"
#include "visualizers/FigureStyle.h"

#include <QPoint>
#include <QRectF>
#include <QString>
#include <QStringList>

#include <functional>
#include <optional>

class QPainter;

// A small matrix with names at its rows and columns. Private to visualizers/.
namespace mixer::vis {

struct CellGrid {
    QStringList rows;
    QStringList columns;
    std::function<double(int row, int column)> value;  ///< NaN: an empty cell
    /// What stands in a cell that has room; none: the value with two decimals.
    std::function<QString(int row, int column)> text;
    QString widestText = QStringLiteral("−0.00");       ///< what a cell must have room for
    std::function<bool(int row, int column)> isMarked;  ///< outlined; none: no cell
    ColorBar bar;
    QString title;
    double titleRoom = 0;      ///< beyond the right edge, where nothing else is
    double largestCell = 1e9;  ///< figure units
    bool showBar = true;

    int rowCount() const { return static_cast<int>(rows.size()); }
    int columnCount() const { return static_cast<int>(columns.size()); }

    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(int row, int column, const QRectF& rect, const FigureStyle& style) const;
    /// (column, row) under a point.
    std::optional<QPoint> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;

private:
    struct Layout {
        QRectF cells;
        QRectF bar;
        double nameHeight = 0;  ///< room for upright names
        bool areNamesUpright = false;
        bool hasNames = true;
    };
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    void paintCells(QPainter& painter, const Layout& l, const FigureStyle& style) const;
    void paintNames(QPainter& painter, const Layout& l, const FigureStyle& style) const;
};

}  // namespace mixer::vis
