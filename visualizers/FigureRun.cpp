// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureRun.h"

#include "engine/analysis/FeatureAxes.h"
#include "engine/attention/ImplicitAttention.h"
#include "engine/attribution/Ablation.h"
#include "engine/batch/PictureList.h"
#include "engine/image/LoadPicture.h"
#include "engine/session/PatchRuns.h"
#include "visualizers/AttributionMaps.h"
#include "visualizers/SecondRun.h"

#include <QFile>

#include <algorithm>

namespace mixer::vis {

namespace {

bool showsEdits(const Interventions& edits, ShownRun shown)
{
    return !edits.isBaseline() && shown != ShownRun::Baseline;
}

AttributionRequest settled(AttributionRequest request, const FigureRun& run, const Selection& selection)
{
    if (request.position < 0) {
        request.mixer = selection.mixer;
        request.position = selectedToken(*run.detail, selection);
        if (request.method != AttributionMethod::ReceptiveField)
            request.position = std::max(0, request.position);
    }
    if (request.classIndex < 0)
        request.classIndex = selection.classIndex >= 0 ? selection.classIndex : run.trace->topClasses(1).front();
    return request;
}

}  // namespace

bool isRunOf(const FigureRun& run, const Interventions& edits, ShownRun shown)
{
    if (!run.trace)
        return false;
    return showsEdits(edits, shown) ? run.trace->interventions() == edits : run.trace == run.baseline;
}

void showRun(FigureRun& run, const Interventions& edits, ShownRun shown, const ProgressCallback& progress,
             const CancelToken& cancel)
{
    std::shared_ptr<const Trace> trace = run.baseline;
    if (showsEdits(edits, shown)) {
        run.sources = runPatchImages(*run.session, edits, cancel, run.sources);
        trace = run.session->edit(run.baseline, edits, run.sources, progress, cancel);
    }
    run.trace = trace;
    run.detail = nullptr;
    run.baselineDetail = nullptr;
    run.attention = nullptr;
    run.attribution = nullptr;
    run.patchEffects = nullptr;
    run.contributions.clear();
}

void lookInto(FigureRun& run, const MixerId& mixer, ShownRun shown, const CancelToken& cancel)
{
    run.detail = run.trace->detail(mixer, cancel);
    run.attention = std::make_shared<const ImplicitAttention>(run.detail);
    if (!run.features || !run.features->isOf(run.baseline))
        run.features = std::make_shared<const FeatureSpace>(run.baseline);
    run.contributions.clear();
    run.baselineDetail = nullptr;
    if (run.trace != run.baseline && shown == ShownRun::Difference)
        run.baselineDetail = run.baseline->detail(mixer, cancel);
}

std::shared_ptr<const FeatureSpace> featuresOf(const std::shared_ptr<const InferenceSession>& session,
                                               const QStringList& images)
{
    return std::make_shared<const FeatureSpace>([session, images](const CancelToken& cancel) {
        FeatureRuns runs;
        for (const QString& image : images) {
            cancel.check();
            const std::string path = QFile::encodeName(image).toStdString();
            runs.push_back(session->run(loadPicture(path, session->preprocessing()).prepared, {}, cancel));
        }
        return runs;
    });
}

void holdFeatures(FigureRun& run, const FigureOptions& options)
{
    if (run.heldFeatures && run.heldImages == options.featureImages)
        return;
    run.heldImages = options.featureImages;
    run.heldFeatures = run.heldImages.isEmpty() ? nullptr : featuresOf(run.session, run.heldImages);
}

std::vector<float> contributionsOf(const FigureRun& run, const MixerId& mixer, int classIndex,
                                   const ProgressCallback& progress, const CancelToken& cancel)
{
    AttributionOptions options;
    options.classIndex = classIndex;
    options.progress = progress;
    options.cancel = cancel;
    const PatchSources sources = runPatchImages(*run.session, run.trace->interventions(), cancel, run.sources);
    std::vector<float> result;
    for (const AblationScore& score : ablateChannels(*run.session, run.trace, mixer, {}, options, sources))
        result.push_back(static_cast<float>(score.logitDrop));
    return result;
}

std::shared_ptr<const PatchEffectMap> patchEffectsOf(const FigureRun& run, const PatchEffectRequest& request,
                                                     const ProgressCallback& progress, const CancelToken& cancel)
{
    AttributionOptions options;
    options.classIndex = request.classIndex;
    options.progress = progress;
    options.cancel = cancel;
    const std::string image = QFile::encodeName(request.image).toStdString();
    const auto known = run.sources.find(image);
    const std::shared_ptr<const Trace> other = known != run.sources.end()
        ? known->second
        : run.session->run(loadPicture(image, run.session->preprocessing()).prepared, {}, cancel);
    auto map = std::make_shared<PatchEffectMap>();
    map->request = request;
    map->edits = run.trace->interventions();
    map->effects = patchEffects(*run.trace, *other, request.part, request.parts, options);
    map->request.classIndex = map->effects.classIndex;
    return map;
}

FigureContext contextOf(const FigureRun& run, const Selection& selection, const FigureOptions& options)
{
    FigureContext context;
    context.trace = run.trace;
    context.detail = run.detail;
    context.attention = run.attention;
    context.features = options.featureImages.isEmpty() || !run.heldFeatures ? run.features : run.heldFeatures;
    if (run.trace != run.baseline)
        context.baseline = run.baseline;
    context.baselineDetail = run.baselineDetail;
    if (run.trace)
        context.interventions = run.trace->interventions();
    context.attribution = run.attribution;
    context.patchEffects = run.patchEffects;
    context.contributions = run.contributions;
    context.routerStatistics = run.routerStatistics;
    context.studied = run.studied;
    context.trueClass = run.trueClass;
    if (run.session) {
        context.config = run.session->config();
        context.checkpoint = std::shared_ptr<const Checkpoint>(run.session, &run.session->checkpoint());
        for (const std::string& difference : run.session->preprocessDifferences())
            context.preprocessing << QString::fromStdString(difference);
    }
    context.modelPath = run.modelPath;
    context.imagePath = run.imagePath;
    context.image = run.image;
    context.selection = selection;
    context.options = options;
    if (!context.baseline && context.options.shownRun == ShownRun::Difference)
        context.options.shownRun = ShownRun::Edited;
    context.programVersion = run.programVersion;
    return context;
}

FigureContext prepare(FigureRun& run, const FigureRequest& request, const ProgressCallback& progress,
                      const CancelToken& cancel)
{
    const ShownRun shown = request.options.shownRun;
    if (!isRunOf(run, request.edits, shown))
        showRun(run, request.edits, shown, progress, cancel);
    const Selection selection = resolve(request.selection, *run.trace, run.session->config(), cancel);
    const bool needsBaseline = run.trace != run.baseline && shown == ShownRun::Difference;
    if (!run.detail || run.detail->record().id != selection.mixer || needsBaseline != (run.baselineDetail != nullptr))
        lookInto(run, selection.mixer, shown, cancel);
    if (request.attribution && request.options.overlay == OverlayQuantity::Attribution) {
        const AttributionRequest wanted = settled(*request.attribution, run, selection);
        if (!run.attribution || !(run.attribution->request == wanted))
            run.attribution = makeAttributionMap(*run.trace, run.session->config(), wanted, progress, cancel);
    }
    if (request.patchEffects && request.figure == QLatin1String("patch-effects")) {
        PatchEffectRequest wanted = *request.patchEffects;
        if (wanted.classIndex < 0)
            wanted.classIndex = selection.classIndex >= 0 ? selection.classIndex : run.trace->topClasses(1).front();
        if (!run.patchEffects || !(run.patchEffects->request == wanted))
            run.patchEffects = patchEffectsOf(run, wanted, progress, cancel);
    }
    if (request.options.laneSort == LaneSort::Contribution && run.contributions.empty()
        && !selection.mixer.isChannelMixer)
        run.contributions = contributionsOf(run, selection.mixer, selection.classIndex, progress, cancel);
    holdFeatures(run, request.options);
    FigureContext context = contextOf(run, selection, request.options);
    if (request.compare.isActive())
        addSecondRun(context, run, request, progress, cancel);
    return context;
}

FigureRun runPicture(const std::shared_ptr<const InferenceSession>& session, const QString& modelPath,
                     const std::string& imagePath, const CancelToken& cancel)
{
    const LoadedPicture loaded = loadPicture(imagePath, session->preprocessing());
    FigureRun run;
    run.session = session;
    run.modelPath = modelPath;
    run.imagePath = QFile::decodeName(imagePath.c_str());
    run.image = loaded.image;
    run.trueClass = classOfFolder(run.imagePath, session->config());
    run.baseline = session->run(loaded.prepared, {}, cancel);
    return run;
}

int selectedToken(const MixerDetail& detail, const Selection& selection)
{
    if (selection.mixer.isChannelMixer)
        return std::max(0, selection.lane);
    return detail.record().tokenAt(detail.positionAt(selection.scan, selection.step));
}

int classOfFolder(const QString& path, const ModelConfig& config)
{
    return FolderClasses(config).of(QFile::encodeName(path).toStdString());
}

}  // namespace mixer::vis
