// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/InspectionDocument.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace mixer::ui {

namespace {

const QString kModelTag = QStringLiteral("model");
const QString kPictureTag = QStringLiteral("picture");
const QString kRunTag = QStringLiteral("run");
const QString kDetailTag = QStringLiteral("detail");
const QString kSurveyTag = QStringLiteral("survey");

QString fileName(const QString& path)
{
    return QFileInfo(path).fileName();
}

/// A selection made in `before`, carried over to another mixer or image: the scan by its name, for the chosen ones
/// differ, and the step by its share of the way.
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

}  // namespace

InspectionDocument::InspectionDocument(SessionOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
{
}

InspectionDocument::~InspectionDocument()
{
    m_closing = true;
    blockSignals(true);
    m_worker.shutdown();
}

QString InspectionDocument::modelPath() const
{
    return session() ? QFile::decodeName(session()->checkpoint().path().c_str()) : QString();
}

int InspectionDocument::shownClass() const
{
    if (!trace())
        return -1;
    return selection().classIndex >= 0 ? selection().classIndex : trace()->topClasses(1).front();
}

vis::FigureContext InspectionDocument::figureContext() const
{
    vis::FigureContext context;
    context.trace = trace();
    context.detail = detail();
    if (session())
        context.config = session()->config();
    context.modelPath = modelPath();
    if (picture()) {
        context.imagePath = picture()->path.isEmpty() ? picture()->name : picture()->path;
        context.image = std::shared_ptr<const RgbImage>(picture(), &picture()->pixels);
    }
    context.selection = selection();
    context.options = viewSettings().figure;
    context.programVersion = QCoreApplication::applicationVersion();
    return context;
}

void InspectionDocument::openModel(const QString& path)
{
    const auto work = [path, options = m_options, shown = picture(), wanted = wantedMixer()](
                          const JobContext& context) { return openModelJob(path, options, shown, wanted, context); };
    m_worker.submit<Inspection>(
        kModelTag, tr("Opening %1").arg(fileName(path)), work,
        [this, path](JobOutcome<Inspection> outcome) { onModelOpened(path, std::move(outcome)); });
}

void InspectionDocument::onModelOpened(const QString& path, JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed)
        report(tr("%1 was not opened. %2").arg(fileName(path), outcome.message));
    if (outcome.end != JobEnd::Finished)
        return;
    Inspection inspection = std::move(outcome.value);
    if (inspection.picture != picture()) {
        // Another picture came in between; it runs on this model next.
        inspection.picture = picture();
        inspection.trace = nullptr;
        inspection.detail = nullptr;
        inspection.problem.clear();
    }
    m_modelWarnings.clear();
    for (const Remark& remark : inspection.session->receipt().remarks)
        if (remark.kind != Remark::Kind::Note)
            m_modelWarnings << QString::fromStdString(remark.text);
    m_images.clearPredictions();
    take(m_state, inspection);
    Q_EMIT warningsChanged();
}

void InspectionDocument::openPictures(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    const auto work = [paths, shared = session(), wanted = wantedMixer()](const JobContext& context) {
        return openPicturesJob(paths, shared, wanted, context);
    };
    const QString title = tr("Opening %1").arg(fileName(paths.front()));
    m_worker.submit<OpenedPictures>(
        kPictureTag, title, work, [this](JobOutcome<OpenedPictures> outcome) { onPicturesOpened(std::move(outcome)); });
}

void InspectionDocument::onPicturesOpened(JobOutcome<OpenedPictures> outcome)
{
    if (outcome.end == JobEnd::Failed)
        report(outcome.message);
    if (outcome.end != JobEnd::Finished)
        return;
    const OpenedPictures& opened = outcome.value;
    const auto failed = static_cast<int>(opened.failures.size());
    for (const PictureFailure& failure : opened.failures)
        addWarning(failure.message);
    if (failed == 1)
        report(opened.failures.front().message);
    else if (failed > 1)
        report(tr("%n images were left out because they cannot be decoded. The first: %1", nullptr, failed)
                   .arg(opened.failures.front().message));
    if (!opened.inspection.picture)
        return;
    std::vector<ImageEntry> added;
    for (const QString& file : opened.files) {
        if (m_images.rowOf(file) >= 0)
            continue;
        ImageEntry entry;
        entry.path = file;
        entry.name = fileName(file);
        added.push_back(std::move(entry));
    }
    m_images.append(std::move(added));
    State next = m_state;
    next.currentRow = m_images.rowOf(opened.inspection.picture->path);
    take(std::move(next), opened.inspection);
}

