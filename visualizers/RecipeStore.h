// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <string>

// A recipe inside a figure's file, where readers of the format leave it alone. A recipe is JSON in plain ASCII without
// < > &.
namespace mixer::vis {

/// PNG: a tEXt chunk before the picture's data.
QByteArray pngWithRecipe(const QByteArray& png, const QByteArray& recipe);
/// SVG: an element of its own in <metadata>.
QByteArray svgWithRecipe(const QByteArray& svg, const QByteArray& recipe);
/// The XMP packet for a PDF: title and recipe.
QByteArray xmpWithRecipe(const QString& title, const QByteArray& recipe);

/// CSV, NPY and MP4 have no room for a recipe: theirs lies beside them, "gates.csv.recipe.json". Writes it there, or
/// without one removes what an earlier figure of that name left. Does nothing for other kinds. Throws Error(File).
void keepRecipeBeside(const QString& path, const QByteArray& recipe);

/// The recipe in a PNG, SVG, PDF, GIF or JSON figure, told by its first bytes, or beside a CSV, NPY or MP4 file. Reads
/// hostile files: nothing is decoded or unpacked, no more than kMaxRecipe bytes are taken. Throws Error(File) when the
/// file cannot be read, Error(Format) when it is damaged or there is no recipe.
std::string recipeIn(const QString& path);

constexpr qsizetype kMaxRecipe = qsizetype{64} << 20;

/// What begins a recipe in a GIF's comment.
constexpr char kGifRecipe[] = "mixerscope:recipe ";

}  // namespace mixer::vis
