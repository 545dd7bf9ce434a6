// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorMap.h"
#include "visualizers/FigureStyle.h"

#include <QCoreApplication>
#include <QFont>
#include <QPointF>
#include <QRectF>
#include <QString>

#include <vector>

class QPainter;

// What the figures share about text, ticks and frames. Private to visualizers/.
namespace mixer::vis {

/// Translation context of everything that figures write.
struct Words {
    Q_DECLARE_TR_FUNCTIONS(Figures)
};

/// The lengths that the type size decides, in figure units.
struct Metrics {
    explicit Metrics(const FigureStyle& style);

    double line;    ///< height of a line of tick labels
    double tick;    ///< length of a tick
    double gap;     ///< between text and what it belongs to
    double margin;  ///< around the whole figure
    double axisX(bool withLabel) const { return tick + gap + line + (withLabel ? line + 0.5 * gap : 0); }
};

double textWidth(const QFont& font, const QString& text);

/// Draws with the painter's font and pen; `side` says which side of the text the anchor is at: AlignLeft|AlignVCenter
/// draws to the right of the anchor.
void drawText(QPainter& painter, const QPointF& anchor, Qt::Alignment side, const QString& text);
/// The same, turned to read upwards; `centre` is the middle of the text.
void drawTextUpwards(QPainter& painter, const QPointF& centre, const QString& text);

/// A straight map from values to figure units.
struct Axis {
    double low = 0;
    double high = 1;
    double start = 0;  ///< where `low` lies
    double end = 1;

    double position(double value) const { return start + (value - low) / (high - low) * (end - start); }
    double value(double position) const { return low + (position - start) / (end - start) * (high - low); }
};

/// An axis of `count` cells between two positions; cell i is centred on value i.
Axis cellAxis(int count, double start, double end);

/// Multiples of 1, 2 or 5 times a power of ten within [low, high], at most `maxCount` (>= 1).
std::vector<double> niceTicks(double low, double high, int maxCount);
/// The same for an axis of some length with about `spacing` between ticks; closer where there would be fewer than two
/// (three around zero), and the ends where nothing round fits.
std::vector<double> axisTicks(double low, double high, double length, double spacing);
/// The same for cells 0 .. count-1: whole numbers.
std::vector<double> cellTicks(int count, int maxCount);
/// The smallest round number (at most two digits) that is not below `value`; 1 for 0.
double niceCeiling(double value);
/// A round range for values that are >= 0: from zero, or, where they vary by less than half of their size, around them,
/// so that a small variation is seen at all.
ValueRange rangeOfPositives(const std::vector<float>& values);

/// A tick's number with the decimals that its step needs; true minus sign, powers of ten where fixed notation is long.
QString tickText(double value, double step);
/// A number for reading: three significant digits.
QString numberText(double value);

struct AxisText {
    std::vector<double> ticks;
    QString label;  ///< empty: none
};

/// Frame just outside of the plotted area, so that it covers no data.
void paintFrame(QPainter& painter, const QRectF& plot, const FigureStyle& style);
/// Ticks, numbers and label below `plot`.
void paintAxisBelow(QPainter& painter, const QRectF& plot, const Axis& axis, const AxisText& text,
                    const FigureStyle& style);
/// The same at the left; `labelX` is the centre of the label's line.
void paintAxisLeft(QPainter& painter, const QRectF& plot, const Axis& axis, const AxisText& text, double labelX,
                   const FigureStyle& style);
/// Widest tick text.
double tickTextWidth(const std::vector<double>& ticks, const FigureStyle& style);

/// Triangles that point at a place on the edge of a plot: how the selected lane and step are marked.
void paintPointer(QPainter& painter, const QPointF& tip, Qt::Edge from, double size, const QColor& color);

/// What remains of `rect` below the title and, if there is one, the subtitle.
QRectF belowTitle(const QRectF& rect, const FigureStyle& style, bool subtitle);
/// Both are shortened with an ellipsis where they do not fit.
void paintTitle(QPainter& painter, const QRectF& rect, const FigureStyle& style, const QString& title,
                const QString& subtitle);
/// Background, unless the style is transparent.
void paintBackground(QPainter& painter, const QRectF& rect, const FigureStyle& style);
/// How every figure starts, after QPainter::save(): smooth lines, nothing outside of the rectangle, background.
void beginFigure(QPainter& painter, const QRectF& rect, const FigureStyle& style);

}  // namespace mixer::vis
