// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/InterventionsView.h"

#include "ui/Glossary.h"
#include "ui/document/EditText.h"
#include "ui/document/InspectionDocument.h"

#include <QButtonGroup>
#include <QKeyEvent>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

constexpr int kLargestFactor = 400;  // per cent

}  // namespace

InterventionsView::InterventionsView(QWidget* parent)
    : QWidget(parent)
    , m_shown(new QButtonGroup(this))
    , m_list(new QListWidget(this))
    , m_empty(new QLabel(this))
    , m_outcome(new QLabel(this))
    , m_target(new QLabel(this))
    , m_factor(new QLabel(this))
    , m_delta(new QSlider(Qt::Horizontal, this))
    , m_skip(new QPushButton(tr("Skip mixer"), this))
    , m_hold(new QPushButton(this))
    , m_remove(new QPushButton(tr("Remove"), this))
    , m_clear(new QPushButton(tr("Clear"), this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    nameControls();
    layOut();
}

void InterventionsView::nameControls()
{
    m_list->setObjectName(QStringLiteral("editsList"));
    m_list->setAccessibleName(tr("Edits"));
    m_list->setToolTip(definition(Term::Intervention));
    m_list->installEventFilter(this);
    m_empty->setText(
        tr("Nothing is edited. Click a scan that was not chosen to force it, hold a channel from its context "
           "menu in Channels, drag another image from the list onto a mixer or onto States to take over what it has "
           "there, or use the controls below."));
    m_empty->setWordWrap(true);
    m_empty->setForegroundRole(QPalette::PlaceholderText);
    m_outcome->setObjectName(QStringLiteral("editOutcome"));
    m_outcome->setWordWrap(true);
    m_delta->setObjectName(QStringLiteral("deltaSlider"));
    m_delta->setAccessibleName(tr("Factor of the step size"));
    m_delta->setToolTip(tr("Scales Δ of the selected mixer: 0 steps over every token, large ones forget at once. The "
                           "prediction follows."));
    m_delta->setRange(0, kLargestFactor);
    m_delta->setValue(100);
    m_factor->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("Δ × 0.00")));
    m_skip->setObjectName(QStringLiteral("skipMixerButton"));
    m_skip->setToolTip(tr("The selected mixer hands its input on as it is"));
    m_hold->setObjectName(QStringLiteral("holdLaneButton"));
    m_remove->setObjectName(QStringLiteral("removeEditButton"));
    m_remove->setToolTip(tr("Remove the selected edit (Del)"));
    m_clear->setObjectName(QStringLiteral("clearEditsButton"));
    m_clear->setToolTip(tr("Remove all edits"));
    m_target->setForegroundRole(QPalette::PlaceholderText);
    for (QPushButton* button : {m_skip, m_hold, m_remove, m_clear})
        button->setAutoDefault(false);
}

QLayout* InterventionsView::makeSwitch()
{
    auto* row = new QHBoxLayout;
    row->setContentsMargins(6, 6, 6, 4);
    row->setSpacing(4);
    const QString names[] = {tr("Edited"), tr("Baseline"), tr("Difference")};
    const QString objectNames[]
        = {QStringLiteral("shownEdited"), QStringLiteral("shownBaseline"), QStringLiteral("shownDifference")};
    for (int i = 0; i < 3; ++i) {
        auto* button = new QToolButton(this);
        button->setText(names[i]);
        button->setObjectName(objectNames[i]);
        button->setCheckable(true);
        button->setProperty("outlined", true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setToolTip(tr("What every view shows when edits are active"));
        m_shown->addButton(button, i);
        row->addWidget(button);
    }
    return row;
}

void InterventionsView::layOut()
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(makeSwitch());
    const auto addPadded = [layout](QWidget* widget, const QMargins& margins) {
        auto* row = new QVBoxLayout;
        row->setContentsMargins(margins);
        row->addWidget(widget);
        layout->addLayout(row);
    };
    addPadded(m_empty, {10, 6, 10, 6});
    layout->addWidget(m_list, 1);
    layout->addStretch(0);
    addPadded(m_outcome, {10, 2, 10, 4});
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(6, 0, 6, 6);
    buttons->addWidget(m_remove);
    buttons->addWidget(m_clear);
    buttons->addStretch(1);
    layout->addLayout(buttons);
    addPadded(m_target, {10, 2, 10, 2});
    auto* scale = new QHBoxLayout;
    scale->setContentsMargins(10, 0, 10, 2);
    scale->setSpacing(10);
    scale->addWidget(m_factor);
    scale->addWidget(m_delta, 1);
    layout->addLayout(scale);
    auto* more = new QHBoxLayout;
    more->setContentsMargins(6, 2, 6, 6);
    more->addWidget(m_skip);
    more->addWidget(m_hold);
    more->addStretch(1);
    layout->addLayout(more);
}

void InterventionsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::interventionsChanged, this, &InterventionsView::rebuild);
    connect(document, &InspectionDocument::traceChanged, this, &InterventionsView::refreshOutcome);
    for (const auto signal : {&InspectionDocument::viewSettingsChanged, &InspectionDocument::selectionChanged,
                              &InspectionDocument::detailChanged})
        connect(document, signal, this, &InterventionsView::refreshControls);
    connect(m_shown, &QButtonGroup::idClicked, this, [this](int id) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.shownRun = static_cast<vis::ShownRun>(id);
        m_document->setFigureOptions(options, tr("Show: %1").arg(m_shown->button(id)->text()));
    });
    connect(m_list, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        if (!m_isRebuilding)
            onItemSwitched(m_list->row(item), item->checkState() == Qt::Checked);
    });
    connect(m_remove, &QPushButton::clicked, this, &InterventionsView::removeCurrent);
    connect(m_clear, &QPushButton::clicked, this, [this] { m_document->setInterventions({}, tr("Remove all edits")); });
    connect(m_delta, &QSlider::valueChanged, this, &InterventionsView::scaleDelta);
    connect(m_skip, &QPushButton::clicked, this, [this] {
        m_document->addEdit({SkipMixer(), {m_document->selection().mixer}, true});
    });
    connect(m_hold, &QPushButton::clicked, this, &InterventionsView::holdLane);
    rebuild();
}

void InterventionsView::rebuild()
{
    const QScopedValueRollback<bool> guard(m_isRebuilding, true);
    const int row = m_list->currentRow();
    m_list->clear();
    for (const Edit& edit : m_document->interventions().edits) {
        auto* item = new QListWidgetItem(editText(edit), m_list);
        item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
        item->setCheckState(edit.enabled ? Qt::Checked : Qt::Unchecked);
        item->setToolTip(item->text());
    }
    m_list->setCurrentRow(std::min(row, m_list->count() - 1));
    m_list->setVisible(m_list->count() > 0);
    m_empty->setVisible(m_list->count() == 0);
    refreshControls();
    refreshOutcome();
}

std::optional<std::size_t> InterventionsView::deltaEdit() const
{
    const auto& edits = m_document->interventions().edits;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const auto* scale = std::get_if<ScaleDelta>(&edits[i].change);
        if (scale && scale->scan.empty() && scale->channels.empty() && scale->tokens.isAll()
            && edits[i].mixers == std::vector<MixerId>{m_document->selection().mixer})
            return i;
    }
    return std::nullopt;
}

void InterventionsView::refreshControls()
{
    const auto& detail = m_document->detail();
    const Selection& s = m_document->selection();
    for (QWidget* control : {static_cast<QWidget*>(m_delta), static_cast<QWidget*>(m_skip)})
        control->setEnabled(detail != nullptr);
    m_target->setText(detail ? tr("Selected mixer: %1").arg(QString::fromStdString(s.mixer.shortName()))
                             : tr("No mixer is selected"));
    // Channels are held: a token mixer's lanes, the place of the step in a channel mixer.
    const bool hasChannel = detail && (s.mixer.isChannelMixer || s.lane >= 0);
    m_hold->setEnabled(hasChannel);
    const int channel = !hasChannel ? -1 : s.mixer.isChannelMixer ? detail->positionAt(s.scan, s.step) : s.lane;
    m_hold->setText(hasChannel ? tr("Hold channel %1 at 0").arg(channel) : tr("Hold channel at 0"));
    m_hold->setToolTip(hasChannel ? tr("What channel %1 hands on becomes zero").arg(channel)
                                  : tr("Select a channel first: click a row in Channels"));
    m_shown->button(static_cast<int>(m_document->viewSettings().figure.shownRun))->setChecked(true);
    const bool hasEdits = !m_document->interventions().edits.empty();
    m_remove->setEnabled(hasEdits);
    m_clear->setEnabled(hasEdits);
    double factor = 1;
    if (const auto index = deltaEdit())
        factor = std::get<ScaleDelta>(m_document->interventions().edits[*index].change).factor;
    const QSignalBlocker blocker(m_delta);
    m_delta->setValue(qRound(100 * factor));
    m_factor->setText(tr("Δ × %1").arg(QLocale().toString(factor, 'f', 2)));
}

