// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/ViewSettings.h"
#include "visualizers/FigureStyle.h"

#include <QIcon>
#include <QPalette>
#include <QString>

class QApplication;
class QWidget;

namespace mixer::ui {

/// Fusion with our own two palettes: calm greys, one accent, the same in all windows. Call before any window is made.
void installStyle(QApplication& application);
/// Puts the palette and the style sheet of the choice on the application. System: dark when the desktop's palette was.
void applyTheme(ThemeChoice choice);
QPalette paletteOf(vis::Theme theme);

/// The theme that a widget is painted in, read from its palette, so that nobody has to remember it.
vis::Theme themeOf(const QPalette& palette);
/// How figures look inside of this widget: its colours, its font, no title where the dock has one.
vis::FigureStyle figureStyleFor(const QWidget& widget);

/// A drawn icon of resources/icons in the palette's text colour, sharp at every scale. `name` without suffix.
QIcon themedIcon(const QString& name, const QPalette& palette);
/// Icon of the program.
QIcon programIcon();

}  // namespace mixer::ui
