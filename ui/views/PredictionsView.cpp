// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/PredictionsView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"

#include <QComboBox>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

PredictionsView::PredictionsView(QWidget* parent)
    : QWidget(parent)
    , m_summary(new QLabel(this))
    , m_value(new QComboBox(this))
    , m_bars(new QWidget(this))
{
    setObjectName(QStringLiteral("predictionsView"));
    setAccessibleName(tr("Predictions"));
    setFocusPolicy(Qt::StrongFocus);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setToolTip(definition(Term::Entropy) + definition(Term::Margin));
    m_summary->setMinimumWidth(40);
    m_value->setObjectName(QStringLiteral("predictionValueCombo"));
    m_value->setAccessibleName(tr("Probability or logit"));
    m_value->setToolTip(definition(Term::Probability));
    m_value->addItem(tr("probability"), static_cast<int>(vis::PredictionValue::Probability));
    m_value->addItem(tr("logit"), static_cast<int>(vis::PredictionValue::Logit));
    m_bars->installEventFilter(this);
    m_bars->setMouseTracking(true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 0, 0);
    bar->addWidget(m_summary, 1);
    bar->addWidget(m_value);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 6, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_bars, 1);
}

void PredictionsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::traceChanged, this, &PredictionsView::refreshAll);
    connect(document, &InspectionDocument::selectionChanged, this, &PredictionsView::refreshAll);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &PredictionsView::refreshAll);
    connect(m_value, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.predictionValue = static_cast<vis::PredictionValue>(m_value->itemData(index).toInt());
        m_document->setFigureOptions(options, tr("Predictions as %1").arg(m_value->itemText(index)));
    });
    showFigure();
    refreshAll();
}

const vis::PredictionsData& PredictionsView::data() const
{
    static const vis::PredictionsData none;
    return m_figure ? m_figure->data() : none;
}

void PredictionsView::refreshAll()
{
    const Selection& selection = m_document->selection();
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    // Steps and lanes move all the time and mean nothing here.
    if (m_shownTrace == m_document->trace() && m_shownSelection.classIndex == selection.classIndex
        && m_shownOptions.predictionValue == options.predictionValue && m_shownOptions.shownRun == options.shownRun
        && m_shownOptions.topCount == options.topCount)
        return;
    m_shownTrace = m_document->trace();
    m_shownSelection = selection;
    m_shownOptions = options;
    m_figure.reset();
    if (m_shownTrace)
        m_figure = std::make_unique<vis::PredictionsFigure>(m_document->figureContext());
    showFigure();
}

void PredictionsView::showFigure()
{
    const bool isEmpty = !m_figure;
    m_pixels = QPixmap();
    m_bars->setVisible(!isEmpty);
    m_value->setVisible(!isEmpty);
    const QSignalBlocker blocker(m_value);
    m_value->setCurrentIndex(m_value->findData(static_cast<int>(m_document->viewSettings().figure.predictionValue)));
    m_summary->setAlignment(isEmpty ? Qt::AlignCenter : Qt::AlignLeft | Qt::AlignVCenter);
    m_summary->setForegroundRole(isEmpty ? QPalette::PlaceholderText : QPalette::Text);
    m_summary->setText(isEmpty ? tr("What the network says appears here")
                               : vis::PredictionsFigure::subtitle(m_figure->data()));
    if (isEmpty) {
        setAccessibleDescription(m_summary->text());
        return;
    }
    const vis::PredictionBar& top = data().bars.front();
    setAccessibleDescription(tr("Best: %1, %2").arg(top.label, locale().toString(top.value, 'g', 3)));
    m_bars->update();
}

QRectF PredictionsView::barsRect() const
{
    return QRectF(m_bars->rect()).adjusted(2, 0, 0, -2);
}

void PredictionsView::paintBars()
{
    const QSize pixels = m_bars->size() * devicePixelRatioF();
    if (m_pixels.size() != pixels) {
        m_pixels = QPixmap(pixels);
        m_pixels.setDevicePixelRatio(devicePixelRatioF());
        m_pixels.fill(palette().color(QPalette::Base));
        QPainter painter(&m_pixels);
        m_figure->paint(painter, barsRect(), figureStyleFor(*this));
    }
    QPainter painter(m_bars);
    painter.drawPixmap(0, 0, m_pixels);
    if (hasFocus()) {
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRect(m_bars->rect().adjusted(0, 0, -1, -1));
    }
}

int PredictionsView::barAt(const QPointF& point) const
{
    for (int bar = 0; bar < static_cast<int>(data().bars.size()); ++bar) {
        if (m_figure->rowRect(bar, barsRect(), figureStyleFor(*this)).contains(point))
            return bar;
    }
    return -1;
}

QPoint PredictionsView::barCentre(int bar) const
{
    const QRectF row = m_figure->rowRect(bar, barsRect(), figureStyleFor(*this));
    return m_bars->mapTo(this, row.center().toPoint());
}

void PredictionsView::selectBar(int bar)
{
    if (bar >= 0 && bar < static_cast<int>(data().bars.size()))
        m_document->setClass(data().bars[static_cast<std::size_t>(bar)].classIndex);
}

bool PredictionsView::eventFilter(QObject* watched, QEvent* event)
{
    if (watched != m_bars || !m_figure)
        return QWidget::eventFilter(watched, event);
    if (event->type() == QEvent::Paint) {
        paintBars();
        return true;
    }
    if (event->type() == QEvent::MouseButtonPress) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        setFocus(Qt::MouseFocusReason);
        if (mouse->button() == Qt::LeftButton)
            selectBar(barAt(mouse->position()));
    }
    if (event->type() == QEvent::MouseMove) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const auto hit = m_figure->hitTest(mouse->position(), barsRect(), figureStyleFor(*this));
        QToolTip::showText(mouse->globalPosition().toPoint(), hit ? hit->text : QString(), m_bars);
    }
    return QWidget::eventFilter(watched, event);
}

void PredictionsView::keyPressEvent(QKeyEvent* event)
{
    const bool isUp = event->key() == Qt::Key_Up;
    const auto& bars = data().bars;
    if ((!isUp && event->key() != Qt::Key_Down) || bars.empty()) {
        QWidget::keyPressEvent(event);
        return;
    }
    const auto current = std::find_if(bars.begin(), bars.end(), [this](const vis::PredictionBar& b) {
        return b.classIndex == m_document->shownClass();
    });
    const auto here = static_cast<int>(current - bars.begin());
    selectBar(isUp ? here - 1 : here + 1);
}

void PredictionsView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange && m_document)
        showFigure();
    QWidget::changeEvent(event);
}

void PredictionsView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const QString id = QStringLiteral("predictions");
    menu->addAction(tr("Copy figure"), this, [this, id] { Q_EMIT copyRequested(id); })->setEnabled(m_figure != nullptr);
    menu->addAction(tr("Export figure…"), this, [this, id] { Q_EMIT exportRequested(id); })
        ->setEnabled(m_figure != nullptr);
    menu->popup(event->globalPos());
}

}  // namespace mixer::ui