void InterventionsView::scaleDelta(int percent)
{
    if (!m_document->detail())
        return;
    ScaleDelta change;
    change.factor = percent / 100.0;
    Interventions edits = m_document->interventions();
    if (const auto index = deltaEdit()) {
        edits.edits[*index].change = change;
        edits.edits[*index].enabled = true;
    } else {
        edits.edits.push_back({change, {m_document->selection().mixer}, true});
    }
    const QString mixer = QString::fromStdString(m_document->selection().mixer.shortName());
    m_document->setInterventions(edits, tr("Scale Δ of %1").arg(mixer), QStringLiteral("delta.") + mixer);
}

void InterventionsView::holdLane()
{
    const Selection& s = m_document->selection();
    HoldChannels change;
    change.channels = {s.mixer.isChannelMixer ? m_document->detail()->positionAt(s.scan, s.step) : s.lane};
    m_document->addEdit({change, {s.mixer}, true});
}

void InterventionsView::onItemSwitched(int row, bool isOn)
{
    Interventions edits = m_document->interventions();
    Edit& edit = edits.edits.at(static_cast<std::size_t>(row));
    edit.enabled = isOn;
    const QString text = editText(edit);
    m_document->setInterventions(edits, isOn ? tr("Switch on: %1").arg(text) : tr("Switch off: %1").arg(text));
}

void InterventionsView::removeCurrent()
{
    Interventions edits = m_document->interventions();
    const int row = m_list->currentRow() >= 0 ? m_list->currentRow() : m_list->count() - 1;
    if (row < 0)
        return;
    const QString text = editText(edits.edits[static_cast<std::size_t>(row)]);
    edits.edits.erase(edits.edits.begin() + row);
    m_document->setInterventions(edits, tr("Remove: %1").arg(text));
}

bool InterventionsView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Delete) {
        removeCurrent();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

QString InterventionsView::outcome() const
{
    return m_outcome->text();
}

void InterventionsView::refreshOutcome()
{
    const auto& trace = m_document->trace();
    const auto& baseline = m_document->baseline();
    const bool isEdited = trace && trace != baseline;
    m_outcome->setVisible(isEdited || !m_document->editProblem().isEmpty());
    if (!isEdited) {
        m_outcome->setText(m_document->editProblem());
        return;
    }
    QStringList lines;
    const int first = trace->firstDeparture();
    lines << (first < 0
                  ? tr("Nothing changes.")
                  : tr("First change: %1.")
                        .arg(QString::fromStdString(trace->mixers()[static_cast<std::size_t>(first)].id.shortName())));
    const int before = baseline->topClasses(1).front();
    const int after = trace->topClasses(1).front();
    const ModelConfig& config = m_document->session()->config();
    const auto probability = [](const Trace& run, int index) {
        return QLocale().toString(static_cast<double>(run.probabilities()[static_cast<std::size_t>(index)]), 'f', 3);
    };
    const QString name = QString::fromStdString(config.label(before));
    lines << tr("%1: %2 → %3.").arg(name, probability(*baseline, before), probability(*trace, before));
    if (after != before)
        lines << tr("Now first: %1 (%2).").arg(QString::fromStdString(config.label(after)), probability(*trace, after));
    m_outcome->setText(lines.join(QLatin1Char(' ')));
}

}  // namespace mixer::ui
