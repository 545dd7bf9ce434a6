// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/TokenMap.h"

#include "engine/attention/HalfLife.h"
#include "engine/core/Error.h"
#include "visualizers/AttentionFigure.h"
#include "visualizers/AttributionMaps.h"
#include "visualizers/FeatureMap.h"
#include "visualizers/PlotAxes.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mixer::vis {

namespace {

constexpr double kTail = 0.01;  ///< share of half-lives that may lie above the colours: a few are longer than the scan

void requireIndex(const char* what, int index, int count)
{
    if (index < 0 || index >= count)
        throw Error(ErrorKind::Usage,
                    std::string(what) + " " + std::to_string(index) + " does not exist: expected 0 to "
                        + std::to_string(count - 1));
}

/// Norm of each lane's state after a step.
std::vector<float> laneNorms(const MixerDetail& detail, int scan, int step)
{
    const Array state = detail.state(scan, 0, detail.laneCount(), step);
    std::vector<float> norms(static_cast<std::size_t>(detail.laneCount()));
    const std::size_t n = static_cast<std::size_t>(detail.stateSize());
    for (std::size_t lane = 0; lane < norms.size(); ++lane) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += static_cast<double>(state.values[lane * n + i]) * state.values[lane * n + i];
        norms[lane] = static_cast<float>(std::sqrt(sum));
    }
    return norms;
}

/// SiLU(z) of one channel, signed, or the mean magnitude of all.
void fillFromOutputGate(const MixerDetail& detail, const Selection& selection, TokenMap& map)
{
    const Array& gate = detail.outputGate();
    if (gate.isEmpty())
        throw Error(ErrorKind::Usage, detail.record().id.name() + " has no output gate");
    const std::int64_t channels = gate.size(0);
    const std::int64_t tokens = gate.size(1);
    if (selection.lane >= 0) {
        requireIndex("channel", selection.lane, static_cast<int>(channels));
        const auto begin = gate.values.begin() + selection.lane * tokens;
        map.values.assign(begin, begin + tokens);
        map.isSigned = true;
        map.label = Words::tr("SiLU(z) of channel %1").arg(selection.lane);
        return;
    }
    map.values.assign(static_cast<std::size_t>(tokens), 0.0F);
    for (std::int64_t i = 0; i < channels * tokens; ++i)
        map.values[static_cast<std::size_t>(i % tokens)]
            += std::abs(gate.values[static_cast<std::size_t>(i)]) / static_cast<float>(channels);
    map.label = Words::tr("mean |SiLU(z)|");
}

/// A token mixer's positions are the tokens.
void fillFromTokenMixer(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity, TokenMap& map)
{
    if (quantity == OverlayQuantity::StateNorm) {
        const Array& norm = detail.stateNorm(selection.scan);
        map.values.resize(norm.values.size());
        for (std::size_t step = 0; step < norm.values.size(); ++step)
            map.values[static_cast<std::size_t>(detail.positionAt(selection.scan, static_cast<int>(step)))]
                = norm.values[step];
        map.label = Words::tr("state norm ‖h‖");
    } else if (quantity == OverlayQuantity::HalfLife) {
        map.values = halfLife(detail, selection.scan, selection.lane).values;
        map.label = selection.lane < 0 ? Words::tr("half-life, steps (median channel)")
                                       : Words::tr("half-life, steps, of channel %1").arg(selection.lane);
    } else if (quantity == OverlayQuantity::OutputGate) {
        fillFromOutputGate(detail, selection, map);
    } else if (quantity == OverlayQuantity::Gate && selection.lane >= 0) {
        requireIndex("channel", selection.lane, detail.laneCount());
        const Array& delta = detail.delta(selection.scan);
        const int count = detail.positionCount();
        for (int position = 0; position < count; ++position)
            map.values.push_back(-std::expm1(-delta.at(selection.lane, position)));
        map.label = Words::tr("gate g of channel %1").arg(selection.lane);
    } else {
        map.values = detail.meanGate(selection.scan).values;
        map.label = Words::tr("mean gate g");
    }
}

