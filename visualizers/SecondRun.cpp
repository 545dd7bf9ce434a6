// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/SecondRun.h"

#include "visualizers/AttributionMaps.h"
#include "visualizers/LinkedSelection.h"
#include "visualizers/RunPair.h"

#include <QFile>

#include <utility>

namespace mixer::vis {

namespace {

using With = CompareChoice::With;

std::string encoded(const QString& path)
{
    return QFile::encodeName(path).toStdString();
}

PairSide sideOf(const FigureRun& run)
{
    return {run.session, run.options.precision, run.modelPath, run.imagePath, run.trace};
}

/// The counterpart of what is selected, or the other network's first mixer.
MixerId mixerOf(const Trace& other, const MixerId& selected)
{
    return counterpart(other, selected).value_or(other.mixers().front().id);
}

/// The same attribution of the other run; null where it has no such mixer or class.
std::shared_ptr<const AttributionMap> attributionOf(const FigureRun& other, const RunPair& pair,
                                                    AttributionRequest request, const ProgressCallback& progress,
                                                    const CancelToken& cancel)
{
    const std::optional<MixerId> mixer = counterpart(*other.trace, request.mixer);
    const int classIndex = linkedClass(pair, request.classIndex);
    if (!mixer || classIndex < 0)
        return nullptr;
    request.mixer = *mixer;
    request.classIndex = classIndex;
    if (other.attribution && other.attribution->request == request)
        return other.attribution;
    return makeAttributionMap(*other.trace, other.session->config(), request, progress, cancel);
}

}  // namespace

std::shared_ptr<FigureRun> openSecondRun(const FigureRun& run, const CompareChoice& choice, const QString& file,
                                         const CancelToken& cancel)
{
    const QString path = file.isEmpty() ? choice.path : file;
    auto other = std::make_shared<FigureRun>();
    SessionOptions options = run.options;
    switch (choice.with) {
    case With::Model:
        options.labels.clear();
        *other = runPicture(InferenceSession::open(encoded(path), options, {}, cancel), choice.path,
                            encoded(run.imagePath), cancel);
        break;
    case With::Image:
        *other = runPicture(run.session, run.modelPath, encoded(path), cancel);
        other->imagePath = choice.path;
        break;
    case With::Arithmetic:
        options.precision = choice.precision;
        options.device = choice.device;
        *other = runPicture(InferenceSession::open(run.session->checkpoint().path(), options, {}, cancel),
                            run.modelPath, encoded(run.imagePath), cancel);
        break;
    case With::Baseline:
    case With::Nothing:
        other->session = run.session;
        other->modelPath = run.modelPath;
        other->imagePath = run.imagePath;
        other->image = run.image;
        other->baseline = run.baseline;
        break;
    }
    other->options = options;
    other->compared = choice;
    other->programVersion = run.programVersion;
    return other;
}

void addSecondRun(FigureContext& context, FigureRun& run, const FigureRequest& request,
                  const ProgressCallback& progress, const CancelToken& cancel)
{
    if (!run.second || !run.second->compared.isSameRun(request.compare))
        run.second = openSecondRun(run, request.compare, {}, cancel);
    FigureRun& other = *run.second;
    const bool isBaseline = request.compare.with == With::Baseline;
    const Interventions edits = isBaseline ? Interventions() : request.edits;
    const ShownRun shown = isBaseline ? ShownRun::Edited : request.options.shownRun;
    if (!isRunOf(other, edits, shown)) {
        showRun(other, edits, shown, progress, cancel);
        run.pair = nullptr;
    }
    const MixerId mixer = mixerOf(*other.trace, context.selection.mixer);
    if (!other.detail || other.detail->record().id != mixer)
        lookInto(other, mixer, shown, cancel);
    const bool isCurrent = run.pair && run.pair->choice.isSameRun(request.compare)
        && (run.pair->traceA == run.trace || run.pair->traceB == run.trace);
    if (!isCurrent)
        run.pair
            = std::make_shared<const RunPair>(makePair(request.compare, sideOf(run), sideOf(other), progress, cancel));
    Selection current;
    current.mixer = mixer;
    Selection selection = linkedSelection(*run.detail, context.selection, *other.detail, current);
    selection.classIndex = linkedClass(*run.pair, context.selection.classIndex);
    if (run.attribution && request.options.overlay == OverlayQuantity::Attribution)
        other.attribution = attributionOf(other, *run.pair, run.attribution->request, progress, cancel);
    context.pair = run.pair;
    holdFeatures(other, request.options);
    FigureContext beside = contextOf(other, selection, request.options);
    if (sharesFeatures(request.compare))
        beside.features = context.features;
    context.other = std::make_shared<const FigureContext>(std::move(beside));
}

}  // namespace mixer::vis
