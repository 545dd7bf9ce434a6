// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureStyle.h"

#include <QRectF>
#include <QString>

class QPainter;

namespace mixer::vis {

/// A small drawing of a scan's path, start marked with a dot: what stands for the scan where its name is too long.
struct ScanGlyph {
    QString scan;        ///< name; also "forward", "backward", "both" of channel mixers. Unknown names: an empty box
    bool bright = true;  ///< chosen; false: dim
    int grid = 8;        ///< drawn on grid x grid tokens; small ones (below 28 units) use 4 x 4 anyway

    /// Into the largest centred square of `rect`.
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;
};

}  // namespace mixer::vis
