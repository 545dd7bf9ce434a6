// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/InspectionDocument.h"

#include "ui/document/BatchOpening.h"
#include "visualizers/FigureRun.h"

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
    inspection.problem.clear();
    inspection.editProblem.clear();
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
    , m_survey(&m_images, &m_worker, this)
{
    connect(&m_survey, &ImageSurvey::failed, this, &InspectionDocument::addWarning);
}

InspectionDocument::~InspectionDocument()
{
    m_closing = true;
    m_survey.stop();
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

int InspectionDocument::trueClass() const
{
    return session() && picture() ? vis::classOfFolder(picture()->path, session()->config()) : -1;
}

RunRequest InspectionDocument::runRequest() const
{
    RunRequest request;
    request.mixer = m_requestedMixer ? m_requestedMixer : m_lastMixer;
    request.edits = interventions();
    request.shown = viewSettings().figure.shownRun;
    return request;
}

vis::FigureContext InspectionDocument::figureContext() const
{
    const Inspection& now = m_state.inspection;
    vis::FigureRun run;
    run.session = session();
    run.modelPath = modelPath();
    if (picture()) {
        run.imagePath = picture()->path.isEmpty() ? picture()->name : picture()->path;
        run.image = std::shared_ptr<const RgbImage>(picture(), &picture()->pixels);
    }
    run.trueClass = trueClass();
    run.baseline = now.baseline;
    run.trace = now.trace;
    run.detail = now.detail;
    run.baselineDetail = now.baselineDetail;
    run.attention = now.attention;
    run.attribution = m_attribution;
    run.contributions = m_contributions;
    run.routerStatistics = m_routerStatistics;
    for (const int row : m_routerStatisticsRows)
        run.studied << m_images.entry(row).path;
    run.programVersion = QCoreApplication::applicationVersion();
    return vis::contextOf(run, selection(), viewSettings().figure);
}

void InspectionDocument::openModel(const QString& path)
{
    SessionOptions options = m_options;
    if (session() && path != modelPath()) {
        options.labels.clear();
        options.preprocess = {};
    }
    openModel(path, options);
}

void InspectionDocument::reopenModel(const SessionOptions& options)
{
    if (session())
        openModel(modelPath(), options);
}

void InspectionDocument::openModel(const QString& path, const SessionOptions& options)
{
    const auto work = [path, options, shown = picture(), request = runRequest()](const JobContext& context) {
        return openModelJob(path, options, shown, request, context);
    };
    m_worker.submit<Inspection>(
        kModelTag, tr("Opening %1").arg(fileName(path)), work,
        [this, path, options](JobOutcome<Inspection> outcome) { onModelOpened(path, options, std::move(outcome)); });
}

void InspectionDocument::onModelOpened(const QString& path, const SessionOptions& options,
                                       JobOutcome<Inspection> outcome)
{
    if (outcome.end == JobEnd::Failed)
        report(tr("%1 was not opened. %2").arg(fileName(path), outcome.message));
    if (outcome.end != JobEnd::Finished)
        return;
    Inspection inspection = std::move(outcome.value);
    if (inspection.picture != picture()) {
        // Another picture came in between; it runs on this model next.
        inspection.picture = picture();
        forgetRun(inspection);
    }
    m_options = options;
    m_modelWarnings.clear();
    for (const Remark& remark : inspection.session->receipt().remarks)
        if (remark.kind != Remark::Kind::Note)
            m_modelWarnings << QString::fromStdString(remark.text);
    m_images.clearPredictions();
    m_survey.setSession(inspection.session);
    take(m_state, inspection);
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
    if (taken.session != session() && session()) {
        // Edits name mixers, scans and channels of the model that they were made for.
        next.choices.interventions = {};
        m_undo.clear();
    }
    if (taken.detail) {
        if (taken.session != session()) {
            next.selection.lane = -1;
            next.selection.state = -1;
            next.selection.classIndex = -1;
        }
        next.selection = carried(next.selection, detail().get(), *taken.detail);
        next.selection = reconciled(next.selection, *taken.trace, *taken.detail);
    }
    for (const QString& problem : {taken.problem, taken.editProblem}) {
        if (!problem.isEmpty())
            report(problem);
    }
    const int row = next.currentRow;
    commit(std::move(next));
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
        if (!taken.editProblem.isEmpty() && taken.editProblem != editProblem())
            report(taken.editProblem);
        commit(std::move(next));
    });
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
    struct Details {
        std::shared_ptr<const MixerDetail> shown, baseline;
        std::shared_ptr<const ImplicitAttention> attention;
    };
    const bool withBaseline = m_state.inspection.baselineDetail != nullptr;
    const auto work = [of = trace(), base = withBaseline ? baseline() : nullptr, id](const JobContext& context) {
        context.progress("Looking into the mixer", -1);
        Details details;
        details.shown = of->detail(id, context.cancel);
        if (base)
            details.baseline = base->detail(id, context.cancel);
        details.attention = std::make_shared<const ImplicitAttention>(details.shown);
        return details;
    };
    const QString title = tr("Computing %1").arg(QString::fromStdString(id.shortName()));
    m_worker.submit<Details>(kDetailTag, title, work, [this, of = trace(), wish, kind](JobOutcome<Details> outcome) {
        if (outcome.end == JobEnd::Failed)
            report(outcome.message);
        if (outcome.end == JobEnd::Finished && of == trace()) {
            State next = m_state;
            const MixerDetail& shown = *outcome.value.shown;
            next.inspection.detail = outcome.value.shown;
            next.inspection.baselineDetail = outcome.value.baseline;
            next.inspection.attention = outcome.value.attention;
            next.selection = kind == WishIs::Exact ? wish : carried(selection(), detail().get(), shown);
            next.selection.lane = wish.lane;
            next.selection.state = wish.state;
            next.selection = reconciled(next.selection, *of, shown);
            m_lastMixer = next.selection.mixer;
            commit(std::move(next));
        }
        if (!m_worker.isPending(kDetailTag)) {
            setRequestedMixer(std::nullopt);
            // The run was changed meanwhile: the wish is met in the new one.
            if (outcome.end == JobEnd::Finished && of != trace() && trace() && trace()->find(wish.mixer))
                requestDetail(wish.mixer, wish, kind);
        }
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

void InspectionDocument::choose(const DocumentChoices& choices, const QString& text, const QString& mergeKey)
{
    if (choices == m_state.choices)
        return;
    m_undo.push(new DocumentCommand(text, mergeKey, m_state.choices, choices, [this](const DocumentChoices& chosen) {
        State next = m_state;
        next.choices = chosen;
        commit(std::move(next));
        ensureEdits();
    }));
}

void InspectionDocument::setViewSettings(const ViewSettings& view, const QString& text, const QString& mergeKey)
{
    DocumentChoices choices = m_state.choices;
    choices.view = view;
    choose(choices, text.isEmpty() ? tr("View") : text, mergeKey);
}

void InspectionDocument::setFigureOptions(const vis::FigureOptions& options, const QString& text,
                                          const QString& mergeKey)
{
    ViewSettings view = viewSettings();
    view.figure = options;
    setViewSettings(view, text, mergeKey);
}

void InspectionDocument::setInterventions(const Interventions& interventions, const QString& text,
                                          const QString& mergeKey)
{
    DocumentChoices choices = m_state.choices;
    choices.interventions = interventions;
    choose(choices, text, mergeKey);
}

void InspectionDocument::addEdit(const Edit& edit, const QString& mergeKey)
{
    DocumentChoices choices = m_state.choices;
    choices.interventions.edits.push_back(edit);
    // An edit that nobody sees is no answer to "what if".
    if (choices.view.figure.shownRun == vis::ShownRun::Baseline)
        choices.view.figure.shownRun = vis::ShownRun::Edited;
    choose(choices, tr("Edit: %1").arg(QString::fromStdString(edit.description())), mergeKey);
}

void InspectionDocument::restoreViewSettings(const ViewSettings& view)
{
    State next = m_state;
    next.choices.view = view;
    commit(std::move(next));
    m_undo.clear();
}

void InspectionDocument::setAttribution(const std::shared_ptr<const vis::AttributionMap>& map)
{
    if (m_attribution == map)
        return;
    m_attribution = map;
    Q_EMIT attributionChanged();
}

void InspectionDocument::setRouterStatistics(const std::shared_ptr<const RouterStatistics>& statistics,
                                             std::vector<int> rows)
{
    if (m_routerStatistics == statistics)
        return;
    m_routerStatistics = statistics;
    m_routerStatisticsRows = std::move(rows);
    Q_EMIT routerStatisticsChanged();
}

void InspectionDocument::setContributions(std::vector<float> contributions)
{
    if (m_contributions.empty() && contributions.empty())
        return;
    m_contributions = std::move(contributions);
    Q_EMIT contributionsChanged();
}

void InspectionDocument::commit(State next)
{
    const State old = std::exchange(m_state, std::move(next));
    const Inspection& now = m_state.inspection;
    if (old.inspection.session != now.session) {
        setRouterStatistics(nullptr, {});
        Q_EMIT sessionChanged();
    }
    if (old.inspection.picture != now.picture)
        Q_EMIT pictureChanged();
    if (old.currentRow != m_state.currentRow) {
        m_images.setCurrentRow(m_state.currentRow);
        Q_EMIT currentImageChanged();
    }
    if (old.inspection.trace != now.trace)
        setAttribution(nullptr);
    if (old.inspection.detail != now.detail || old.selection.classIndex != m_state.selection.classIndex)
        setContributions({});
    if (old.inspection.trace != now.trace)
        Q_EMIT traceChanged();
    if (old.inspection.detail != now.detail || old.inspection.baselineDetail != now.baselineDetail)
        Q_EMIT detailChanged();
    if (old.selection != m_state.selection)
        Q_EMIT selectionChanged();
    if (old.choices.view != m_state.choices.view)
        Q_EMIT viewSettingsChanged();
    if (old.choices.interventions != m_state.choices.interventions)
        Q_EMIT interventionsChanged();
}

void InspectionDocument::noteResult(int row)
{
    // Of the network as it was trained: the list compares images, not edits.
    ImageEntry entry = m_images.entry(row);
    if (baseline()) {
        const ModelConfig& config = session()->config();
        entry.topClass = baseline()->topClasses(1).front();
        entry.topLabel = QString::fromStdString(config.label(entry.topClass));
        entry.confidence = baseline()->probabilities()[static_cast<std::size_t>(entry.topClass)];
        entry.trueClass = vis::classOfFolder(entry.path, config);
        entry.trueLabel = entry.trueClass < 0 ? QString() : QString::fromStdString(config.label(entry.trueClass));
    }
    entry.error = m_state.inspection.problem;
    entry.isDecoded = true;
    m_images.update(row, entry);
    m_images.setThumbnail(row, picture()->thumbnail);
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
