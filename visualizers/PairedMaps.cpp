// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PairedMaps.h"

#include "engine/core/Error.h"
#include "visualizers/FeatureMap.h"
#include "visualizers/PlotAxes.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mixer::vis {

namespace {

/// What the map shows is of one scan, and of that scan in both.
void requireSameScan(const FigureContext& a, const FigureContext& b)
{
    const OverlayQuantity quantity = a.options.overlay;
    if (quantity == OverlayQuantity::Attribution || quantity == OverlayQuantity::OutputGate
        || quantity == OverlayQuantity::FeaturePca
        || (quantity == OverlayQuantity::Attention && a.options.attention.isMerged))
        return;
    const std::string inA = a.detail->scanName(a.selection.scan);
    const std::string inB = b.detail->scanName(b.selection.scan);
    if (inA != inB)
        throw Error(
            ErrorKind::Usage,
            Words::tr("No difference: in A the map is of scan %1, in B of %2. Choose a scan that both took, or no heat "
                      "map: then the outputs are compared.")
                .arg(QString::fromStdString(inA), QString::fromStdString(inB))
                .toStdString());
}

/// Components along other axes are other quantities.
void requireSameAxes(const FigureContext& a, const FigureContext& b)
{
    if (a.options.overlay == OverlayQuantity::FeaturePca && !haveSameAxes(a, b))
        throw Error(ErrorKind::Usage,
                    Words::tr("No difference: each model's features have axes of their own. Choose no heat map: then "
                              "the outputs are compared.")
                        .toStdString());
}

TokenMap outputDistanceMap(const FigureContext& a, const FigureContext& b)
{
    const Array distances = tokenDistances(*a.trace, a.selection.mixer, *b.trace, b.selection.mixer);
    TokenMap map;
    map.height = static_cast<int>(distances.size(0));
    map.width = static_cast<int>(distances.size(1));
    map.values = distances.values;
    map.range = rangeOfPositives(map.values);
    map.label = Words::tr("‖B − A‖ of the output");
    if (a.pair)
        if (const MixerDifference* difference = a.pair->comparison.find(a.selection.mixer))
            map.note = discrepancyText(difference->output);
    return map;
}

}  // namespace

ValueRange sharedRange(const TokenMap& a, const TokenMap& b)
{
    if (a.values.empty() || b.values.empty())
        return a.values.empty() ? b.range : a.range;
    ValueRange range{std::min(a.range.low, b.range.low), std::max(a.range.high, b.range.high)};
    if (a.isSigned || b.isSigned) {
        range.high = std::max(std::abs(range.low), std::abs(range.high));
        range.low = -range.high;
    }
    return range;
}

void shareRange(TokenMap& a, TokenMap& b)
{
    const ValueRange range = sharedRange(a, b);
    const bool isSigned = a.isSigned || b.isSigned;
    for (TokenMap* map : {&a, &b}) {
        map->range = range;
        map->isSigned = isSigned;
        map->isCut = std::any_of(map->values.begin(), map->values.end(), [&](float v) { return v > range.high; });
    }
}

TokenMap makeDifferenceMap(const FigureContext& a, const FigureContext& b, const CancelToken& cancel)
{
    if (!a.detail || !b.detail)
        throw Error(ErrorKind::Usage, "a difference needs two runs");
    if (counterpart(*b.trace, a.selection.mixer) != b.selection.mixer)
        throw Error(ErrorKind::Usage,
                    Words::tr("No difference: %1 of A and %2 of B do not correspond.")
                        .arg(QString::fromStdString(a.selection.mixer.shortName()),
                             QString::fromStdString(b.selection.mixer.shortName()))
                        .toStdString());
    if (a.options.overlay == OverlayQuantity::None)
        return outputDistanceMap(a, b);
    requireSameScan(a, b);
    requireSameAxes(a, b);
    TokenMap before = makeTokenMap(a, cancel);
    TokenMap map = makeTokenMap(b, cancel);
    if (before.values.empty() || map.values.empty())
        return {};
    if (before.height != map.height || before.width != map.width)
        throw Error(ErrorKind::Usage,
                    Words::tr("No difference: %1 × %2 tokens in A, %3 × %4 in B.")
                        .arg(before.height)
                        .arg(before.width)
                        .arg(map.height)
                        .arg(map.width)
                        .toStdString());
    const std::vector<float> valuesA = allValues(before);
    const std::vector<float> valuesB = allValues(map);
    map.note = discrepancyText(discrepancyOf(valuesA.data(), valuesB.data(), valuesB.size()));
    map.label = (map.parts.empty() ? Words::tr("B − A: %1") : Words::tr("‖B − A‖: %1")).arg(map.label);
    subtract(map, before);
    return map;
}

}  // namespace mixer::vis
