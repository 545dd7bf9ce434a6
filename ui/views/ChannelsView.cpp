// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ChannelsView.h"

#include "ui/Glossary.h"
#include "ui/document/Contributions.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"
#include "visualizers/GatesFigure.h"

#include <QComboBox>
#include <QLabel>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

enum Shown { ShowGates, ShowOutputGates, ShowDistribution };

}  // namespace

ChannelsView::ChannelsView(QWidget* parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_shown(new QComboBox(this))
    , m_sort(new QComboBox(this))
    , m_allLanes(new QToolButton(this))
    , m_gates(new FigureView(QStringLiteral("gates"), FigureView::Follow::Marks, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_heading->setToolTip(definition(Term::Gate) + definition(Term::Lane) + definition(Term::AlwaysOpen));
    m_heading->setMinimumWidth(40);
    m_shown->setObjectName(QStringLiteral("gateQuantityCombo"));
    m_shown->setAccessibleName(tr("What is shown of the channels"));
    m_shown->setToolTip(definition(Term::Gate) + definition(Term::OutputGate));
    m_shown->addItem(tr("gates"), ShowGates);
    m_shown->addItem(tr("output gates"), ShowOutputGates);
    m_shown->addItem(tr("distribution"), ShowDistribution);
    m_sort->setObjectName(QStringLiteral("laneSortCombo"));
    m_sort->setAccessibleName(tr("Order of the lanes"));
    m_sort->setToolTip(
        tr("Order of the rows. Contribution: how far the logit of the selected class falls when the "
           "channel is held at zero. Cluster: channels that open and shut together lie beside each other"));
    m_sort->addItem(tr("by number"), static_cast<int>(vis::LaneSort::Natural));
    m_sort->addItem(tr("by mean gate"), static_cast<int>(vis::LaneSort::MeanGate));
    m_sort->addItem(tr("by variance"), static_cast<int>(vis::LaneSort::Variance));
    m_sort->addItem(tr("by contribution"), static_cast<int>(vis::LaneSort::Contribution));
    m_sort->addItem(tr("by cluster"), static_cast<int>(vis::LaneSort::Cluster));
    m_allLanes->setObjectName(QStringLiteral("allLanesButton"));
    m_allLanes->setText(tr("All"));
    m_allLanes->setProperty("outlined", true);
    m_allLanes->setToolTip(tr("Unselect the lane: overlays show the mean of all lanes (Esc)"));
    m_gates->setAccessibleName(tr("Gate of each lane at each step"));
    m_gates->setEmptyText(tr("What each channel lets in appears here"));
    // What is selected can be long: a line of its own, the controls below.
    auto* head = new QHBoxLayout;
    head->setContentsMargins(10, 4, 6, 0);
    head->addWidget(m_heading, 1);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 0);
    bar->setSpacing(4);
    for (QComboBox* combo : {m_shown, m_sort})
        combo->setMinimumWidth(64);
    bar->addWidget(m_shown, 1);
    bar->addWidget(m_sort, 1);
    bar->addWidget(m_allLanes);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(head);
    layout->addLayout(bar);
    layout->addWidget(m_gates, 1);
}

void ChannelsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_gates->setDocument(document);
    connect(document, &InspectionDocument::selectionChanged, this, &ChannelsView::refreshAll);
    connect(document, &InspectionDocument::detailChanged, this, &ChannelsView::refreshAll);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &ChannelsView::refreshAll);
    connect(m_allLanes, &QToolButton::clicked, document, [document] { document->setLane(-1); });
    connect(m_sort, &QComboBox::activated, this, &ChannelsView::setSort);
    connect(m_shown, &QComboBox::activated, this, &ChannelsView::setShown);
    connect(m_gates, &FigureView::menuRequested, this, &ChannelsView::addHoldActions);
    connect(m_gates, &FigureView::figureChanged, this, &ChannelsView::refreshHeading);
    refreshAll();
}

void ChannelsView::setSort(int index)
{
    vis::FigureOptions options = m_document->viewSettings().figure;
    options.laneSort = static_cast<vis::LaneSort>(m_sort->itemData(index).toInt());
    m_document->setFigureOptions(options, tr("Channels %1").arg(m_sort->itemText(index)));
}

