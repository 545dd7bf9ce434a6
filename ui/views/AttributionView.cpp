// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/AttributionView.h"

#include "engine/attribution/Attribution.h"
#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "visualizers/AttributionMaps.h"
#include "visualizers/FigureRun.h"

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
constexpr double kPatienceMs = 4000;  ///< faithfulness is measured along where it takes no longer

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
        m_method->addItem(vis::attributionName(method), static_cast<int>(method));
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
    const Selection s = m_document->selection();
    const vis::AttributionRequest request{static_cast<Method>(m_method->currentData().toInt()),
                                          m_document->shownClass(), s.mixer,
                                          vis::selectedToken(*m_document->detail(), s),
                                          m_document->trace()->milliseconds() * vis::kFaithfulnessRuns < kPatienceMs};
    const QString target = request.method == Method::ReceptiveField
        ? tr("the selected token")
        : QString::fromStdString(m_document->session()->config().label(request.classIndex));
    using MadeMap = std::shared_ptr<const vis::AttributionMap>;
    const auto work = [trace = m_document->trace(), session = m_document->session(),
                       request](const JobContext& context) -> MadeMap {
        return vis::makeAttributionMap(*trace, session->config(), request, context.progress, context.cancel);
    };
    m_document->worker().submit<MadeMap>(QStringLiteral("attribution"), tr("Explaining %1").arg(target), work,
                                         [this, trace = m_document->trace()](const JobOutcome<MadeMap>& outcome) {
                                             if (outcome.end == JobEnd::Failed)
                                                 m_document->report(outcome.message);
                                             if (outcome.end != JobEnd::Finished || trace != m_document->trace())
                                                 return;
                                             m_document->setAttribution(outcome.value);
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
