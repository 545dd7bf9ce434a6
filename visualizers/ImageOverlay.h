// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/image/Image.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"
#include "visualizers/ColorMap.h"
#include "visualizers/TokenMap.h"

#include <QColor>
#include <QImage>
#include <QPointF>
#include <QRectF>
#include <QString>

#include <memory>
#include <vector>

class QPainter;

namespace mixer::vis {

/// How a scan path is drawn.
struct ScanPathStyle {
    ColorMapId colorMap = ColorMapId::Viridis;  ///< time: first step dark, last step light
    QColor singleColor;                         ///< valid: this colour instead of time, beside a heat map
    double lineWidth = 2.0;                     ///< units of the view
    double opacity = 1.0;
    int currentStep = -1;  ///< ring at its token, trail behind it; -1: none
    int trailLength = -1;  ///< steps before the current one that are bright, the others are dimmed; -1: all of them
    QColor highlight = QColor(255, 90, 60);
    bool isGrowing = false;  ///< nothing behind the current step
    bool endMarks = true;    ///< disc at the start, square at the end
    bool line = true;        ///< false: the marks alone
    bool marks = true;       ///< false: the line alone
};

/// Paints onto a picture, in original-pixel coordinates (first pixel 0 to 1): the caller's painter transform takes
/// them to the view. `unit` is the length of one unit of the view (logical pixel, figure unit) in original pixels, so
/// that lines keep their width at every zoom: 1 / zoom factor. Everything but marks stays in what the network sees.
class ImageOverlay {
public:
    /// The token grid of a mixer, or of a stage of ViM2; `height` and `width` as in MixerRecord.
    ImageOverlay(const ImageGeometry& geometry, const MixerRecord& mixer);
    ImageOverlay(const ImageGeometry& geometry, int stage, int height, int width);

    QRectF tokenRect(int token) const;  ///< may reach past the picture's edge
    QPointF tokenCentre(int token) const;
    /// Token (y*W+x) at a point, -1 outside.
    int tokenAt(const QPointF& original) const;
    /// What the network sees.
    QRectF inputRect() const;

    /// Sharp cells, one colour to a token.
    /// Maps of another grid than the stage's are stretched over what the network sees if they are meant for it, else
    /// left out.
    void paintHeatMap(QPainter& painter, const TokenMap& map, ColorMapId colorMap, double opacity) const;
    /// The map's cell at a point of the original; -1 outside.
    int cellAt(const TokenMap& map, const QPointF& original) const;
    /// The value there; NaN outside.
    float valueAt(const TokenMap& map, const QPointF& original) const;
    void paintGrid(QPainter& painter, const QColor& color, double unit) const;
    /// `tokens`: the one visited at each step, -1 for a class token, which lies nowhere on the picture.
    void paintScanPath(QPainter& painter, const std::vector<std::int32_t>& tokens, const ScanPathStyle& style,
                       double unit) const;
    /// Ring around a token: hovered or selected.
    void paintToken(QPainter& painter, int token, const QColor& color, double unit) const;
    /// Veil over what the network does not see, inside `picture`.
    void paintUnseen(QPainter& painter, const QRectF& picture, const QColor& veil) const;

    int tokenCount() const { return m_height * m_width; }
    int height() const { return m_height; }
    int width() const { return m_width; }

private:
    ImageGeometry m_geometry;
    TokenCell m_cell;
    int m_height;
    int m_width;
};

/// A view on the pixels without a copy: `image` must outlive it. Null for an empty picture.
QImage toQImage(const RgbImage& image);
/// A part of the photo, in its own pixels, at the size at which it is seen: smooth when it shrinks, sharp when it
/// grows.
void paintPhoto(QPainter& painter, const QImage& photo, const QRectF& part, const QRectF& target);

}  // namespace mixer::vis
