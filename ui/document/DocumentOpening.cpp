// SPDX-License-Identifier: GPL-3.0-or-later
// How models, pictures and sessions come into an InspectionDocument, and what runs then.
#include "ui/document/InspectionDocument.h"

#include "ui/document/BatchOpening.h"
#include "ui/document/MemoryRoom.h"
#include "ui/document/Opening.h"

#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace mixer::ui {

namespace {

const QString kModelTag = QStringLiteral("model");
const QString kPictureTag = QStringLiteral("picture");
const QString kRunTag = QStringLiteral("run");
const QString kEditsTag = QStringLiteral("edits");

QString fileName(const QString& path)
{
    return QFileInfo(path).fileName();
}

/// What was computed is of another model or picture.
void forgetRun(Inspection& inspection)
{
    inspection.baseline = nullptr;
    inspection.trace = nullptr;
    inspection.detail = nullptr;
    inspection.baselineDetail = nullptr;
    inspection.attention = nullptr;
    inspection.features = nullptr;
    inspection.problem.clear();
    inspection.editProblem.clear();
}

/// The same file's network with other weights: what names its parts still means something.
bool isSameNetwork(const InferenceSession& a, const InferenceSession& b)
{
    const std::vector<MixerRecord> ofA = a.mixers();
    const std::vector<MixerRecord> ofB = b.mixers();
    const auto isSame = [](const MixerRecord& x, const MixerRecord& y) {
        return x.id == y.id && x.channels == y.channels && x.inner == y.inner && x.routing.scans == y.routing.scans;
    };
    return a.checkpoint().path() == b.checkpoint().path() && a.config().familyName() == b.config().familyName()
        && a.config().numClasses == b.config().numClasses
        && std::equal(ofA.begin(), ofA.end(), ofB.begin(), ofB.end(), isSame);
}

}  // namespace

void InspectionDocument::openModel(const QString& path)
{
    SessionOptions options = m_options;
    if (session() && path != modelPath()) {
        options.labels.clear();
        options.preprocess = {};
    }
    openModel(path, options, Complain::Loudly);
}

void InspectionDocument::reopenModel(const SessionOptions& options)
{
    if (session())
        openModel(modelPath(), options, Complain::Loudly);
}

void InspectionDocument::reloadModel(bool isQuiet)
{
    if (session())
        openModel(modelPath(), m_options, isQuiet ? Complain::Quietly : Complain::Loudly);
}

void InspectionDocument::openModel(const QString& path, const SessionOptions& options, Complain complain)
{
    RunRequest request = runRequest();
    request.sources.clear();  // of the model that is about to go
    request.elementBytes = elementBytes(options.precision);
    const auto work = [path, options, shown = picture(), request](const JobContext& context) {
        return openModelJob(path, options, shown, request, context);
    };
    m_worker.submit<Inspection>(kModelTag, tr("Opening %1").arg(fileName(path)), work,
                                [this, path, options, complain](JobOutcome<Inspection> outcome) {
                                    onModelOpened(path, options, complain, std::move(outcome));
                                });
}

void InspectionDocument::onModelOpened(const QString& path, const SessionOptions& options, Complain complain,
                                       JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed) {
        const QString message = tr("%1 was not opened. %2").arg(fileName(path), outcome.message);
        complain == Complain::Loudly ? report(message) : addWarning(message);
    }
    if (outcome.end != JobEnd::Finished)
        return;
    Inspection inspection = std::move(outcome.value);
    if (inspection.picture != picture()) {
        // Another picture came in between; it runs on this model next.
        inspection.picture = picture();
        forgetRun(inspection);
    }
    noteModel(*inspection.session, options);
    m_images.clearPredictions();
    m_survey.setSession(inspection.session);
    take(m_state, inspection);
    Q_EMIT warningsChanged();
}

void InspectionDocument::noteModel(const InferenceSession& opened, const SessionOptions& options)
{
    m_options = options;
    m_modelWarnings.clear();
    for (const Remark& remark : opened.receipt().remarks)
        if (remark.kind != Remark::Kind::Note)
            m_modelWarnings << QString::fromStdString(remark.text);
}

