// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ChannelsView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

namespace mixer::ui {

ChannelsView::ChannelsView(QWidget* parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_sort(new QComboBox(this))
    , m_allLanes(new QToolButton(this))
    , m_gates(new FigureView(QStringLiteral("gates"), FigureView::Follow::Marks, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_heading->setToolTip(definition(Term::Gate) + definition(Term::Lane));
    m_heading->setMinimumWidth(40);
    m_sort->setObjectName(QStringLiteral("laneSortCombo"));
    m_sort->setAccessibleName(tr("Order of the lanes"));
    m_sort->setToolTip(tr("Order of the rows"));
    m_sort->addItem(tr("by number"), static_cast<int>(vis::LaneSort::Natural));
    m_sort->addItem(tr("by mean gate"), static_cast<int>(vis::LaneSort::MeanGate));
    m_sort->addItem(tr("by variance"), static_cast<int>(vis::LaneSort::Variance));
    m_allLanes->setObjectName(QStringLiteral("allLanesButton"));
    m_allLanes->setText(tr("All lanes"));
    m_allLanes->setToolTip(tr("Unselect the lane: overlays show the mean of all lanes (Esc)"));
    m_gates->setAccessibleName(tr("Gate of each lane at each step"));
    m_gates->setEmptyText(tr("What each channel lets in appears here"));
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 3, 6, 0);
    bar->addWidget(m_heading, 1);
    bar->addWidget(m_allLanes);
    bar->addWidget(m_sort);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
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
    connect(m_sort, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.laneSort = static_cast<vis::LaneSort>(m_sort->itemData(index).toInt());
        m_document->setFigureOptions(options);
    });
    refreshAll();
}

void ChannelsView::refreshAll()
{
    const QSignalBlocker blocker(m_sort);
    m_sort->setCurrentIndex(m_sort->findData(static_cast<int>(m_document->viewSettings().figure.laneSort)));
    const auto& detail = m_document->detail();
    const Selection& selection = m_document->selection();
    m_allLanes->setEnabled(detail && selection.lane >= 0);
    if (!detail) {
        m_heading->clear();
        return;
    }
    const QString mixer = QString::fromStdString(selection.mixer.shortName());
    const bool isChannel = selection.mixer.isChannelMixer;
    if (selection.lane < 0)
        m_heading->setText(
            (isChannel ? tr("%1 · %2 tokens") : tr("%1 · %2 channels")).arg(mixer).arg(detail->laneCount()));
    else
        m_heading->setText((isChannel ? tr("%1 · token %2") : tr("%1 · channel %2")).arg(mixer).arg(selection.lane));
}

}  // namespace mixer::ui
