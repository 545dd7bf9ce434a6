// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorMap.h"

#include <QImage>
#include <QRectF>
#include <QSize>

#include <functional>

class QPainter;

// Matrices as pictures. Private to visualizers/.
namespace mixer::vis {

/// How the values of the cells that share a pixel become one.
enum class CellReduction {
    Mean,
    Extreme,  ///< the one of largest magnitude, with its sign
};

/// A matrix of any layout, seen as rows x columns in the order in which it is drawn (row 0 on top).
struct MatrixView {
    int rows = 0;
    int columns = 0;
    /// First value of a row and the distance to the next column.
    std::function<const float*(int row)> row;
    std::ptrdiff_t columnStride = 1;
};

/// One pixel to a cell, or fewer where the matrix has more cells than `pixels`. Non-finite values do not take part
/// unless a pixel has nothing else.
QImage heatMapImage(const MatrixView& matrix, const ColorMap& map, const ValueRange& range, const QSize& pixels,
                    CellReduction reduction);

/// Pixels of the device under `rect`; files of vectors count as 300 dpi. At least 1 x 1.
QSize devicePixels(const QPainter& painter, const QRectF& rect);
/// SVG, PDF and the like: images are embedded and scaled by whoever reads the file.
bool isVectorDevice(const QPainter& painter);

/// Stretched over `target` without smoothing; only what lies in `visible` is drawn, without the painter's clip, which
/// Qt leaves out of SVG files. In vector files the cells are enlarged by whole factors first, because readers smooth.
void drawCells(QPainter& painter, const QRectF& target, const QImage& image, const QRectF& visible);
void drawCells(QPainter& painter, const QRectF& target, const QImage& image);

}  // namespace mixer::vis