SavedSession InspectionDocument::saved() const
{
    SavedSession saved;
    saved.model = session() ? QFileInfo(modelPath()).absoluteFilePath() : QString();
    if (!m_options.labels.empty())
        saved.labels = QFile::encodeName(QFileInfo(QFile::decodeName(m_options.labels.c_str())).absoluteFilePath())
                           .toStdString();
    saved.preprocess = m_options.preprocess;
    for (int row = 0; row < m_images.count(); ++row) {
        const QString& path = m_images.entry(row).path;
        if (path.isEmpty())
            continue;
        if (row == currentImage())
            saved.currentImage = static_cast<int>(saved.images.size());
        saved.images << QFileInfo(path).absoluteFilePath();
    }
    saved.selection = selection();
    if (detail())
        saved.scan = detail()->scanName(selection().scan);
    saved.choices = m_state.choices;
    return saved;
}

void InspectionDocument::restore(const SavedSession& saved)
{
    SessionOptions options = m_options;
    options.labels = saved.labels;
    options.preprocess = saved.preprocess;
    RunRequest request;
    request.mixer = saved.selection.mixer;
    request.edits = saved.choices.interventions;
    request.shown = saved.choices.view.figure.shownRun;
    request.elementBytes = elementBytes(options.precision);
    const QString picture = saved.images.value(std::max(saved.currentImage, 0));
    const auto work = [model = saved.model, picture, options, request](const JobContext& context) {
        context.progress("Decoding", 0);
        const auto shown = picture.isEmpty() ? nullptr : loadPicture(picture, context.cancel);
        if (!model.isEmpty())
            return openModelJob(model, options, shown, request, context);
        return inspect(nullptr, shown, request, context);
    };
    // What is still on its way belongs to what was shown before.
    m_worker.cancel(kPictureTag);
    m_worker.cancel(kRunTag);
    m_worker.submit<Inspection>(
        kModelTag, tr("Opening the session"), work,
        [this, saved](JobOutcome<Inspection> outcome) { onRestored(saved, std::move(outcome)); });
}

void InspectionDocument::onRestored(const SavedSession& saved, JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed)
        report(tr("The session was not opened. %1").arg(outcome.message));
    if (outcome.end != JobEnd::Finished)
        return;
    m_worker.cancel(kPictureTag);
    m_worker.cancel(kRunTag);
    State next;
    next.inspection = std::move(outcome.value);
    next.choices = saved.choices;
    next.choices.view.theme = viewSettings().theme;
    next.currentRow = saved.images.isEmpty() ? -1 : std::max(saved.currentImage, 0);
    const Inspection& opened = next.inspection;
    if (opened.session) {
        SessionOptions options = m_options;
        options.labels = saved.labels;
        options.preprocess = saved.preprocess;
        noteModel(*opened.session, options);
    }
    if (opened.detail) {
        next.selection = saved.selection;
        for (int scan = 0; scan < opened.detail->scanCount(); ++scan) {
            if (opened.detail->scanName(scan) == saved.scan)
                next.selection.scan = scan;
        }
        next.selection = reconciled(next.selection, *opened.trace, *opened.detail);
        m_lastMixer = next.selection.mixer;
    }
    std::vector<ImageEntry> entries;
    for (const QString& path : saved.images) {
        ImageEntry entry;
        entry.path = path;
        entry.name = fileName(path);
        entries.push_back(std::move(entry));
    }
    m_survey.forgetRows();
    m_survey.setSession(opened.session);
    setRequestedMixer(std::nullopt);
    m_undo.clear();
    setRouterStatistics(nullptr, {});  // names rows of the list that goes
    m_images.reset(std::move(entries));
    m_state.currentRow = -1;
    const QStringList problems = {opened.problem, opened.editProblem};
    const int row = next.currentRow;
    commit(std::move(next));
    for (const QString& problem : problems) {
        if (!problem.isEmpty())
            report(problem);
    }
    if (row >= 0)
        noteResult(row);
    ensureTrace();
    m_survey.resume();
    Q_EMIT warningsChanged();
}

