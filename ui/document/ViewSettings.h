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
        return figure.topCount == o.figure.topCount && figure.predictionValue == o.figure.predictionValue
            && figure.laneSort == o.figure.laneSort && figure.overlay == o.figure.overlay
            && figure.overlayOpacity == o.figure.overlayOpacity && figure.cropToInput == o.figure.cropToInput
            && figure.showPath == o.figure.showPath && figure.showPatchGrid == o.figure.showPatchGrid
            && figure.colorMap == o.figure.colorMap && theme == o.theme;
    }
    bool operator!=(const ViewSettings& o) const { return !(*this == o); }
};

}  // namespace mixer::ui
