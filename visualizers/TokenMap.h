// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "visualizers/FigureContext.h"

#include <QString>

#include <cstdint>
#include <vector>

namespace mixer::vis {

/// One of the three values behind a token's colour: red, green or blue from black at -reach to full at reach.
struct ColorPart {
    std::vector<float> values;
    double reach = 1;
    double share = 0;  ///< of the variance, 0 to 1
    QString label;     ///< "PC 1"
};

/// One value to a token of a stage, row-major, with what a legend needs. Attributions may have a finer grid.
struct TokenMap {
    int height = 0;  ///< token grid
    int width = 0;
    std::vector<float> values;
    ValueRange range;
    QString label;                    ///< "mean gate g", "‖h‖"
    QString note;                     ///< whether to trust it
    bool isSigned = false;            ///< diverging colours, `range` symmetric around 0
    bool isCut = false;               ///< some values lie above the range
    std::vector<bool> isHidden = {};  ///< by cell: not to be painted; empty: all are
    bool fillsInput = false;          ///< a grid of its own over what the network sees, not a stage's tokens
    /// Three: they make the colours together, and `values` is the first's. Else none.
    std::vector<ColorPart> parts = {};
    QString details = {};  ///< how it was made, for captions
};

/// The values of an overlay: see OverlayQuantity. Ranges go from 0 to the maximum, or around values that hardly vary.
/// None gives an empty map. Computes little (a norm at first request, see MixerDetail::stateNorm). Throws Error(Usage)
/// for a scan, lane or step that the mixer has not. For Attention and Attribution use the other one.
TokenMap makeTokenMap(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity);
/// The overlay of the context's options, every quantity; Difference: minus the baseline's. An attention row and
/// features' components are computed here; an attribution is the context's, empty without one. Throws Error(Usage),
/// Cancelled.
TokenMap makeTokenMap(const FigureContext& context, const CancelToken& cancel = {});
/// Its values; of a map of three parts those of each, one after the other.
std::vector<float> allValues(const TokenMap& map);
/// Takes another map of the same grid away: signed, around 0. Of maps of three parts the length of the difference of
/// the three. The label stays.
void subtract(TokenMap& map, const TokenMap& before);

/// The baseline's scan of the name that `detail`'s has. Throws Error(Usage) when the baseline did not run it.
int baselineScan(const MixerDetail& detail, const MixerDetail& baseline, int scan);
/// The options ask for the difference and there is a baseline to subtract.
bool showsDifference(const FigureContext& context);

/// The token (y*W + x) that a token mixer's scan visits at each step, edits of its order included; -1: a class token.
std::vector<std::int32_t> visitedTokens(const MixerDetail& detail, int scan);

}  // namespace mixer::vis