void InspectionDocument::openPastedImage(const QImage& image)
{
    const int number = m_images.count() + 1;
    const auto work = [image, name = tr("Pasted image %1").arg(number), shared = session(),
                       wanted = wantedMixer()](const JobContext& context) {
        return inspect(shared, pictureFrom(image, name, context.cancel), wanted, context);
    };
    m_worker.submit<Inspection>(kPictureTag, tr("Pasting an image"), work, [this](JobOutcome<Inspection> outcome) {
        if (outcome.end == JobEnd::Failed)
            report(outcome.message);
        if (outcome.end != JobEnd::Finished)
            return;
        ImageEntry entry;
        entry.name = outcome.value.picture->name;
        entry.pasted = outcome.value.picture;
        State next = m_state;
        next.currentRow = m_images.append({entry});
        take(std::move(next), outcome.value);
    });
}

void InspectionDocument::showImage(int row)
{
    if (row < 0 || row >= m_images.count() || (row == currentImage() && trace() && !m_worker.isPending(kPictureTag)))
        return;
    const ImageEntry& entry = m_images.entry(row);
    const auto work = [path = entry.path, pasted = entry.pasted, shared = session(),
                       wanted = wantedMixer()](const JobContext& context) {
        context.progress("Decoding", 0);
        const auto decoded = pasted ? pasted : loadPicture(path, context.cancel);
        JobContext rest = context;
        rest.progress = partOf(context.progress, 0.2, 1);
        return inspect(shared, decoded, wanted, rest);
    };
    m_worker.submit<Inspection>(kPictureTag, tr("Opening %1").arg(entry.name), work,
                                [this, row](JobOutcome<Inspection> outcome) { onImageShown(row, std::move(outcome)); });
}

void InspectionDocument::onImageShown(int row, JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed) {
        ImageEntry broken = m_images.entry(row);
        broken.error = outcome.message;
        m_images.update(row, broken);
        report(outcome.message);
    }
    if (outcome.end != JobEnd::Finished) {
        if (!m_worker.isPending(kPictureTag))
            Q_EMIT currentImageChanged();  // the list goes back to what is shown
        return;
    }
    State next = m_state;
    next.currentRow = row;
    take(std::move(next), outcome.value);
}

void InspectionDocument::take(State next, const Inspection& inspection)
{
    const bool isStale = inspection.session != session() && inspection.picture != picture();
    if (isStale) {
        // The picture ran on a model that has been replaced since: the picture is kept, its trace is made anew.
        next.inspection.picture = inspection.picture;
        next.inspection.trace = nullptr;
        next.inspection.detail = nullptr;
        next.inspection.problem.clear();
    } else {
        next.inspection = inspection;
    }
    const Inspection& taken = next.inspection;
    if (taken.detail) {
        if (taken.session != session()) {
            next.selection.lane = -1;
            next.selection.state = -1;
            next.selection.classIndex = -1;
        }
        next.selection = carried(next.selection, detail().get(), *taken.detail);
        next.selection = reconciled(next.selection, *taken.trace, *taken.detail);
    }
    if (!taken.problem.isEmpty())
        report(taken.problem);
    const int row = next.currentRow;
    commit(std::move(next));
    if (row >= 0)
        noteResult(row);
    ensureTrace();
    surveyNext();
}

