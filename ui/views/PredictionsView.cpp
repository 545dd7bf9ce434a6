// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/PredictionsView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"

#include <QChart>
#include <QChartView>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

PredictionsView::PredictionsView(QWidget* parent)
    : QWidget(parent)
    , m_summary(new QLabel(this))
    , m_view(new QChartView(this))
{
    setObjectName(QStringLiteral("predictionsView"));
    setAccessibleName(tr("Predictions"));
    setFocusPolicy(Qt::StrongFocus);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_summary->setContentsMargins(4, 5, 4, 0);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setToolTip(definition(Term::Probability));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setFocusPolicy(Qt::NoFocus);
    m_view->viewport()->installEventFilter(this);
    // A graphics view takes every drop for its scene; files are for the window.
    m_view->setAcceptDrops(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 0, 8, 4);
    layout->setSpacing(2);
    layout->addWidget(m_summary);
    layout->addWidget(m_view, 1);
}

void PredictionsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::traceChanged, this, &PredictionsView::refreshAll);
    connect(document, &InspectionDocument::selectionChanged, this, &PredictionsView::refreshAll);
    showChart();
    refreshAll();
}

void PredictionsView::refreshAll()
{
    const int classIndex = m_document->selection().classIndex;
    // Steps and lanes move all the time and mean nothing here.
    if (m_shownTrace == m_document->trace() && m_shownClass == classIndex)
        return;
    m_shownTrace = m_document->trace();
    m_shownClass = classIndex;
    m_data = {};
    if (m_shownTrace)
        m_data = vis::makePredictionsData(m_document->figureContext());
    showChart();
}

void PredictionsView::showChart()
{
    const bool isEmpty = m_data.bars.empty();
    m_view->setVisible(!isEmpty);
    m_summary->setAlignment(isEmpty ? Qt::AlignCenter : Qt::AlignLeft | Qt::AlignVCenter);
    m_summary->setForegroundRole(isEmpty ? QPalette::PlaceholderText : QPalette::Text);
    m_summary->setText(isEmpty ? tr("Open a model and an image") : vis::PredictionsFigure::subtitle(m_data));
    if (isEmpty) {
        setAccessibleDescription(m_summary->text());
        return;
    }
    const vis::PredictionBar& top = m_data.bars.front();
    setAccessibleDescription(tr("Best: %1, %2").arg(top.label, locale().toString(top.value, 'g', 3)));
    QChart* old = m_view->chart();
    m_view->setChart(vis::makePredictionsChart(m_data, figureStyleFor(*this)));
    delete old;
}

int PredictionsView::barAt(const QPointF& viewPoint) const
{
    if (m_data.bars.empty() || !m_view->chart())
        return -1;
    const QRectF plot = m_view->chart()->plotArea();
    const QPointF point = m_view->chart()->mapFromScene(m_view->mapToScene(viewPoint.toPoint()));
    const auto count = static_cast<double>(m_data.bars.size());
    const int bar = static_cast<int>((point.y() - plot.top()) / plot.height() * count);
    return point.y() >= plot.top() && point.y() < plot.bottom() ? bar : -1;
}

QPoint PredictionsView::barCentre(int bar) const
{
    const QRectF plot = m_view->chart()->plotArea();
    const auto count = static_cast<double>(m_data.bars.size());
    const QPointF point(plot.center().x(), plot.top() + (bar + 0.5) * plot.height() / count);
    return m_view->viewport()->mapTo(this, m_view->mapFromScene(m_view->chart()->mapToScene(point)));
}

void PredictionsView::selectBar(int bar)
{
    if (bar >= 0 && bar < static_cast<int>(m_data.bars.size()))
        m_document->setClass(m_data.bars[static_cast<std::size_t>(bar)].classIndex);
}

bool PredictionsView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::MouseButtonPress) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        setFocus(Qt::MouseFocusReason);
        if (mouse->button() == Qt::LeftButton)
            selectBar(barAt(mouse->position()));
    }
    return QWidget::eventFilter(watched, event);
}

void PredictionsView::keyPressEvent(QKeyEvent* event)
{
    const bool isUp = event->key() == Qt::Key_Up;
    if ((!isUp && event->key() != Qt::Key_Down) || m_data.bars.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto current = std::find_if(m_data.bars.begin(), m_data.bars.end(), [this](const vis::PredictionBar& b) {
        return b.classIndex == m_document->shownClass();
    });
    const auto here = static_cast<int>(current - m_data.bars.begin());
    selectBar(isUp ? here - 1 : here + 1);
}

void PredictionsView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange && m_document)
        showChart();
    QWidget::changeEvent(event);
}

void PredictionsView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QString id = QStringLiteral("predictions");
    menu->addAction(tr("Copy figure"), this, [this, id] { Q_EMIT copyRequested(id); })
        ->setEnabled(!m_data.bars.empty());
    menu->addAction(tr("Export figure…"), this, [this, id] { Q_EMIT exportRequested(id); })
        ->setEnabled(!m_data.bars.empty());
    menu->popup(event->globalPos());
}

}  // namespace mixer::ui
