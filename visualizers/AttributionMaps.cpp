// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/AttributionMaps.h"

#include "engine/attribution/Attribution.h"
#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

constexpr int kPathSteps = 32;        ///< of integrated gradients
constexpr double kLargestGap = 0.05;  ///< of the completeness: over this the map is doubtful
constexpr int kCurveSteps = 16, kRandomOrders = 4;

AttributionResult compute(const Trace& trace, const AttributionRequest& request, const AttributionOptions& options)
{
    switch (request.method) {
    case AttributionMethod::GradientTimesInput:
        return gradientTimesInput(trace, options);
    case AttributionMethod::IntegratedGradients:
        return integratedGradients(trace, kPathSteps, options);
    case AttributionMethod::GradCam:
        return gradCam(trace, lastMixer(trace, request.mixer.stage), options);
    case AttributionMethod::Occlusion: {
        const int side = std::max(4, std::min(trace.geometry().inputWidth, trace.geometry().inputHeight) / 8);
        return occlusion(trace, side, std::max(2, side / 2), options);
    }
    case AttributionMethod::ReceptiveField:
        break;
    }
    if (request.position < 0)
        throw Error(ErrorKind::Usage, "this step is at a class token, which lies nowhere on the image: choose another");
    return receptiveField(trace, request.mixer, request.position, options);
}

/// Gap and faithfulness in words.
void judge(AttributionMap& map, const AttributionResult& result, const Trace& trace, const AttributionOptions& options)
{
    QStringList notes;
    if (map.request.method == AttributionMethod::IntegratedGradients && !std::isnan(result.completenessGap)) {
        notes << Words::tr("completeness gap %1 %").arg(QLocale().toString(100 * result.completenessGap, 'f', 1));
        map.isDoubtful = result.completenessGap > kLargestGap;
    }
    if (map.request.withFaithfulness && map.request.method != AttributionMethod::ReceptiveField) {
        const Faithfulness faith = faithfulness(trace, result, kCurveSteps, kRandomOrders, 1, options);
        notes << Words::tr("faithfulness %1 over chance").arg(QLocale().toString(faith.score, 'f', 2));
        map.isDoubtful = map.isDoubtful || faith.score <= 0;
    }
    map.note = notes.join(QStringLiteral(" · "));
}

}  // namespace

QString attributionName(AttributionMethod method)
{
    switch (method) {
    case AttributionMethod::GradientTimesInput:
        return Words::tr("gradient × input");
    case AttributionMethod::IntegratedGradients:
        return Words::tr("integrated gradients");
    case AttributionMethod::GradCam:
        return Words::tr("Grad-CAM");
    case AttributionMethod::Occlusion:
        return Words::tr("occlusion");
    case AttributionMethod::ReceptiveField:
        break;
    }
    return Words::tr("receptive field");
}

std::shared_ptr<const AttributionMap> makeAttributionMap(const Trace& trace, const ModelConfig& config,
                                                         const AttributionRequest& request,
                                                         const ProgressCallback& progress, const CancelToken& cancel)
{
    AttributionOptions options;
    options.classIndex = request.classIndex;
    options.progress = progress;
    options.cancel = cancel;
    const AttributionResult result = compute(trace, request, options);
    auto map = std::make_shared<AttributionMap>();
    map->request = request;
    map->request.position = std::max(0, request.position);
    map->method = attributionName(request.method);
    map->target = request.method == AttributionMethod::ReceptiveField
        ? Words::tr("the selected token")
        : QString::fromStdString(
            config.label(request.classIndex < 0 ? trace.topClasses(1).front() : request.classIndex));
    map->height = static_cast<int>(result.values.size(0));
    map->width = static_cast<int>(result.values.size(1));
    map->values = result.values.values;
    judge(*map, result, trace, options);
    return map;
}

}  // namespace mixer::vis
