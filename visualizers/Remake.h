// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"
#include "visualizers/FigureRecipe.h"

#include <QString>
#include <QStringList>

#include <memory>

namespace mixer::vis {

struct RemakeOptions {
    QString model;              ///< where it is now; empty: where the recipe says
    QString image;              ///< the same
    bool allowChanged = false;  ///< go on with files of another SHA-256
};

/// A figure made again.
struct Remade {
    std::unique_ptr<Figure> figure;
    FigureRecipe recipe;   ///< of this figure: that which it was made from, but for what is in `warnings`
    QStringList warnings;  ///< why it may differ from the first
};

/// Makes the figure of a recipe again. Files are looked for where the recipe says, seen from here and from `origin`
/// (the figure's file), and beside that. Throws Error(File) when one is not found, Error(Usage) that names expected and
/// found SHA-256 when it is another, and what running it throws.
Remade remake(const FigureRecipe& recipe, const QString& origin, const RemakeOptions& options, const QString& program,
              const CancelToken& cancel = {});

}  // namespace mixer::vis
