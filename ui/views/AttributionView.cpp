// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/AttributionView.h"

#include "engine/attribution/Attribution.h"
#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"

#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace mixer::ui {

namespace {

constexpr int kPartColumn = 0;
constexpr int kDropColumn = 1;
constexpr int kScoreRole = Qt::UserRole;
constexpr double kLargestGap = 0.05;  ///< of the completeness: over this the map is doubtful
constexpr double kPatienceMs = 4000;  ///< faithfulness is measured along where it takes no longer
constexpr double kFaithfulnessRuns = 170;

struct Explanation {
    std::shared_ptr<const vis::AttributionMap> map;
};

QString methodName(AttributionView::Method method)
{
    switch (method) {
    case AttributionView::Method::GradientTimesInput:
        return AttributionView::tr("gradient × input");
    case AttributionView::Method::IntegratedGradients:
        return AttributionView::tr("integrated gradients");
    case AttributionView::Method::GradCam:
        return AttributionView::tr("Grad-CAM");
    case AttributionView::Method::Occlusion:
        return AttributionView::tr("occlusion");
    case AttributionView::Method::ReceptiveField:
        break;
    }
    return AttributionView::tr("receptive field");
}

AttributionResult resultOf(AttributionView::Method method, const Trace& trace, const MixerId& mixer, int position,
                           const AttributionOptions& options)
{
    switch (method) {
    case AttributionView::Method::GradientTimesInput:
        return gradientTimesInput(trace, options);
    case AttributionView::Method::IntegratedGradients:
        return integratedGradients(trace, 32, options);
    case AttributionView::Method::GradCam:
        return gradCam(trace, lastMixer(trace, mixer.stage), options);
    case AttributionView::Method::Occlusion: {
        const int side = std::max(4, std::min(trace.geometry().inputWidth, trace.geometry().inputHeight) / 8);
        return occlusion(trace, side, std::max(2, side / 2), options);
    }
    case AttributionView::Method::ReceptiveField:
        break;
    }
    return receptiveField(trace, mixer, position, options);
}

QString percent(double share)
{
    return QLocale().toString(100 * share, 'f', 1);
}

/// Gap and faithfulness in words.
void judge(vis::AttributionMap& map, const AttributionResult& result, const Trace& trace,
           const AttributionOptions& options, bool isOfClass)
{
    QStringList notes;
    if (!std::isnan(result.completenessGap) && map.method == methodName(AttributionView::Method::IntegratedGradients)) {
        notes << AttributionView::tr("completeness gap %1 %").arg(percent(result.completenessGap));
        map.isDoubtful = result.completenessGap > kLargestGap;
    }
    if (isOfClass && trace.milliseconds() * kFaithfulnessRuns < kPatienceMs) {
        const Faithfulness faith = faithfulness(trace, result, 16, 4, 1, options);
        notes << AttributionView::tr("faithfulness %1 over chance").arg(QLocale().toString(faith.score, 'f', 2));
        map.isDoubtful = map.isDoubtful || faith.score <= 0;
    }
    map.note = notes.join(QStringLiteral(" · "));
}

QString partName(const AblationScore& score, const Trace& trace)
{
    QString name = QString::fromStdString(score.mixer.shortName());
    const MixerRecord* record = trace.find(score.mixer);
    if (score.scan >= 0 && record)
        name += QStringLiteral(" · ")
            + QString::fromStdString(record->routing.scans.at(static_cast<std::size_t>(score.scan)));
    if (score.channel >= 0)
        name += AttributionView::tr(" · channel %1").arg(score.channel);
    return name;
}

}  // namespace

