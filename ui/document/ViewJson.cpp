// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ViewJson.h"

#include "visualizers/OptionNames.h"

#include <QJsonArray>

#include <algorithm>

namespace mixer::ui {

namespace {

template <class Enum, std::size_t N> QString word(const vis::OptionNames<N>& names, Enum value)
{
    return QString::fromStdString(vis::nameOf(names, value));
}

template <class Enum, std::size_t N> void read(const QJsonValue& json, const vis::OptionNames<N>& names, Enum& value)
{
    const int index = vis::indexOf(names, json.toString().toStdString());
    if (index >= 0)
        value = static_cast<Enum>(index);
}

}  // namespace

QJsonObject viewToJson(const ViewSettings& view)
{
    const vis::FigureOptions& f = view.figure;
    QJsonObject json{
        {QStringLiteral("overlay"), word(vis::kOverlayNames, f.overlay)},
        {QStringLiteral("overlayOpacity"), f.overlayOpacity},
        {QStringLiteral("featureComponent"), word(vis::kFeatureComponentNames, f.featureComponent)},
        {QStringLiteral("colorMap"), vis::ColorMap::get(f.colorMap).name()},
        {QStringLiteral("patchGrid"), f.showPatchGrid},
        {QStringLiteral("scanPath"), f.showPath},
        {QStringLiteral("allPaths"), f.showAllPaths},
        {QStringLiteral("laneSort"), word(vis::kLaneSortNames, f.laneSort)},
        {QStringLiteral("gates"), word(vis::kGateQuantityNames, f.gateQuantity)},
        {QStringLiteral("state"), word(vis::kStateQuantityNames, f.stateQuantity)},
        {QStringLiteral("run"), word(vis::kShownRunNames, f.shownRun)},
        {QStringLiteral("predictions"), word(vis::kPredictionValueNames, f.predictionValue)},
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
                    QJsonObject{{QStringLiteral("of"), word(vis::kOverlayNames, f.heldRange->quantity)},
                                {QStringLiteral("low"), f.heldRange->range.low},
                                {QStringLiteral("high"), f.heldRange->range.high}});
    return json;
}

ViewSettings viewFromJson(const QJsonObject& json)
{
    ViewSettings view;
    vis::FigureOptions& f = view.figure;
    const auto at = [&](const char* key) { return json.value(QLatin1String(key)); };
    read(at("overlay"), vis::kOverlayNames, f.overlay);
    read(at("featureComponent"), vis::kFeatureComponentNames, f.featureComponent);
    f.overlayOpacity = std::clamp(at("overlayOpacity").toDouble(f.overlayOpacity), 0.05, 1.0);
    const QString colors = at("colorMap").toString();
    if (vis::ColorMap::names().contains(colors))
        f.colorMap = vis::ColorMap::byName(colors).id();
    f.showPatchGrid = at("patchGrid").toBool(f.showPatchGrid);
    f.showPath = at("scanPath").toBool(f.showPath);
    f.showAllPaths = at("allPaths").toBool(f.showAllPaths);
    read(at("laneSort"), vis::kLaneSortNames, f.laneSort);
    read(at("gates"), vis::kGateQuantityNames, f.gateQuantity);
    read(at("state"), vis::kStateQuantityNames, f.stateQuantity);
    read(at("run"), vis::kShownRunNames, f.shownRun);
    read(at("predictions"), vis::kPredictionValueNames, f.predictionValue);
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
    read(held.value(QStringLiteral("of")), vis::kOverlayNames, heldRange.quantity);
    heldRange.range = {held.value(QStringLiteral("low")).toDouble(), held.value(QStringLiteral("high")).toDouble()};
    if (heldRange.quantity != vis::OverlayQuantity::None && heldRange.range.low < heldRange.range.high)
        f.heldRange = heldRange;
    return view;
}

}  // namespace mixer::ui