void ChannelsView::setShown(int index)
{
    const int shown = m_shown->itemData(index).toInt();
    m_gates->setFigureId(shown == ShowDistribution ? QStringLiteral("gate-distribution") : QStringLiteral("gates"),
                         FigureView::Follow::Marks);
    vis::FigureOptions options = m_document->viewSettings().figure;
    if (shown != ShowDistribution)
        options.gateQuantity = shown == ShowOutputGates ? vis::GateQuantity::OutputGate : vis::GateQuantity::Gate;
    m_document->setFigureOptions(options, tr("Show %1").arg(m_shown->itemText(index)));
    refreshAll();
}

void ChannelsView::refreshAll()
{
    const QSignalBlocker blockSort(m_sort);
    const QSignalBlocker blockShown(m_shown);
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    m_sort->setCurrentIndex(m_sort->findData(static_cast<int>(options.laneSort)));
    const bool isDistribution = m_gates->figureId() == QLatin1String("gate-distribution");
    m_shown->setCurrentIndex(isDistribution                                              ? ShowDistribution
                                 : options.gateQuantity == vis::GateQuantity::OutputGate ? ShowOutputGates
                                                                                         : ShowGates);
    const bool hasDetail = m_document->detail() != nullptr;
    m_shown->setEnabled(hasDetail);
    m_sort->setEnabled(hasDetail && !isDistribution);
    m_allLanes->setEnabled(m_document->detail() && m_document->selection().lane >= 0);
    refreshHeading();
    requestContributions();
}

void ChannelsView::refreshHeading()
{
    const auto& detail = m_document->detail();
    if (!detail) {
        m_heading->clear();
        return;
    }
    const Selection& selection = m_document->selection();
    const QString mixer = QString::fromStdString(selection.mixer.shortName());
    const bool isChannel = selection.mixer.isChannelMixer;
    QString text;
    if (selection.lane < 0)
        text = (isChannel ? tr("%1 · %2 tokens") : tr("%1 · %2 channels")).arg(mixer).arg(detail->laneCount());
    else
        text = (isChannel ? tr("%1 · token %2") : tr("%1 · channel %2")).arg(mixer).arg(selection.lane);
    if (const auto* gates = dynamic_cast<const vis::GatesFigure*>(m_gates->figure())) {
        const int open = gates->countOf(vis::GatesFigure::Habit::Open);
        const int shut = gates->countOf(vis::GatesFigure::Habit::Shut);
        if (open > 0)
            text += tr(" · %1 always open").arg(open);
        if (shut > 0)
            text += tr(" · %1 always shut").arg(shut);
    }
    m_heading->setText(text);
}

void ChannelsView::requestContributions()
{
    if (m_document->viewSettings().figure.laneSort == vis::LaneSort::Contribution && m_document->detail()
        && m_document->contributions().empty())
        computeContributions(*m_document);
}

void ChannelsView::addHoldActions(QMenu* menu, const QPointF& point)
{
    const auto* gates = dynamic_cast<const vis::GatesFigure*>(m_gates->figure());
    if (!gates || !m_document->detail())
        return;
    const auto cell = gates->cellAt(point, m_gates->figureRect(), m_gates->figureStyle());
    if (!cell)
        return;
    // What is held are channels: the lanes of a token mixer, the positions of a channel mixer.
    const Selection& s = m_document->selection();
    const int channel = s.mixer.isChannelMixer ? m_document->detail()->positionAt(s.scan, cell->step) : cell->lane;
    menu->addAction(tr("Hold channel %1 at zero").arg(channel), this, [this, channel] { hold(channel, false); })
        ->setObjectName(QStringLiteral("holdZeroAction"));
    menu->addAction(tr("Hold channel %1 at its mean").arg(channel), this, [this, channel] { hold(channel, true); });
}

void ChannelsView::hold(int channel, bool toMean)
{
    HoldChannels change;
    change.channels = {channel};
    change.at = toMean ? HoldChannels::At::Mean : HoldChannels::At::Zero;
    m_document->addEdit({change, {m_document->selection().mixer}, true});
}

}  // namespace mixer::ui
