// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FeatureMap.h"

#include "engine/analysis/FeatureAxes.h"
#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QFileInfo>

#include <algorithm>
#include <string>
#include <utility>

namespace mixer::vis {

namespace {

constexpr int kParts = FeatureAxes::kMost;

QString percent(double share)
{
    return Words::tr("%1 %").arg(100 * share, 0, 'f', 1);
}

std::shared_ptr<const Trace> baselineOf(const std::shared_ptr<const Trace>& trace)
{
    return trace->baseline() ? trace->baseline() : trace;
}

/// "chelsea.png", "chelsea.png and 3 more".
QString imagesText(const QStringList& images)
{
    const QString first = QFileInfo(images.front()).fileName();
    return images.size() == 1 ? first : Words::tr("%1 and %2 more").arg(first).arg(images.size() - 1);
}

/// Whose axes they are, where that needs to be said.
QString axesText(const FigureContext& context)
{
    const FeatureSpace* space = context.features.get();
    if (!context.options.featureImages.isEmpty())
        return Words::tr("axes fitted on %1").arg(imagesText(context.options.featureImages));
    if (space ? space->isOf(context.trace) : !context.trace->baseline())
        return Words::tr("axes fitted on this image");
    if (!space || space->isOf(context.trace->baseline()))
        return Words::tr("axes fitted on the run without the edits");
    return Words::tr("axes fitted on the run beside it");
}

/// The part of a component; all zero, the mean, where the features have no such direction.
ColorPart partOf(const FeatureAxes& axes, const FeatureScores& scores, int component, std::size_t tokens)
{
    ColorPart part;
    part.label = Words::tr("PC %1").arg(component);
    part.values.assign(tokens, 0.0F);
    if (component > axes.count())
        return part;
    const auto axis = static_cast<std::size_t>(component - 1);
    const auto from = scores.values.values.begin() + static_cast<std::ptrdiff_t>(axis * tokens);
    std::copy(from, from + static_cast<std::ptrdiff_t>(tokens), part.values.begin());
    part.reach = axes.reach[axis];
    part.share = scores.share[axis];
    return part;
}

QString sharesText(const std::vector<ColorPart>& parts)
{
    double sum = 0;
    QStringList shares;
    for (const ColorPart& part : parts) {
        sum += part.share;
        shares << QString::number(100 * part.share, 'f', 1);
    }
    return Words::tr("%1 = %2 of the variance").arg(shares.join(QStringLiteral(" + ")), percent(sum));
}

/// A legend names the images of held axes.
QString withAxes(const QString& note, const FigureContext& context)
{
    const QStringList& images = context.options.featureImages;
    return images.isEmpty() ? note : Words::tr("%1, axes of %2").arg(note, imagesText(images));
}

TokenMap coloredMap(const FigureContext& context, std::vector<ColorPart> parts)
{
    TokenMap map;
    map.values = parts.front().values;
    map.range = {-parts.front().reach, parts.front().reach};
    map.label = Words::tr("feature components 1 to 3");
    map.note = withAxes(sharesText(parts), context);
    map.details = Words::tr("principal components of the mixer's output as red, green and blue; grey is the mean, the "
                            "ends of the colours hold %1 % of the tokens; %2")
                      .arg(qRound(100 * FeatureAxes::kReach))
                      .arg(axesText(context));
    map.parts = std::move(parts);
    return map;
}

TokenMap singleMap(const FigureContext& context, ColorPart part, int component)
{
    TokenMap map;
    map.values = std::move(part.values);
    map.isSigned = true;
    // Of the axes, not of the image: the same colours on the same axes.
    const double high = niceCeiling(part.reach);
    map.range = {-high, high};
    map.isCut = std::any_of(map.values.begin(), map.values.end(), [&](float v) { return v > high; });
    map.label = Words::tr("feature component %1").arg(component);
    map.note = withAxes(Words::tr("%1 of the variance").arg(percent(part.share)), context);
    map.details = Words::tr("principal component of the mixer's output, 0 is the mean; %1").arg(axesText(context));
    return map;
}

TokenMap mapOf(const FigureContext& context, const std::shared_ptr<const Trace>& trace, const FeatureAxes& axes,
               const CancelToken& cancel)
{
    const MixerRecord& record = context.detail->record();
    const FeatureScores scores = featureScores(*trace, record.id, axes, cancel);
    const auto tokens = static_cast<std::size_t>(record.tokenCount());
    const int component = context.options.featureComponent;
    TokenMap map;
    if (component > 0) {
        map = singleMap(context, partOf(axes, scores, component, tokens), component);
    } else {
        std::vector<ColorPart> parts;
        for (int i = 1; i <= kParts; ++i)
            parts.push_back(partOf(axes, scores, i, tokens));
        map = coloredMap(context, std::move(parts));
    }
    map.height = record.height;
    map.width = record.width;
    return map;
}

}  // namespace

bool haveSameAxes(const FigureContext& a, const FigureContext& b)
{
    return a.features && b.features ? a.features == b.features : baselineOf(a.trace) == baselineOf(b.trace);
}

TokenMap makeFeatureMap(const FigureContext& context, const CancelToken& cancel)
{
    const MixerId& mixer = context.detail->record().id;
    const auto axes
        = (context.features ? context.features : std::make_shared<const FeatureSpace>(baselineOf(context.trace)))
              ->axes(mixer, cancel);
    const int component = context.options.featureComponent;
    if (component > axes->count())
        throw Error(ErrorKind::Usage,
                    "the output of " + mixer.name() + " varies in " + std::to_string(axes->count())
                        + (axes->count() == 1 ? " direction" : " directions") + " only: there is no component "
                        + std::to_string(component));
    TokenMap map = mapOf(context, context.trace, *axes, cancel);
    if (!showsDifference(context))
        return map;
    map.label = (map.parts.empty() ? Words::tr("Δ %1") : Words::tr("‖Δ‖ of %1")).arg(map.label);
    map.note.clear();
    subtract(map, mapOf(context, context.baseline, *axes, cancel));
    return map;
}

}  // namespace mixer::vis
