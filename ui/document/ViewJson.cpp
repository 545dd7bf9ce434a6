// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ViewJson.h"

#include <QJsonArray>

#include <algorithm>
#include <iterator>

namespace mixer::ui {

namespace {

/// Words of an enumeration, in its order.
constexpr const char* kOverlays[]
    = {"none", "gate", "mean-gate", "state-norm", "attention", "half-life", "attribution", "output-gate"};
constexpr const char* kColorMaps[] = {"viridis", "magma", "cividis"};
constexpr const char* kSorts[] = {"number", "mean-gate", "variance", "contribution", "cluster"};
constexpr const char* kGates[] = {"gate", "output-gate"};
constexpr const char* kStates[] = {"state", "kept", "added", "retention", "horizon", "backward"};
constexpr const char* kRuns[] = {"edited", "baseline", "difference"};
constexpr const char* kPredictions[] = {"probability", "logit"};

template <class Enum, std::size_t N> QString word(const char* const (&words)[N], Enum value)
{
    const auto index = static_cast<std::size_t>(value);
    return QLatin1String(words[index < N ? index : 0]);
}

template <class Enum, std::size_t N> void read(const QJsonValue& json, const char* const (&words)[N], Enum& value)
{
    const QString text = json.toString();
    const auto found = std::find_if(std::begin(words), std::end(words),
                                    [&](const char* candidate) { return text == QLatin1String(candidate); });
    if (found != std::end(words))
        value = static_cast<Enum>(found - std::begin(words));
}

}  // namespace

QJsonObject viewToJson(const ViewSettings& view)
{
    const vis::FigureOptions& f = view.figure;
    QJsonObject json{
        {QStringLiteral("overlay"), word(kOverlays, f.overlay)},
        {QStringLiteral("overlayOpacity"), f.overlayOpacity},
        {QStringLiteral("colorMap"), word(kColorMaps, f.colorMap)},
        {QStringLiteral("patchGrid"), f.showPatchGrid},
        {QStringLiteral("scanPath"), f.showPath},
        {QStringLiteral("allPaths"), f.showAllPaths},
        {QStringLiteral("laneSort"), word(kSorts, f.laneSort)},
        {QStringLiteral("gates"), word(kGates, f.gateQuantity)},
        {QStringLiteral("state"), word(kStates, f.stateQuantity)},
        {QStringLiteral("run"), word(kRuns, f.shownRun)},
        {QStringLiteral("predictions"), word(kPredictions, f.predictionValue)},
        {QStringLiteral("top"), f.topCount},
        {QStringLiteral("attention"),
         QJsonObject{{QStringLiteral("column"), f.attention.isColumn},
                     {QStringLiteral("merged"), f.attention.isMerged},
                     {QStringLiteral("absolute"), f.attention.isAbsolute}}},
    };
    if (f.range)
        json.insert(QStringLiteral("range"), QJsonArray{f.range->low, f.range->high});
    if (f.heldRange)
        json.insert(QStringLiteral("heldRange"),
                    QJsonObject{{QStringLiteral("of"), word(kOverlays, f.heldRange->quantity)},
                                {QStringLiteral("low"), f.heldRange->range.low},
                                {QStringLiteral("high"), f.heldRange->range.high}});
    return json;
}

ViewSettings viewFromJson(const QJsonObject& json)
{
    ViewSettings view;
    vis::FigureOptions& f = view.figure;
    const auto at = [&](const char* key) { return json.value(QLatin1String(key)); };
    read(at("overlay"), kOverlays, f.overlay);
    f.overlayOpacity = std::clamp(at("overlayOpacity").toDouble(f.overlayOpacity), 0.05, 1.0);
    read(at("colorMap"), kColorMaps, f.colorMap);
    f.showPatchGrid = at("patchGrid").toBool(f.showPatchGrid);
    f.showPath = at("scanPath").toBool(f.showPath);
    f.showAllPaths = at("allPaths").toBool(f.showAllPaths);
    read(at("laneSort"), kSorts, f.laneSort);
    read(at("gates"), kGates, f.gateQuantity);
    read(at("state"), kStates, f.stateQuantity);
    read(at("run"), kRuns, f.shownRun);
    read(at("predictions"), kPredictions, f.predictionValue);
    f.topCount = std::clamp(at("top").toInt(f.topCount), 1, 100);
    const QJsonObject attention = at("attention").toObject();
    f.attention.isColumn = attention.value(QStringLiteral("column")).toBool();
    f.attention.isMerged = attention.value(QStringLiteral("merged")).toBool();
    f.attention.isAbsolute = attention.value(QStringLiteral("absolute")).toBool();
    const QJsonArray range = at("range").toArray();
    if (range.size() == 2 && range[0].toDouble() < range[1].toDouble())
        f.range = vis::ValueRange{range[0].toDouble(), range[1].toDouble()};
    const QJsonObject held = at("heldRange").toObject();
    vis::HeldRange heldRange;
    read(held.value(QStringLiteral("of")), kOverlays, heldRange.quantity);
    heldRange.range = {held.value(QStringLiteral("low")).toDouble(), held.value(QStringLiteral("high")).toDouble()};
    if (heldRange.quantity != vis::OverlayQuantity::None && heldRange.range.low < heldRange.range.high)
        f.heldRange = heldRange;
    return view;
}

}  // namespace mixer::ui