AttributionView::AttributionView(QWidget* parent)
    : QWidget(parent)
    , m_method(new QComboBox(this))
    , m_explain(new QPushButton(tr("Explain"), this))
    , m_target(new QLabel(this))
    , m_badge(new QLabel(this))
    , m_part(new QComboBox(this))
    , m_ablate(new QPushButton(tr("Take out"), this))
    , m_scores(new QTreeWidget(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_method->setObjectName(QStringLiteral("attributionMethodCombo"));
    m_method->setAccessibleName(tr("Method"));
    m_method->setToolTip(definition(Term::Attribution));
    for (const Method method : {Method::GradientTimesInput, Method::IntegratedGradients, Method::GradCam,
                                Method::Occlusion, Method::ReceptiveField})
        m_method->addItem(methodName(method), static_cast<int>(method));
    m_method->setCurrentIndex(1);
    m_explain->setObjectName(QStringLiteral("explainButton"));
    m_explain->setToolTip(tr("Computes the map and lays it over the image (9)"));
    m_target->setMinimumWidth(40);
    m_badge->setObjectName(QStringLiteral("attributionBadge"));
    m_badge->setWordWrap(true);
    m_part->setObjectName(QStringLiteral("ablationPartCombo"));
    m_part->setAccessibleName(tr("Which parts are taken out"));
    m_part->addItem(tr("each mixer"), static_cast<int>(Part::Mixers));
    m_part->addItem(tr("each chosen scan"), static_cast<int>(Part::Scans));
    m_part->addItem(tr("each channel of the selected mixer"), static_cast<int>(Part::Channels));
    m_ablate->setObjectName(QStringLiteral("ablateButton"));
    m_ablate->setToolTip(tr("Runs the network without each part in turn: what does the class lose?"));
    m_scores->setObjectName(QStringLiteral("ablationScores"));
    m_scores->setAccessibleName(tr("What the class loses without each part"));
    m_scores->setHeaderLabels({tr("Without"), tr("Logit falls by")});
    m_scores->setRootIsDecorated(false);
    m_scores->setUniformRowHeights(true);
    m_scores->header()->setStretchLastSection(false);
    m_scores->header()->setSectionResizeMode(kPartColumn, QHeaderView::Stretch);
    m_scores->setToolTip(tr("Double click: take it out"));
    for (QPushButton* button : {m_explain, m_ablate})
        button->setAutoDefault(false);
    const auto rowOf = [](QComboBox* combo, QPushButton* button) {
        combo->setMinimumWidth(64);
        auto* row = new QHBoxLayout;
        row->setContentsMargins(6, 4, 6, 0);
        row->setSpacing(4);
        row->addWidget(combo, 1);
        row->addWidget(button);
        return row;
    };
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    const auto padded = [](QWidget* widget) {
        auto* row = new QVBoxLayout;
        row->setContentsMargins(10, 4, 10, 0);
        row->addWidget(widget);
        return row;
    };
    layout->addLayout(padded(m_target));
    layout->addLayout(rowOf(m_method, m_explain));
    layout->addLayout(padded(m_badge));
    layout->addLayout(rowOf(m_part, m_ablate));
    layout->addSpacing(4);
    layout->addWidget(m_scores, 1);
}

void AttributionView::setDocument(InspectionDocument* document)
{
    m_document = document;
    for (const auto signal : {&InspectionDocument::traceChanged, &InspectionDocument::selectionChanged,
                              &InspectionDocument::attributionChanged})
        connect(document, signal, this, &AttributionView::refresh);
    connect(document, &InspectionDocument::traceChanged, this, [this] { showScores({}); });
    connect(m_explain, &QPushButton::clicked, this, &AttributionView::explain);
    connect(m_ablate, &QPushButton::clicked, this, &AttributionView::ablate);
    connect(m_scores, &QTreeWidget::itemDoubleClicked, this, [this](QTreeWidgetItem* item) { takeOut(item); });
    refresh();
}

QString AttributionView::badge() const
{
    return m_badge->text();
}

void AttributionView::refresh()
{
    const bool hasTrace = m_document->trace() != nullptr;
    m_explain->setEnabled(hasTrace);
    m_ablate->setEnabled(hasTrace);
    m_target->setForegroundRole(hasTrace ? QPalette::Text : QPalette::PlaceholderText);
    m_target->setText(
        hasTrace ? tr("Class: %1")
                       .arg(QString::fromStdString(m_document->session()->config().label(m_document->shownClass())))
                 : tr("What speaks for a class appears here"));
    const auto& map = m_document->attribution();
    m_badge->setVisible(map != nullptr);
    if (!map)
        return;
    QString text = tr("%1 for %2").arg(map->method, map->target);
    if (!map->note.isEmpty())
        text += QStringLiteral(": ") + map->note;
    m_badge->setText(text);
    QPalette colors = palette();
    const vis::FigureStyle style = figureStyleFor(*this);
    colors.setColor(QPalette::WindowText, map->isDoubtful ? style.highlight : style.mutedText);
    m_badge->setPalette(colors);
}

void AttributionView::explain()
{
    const auto method = static_cast<Method>(m_method->currentData().toInt());
    const Selection s = m_document->selection();
    const int classIndex = m_document->shownClass();
    const QString target = method == Method::ReceptiveField
        ? tr("the selected token")
        : QString::fromStdString(m_document->session()->config().label(classIndex));
    const int position
        = s.mixer.isChannelMixer ? std::max(0, s.lane) : m_document->detail()->positionAt(s.scan, s.step);
    const auto work = [trace = m_document->trace(), session = m_document->session(), method, mixer = s.mixer,
                       classIndex, target, position](const JobContext& context) {
        AttributionOptions options;
        options.classIndex = classIndex;
        options.progress = context.progress;
        options.cancel = context.cancel;
        const AttributionResult result = resultOf(method, *trace, mixer, position, options);
        auto map = std::make_shared<vis::AttributionMap>();
        map->method = methodName(method);
        map->target = target;
        map->height = static_cast<int>(result.values.size(0));
        map->width = static_cast<int>(result.values.size(1));
        map->values = result.values.values;
        judge(*map, result, *trace, options, method != Method::ReceptiveField);
        return Explanation{map};
    };
    m_document->worker().submit<Explanation>(
        QStringLiteral("attribution"), tr("Explaining %1").arg(target), work,
        [this, trace = m_document->trace()](const JobOutcome<Explanation>& outcome) {
            if (outcome.end == JobEnd::Failed)
                m_document->report(outcome.message);
            if (outcome.end != JobEnd::Finished || trace != m_document->trace())
                return;
            m_document->setAttribution(outcome.value.map);
            vis::FigureOptions options = m_document->viewSettings().figure;
            options.overlay = vis::OverlayQuantity::Attribution;
            m_document->setFigureOptions(options, tr("Heat map: attribution"));
        });
}

void AttributionView::ablate()
{
    const auto part = static_cast<Part>(m_part->currentData().toInt());
    const auto work
        = [trace = m_document->trace(), session = m_document->session(), part, mixer = m_document->selection().mixer,
           classIndex = m_document->shownClass()](const JobContext& context) {
              AttributionOptions options;
              options.classIndex = classIndex;
              options.progress = context.progress;
              options.cancel = context.cancel;
              switch (part) {
              case Part::Mixers:
                  return ablateMixers(*session, trace, options);
              case Part::Scans:
                  return ablateScans(*session, trace, options);
              case Part::Channels:
                  break;
              }
              return ablateChannels(*session, trace, mixer, {}, options);
          };
    using Scores = std::vector<AblationScore>;
    m_document->worker().submit<Scores>(QStringLiteral("ablation"), tr("Taking parts out"), work,
                                        [this, trace = m_document->trace()](const JobOutcome<Scores>& outcome) {
                                            if (outcome.end == JobEnd::Failed)
                                                m_document->report(outcome.message);
                                            if (outcome.end == JobEnd::Finished && trace == m_document->trace())
                                                showScores(outcome.value);
                                        });
}

void AttributionView::showScores(const std::vector<AblationScore>& scores)
{
    m_shownScores = scores;
    std::stable_sort(m_shownScores.begin(), m_shownScores.end(),
                     [](const AblationScore& a, const AblationScore& b) { return a.logitDrop > b.logitDrop; });
    m_scores->clear();
    const QLocale locale;
    for (std::size_t i = 0; i < m_shownScores.size(); ++i) {
        const AblationScore& score = m_shownScores[i];
        auto* item = new QTreeWidgetItem(
            m_scores, {partName(score, *m_document->trace()), locale.toString(score.logitDrop, 'f', 3)});
        item->setData(kPartColumn, kScoreRole, static_cast<int>(i));
        item->setTextAlignment(kDropColumn, Qt::AlignRight | Qt::AlignVCenter);
        item->setToolTip(kDropColumn,
                         tr("probability falls by %1").arg(locale.toString(score.probabilityDrop, 'f', 3)));
    }
}

void AttributionView::takeOut(const QTreeWidgetItem* item)
{
    const AblationScore score = m_shownScores.at(static_cast<std::size_t>(item->data(kPartColumn, kScoreRole).toInt()));
    if (score.channel >= 0) {
        HoldChannels change;
        change.channels = {score.channel};
        m_document->addEdit({change, {score.mixer}, true});
    } else if (score.scan >= 0) {
        const MixerRecord* record = m_document->trace()->find(score.mixer);
        WeighScan change;
        change.scan = record->routing.scans.at(static_cast<std::size_t>(score.scan));
        change.weight = 0;
        m_document->addEdit({change, {score.mixer}, true});
    } else {
        m_document->addEdit({SkipMixer(), {score.mixer}, true});
    }
}

}  // namespace mixer::ui
