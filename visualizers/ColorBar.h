// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorMap.h"
#include "visualizers/FigureStyle.h"

#include <QRectF>
#include <QString>

class QPainter;

namespace mixer::vis {

/// The legend of a heat map: strip of colours, ticks with numbers, and the name with its unit.
struct ColorBar {
    const ColorMap* map = nullptr;
    ValueRange range;
    QString label;            ///< "gate g", "‖h‖"
    bool extendHigh = false;  ///< values above the range exist: drawn as an arrow head at the high end

    /// Width that a vertical bar needs, numbers and label included.
    double widthFor(const FigureStyle& style) const;
    /// Height that a horizontal bar needs.
    double heightFor(const FigureStyle& style) const;
    /// Upright, strip at the left, low at the bottom; label along the right side.
    void paintVertical(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
    /// Lying, strip on top; for legends over the canvas.
    void paintHorizontal(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
};

}  // namespace mixer::vis
