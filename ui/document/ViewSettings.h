// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureContext.h"

namespace mixer::ui {

enum class ThemeChoice { System, Light, Dark };

/// How things are shown; nothing here changes a result.
struct ViewSettings {
    vis::FigureOptions figure;  ///< overlay, its opacity and colours, path, grid, lane order, number of predictions
    ThemeChoice theme = ThemeChoice::System;

    bool operator==(const ViewSettings& o) const
    {
        const vis::FigureOptions& a = figure;
        const vis::FigureOptions& b = o.figure;
        return a.topCount == b.topCount && a.predictionValue == b.predictionValue && a.laneSort == b.laneSort
            && a.gateQuantity == b.gateQuantity && a.stateQuantity == b.stateQuantity && a.attention == b.attention
            && a.shownRun == b.shownRun && a.overlay == b.overlay && a.featureComponent == b.featureComponent
            && a.featureImages == b.featureImages && a.overlayOpacity == b.overlayOpacity
            && a.cropToInput == b.cropToInput && a.showPath == b.showPath && a.showAllPaths == b.showAllPaths
            && a.showPatchGrid == b.showPatchGrid && isSame(a.range, b.range) && a.heldRange == b.heldRange
            && a.colorMap == b.colorMap && theme == o.theme;
    }
    static bool isSame(const std::optional<vis::ValueRange>& a, const std::optional<vis::ValueRange>& b)
    {
        return a.has_value() == b.has_value() && (!a || (a->low == b->low && a->high == b->high));
    }
    bool operator!=(const ViewSettings& o) const { return !(*this == o); }
};

}  // namespace mixer::ui