void InspectionDocument::ensureTrace()
{
    const Inspection& now = m_state.inspection;
    if (!now.session || !now.picture)
        return;
    if (now.trace) {
        // Another mixer was chosen while this ran.
        const std::optional<MixerId> wanted = wantedMixer();
        if (wanted && *wanted != selection().mixer && trace()->find(*wanted))
            requestDetail(*wanted, selection(), WishIs::Carried);
        else
            m_lastMixer = selection().mixer;
        return;
    }
    if (!now.problem.isEmpty() || m_closing)
        return;
    const auto work = [shared = now.session, shown = now.picture, wanted = wantedMixer()](const JobContext& context) {
        return inspect(shared, shown, wanted, context);
    };
    m_worker.submit<Inspection>(kRunTag, tr("Running the model"), work,
                                [this](JobOutcome<Inspection> outcome) { onRan(std::move(outcome)); });
}

void InspectionDocument::onRan(JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed)
        report(outcome.message);
    const Inspection& ran = outcome.value;
    if (outcome.end == JobEnd::Finished && ran.session == session() && ran.picture == picture())
        take(m_state, ran);
}

void InspectionDocument::select(const Selection& wish)
{
    if (!detail())
        return;
    if (wish.mixer != selection().mixer) {
        requestDetail(wish.mixer, wish, WishIs::Exact);
        return;
    }
    State next = m_state;
    next.selection = reconciled(wish, *trace(), *detail());
    commit(std::move(next));
}

void InspectionDocument::requestMixer(const MixerId& id)
{
    if (!trace() || !trace()->find(id) || id == requestedMixer())
        return;
    Selection wish = selection();
    wish.lane = -1;
    wish.state = -1;
    requestDetail(id, wish, WishIs::Carried);
}

void InspectionDocument::stepMixer(int by)
{
    if (!trace())
        return;
    const std::vector<MixerRecord>& mixers = trace()->mixers();
    const MixerId from = requestedMixer();
    const auto here = std::find_if(mixers.begin(), mixers.end(), [&](const MixerRecord& r) { return r.id == from; });
    const auto index = (here - mixers.begin()) + by;
    if (index >= 0 && index < static_cast<std::ptrdiff_t>(mixers.size()))
        requestMixer(mixers[static_cast<std::size_t>(index)].id);
}

void InspectionDocument::requestDetail(const MixerId& id, const Selection& wish, WishIs kind)
{
    setRequestedMixer(id);
    const auto work = [of = trace(), id](const JobContext& context) {
        context.progress("Looking into the mixer", -1);
        return of->detail(id, context.cancel);
    };
    using Detail = std::shared_ptr<const MixerDetail>;
    const QString title = tr("Computing %1").arg(QString::fromStdString(id.shortName()));
    m_worker.submit<Detail>(kDetailTag, title, work, [this, of = trace(), wish, kind](JobOutcome<Detail> outcome) {
        if (outcome.end == JobEnd::Failed)
            report(outcome.message);
        if (outcome.end == JobEnd::Finished && of == trace()) {
            State next = m_state;
            next.inspection.detail = outcome.value;
            next.selection = kind == WishIs::Exact ? wish : carried(selection(), detail().get(), *outcome.value);
            next.selection.lane = wish.lane;
            next.selection.state = wish.state;
            next.selection = reconciled(next.selection, *of, *outcome.value);
            m_lastMixer = next.selection.mixer;
            commit(std::move(next));
        }
        if (!m_worker.isPending(kDetailTag))
            setRequestedMixer(std::nullopt);
    });
}

void InspectionDocument::setRequestedMixer(const std::optional<MixerId>& id)
{
    const MixerId before = requestedMixer();
    m_requestedMixer = id;
    if (requestedMixer() != before)
        Q_EMIT requestedMixerChanged();
}

void InspectionDocument::setScan(int scan)
{
    if (!detail() || scan < 0 || scan >= detail()->scanCount())
        return;
    Selection next = selection();
    next.step = detail()->stepOf(scan, detail()->positionAt(next.scan, next.step));
    next.scan = scan;
    select(next);
}

void InspectionDocument::setStep(int step)
{
    Selection next = selection();
    next.step = step;
    select(next);
}

void InspectionDocument::setLane(int lane)
{
    Selection next = selection();
    next.lane = lane;
    select(next);
}

