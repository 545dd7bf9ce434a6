// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureRun.h"

#include <QStringList>

#include <string>
#include <vector>

namespace mixer::vis {

/// What the command line calls a figure: one of figureIds(), with the options that make it the one meant.
struct NamedFigure {
    const char* name;    ///< "attention-column"
    const char* figure;  ///< "attention"
    const char* about;   ///< for --help
    void (*set)(FigureRequest&) = nullptr;
    bool isOverImages = false;  ///< one for all images together, not one for each
};

/// Every view of the window, every map of its canvas, every attribution.
const std::vector<NamedFigure>& namedFigures();
/// Throws Error(Usage) that lists the names.
const NamedFigure& namedFigure(const std::string& name);
/// The request with figure and options of that name.
FigureRequest requestOf(const NamedFigure& named, FigureRequest request);
/// There is what it is about: a channel mixer has no attention over the image, a causal scan no backward state ...
bool figureExists(const NamedFigure& named, const FigureContext& context);

}  // namespace mixer::vis
