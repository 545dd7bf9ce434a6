// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/StatesView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/PatchEdits.h"
#include "ui/views/FigureView.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QVBoxLayout>

namespace mixer::ui {

StatesView::StatesView(QWidget* parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_quantity(new QComboBox(this))
    , m_state(new FigureView(QStringLiteral("state"), FigureView::Follow::Rebuild, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_heading->setToolTip(definition(Term::State) + definition(Term::StateNorm));
    m_heading->setMinimumWidth(40);
    m_quantity->setObjectName(QStringLiteral("stateQuantityCombo"));
    m_quantity->setAccessibleName(tr("What is shown of the state"));
    m_quantity->setToolTip(definition(Term::KeptAdded) + definition(Term::Retention) + definition(Term::Horizon));
    m_quantity->addItem(tr("state h"), static_cast<int>(vis::StateQuantity::State));
    m_quantity->addItem(tr("kept of the old"), static_cast<int>(vis::StateQuantity::Kept));
    m_quantity->addItem(tr("added by the token"), static_cast<int>(vis::StateQuantity::Added));
    m_quantity->addItem(tr("retention"), static_cast<int>(vis::StateQuantity::Retention));
    m_quantity->addItem(tr("memory horizon"), static_cast<int>(vis::StateQuantity::Horizon));
    m_quantity->addItem(tr("backward state k"), static_cast<int>(vis::StateQuantity::Backward));
    m_state->setAccessibleName(tr("Hidden state at the current step"));
    m_state->setEmptyText(tr("What the scan remembers appears here"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 6, 0);
    bar->addWidget(m_heading, 1);
    bar->addWidget(m_quantity);
    layout->addLayout(bar);
    layout->addWidget(m_state, 1);
}

void StatesView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_state->setDocument(document);
    connect(m_state, &FigureView::figureChanged, this, &StatesView::refreshHeading);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &StatesView::refreshQuantity);
    connect(document, &InspectionDocument::detailChanged, this, &StatesView::refreshQuantity);
    connect(m_quantity, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.stateQuantity = static_cast<vis::StateQuantity>(m_quantity->itemData(index).toInt());
        m_document->setFigureOptions(options, tr("Show %1").arg(m_quantity->itemText(index)));
    });
    new ImageDropTarget(m_state, [this](const QPoint&) { return dropPlace(); });
    refreshHeading();
    refreshQuantity();
}

std::optional<ImageDropTarget::Place> StatesView::dropPlace()
{
    if (!m_document->detail())
        return std::nullopt;
    const Selection& s = m_document->selection();
    return ImageDropTarget::Place{m_state->rect().adjusted(4, 4, -4, -4),
                                  tr("Take over its state after step %1 of %2, scan %3")
                                      .arg(s.step)
                                      .arg(QString::fromStdString(s.mixer.shortName()),
                                           QString::fromStdString(m_document->detail()->scanName(s.scan))),
                                  [this](const QString& image) { patchState(*m_document, image); }};
}

void StatesView::refreshQuantity()
{
    const QSignalBlocker blocker(m_quantity);
    const auto shown = static_cast<int>(m_document->viewSettings().figure.stateQuantity);
    m_quantity->setCurrentIndex(m_quantity->findData(shown));
    // Only quasi-separable scans have a backward state.
    auto* items = qobject_cast<QStandardItemModel*>(m_quantity->model());
    const int backward = m_quantity->findData(static_cast<int>(vis::StateQuantity::Backward));
    m_quantity->setEnabled(m_document->detail() != nullptr);
    items->item(backward)->setEnabled(m_document->detail() && m_document->detail()->isQuasiSeparable());
}

void StatesView::refreshHeading()
{
    const vis::Figure* figure = m_state->figure();
    if (!figure) {
        m_heading->clear();
        return;
    }
    // Of the figure on screen, not of the selection: while scrubbing the figure may be a step behind.
    const Selection& shown = figure->selection();
    const MixerDetail& detail = *figure->context().detail;
    m_heading->setText(
        tr("%1 · %2 · after step %3")
            .arg(QString::fromStdString(shown.mixer.shortName()), QString::fromStdString(detail.scanName(shown.scan)))
            .arg(shown.step));
}

}  // namespace mixer::ui
