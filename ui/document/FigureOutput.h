// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureExport.h"

#include <QImage>
#include <QList>
#include <QString>

#include <functional>
#include <utility>

#include <functional>

namespace mixer::ui {

class InspectionDocument;

/// Whether a file tells how it was made: see vis::FigureRecipe. A picture without a file, a pasted one, has none.
enum class Recipe { Kept, LeftOut };

/// Writes the figure of what is selected now. Built from the document, never from a widget, so the file does not
/// depend on the window. `done` with an empty text when the file is there, else with the reason, also when it was
/// cancelled. Charts are painted here (QtCharts wants the GUI thread), all else on the worker, which also reads
/// the files for the recipe.
void exportFigureOf(InspectionDocument& document, const QString& figureId, const QString& path,
                    const vis::ExportOptions& options, Recipe recipe, std::function<void(const QString& problem)> done);

/// Writes the scan as it grows over the image, with the map that is shown: GIF or MP4 by the path's ending. On the
/// worker, frame by frame, and shown there: a person can stop it.
void exportAnimationOf(InspectionDocument& document, const QString& path, const vis::ExportOptions& options,
                       Recipe recipe, std::function<void(const QString& problem)> done);

/// A figure in every kind that a clipboard can hold, so that each program takes the best that it knows: the picture,
/// and files by their MIME type; tables of more than a million cells are left to export.
struct FigureCopies {
    QImage image;
    QList<std::pair<QString, QByteArray>> files;
};
/// `done` with a null image when there is none; the document has said why.
void copyFigureOf(InspectionDocument& document, const QString& figureId, const vis::ExportOptions& options,
                  std::function<void(const FigureCopies& copies)> done);

}  // namespace mixer::ui