/// A channel mixer's lanes are the tokens.
void fillFromChannelMixer(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity,
                          TokenMap& map)
{
    if (quantity == OverlayQuantity::MeanGate) {
        map.values = detail.laneGate(selection.scan).values;
        map.label = Words::tr("mean gate g");
        return;
    }
    if (quantity == OverlayQuantity::HalfLife || quantity == OverlayQuantity::Attention)
        throw Error(ErrorKind::Usage,
                    "the scan of a channel mixer runs over channels: choose a token mixer for this map");
    requireIndex("step", selection.step, detail.positionCount());
    const int channel = detail.positionAt(selection.scan, selection.step);
    if (quantity == OverlayQuantity::StateNorm) {
        map.values = laneNorms(detail, selection.scan, selection.step);
        map.label = Words::tr("state norm ‖h‖ after channel %1").arg(channel);
        return;
    }
    if (quantity == OverlayQuantity::OutputGate) {
        const Array& gate = detail.outputGate();
        for (int token = 0; token < detail.laneCount() && !gate.isEmpty(); ++token)
            map.values.push_back(gate.at(token, channel));
        map.isSigned = true;
        map.label = Words::tr("SiLU(z) of channel %1").arg(channel);
        return;
    }
    const Array& delta = detail.delta(selection.scan);
    for (int token = 0; token < detail.laneCount(); ++token)
        map.values.push_back(-std::expm1(-delta.at(token, channel)));
    map.label = Words::tr("gate g of channel %1").arg(channel);
}

/// Positions to tokens: a class token is no place of the picture.
void dropClassTokens(const MixerRecord& record, std::vector<float>& values)
{
    if (values.size() != static_cast<std::size_t>(record.tokenCount()) + record.classTokens.size())
        return;
    for (auto place = record.classTokens.rbegin(); place != record.classTokens.rend(); ++place)
        values.erase(values.begin() + *place);
}

/// Infinite values are those that outlast the scan: they take the colour of the largest.
void setRange(TokenMap& map)
{
    if (map.isSigned) {
        const double high = niceCeiling(ValueRange::symmetric(map.values.data(), map.values.size()).high);
        map.range = {-high, high};
        return;
    }
    std::vector<float> finite;
    std::copy_if(map.values.begin(), map.values.end(), std::back_inserter(finite),
                 [](float v) { return std::isfinite(v); });
    map.range = rangeOfPositives(finite);
    if (finite.size() == map.values.size() || finite.empty())
        return;
    const auto rank = static_cast<std::ptrdiff_t>((1 - kTail) * static_cast<double>(finite.size() - 1));
    std::nth_element(finite.begin(), finite.begin() + rank, finite.end());
    map.range = {0, niceCeiling(finite[static_cast<std::size_t>(rank)])};
    map.isCut = true;
    for (float& value : map.values) {
        if (std::isinf(value))
            value = static_cast<float>(2 * map.range.high);
    }
}

}  // namespace

int baselineScan(const MixerDetail& detail, const MixerDetail& baseline, int scan)
{
    const std::string name = detail.scanName(scan);
    for (int other = 0; other < baseline.scanCount(); ++other) {
        if (baseline.scanName(other) == name)
            return other;
    }
    throw Error(ErrorKind::Usage,
                "without the edits, " + detail.record().id.name() + " does not run scan '" + name
                    + "': there is no difference to show; choose another scan, or show the edited run");
}

std::vector<std::int32_t> visitedTokens(const MixerDetail& detail, int scan)
{
    std::vector<std::int32_t> tokens;
    for (int step = 0; step < detail.positionCount(); ++step)
        tokens.push_back(detail.record().tokenAt(detail.positionAt(scan, step)));
    return tokens;
}

bool showsDifference(const FigureContext& context)
{
    return context.options.shownRun == ShownRun::Difference && context.baselineDetail && context.detail
        && context.baselineDetail != context.detail;
}

