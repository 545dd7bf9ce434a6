// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Inspection.h"

#include "engine/core/Error.h"
#include "ui/Translate.h"
#include "ui/document/MemoryRoom.h"
#include "visualizers/FigureRun.h"

#include <QDir>
#include <QFile>

#include <algorithm>
#include <cmath>

namespace mixer::ui {

namespace {

/// Tokens of a grid at which path, gates and cells are all still legible.
constexpr int kLegibleTokens = 28 * 28;

double confidenceOf(const float* logits, std::size_t count, int* best)
{
    const float* top = std::max_element(logits, logits + count);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i)
        sum += std::exp(static_cast<double>(logits[i] - *top));
    *best = static_cast<int>(top - logits);
    return 1 / sum;
}

}  // namespace

ProgressCallback partOf(const ProgressCallback& progress, double from, double to)
{
    return [progress, from, to](const std::string& stage, double fraction) {
        progress(stage, from + (to - from) * std::clamp(fraction, 0.0, 1.0));
    };
}

namespace {

/// Refuses what this machine cannot hold, before it is made. Throws Error(Memory).
void requireRoom(const InferenceSession& session, int height, int width, int elementBytes)
{
    const MemoryRoom room = memoryRoom(session, height, width, elementBytes);
    if (!room.fits())
        throw Error(ErrorKind::Memory, room.refusal().toStdString());
}

/// The picture as the network takes it; throws Error(Memory) when running it would not fit.
PreparedImage prepareWithRoom(const InferenceSession& session, const Picture& picture, int elementBytes)
{
    const PreprocessOptions preprocess = session.preprocessing();
    if (preprocess.mode != ResizeMode::Whole)
        requireRoom(session, preprocess.height, preprocess.width, elementBytes);
    PreparedImage prepared = prepareImage(picture.pixels, preprocess);
    const auto side
        = [&](int dimension) { return static_cast<int>(prepared.tensor.size(static_cast<std::size_t>(dimension))); };
    requireRoom(session, side(1), side(2), elementBytes);
    return prepared;
}

/// The run to show, and what is looked at in it.
void lookInto(Inspection& result, const JobContext& context)
{
    const RunRequest& request = result.request;
    vis::FigureRun run;
    run.session = result.session;
    run.baseline = result.baseline;
    run.sources = request.sources;
    run.features = result.features;
    result.editProblem.clear();
    try {
        context.progress("Running with the edits", 0.5);
        vis::showRun(run, request.edits, request.shown, partOf(context.progress, 0.5, 0.85), context.cancel);
    } catch (const Error& error) {
        result.editProblem = QString::fromUtf8(error.what());
        run.trace = run.baseline;
    }
    context.progress("Looking into the mixer", 0.85);
    vis::lookInto(run, startingMixer(*run.trace, request.mixer), request.shown, context.cancel);
    result.trace = run.trace;
    result.sources = run.sources;
    result.detail = run.detail;
    result.attention = run.attention;
    result.features = run.features;
    result.baselineDetail = run.baselineDetail;
}

}  // namespace

Inspection inspect(const std::shared_ptr<const InferenceSession>& session,
                   const std::shared_ptr<const Picture>& picture, const RunRequest& request, const JobContext& context)
{
    Inspection result;
    result.session = session;
    result.picture = picture;
    result.request = request;
    if (!session || !picture)
        return result;
    try {
        context.cancel.check();
        context.progress("Preparing the image", 0);
        const PreparedImage prepared = prepareWithRoom(*session, *picture, request.elementBytes);
        result.baseline = session->run(prepared, partOf(context.progress, 0.1, 0.5), context.cancel);
        lookInto(result, context);
    } catch (const Error& error) {
        result.problem = QString::fromUtf8(error.what());
        result.baseline = nullptr;
        result.trace = nullptr;
        result.detail = nullptr;
    }
    return result;
}

Inspection inspectAgain(const Inspection& known, const RunRequest& request, const JobContext& context)
{
    Inspection result = known;
    result.request = request;
    if (result.baseline)
        lookInto(result, context);
    return result;
}

