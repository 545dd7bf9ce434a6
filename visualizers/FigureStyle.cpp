// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureStyle.h"

#include <QFontDatabase>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

FigureStyle FigureStyle::light()
{
    FigureStyle style;
    style.theme = Theme::Light;
    style.background = QColor(255, 255, 255);
    style.panel = QColor(247, 248, 250);
    style.text = QColor(24, 27, 32);
    style.mutedText = QColor(96, 103, 114);
    style.frame = QColor(120, 127, 138);
    style.grid = QColor(222, 225, 230);
    style.accent = QColor(46, 98, 160);
    style.secondAccent = QColor(27, 138, 124);
    style.highlight = QColor(214, 77, 20);
    return style;
}

FigureStyle FigureStyle::dark()
{
    FigureStyle style;
    style.theme = Theme::Dark;
    style.background = QColor(27, 29, 34);
    style.panel = QColor(35, 38, 44);
    style.text = QColor(232, 234, 238);
    style.mutedText = QColor(160, 167, 178);
    style.frame = QColor(128, 135, 147);
    style.grid = QColor(60, 64, 73);
    style.accent = QColor(104, 162, 228);
    style.secondAccent = QColor(92, 201, 184);
    style.highlight = QColor(255, 138, 76);
    return style;
}

FigureStyle FigureStyle::of(Theme theme)
{
    return theme == Theme::Dark ? dark() : light();
}

FigureStyle FigureStyle::print(Theme theme)
{
    FigureStyle style = of(theme);
    style.fontPixelSize = 7;
    style.lineWidth = 0.5;
    return style;
}

QString FigureStyle::defaultFontFamily()
{
    static const QString family = [] {
        const QStringList present = QFontDatabase::families();
        for (const QString& name :
             {QStringLiteral("Inter"), QStringLiteral("Helvetica"), QStringLiteral("Arial"),
              QStringLiteral("Liberation Sans"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")}) {
            if (present.contains(name))
                return name;
        }
        return QStringLiteral("Sans Serif");
    }();
    return family;
}

QFont FigureStyle::font(double factor, bool bold) const
{
    QFont font(fontFamily.isEmpty() ? defaultFontFamily() : fontFamily);
    font.setPixelSize(std::max(1, static_cast<int>(std::lround(fontPixelSize * factor))));
    font.setBold(bold);
    // Hinted advances are whole pixels of the unscaled font: a picture painted at 300 dpi would show uneven letters.
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

}  // namespace mixer::vis
