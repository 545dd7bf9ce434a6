// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/MixingView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"

#include <QDoubleSpinBox>
#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

MixingView::MixingView(QWidget* parent)
    : QWidget(parent)
    , m_figure(new FigureView(QStringLiteral("mixing"), FigureView::Follow::Marks, this))
    , m_name(new QLabel(this))
    , m_value(new QDoubleSpinBox(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_figure->setAccessibleName(tr("Weights that average earlier features"));
    m_figure->setEmptyText(tr("Which features feed which mixer appears here"));
    m_figure->installEventFilter(this);
    m_name->setToolTip(definition(Term::Mixing));
    m_value->setObjectName(QStringLiteral("mixWeightBox"));
    m_value->setAccessibleName(tr("The weight"));
    m_value->setRange(-100, 100);
    m_value->setDecimals(3);
    m_value->setSingleStep(0.05);
    m_value->setToolTip(tr("Change the weight: an edit, which can be undone"));
    m_value->findChild<QLineEdit*>()->setAcceptDrops(false);  // files are for the window
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 2, 8, 4);
    bar->addWidget(m_name, 1);
    bar->addWidget(m_value);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_figure, 1);
    layout->addLayout(bar);
}

void MixingView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_figure->setDocument(document);
    connect(m_figure, &FigureView::figureChanged, this, &MixingView::refreshCell);
    connect(m_value, &QDoubleSpinBox::valueChanged, this, &MixingView::setWeight);
    refreshCell();
}

bool MixingView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_figure && event->type() == QEvent::MouseButtonPress)
        takeCell(static_cast<QMouseEvent*>(event)->position());
    return QWidget::eventFilter(watched, event);
}

void MixingView::takeCell(const QPointF& point)
{
    const auto* mixing = dynamic_cast<const vis::MixingFigure*>(m_figure->figure());
    m_cell = mixing ? mixing->cellAt(point, m_figure->figureRect(), m_figure->figureStyle()) : std::nullopt;
    refreshCell();
}

void MixingView::refreshCell()
{
    const auto* mixing = dynamic_cast<const vis::MixingFigure*>(m_figure->figure());
    const bool exists = mixing && m_cell && m_cell->row < mixing->array().size(0);
    m_value->setEnabled(exists);
    m_name->setForegroundRole(exists ? QPalette::Text : QPalette::PlaceholderText);
    if (!exists) {
        m_name->setText(mixing ? tr("Click a weight to change it") : QString());
        return;
    }
    m_name->setText(tr("%1 of stage %2, row %3, column %4")
                        .arg(vis::mixSymbol(m_cell->matrix))
                        .arg(mixing->stage() + 1)
                        .arg(m_cell->row + 1)
                        .arg(m_cell->column));
    // While a person turns the box, the run is behind it.
    const QSignalBlocker blocker(m_value);
    if (!m_value->hasFocus())
        m_value->setValue(mixing->weight(*m_cell));
}

void MixingView::setWeight(double value)
{
    const auto* mixing = dynamic_cast<const vis::MixingFigure*>(m_figure->figure());
    if (!mixing || !m_cell)
        return;
    SetMixWeight change;
    change.stage = mixing->stage();
    change.matrix = m_cell->matrix;
    change.row = m_cell->row;
    change.column = m_cell->column;
    change.value = value;
    // One edit for each weight: turning the box again moves it.
    Interventions edits = m_document->interventions();
    const auto isSame = [&](const Edit& edit) {
        const auto* other = std::get_if<SetMixWeight>(&edit.change);
        return other && other->stage == change.stage && other->matrix == change.matrix && other->row == change.row
            && other->column == change.column;
    };
    const auto found = std::find_if(edits.edits.begin(), edits.edits.end(), isSame);
    if (found == edits.edits.end()) {
        const Edit added{change, {}, true};
        edits.edits.push_back(added);
    } else {
        found->change = change;
        found->enabled = true;
    }
    m_document->setInterventions(edits, tr("Change %1").arg(m_name->text()), QStringLiteral("mix.") + m_name->text());
}

}  // namespace mixer::ui