Inspection openModelJob(const QString& path, const SessionOptions& options,
                        const std::shared_ptr<const Picture>& picture, const RunRequest& request,
                        const JobContext& context)
{
    const auto session = InferenceSession::open(QFile::encodeName(path).toStdString(), options,
                                                partOf(context.progress, 0, 0.7), context.cancel);
    JobContext rest = context;
    rest.progress = partOf(context.progress, 0.7, 1);
    return inspect(session, picture, request, rest);
}

OpenedPictures openPicturesJob(const QStringList& paths, const std::shared_ptr<const InferenceSession>& session,
                               const RunRequest& request, const JobContext& context)
{
    OpenedPictures opened;
    const QStringList files = expandPicturePaths(paths);
    if (files.isEmpty())
        throw Error(ErrorKind::Image,
                    tr("There is no picture in %1. Expected PNG, JPEG, WebP, TIFF or another picture format.")
                        .arg(QDir::toNativeSeparators(paths.value(0)))
                        .toStdString());
    std::shared_ptr<const Picture> picture;
    for (int i = 0; i < files.size() && !picture; ++i) {
        context.progress("Decoding", 0.2 * i / static_cast<double>(files.size()));
        try {
            picture = loadPicture(files[i], context.cancel);
            opened.files = files.mid(i);
        } catch (const Error& error) {
            opened.failures.push_back({files[i], QString::fromUtf8(error.what())});
        }
    }
    JobContext rest = context;
    rest.progress = partOf(context.progress, 0.2, 1);
    opened.inspection = inspect(session, picture, request, rest);
    return opened;
}

SurveyedPicture surveyJob(const QString& path, const std::shared_ptr<const Picture>& pasted,
                          const std::shared_ptr<const InferenceSession>& session, const JobContext& context)
{
    SurveyedPicture surveyed;
    try {
        const auto picture = pasted ? pasted : loadPicture(path, context.cancel);
        surveyed.thumbnail = picture->thumbnail;
        if (!session)
            return surveyed;
        context.cancel.check();
        Array batch = prepareImage(picture->pixels, session->preprocessing()).tensor;
        batch.shape.insert(batch.shape.begin(), 1);
        const Array logits = session->logits(batch, context.cancel);
        surveyed.confidence = confidenceOf(logits.values.data(), logits.values.size(), &surveyed.topClass);
        surveyed.topLabel = QString::fromStdString(session->config().label(surveyed.topClass));
    } catch (const Error& error) {
        surveyed.error = QString::fromUtf8(error.what());
    }
    return surveyed;
}

MixerId startingMixer(const Trace& trace, const std::optional<MixerId>& wanted)
{
    if (wanted && trace.find(*wanted))
        return *wanted;
    const MixerRecord* last = &trace.mixers().front();
    for (const MixerRecord& record : trace.mixers()) {
        if (record.id.isChannelMixer)
            continue;
        last = &record;
        if (record.height * record.width <= kLegibleTokens)
            break;
    }
    return last->id;
}

Selection carried(Selection selection, const MixerDetail* before, const MixerDetail& detail)
{
    if (!before) {
        // Half way, where path and state have something to show.
        selection.step = detail.positionCount() / 2;
        return selection;
    }
    const std::string name = before->scanName(selection.scan);
    selection.scan = 0;
    for (int i = 0; i < detail.scanCount(); ++i) {
        if (detail.scanName(i) == name)
            selection.scan = i;
    }
    const std::int64_t step = selection.step;
    selection.step = static_cast<int>(step * detail.positionCount() / before->positionCount());
    return selection;
}

Selection reconciled(Selection wish, const Trace& trace, const MixerDetail& detail)
{
    wish.mixer = detail.record().id;
    wish.scan = std::clamp(wish.scan, 0, detail.scanCount() - 1);
    wish.step = std::clamp(wish.step, 0, detail.positionCount() - 1);
    wish.lane = wish.lane < detail.laneCount() ? std::max(wish.lane, -1) : -1;
    wish.state = wish.state < detail.stateSize() ? std::max(wish.state, -1) : -1;
    const int classes = static_cast<int>(trace.logits().size());
    wish.classIndex = wish.classIndex < classes ? std::max(wish.classIndex, -1) : -1;
    return wish;
}

}  // namespace mixer::ui