void InspectionDocument::openPictures(const QStringList& paths)
{
    if (paths.isEmpty())
        return;
    if (isBatchTable(paths.front())) {
        openBatch(paths.front());
        openPictures(paths.mid(1));
        return;
    }
    const auto work = [paths, shared = session(), request = runRequest()](const JobContext& context) {
        return openPicturesJob(paths, shared, request, context);
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
                       request = runRequest()](const JobContext& context) {
        return inspect(shared, pictureFrom(image, name, context.cancel), request, context);
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

void InspectionDocument::adopt(const std::shared_ptr<const InferenceSession>& session,
                               const std::shared_ptr<const Picture>& picture)
{
    if (session == m_state.inspection.session && picture == m_state.inspection.picture)
        return;
    // What is still on its way belongs to what was shown before.
    m_worker.cancel(kPictureTag);
    m_worker.cancel(kRunTag);
    State next = m_state;
    forgetRun(next.inspection);
    if (session != m_state.inspection.session)
        next.inspection.sources.clear();
    next.inspection.session = session;
    next.inspection.picture = picture;
    commit(std::move(next));
    ensureTrace();
}

bool isOpening(InspectionDocument& document)
{
    const InferenceWorker& worker = document.worker();
    return worker.isPending(kModelTag) || worker.isPending(kPictureTag) || worker.isPending(kRunTag);
}

void InspectionDocument::showImage(int row)
{
    if (row < 0 || row >= m_images.count() || (row == currentImage() && trace() && !m_worker.isPending(kPictureTag)))
        return;
    const ImageEntry& entry = m_images.entry(row);
    const auto work = [path = entry.path, pasted = entry.pasted, shared = session(),
                       request = runRequest()](const JobContext& context) {
        context.progress("Decoding", 0);
        const auto decoded = pasted ? pasted : loadPicture(path, context.cancel);
        JobContext rest = context;
        rest.progress = partOf(context.progress, 0.2, 1);
        return inspect(shared, decoded, request, rest);
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
        forgetRun(next.inspection);
    } else {
        next.inspection = inspection;
    }
    const Inspection& taken = next.inspection;
    const bool isAnother
        = taken.session != session() && !(taken.session && session() && isSameNetwork(*taken.session, *session()));
    if (isAnother && session()) {
        // Edits name mixers, scans and channels of the model that they were made for.
        next.choices.interventions = {};
        if (next.choices.compare.with == CompareChoice::With::Baseline)
            next.choices.compare = {};
        m_undo.clear();
    }
    if (taken.detail) {
        if (isAnother) {
            next.selection.lane = -1;
            next.selection.state = -1;
            next.selection.classIndex = -1;
        }
        next.selection = carried(next.selection, detail().get(), *taken.detail);
        next.selection = reconciled(next.selection, *taken.trace, *taken.detail);
    }
    const QStringList problems = {taken.problem, taken.editProblem};
    const int row = next.currentRow;
    commit(std::move(next));
    // Afterwards: another trace takes the message about the last one away.
    for (const QString& problem : problems) {
        if (!problem.isEmpty())
            report(problem);
    }
    if (row >= 0)
        noteResult(row);
    ensureTrace();
    m_survey.resume();
}

void InspectionDocument::ensureTrace()
{
    const Inspection& now = m_state.inspection;
    if (!now.session || !now.picture)
        return;
    if (now.trace) {
        // Another mixer was chosen while this ran.
        const std::optional<MixerId> wanted = runRequest().mixer;
        if (wanted && *wanted != selection().mixer && trace()->find(*wanted))
            requestDetail(*wanted, selection(), WishIs::Carried);
        else
            m_lastMixer = selection().mixer;
        ensureEdits();
        return;
    }
    if (!now.problem.isEmpty() || m_closing)
        return;
    const auto work = [shared = now.session, shown = now.picture, request = runRequest()](const JobContext& context) {
        return inspect(shared, shown, request, context);
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

void InspectionDocument::ensureEdits()
{
    const Inspection& now = m_state.inspection;
    if (!now.baseline || m_closing)
        return;
    const bool isShown = now.request.edits == interventions() && now.request.shown == viewSettings().figure.shownRun;
    // Another order of the switches may come to the same.
    const bool isBaseline = interventions().isBaseline() && now.request.edits.isBaseline();
    if ((isShown || isBaseline) && !m_edits.isPending())
        return;
    const auto work = [known = now, request = runRequest()](const JobContext& context) {
        return inspectAgain(known, request, context);
    };
    m_edits.want(&m_worker, kEditsTag, tr("Running with the edits"), work, [this](JobOutcome<Inspection> outcome) {
        if (outcome.end == JobEnd::Failed)
            report(outcome.message);
        if (outcome.end != JobEnd::Finished || outcome.value.baseline != baseline())
            return;
        State next = m_state;
        next.inspection = std::move(outcome.value);
        const Inspection& taken = next.inspection;
        next.selection = carried(next.selection, detail().get(), *taken.detail);
        next.selection.lane = selection().lane;
        next.selection = reconciled(next.selection, *taken.trace, *taken.detail);
        const QString problem = taken.editProblem != editProblem() ? taken.editProblem : QString();
        commit(std::move(next));
        if (!problem.isEmpty())
            report(problem);
    });
}

}  // namespace mixer::ui
