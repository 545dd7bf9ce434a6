// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureStyle.h"
#include "visualizers/TokenMap.h"

#include <QRectF>
#include <QRgb>
#include <QString>

#include <cstddef>

class QPainter;

namespace mixer::vis {

/// The colour of a cell of a map of three parts: grey where all are 0.
QRgb partsColor(const TokenMap& map, std::size_t cell);

/// "PC 1: 0.41, PC 2: −1.2, PC 3: 0.06"; empty outside (-1).
QString partsText(const TokenMap& map, int cell);

/// The legend of a map of three parts: for each its colours from -reach to reach with the other two at 0, its name,
/// share of the variance and reach.
struct ComponentBars {
    const TokenMap& map;

    double widthFor(const FigureStyle& style) const;
    double heightFor(const FigureStyle& style) const;
    /// Upright beside each other, low at the bottom.
    void paintVertical(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
    /// Lying, below each other.
    void paintHorizontal(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
};

}  // namespace mixer::vis
