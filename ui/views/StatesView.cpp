// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/StatesView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"

#include <QLabel>
#include <QVBoxLayout>

namespace mixer::ui {

StatesView::StatesView(QWidget* parent)
    : QWidget(parent)
    , m_heading(new QLabel(this))
    , m_state(new FigureView(QStringLiteral("state"), FigureView::Follow::Rebuild, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_heading->setToolTip(definition(Term::State) + definition(Term::StateNorm));
    m_heading->setContentsMargins(8, 5, 8, 0);
    m_state->setAccessibleName(tr("Hidden state at the current step"));
    m_state->setEmptyText(tr("What the scan remembers appears here"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_heading);
    layout->addWidget(m_state, 1);
}

void StatesView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_state->setDocument(document);
    connect(m_state, &FigureView::figureChanged, this, &StatesView::refreshHeading);
    refreshHeading();
}

void StatesView::refreshHeading()
{
    const vis::Figure* figure = m_state->figure();
    m_heading->setVisible(figure != nullptr);
    if (!figure)
        return;
    // Of the figure on screen, not of the selection: while scrubbing the figure may be a step behind.
    const Selection& shown = figure->selection();
    const MixerDetail& detail = *figure->context().detail;
    m_heading->setText(
        tr("%1 · %2 · after step %3")
            .arg(QString::fromStdString(shown.mixer.shortName()), QString::fromStdString(detail.scanName(shown.scan)))
            .arg(shown.step));
}

}  // namespace mixer::ui