void InspectionDocument::setState(int state)
{
    Selection next = selection();
    next.state = state;
    select(next);
}

void InspectionDocument::setClass(int classIndex)
{
    Selection next = selection();
    next.classIndex = classIndex;
    select(next);
}

void InspectionDocument::setViewSettings(const ViewSettings& view)
{
    State next = m_state;
    next.view = view;
    commit(std::move(next));
}

void InspectionDocument::setFigureOptions(const vis::FigureOptions& options)
{
    ViewSettings view = viewSettings();
    view.figure = options;
    setViewSettings(view);
}

void InspectionDocument::commit(State next)
{
    const State old = std::exchange(m_state, std::move(next));
    const Inspection& now = m_state.inspection;
    if (old.inspection.session != now.session)
        Q_EMIT sessionChanged();
    if (old.inspection.picture != now.picture)
        Q_EMIT pictureChanged();
    if (old.currentRow != m_state.currentRow) {
        m_images.setCurrentRow(m_state.currentRow);
        Q_EMIT currentImageChanged();
    }
    if (old.inspection.trace != now.trace)
        Q_EMIT traceChanged();
    if (old.inspection.detail != now.detail)
        Q_EMIT detailChanged();
    if (old.selection != m_state.selection)
        Q_EMIT selectionChanged();
    if (old.view != m_state.view)
        Q_EMIT viewSettingsChanged();
}

void InspectionDocument::noteResult(int row)
{
    ImageEntry entry = m_images.entry(row);
    entry.thumbnail = picture()->thumbnail;
    if (trace()) {
        entry.topClass = trace()->topClasses(1).front();
        entry.topLabel = QString::fromStdString(session()->config().label(entry.topClass));
        entry.confidence = trace()->probabilities()[static_cast<std::size_t>(entry.topClass)];
    }
    entry.error = m_state.inspection.problem;
    m_images.update(row, entry);
}

void InspectionDocument::surveyNext()
{
    if (m_closing || m_worker.isPending(kSurveyTag))
        return;
    for (int row = 0; row < m_images.count(); ++row) {
        const ImageEntry& entry = m_images.entry(row);
        if (row == currentImage() || !entry.error.isEmpty())
            continue;
        if (!entry.thumbnail.isNull() && (!session() || entry.topClass >= 0))
            continue;
        const auto work = [path = entry.path, pasted = entry.pasted, shared = session()](const JobContext& context) {
            return surveyJob(path, pasted, shared, context);
        };
        m_worker.submit<SurveyedPicture>(
            kSurveyTag, QString(), work,
            [this, row, shared = session()](const JobOutcome<SurveyedPicture>& outcome) {
                onSurveyed(row, shared, outcome);
            },
            JobPriority::Background);
        return;
    }
}

void InspectionDocument::onSurveyed(int row, const std::shared_ptr<const InferenceSession>& session,
                                    const JobOutcome<SurveyedPicture>& outcome)
{
    ImageEntry entry = m_images.entry(row);
    if (outcome.end == JobEnd::Failed)
        entry.error = outcome.message;
    if (outcome.end == JobEnd::Finished) {
        const SurveyedPicture& surveyed = outcome.value;
        entry.thumbnail = surveyed.thumbnail;
        entry.error = surveyed.error;
        if (session == this->session() && surveyed.topClass >= 0) {
            entry.topClass = surveyed.topClass;
            entry.topLabel = surveyed.topLabel;
            entry.confidence = surveyed.confidence;
        }
        if (!entry.error.isEmpty())
            addWarning(entry.error);
    }
    if (outcome.end != JobEnd::Cancelled)
        m_images.update(row, entry);
    surveyNext();
}

void InspectionDocument::addWarning(const QString& warning)
{
    if (m_warnings.contains(warning))
        return;
    m_warnings << warning;
    Q_EMIT warningsChanged();
}

void InspectionDocument::report(const QString& message)
{
    addWarning(message);
    Q_EMIT messageRaised(message);
}

}  // namespace mixer::ui
