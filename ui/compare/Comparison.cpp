// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/Comparison.h"

#include "ui/document/InspectionDocument.h"
#include "visualizers/AttributionMaps.h"
#include "visualizers/LinkedSelection.h"

#include <utility>

namespace mixer::ui {

namespace {

using With = CompareChoice::With;
const QString kCompareTag = QStringLiteral("comparison");
const QString kAttributionTag = QStringLiteral("attribution");

vis::PairSide sideOf(const InspectionDocument& document)
{
    vis::PairSide side;
    side.session = document.session();
    side.precision = document.sessionOptions().precision;
    side.modelPath = document.modelPath();
    if (const auto& picture = document.picture())
        side.imagePath = picture->path.isEmpty() ? picture->name : picture->path;
    side.trace = document.trace();
    return side;
}

}  // namespace

Comparison::Comparison(InspectionDocument* document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    using D = InspectionDocument;
    connect(document, &D::comparisonChanged, this, &Comparison::onChoiceChanged);
    connect(document, &D::sessionChanged, this, &Comparison::onSessionChanged);
    connect(document, &D::pictureChanged, this, &Comparison::onPictureChanged);
    for (const auto signal : {&D::interventionsChanged, &D::viewSettingsChanged})
        connect(document, signal, this, &Comparison::followChoices);
    connect(document, &D::traceChanged, this, &Comparison::followFeatures);
    connect(document, &D::traceChanged, this, &Comparison::compare);
    for (const auto signal : {&D::detailChanged, &D::selectionChanged})
        connect(document, signal, this, &Comparison::followSelection);
    connect(document, &D::attributionChanged, this, &Comparison::followAttribution);
    onChoiceChanged();
}

Comparison::~Comparison() = default;

bool Comparison::showsDifference() const
{
    return m_other && m_document->comparison().showsDifference;
}

void Comparison::onChoiceChanged()
{
    if (!m_document->comparison().isSameRun(m_running))
        restart();
    Q_EMIT stateChanged();
}

void Comparison::retire()
{
    if (!m_other)
        return;
    InspectionDocument* leaving = m_other.release();
    leaving->disconnect(this);
    Q_EMIT otherChanged();
    // It ends between two mixers, and nobody waits for that.
    leaving->setParent(this);
    leaving->adopt(nullptr, nullptr);
    leaving->cancel();
    leaving->worker().cancel(kCompareTag);
    if (leaving->worker().isIdle())
        leaving->deleteLater();
    else
        connect(&leaving->worker(), &InferenceWorker::idled, leaving, &QObject::deleteLater);
}

void Comparison::shutDown()
{
    m_document->disconnect(this);
    m_running = {};
    retire();
}

void Comparison::restart()
{
    retire();
    m_running = m_document->comparison();
    m_pair = nullptr;
    m_problem.clear();
    m_document->setPair(nullptr, nullptr);
    if (!m_running.isActive())
        return;
    SessionOptions options = m_document->sessionOptions();
    if (m_running.with == With::Model)
        options.labels.clear();
    if (m_running.with == With::Arithmetic) {
        options.precision = m_running.precision;
        options.device = m_running.device;
    }
    m_other = std::make_unique<InspectionDocument>(options);
    wireOther();
    followChoices();
    Q_EMIT otherChanged();
    const auto& session = m_document->session();
    switch (m_running.with) {
    case With::Model:
        m_other->adopt(nullptr, m_document->picture());
        m_other->openModel(m_running.path);
        break;
    case With::Image:
        m_other->adopt(session, nullptr);
        m_other->openPictures({m_running.path});
        break;
    case With::Arithmetic:
        m_other->adopt(nullptr, m_document->picture());
        if (session)
            m_other->openModel(m_document->modelPath());
        break;
    case With::Baseline:
        m_other->adopt(session, m_document->picture());
        break;
    case With::Nothing:
        break;
    }
}

void Comparison::wireOther()
{
    using D = InspectionDocument;
    D* other = m_other.get();
    connect(other, &D::traceChanged, this, [this] {
        if (m_other->trace())
            m_problem.clear();
        compare();
        followSoon();
        followAttribution();
    });
    for (const auto signal : {&D::detailChanged, &D::selectionChanged})
        connect(other, signal, this, [this] {
            followSoon();
            publish();
            Q_EMIT stateChanged();
        });
    for (const auto signal : {&D::sessionChanged, &D::pictureChanged})
        connect(other, signal, this, &Comparison::stateChanged);
    connect(other, &D::attributionChanged, this, [this] {
        publish();
        Q_EMIT stateChanged();
    });
    connect(other, &D::messageRaised, this, [this](const QString& message) {
        m_problem = message;
        m_document->report(message);
        Q_EMIT stateChanged();
    });
}

void Comparison::onSessionChanged()
{
    if (!m_other)
        return;
    if (m_running.with == With::Arithmetic)
        restart();
    else if (m_running.with == With::Image)
        m_other->adopt(m_document->session(), m_other->picture());
    else if (m_running.with == With::Baseline)
        m_other->adopt(m_document->session(), m_document->picture());
    Q_EMIT stateChanged();
}

void Comparison::onPictureChanged()
{
    if (m_other && m_running.with != With::Image)
        m_other->adopt(m_other->session(), m_document->picture());
    Q_EMIT stateChanged();
}

void Comparison::followChoices()
{
    if (!m_other)
        return;
    DocumentChoices choices = m_document->choices();
    choices.compare = {};
    if (m_running.with == With::Baseline) {
        choices.interventions = {};
        choices.view.figure.shownRun = vis::ShownRun::Edited;
    }
    m_other->follow(choices);
    followFeatures();
    publish();
    Q_EMIT stateChanged();
}

void Comparison::followFeatures()
{
    if (m_other)
        m_other->setSharedFeatures(vis::sharesFeatures(m_running) ? m_document->features() : nullptr);
}

void Comparison::followSoon()
{
    // Not at once: the other is telling its views of one change, and must not change again before all have heard.
    if (std::exchange(m_isFollowPending, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_isFollowPending = false;
            followSelection();
        },
        Qt::QueuedConnection);
}

void Comparison::followSelection()
{
    if (!m_other || !m_document->detail() || !m_other->detail())
        return;
    const Selection& led = m_document->selection();
    const std::optional<MixerId> wanted = counterpart(*m_other->trace(), led.mixer);
    if (wanted && *wanted != m_other->selection().mixer) {
        m_other->requestMixer(*wanted);  // the rest when it is there
        return;
    }
    Selection wish = vis::linkedSelection(*m_document->detail(), led, *m_other->detail(), m_other->selection());
    wish.classIndex = m_pair ? vis::linkedClass(*m_pair, led.classIndex) : -1;
    m_other->select(wish);
}

void Comparison::pickToken(int token)
{
    if (!m_other || !m_document->detail() || !m_other->detail())
        return;
    const MixerDetail& detail = *m_document->detail();
    const int place = vis::linkedToken(m_other->detail()->record(), token, detail.record());
    if (detail.record().id.isChannelMixer)
        m_document->setLane(place);
    else
        m_document->setStep(detail.stepOf(m_document->selection().scan, detail.record().positionOf(place)));
}

void Comparison::followAttribution()
{
    if (!m_other || !m_other->trace())
        return;
    const auto& led = m_document->attribution();
    if (!led) {
        m_other->worker().cancel(kAttributionTag);
        m_other->setAttribution(nullptr);
        return;
    }
    vis::AttributionRequest request = led->request;
    const std::optional<MixerId> mixer = counterpart(*m_other->trace(), request.mixer);
    const int classIndex = m_pair ? vis::linkedClass(*m_pair, request.classIndex) : request.classIndex;
    if (!mixer || classIndex < 0)
        return;
    request.mixer = *mixer;
    request.classIndex = classIndex;
    if (m_other->attribution() && m_other->attribution()->request == request)
        return;
    using Map = std::shared_ptr<const vis::AttributionMap>;
    const auto work = [trace = m_other->trace(), session = m_other->session(), request](const JobContext& job) -> Map {
        return vis::makeAttributionMap(*trace, session->config(), request, job.progress, job.cancel);
    };
    m_other->worker().submit<Map>(kAttributionTag, tr("Explaining the other"), work,
                                  [this, trace = m_other->trace(), other = m_other.get()](JobOutcome<Map> outcome) {
                                      if (outcome.end != JobEnd::Finished || other != m_other.get()
                                          || trace != m_other->trace())
                                          return;
                                      m_other->setAttribution(outcome.value);
                                  });
}

bool Comparison::isPairCurrent() const
{
    if (!m_pair || !m_other)
        return false;
    const auto& main = m_document->trace();
    const auto& beside = m_other->trace();
    return m_pair->traceA == (isOtherFirst() ? beside : main) && m_pair->traceB == (isOtherFirst() ? main : beside);
}

void Comparison::compare()
{
    if (!m_other)
        return;
    if (!m_document->trace() || !m_other->trace()) {
        m_pair = nullptr;
        m_document->setPair(nullptr, nullptr);
        Q_EMIT stateChanged();
        return;
    }
    if (isPairCurrent())
        return;
    using Pair = std::shared_ptr<const vis::RunPair>;
    const auto work
        = [choice = m_running, main = sideOf(*m_document), other = sideOf(*m_other)](const JobContext& job) -> Pair {
        return std::make_shared<vis::RunPair>(vis::makePair(choice, main, other, job.progress, job.cancel));
    };
    m_other->worker().submit<Pair>(kCompareTag, tr("Comparing"), work,
                                   [this, other = m_other.get()](JobOutcome<Pair> outcome) {
                                       if (other != m_other.get())
                                           return;
                                       if (outcome.end == JobEnd::Failed)
                                           m_document->report(outcome.message);
                                       if (outcome.end != JobEnd::Finished)
                                           return;
                                       m_pair = outcome.value;
                                       followSelection();
                                       publish();
                                       followAttribution();
                                       Q_EMIT stateChanged();
                                   });
}

void Comparison::publish()
{
    if (isPairCurrent() && m_other->detail())
        m_document->setPair(m_pair, std::make_shared<const vis::FigureContext>(m_other->figureContext()));
}

std::optional<vis::FigureContext> Comparison::subtrahend() const
{
    if (!m_other || !m_document->detail() || !m_other->detail())
        return std::nullopt;
    const std::optional<MixerId> wanted = counterpart(*m_other->trace(), m_document->selection().mixer);
    if (wanted && *wanted != m_other->selection().mixer)
        return std::nullopt;
    return isOtherFirst() ? m_other->figureContext() : m_document->figureContext();
}

vis::PairSide Comparison::otherSide() const
{
    vis::PairSide side = sideOf(*m_other);
    // Until it is open, and for ever if it cannot be: the file's name.
    if (m_running.with == With::Model && !side.session)
        side.modelPath = m_running.path;
    if (m_running.with == With::Image && side.imagePath.isEmpty())
        side.imagePath = m_running.path;
    return side;
}

QString Comparison::mainName() const
{
    return m_other ? vis::sideName(m_running, sideOf(*m_document), otherSide(), false) : QString();
}

QString Comparison::otherName() const
{
    return m_other ? vis::sideName(m_running, otherSide(), sideOf(*m_document), true) : QString();
}

QString Comparison::remark() const
{
    if (!m_other)
        return {};
    if (!m_other->trace())
        return m_problem;
    if (!m_document->detail() || !m_other->detail())
        return {};
    const Selection& led = m_document->selection();
    const QString mixer = QString::fromStdString(led.mixer.shortName());
    if (!counterpart(*m_other->trace(), led.mixer))
        return tr("%1 has no counterpart here; %2 is shown")
            .arg(mixer, QString::fromStdString(m_other->selection().mixer.shortName()));
    const MixerRecord& ours = m_document->detail()->record();
    const MixerRecord& theirs = m_other->detail()->record();
    if (ours.height != theirs.height || ours.width != theirs.width)
        return tr("%1 × %2 tokens beside %3 × %4: places agree, differences cannot be made")
            .arg(theirs.height)
            .arg(theirs.width)
            .arg(ours.height)
            .arg(ours.width);
    if (!m_other->editProblem().isEmpty())
        return tr("without the edits, which do not fit here");
    // These are of no scan.
    if (m_document->viewSettings().figure.overlay == vis::OverlayQuantity::FeaturePca
        && m_running.with != With::Baseline)
        return vis::sharesFeatures(m_running) ? tr("components along the axes of A")
                                              : tr("components along axes of its own: colours do not compare");
    const std::string scan = m_document->detail()->scanName(led.scan);
    const std::string otherScan = m_other->detail()->scanName(m_other->selection().scan);
    if (scan != otherScan)
        return tr("scan %1 was not chosen here; %2 is shown")
            .arg(QString::fromStdString(scan), QString::fromStdString(otherScan));
    return {};
}

}  // namespace mixer::ui
