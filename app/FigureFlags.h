// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureAnimation.h"
#include "visualizers/FigureExport.h"
#include "visualizers/FigureRun.h"

#include <string>

namespace CLI {
class App;
}

namespace mixer::app {

/// What the command line says about a figure: what is selected, how it is shown, how the page looks.
struct FigureFlags {
    void addTo(CLI::App& command);

    /// Everything but the figure itself. Reads the file of edits. Throws Error.
    vis::FigureRequest request() const;
    /// `isAnimation`: where no resolution is given, one that suits a screen.
    vis::ExportOptions page(bool isAnimation) const;
    vis::AnimationOptions animation() const { return m_animation; }

private:
    void addSelectionTo(CLI::App& command);
    void addViewTo(CLI::App& command);
    void addPageTo(CLI::App& command);
    vis::CompareChoice compare() const;

    vis::FigureRequest m_request;
    vis::ExportOptions m_page;
    vis::AnimationOptions m_animation;
    int m_dpi = 0;
    vis::PatchEffectRequest m_patch;
    std::string m_patchFrom, m_patchPart = "output";
    std::string m_edit;
    std::string m_compare;
    std::string m_value = "probability", m_sort = "natural", m_show = "edited", m_map = "none", m_colors = "viridis";
    std::string m_range, m_component = "rgb";
    std::vector<std::string> m_axesFrom;
    bool m_withFaithfulness = false;
    std::string m_column = "double";
    bool m_isDark = false, m_noCaption = false, m_noTitle = false;
    bool m_noPath = false, m_noGrid = false, m_uncropped = false;
};

}  // namespace mixer::app
