// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QString>

namespace mixer::vis {

enum class Theme { Light, Dark };

/// How figures look. Lengths are figure units: a logical pixel on screen, 1/72 inch in files. Nothing is taken from a
/// widget, so the same style and size give the same picture everywhere.
struct FigureStyle {
    Theme theme = Theme::Light;
    QString fontFamily;      ///< empty: defaultFontFamily()
    int fontPixelSize = 12;  ///< tick labels; titles are 1.15 times, notes 0.9 times as large
    double lineWidth = 1.0;  ///< axes; curves are 1.5 times as wide
    bool showTitle = true;
    bool transparent = false;  ///< leave the background unpainted
    QColor background;         ///< behind everything
    QColor panel;              ///< behind the plotted area of curves and bars
    QColor text;
    QColor mutedText;  ///< units, notes, unselected labels
    QColor frame;      ///< axes and ticks
    QColor grid;
    QColor accent;        ///< data that is not colour-mapped: bars, the forward curve
    QColor secondAccent;  ///< the second series: the backward curve
    QColor highlight;     ///< what is selected: lane, step, class

    static FigureStyle light();
    static FigureStyle dark();
    static FigureStyle of(Theme theme);
    /// The style of files: small type (7 units = 7 pt) and thin lines, for printed columns.
    static FigureStyle print(Theme theme = Theme::Light);

    /// First of a list of plain sans serif families that this machine has.
    static QString defaultFontFamily();
    /// By pixel size, never by point size, so that it is the same on every paint device.
    QFont font(double factor = 1.0, bool bold = false) const;
    QFont titleFont() const { return font(1.15, true); }
    QFont noteFont() const { return font(0.9); }
};

}  // namespace mixer::vis