TokenMap makeTokenMap(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity)
{
    TokenMap map;
    if (quantity == OverlayQuantity::None)
        return map;
    requireIndex("scan", selection.scan, detail.scanCount());
    map.height = detail.record().height;
    map.width = detail.record().width;
    if (detail.record().id.isChannelMixer)
        fillFromChannelMixer(detail, selection, quantity, map);
    else
        fillFromTokenMixer(detail, selection, quantity, map);
    dropClassTokens(detail.record(), map.values);
    setRange(map);
    return map;
}

namespace {

TokenMap mapOf(const FigureContext& context, const CancelToken& cancel)
{
    const OverlayQuantity quantity = context.options.overlay;
    const MixerDetail& detail = *context.detail;
    TokenMap map;
    if (quantity == OverlayQuantity::Attribution) {
        if (!context.attribution)
            return map;
        map.height = context.attribution->height;
        map.width = context.attribution->width;
        map.values = context.attribution->values;
        map.fillsInput = true;
        // Not as the map names itself: that is the window's language, and this may go into a file.
        const AttributionMethod method = context.attribution->request.method;
        map.label
            = Words::tr("%1, %2").arg(attributionName(method),
                                      method == AttributionMethod::ReceptiveField ? Words::tr("the selected token")
                                                                                  : context.attribution->target);
        map.note = context.attribution->note;
        map.isSigned = std::any_of(map.values.begin(), map.values.end(), [](float v) { return v < 0; });
        setRange(map);
        return map;
    }
    if (quantity == OverlayQuantity::Attention) {
        if (detail.record().id.isChannelMixer)
            return makeTokenMap(detail, context.selection, quantity);  // says why not
        AttentionMap attention = makeAttentionMap(context, cancel);
        map.height = detail.record().height;
        map.width = detail.record().width;
        map.values = std::move((context.options.attention.isAbsolute ? attention.absolute : attention.mean).values);
        map.label = attentionLabel(context);
        map.isSigned = !context.options.attention.isAbsolute || showsDifference(context);
        const int self = detail.positionAt(context.selection.scan, context.selection.step);
        const ColorBar bar = attentionBar(context, map.values, self, Theme::Light);
        map.range = bar.range;
        map.isCut = bar.extendHigh;
        dropClassTokens(detail.record(), map.values);
        return map;
    }
    if (quantity == OverlayQuantity::FeaturePca)
        return makeFeatureMap(context, cancel);
    map = makeTokenMap(detail, context.selection, quantity);
    if (!showsDifference(context) || map.values.empty())
        return map;
    Selection before = context.selection;
    before.scan = baselineScan(detail, *context.baselineDetail, before.scan);
    subtract(map, makeTokenMap(*context.baselineDetail, before, quantity));
    map.label = Words::tr("Δ %1").arg(map.label);
    return map;
}

}  // namespace

std::vector<float> allValues(const TokenMap& map)
{
    if (map.parts.empty())
        return map.values;
    std::vector<float> values;
    for (const ColorPart& part : map.parts)
        values.insert(values.end(), part.values.begin(), part.values.end());
    return values;
}

void subtract(TokenMap& map, const TokenMap& before)
{
    map.isCut = false;
    map.isSigned = map.parts.empty();
    for (std::size_t i = 0; i < map.values.size() && i < before.values.size(); ++i) {
        if (map.isSigned) {
            map.values[i] -= before.values[i];
            continue;
        }
        double sum = 0;
        for (std::size_t k = 0; k < map.parts.size(); ++k)
            sum += std::pow(static_cast<double>(map.parts[k].values[i]) - before.parts[k].values[i], 2);
        map.values[i] = static_cast<float>(std::sqrt(sum));
    }
    map.parts.clear();
    setRange(map);
}

TokenMap makeTokenMap(const FigureContext& context, const CancelToken& cancel)
{
    TokenMap map = mapOf(context, cancel);
    const std::optional<HeldRange>& held = context.options.heldRange;
    if (!held || held->quantity != context.options.overlay || map.values.empty() || !map.parts.empty())
        return map;
    map.range = held->range;
    if (map.isSigned)
        map.range.low = -map.range.high;
    map.isCut = std::any_of(map.values.begin(), map.values.end(), [&](float v) { return v > map.range.high; });
    return map;
}

}  // namespace mixer::vis
