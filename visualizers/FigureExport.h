// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"

#include <QByteArray>
#include <QImage>
#include <QSizeF>
#include <QString>
#include <QStringList>

namespace mixer::vis {

/// Widths of a printed page, in inches.
enum class FigureWidth {
    SingleColumn,  ///< 3.35
    DoubleColumn,  ///< 7.0
};

/// How a figure becomes a file. The picture depends on the figure and on these values only.
struct ExportOptions {
    FigureWidth preset = FigureWidth::DoubleColumn;
    double widthInches = 0;   ///< 0: the preset's; else 1 to 100
    double heightInches = 0;  ///< 0: from the figure's preferred aspect ratio, plus the caption; else 1 to 100
    int dpi = 300;            ///< PNG, 36 to 2400
    int fontPixelSize = 7;    ///< points of tick labels, 4 to 72
    Theme theme = Theme::Light;
    bool transparent = false;
    bool title = true;
    bool caption = true;
    bool overwrite = false;  ///< false: an existing file is an error
};

/// The page's width in inches: what was asked for, else the preset's.
double pageWidthInches(const ExportOptions& options);

/// Extensions that exportFigure() writes, without the dot: png, svg, pdf, csv, json, npy.
QStringList exportExtensions();

/// Page of the picture in figure units (1/72 inch).
QSizeF exportSize(const Figure& figure, const ExportOptions& options);

/// The picture, for the clipboard; the same pixels as in a PNG file. Throws Error(Usage) for options out of range and
/// Error(Memory) for more than 250 million pixels.
QImage renderFigure(const Figure& figure, const ExportOptions& options);

/// Writes one file, its format by the extension: PNG, SVG and PDF the picture (text stays text in the last two), CSV
/// and JSON the table (JSON with title, caption, units), NPY the array. PNG, SVG, PDF and JSON carry the `recipe`
/// (FigureRecipe::toJson(), or nothing), the others have it beside them. Equal figures give equal bytes: no file holds
/// a date. Written aside and renamed at the end: a failure leaves no file, and an old one untouched. Call on a thread
/// that may paint the figure. Throws Error(File) when it cannot be written or exists already without `overwrite`;
/// Error(Usage) for an unknown extension or options out of range.
void exportFigure(const Figure& figure, const QString& path, const ExportOptions& options = {},
                  const QByteArray& recipe = {});

/// The same bytes as in a file with that extension, for the clipboard. Empty where they could not be made.
QByteArray figureBytes(const Figure& figure, const QString& extension, const ExportOptions& options = {},
                       const QByteArray& recipe = {});

/// Throws what exportFigure() would throw of the path alone: unknown extension, a file that is there already.
void requireWritable(const QString& path, bool overwrite);

/// Makes Qt number fonts and images of PDF files in the same order in every process. Before anything else of Qt.
void makeFilesRepeatable();

}  // namespace mixer::vis
