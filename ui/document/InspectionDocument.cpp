// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/InspectionDocument.h"

#include "ui/document/EditText.h"
#include "ui/document/MemoryRoom.h"
#include "visualizers/FigureRun.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>

namespace mixer::ui {

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
    request.sources = m_state.inspection.sources;
    request.elementBytes = elementBytes(m_options.precision);
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
    run.features = run.heldFeatures = m_sharedFeatures ? m_sharedFeatures : features();
    run.attribution = m_attribution;
    run.patchEffects = m_patchEffects;
    run.contributions = m_contributions;
    run.routerStatistics = m_routerStatistics;
    for (const int row : m_routerStatisticsRows)
        run.studied << m_images.entry(row).path;
    run.programVersion = QCoreApplication::applicationVersion();
    vis::FigureContext context = vis::contextOf(run, selection(), viewSettings().figure);
    context.pair = m_pair;
    context.other = m_other;
    return context;
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
    choose(choices, tr("Edit: %1").arg(editText(edit)), mergeKey);
}

void InspectionDocument::setComparison(const CompareChoice& compare, const QString& text)
{
    DocumentChoices choices = m_state.choices;
    choices.compare = compare;
    // Beside the baseline stands what the edits make of it.
    if (compare.with == CompareChoice::With::Baseline)
        choices.view.figure.shownRun = vis::ShownRun::Edited;
    choose(choices, text, {});
}

void InspectionDocument::compareWithFile(CompareChoice::With with, const QString& path)
{
    const QFileInfo file(path);
    CompareChoice choice;
    choice.with = with;
    choice.path = file.absoluteFilePath();
    choice.showsDifference = comparison().showsDifference;
    setComparison(choice, tr("Compare with %1").arg(file.fileName()));
}

void InspectionDocument::follow(const DocumentChoices& choices)
{
    State next = m_state;
    next.choices = choices;
    commit(std::move(next));
    ensureEdits();
}

void InspectionDocument::setPair(const std::shared_ptr<const vis::RunPair>& pair,
                                 const std::shared_ptr<const vis::FigureContext>& other)
{
    if (!pair && !m_pair)
        return;
    m_pair = pair;
    m_other = other;
    Q_EMIT pairChanged();
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

void InspectionDocument::setPatchEffects(const std::shared_ptr<const vis::PatchEffectMap>& map)
{
    if (m_patchEffects == map)
        return;
    m_patchEffects = map;
    Q_EMIT patchEffectsChanged();
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

const std::shared_ptr<const FeatureSpace>& InspectionDocument::features() const
{
    const QStringList& images = viewSettings().figure.featureImages;
    if (images.isEmpty() || !session())
        return m_state.inspection.features;
    HeldFeatures& held = m_heldFeatures;
    if (held.session != session() || held.images != images)
        held = {session(), images, vis::featuresOf(session(), images)};
    return held.space;
}

void InspectionDocument::setSharedFeatures(const std::shared_ptr<const FeatureSpace>& features)
{
    if (std::exchange(m_sharedFeatures, features) != features)
        Q_EMIT sharedFeaturesChanged();
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
    if (old.inspection.session != now.session || old.inspection.picture != now.picture)
        setPatchEffects(nullptr);
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
    if (old.choices.compare != m_state.choices.compare)
        Q_EMIT comparisonChanged();
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
