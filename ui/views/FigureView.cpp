// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/FigureView.h"

#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"

#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <utility>

namespace mixer::ui {

namespace {
constexpr int kMargin = 6;
}

FigureView::FigureView(const QString& figureId, Follow follow, QWidget* parent)
    : QWidget(parent)
    , m_figureId(figureId)
    , m_follow(follow)
    , m_emptyText(tr("Open a model and an image"))
{
    setObjectName(figureId + QStringLiteral("View"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

FigureView::~FigureView() = default;

void FigureView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::traceChanged, this, &FigureView::refreshAll);
    connect(document, &InspectionDocument::detailChanged, this, &FigureView::refreshAll);
    connect(document, &InspectionDocument::selectionChanged, this, &FigureView::onSelectionChanged);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &FigureView::onViewSettingsChanged);
    connect(document, &InspectionDocument::contributionsChanged, this, &FigureView::refreshAll);
    connect(document, &InspectionDocument::routerStatisticsChanged, this, &FigureView::refreshAll);
    connect(document, &InspectionDocument::patchEffectsChanged, this, &FigureView::refreshAll);
    refreshAll();
}

void FigureView::setFigureId(const QString& figureId, Follow follow)
{
    if (figureId == m_figureId)
        return;
    m_figureId = figureId;
    m_follow = follow;
    setFrame({});
    if (m_document)
        refreshAll();
}

bool FigureView::isBehind() const
{
    return window()->isVisible() && !isWindow() && visibleRegion().isEmpty();
}

void FigureView::keyPressEvent(QKeyEvent* event)
{
    const int stride = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    const int by = event->key() == Qt::Key_Up ? -stride : event->key() == Qt::Key_Down ? stride : 0;
    const auto beside = by != 0 && m_figure ? m_figure->rowBeside(by) : std::nullopt;
    if (beside)
        m_document->select(*beside);
    else
        QWidget::keyPressEvent(event);  // the window's: another scan
}

void FigureView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (event->button() == Qt::LeftButton)
        Q_EMIT doubleClicked(event->position());
}

void FigureView::setEmptyText(const QString& text)
{
    m_emptyText = text;
    update();
}

QRectF FigureView::figureRect() const
{
    return QRectF(rect()).adjusted(kMargin, kMargin, -kMargin, -kMargin);
}

vis::FigureStyle FigureView::figureStyle() const
{
    return figureStyleFor(*this);
}

void FigureView::catchUp()
{
    if (!m_isStale)
        return;
    setFrame({});
    refreshAll();
}

void FigureView::refreshAll()
{
    if (!m_document->detail()) {
        m_follower.forget();
        m_isStale = false;
        m_problem.clear();
        setFrame({});
        return;
    }
    if (isBehind()) {
        m_isStale = true;
        return;
    }
    m_isStale = false;
    const bool isPainted = m_follow == Follow::Rebuild;
    const auto work = [id = m_figureId, context = m_document->figureContext(), isPainted, size = size(),
                       ratio = devicePixelRatioF(), ground = palette().color(QPalette::Base), area = figureRect(),
                       style = figureStyle()](const JobContext& job) {
        job.cancel.check();
        if (!vis::figureExists(id, context))
            return Frame{};
        vis::FigureContext stoppable = context;
        stoppable.cancel = job.cancel;
        Frame frame{FigurePtr(vis::makeFigure(id, stoppable)), QImage()};
        if (isPainted && !size.isEmpty()) {
            frame.pixels = QImage(size * ratio, QImage::Format_RGB32);
            frame.pixels.setDevicePixelRatio(ratio);
            frame.pixels.fill(ground);
            QPainter painter(&frame.pixels);
            frame.figure->paint(painter, area, style);
        }
        return frame;
    };
    const bool isSlow = m_figureId == QLatin1String("receptive-fields");
    m_follower.want(&m_document->worker(), QStringLiteral("figure.") + m_figureId,
                    isSlow ? tr("Receptive fields") : QString(), work,
                    [this](const JobOutcome<Frame>& outcome) { onBuilt(outcome); });
}

void FigureView::onBuilt(const JobOutcome<Frame>& outcome)
{
    if (outcome.end == JobEnd::Failed) {
        m_problem = outcome.message;
        setFrame({});
    }
    if (outcome.end != JobEnd::Finished)
        return;
    // Marks may have moved since the request; whatever they cannot follow has been requested again.
    if (m_follow == Follow::Marks && outcome.value.figure)
        outcome.value.figure->select(m_document->selection());
    setFrame(outcome.value);
}

void FigureView::setFrame(Frame frame)
{
    update();
    if (!frame.figure && !m_figure)
        return;
    m_figure = std::move(frame.figure);
    m_pixels = std::move(frame.pixels);
    if (m_figure)
        m_problem.clear();
    setAccessibleDescription(m_figure ? m_figure->title() : m_emptyText);
    Q_EMIT figureChanged();
}

void FigureView::onSelectionChanged()
{
    if (!m_document->detail())
        return;
    if (isBehind()) {
        m_isStale = true;
        return;
    }
    const bool hasMoved
        = m_follow == Follow::Marks && m_figure && !m_follower.isPending() && m_figure->select(m_document->selection());
    if (!hasMoved) {
        refreshAll();
        return;
    }
    setAccessibleDescription(m_figure->title());
    update();
    Q_EMIT figureChanged();
}

void FigureView::onViewSettingsChanged()
{
    // A figure that these settings could not make may come with others.
    if (!m_figure) {
        if (!m_problem.isEmpty())
            refreshAll();
        return;
    }
    const vis::FigureOptions& shown = m_figure->context().options;
    const vis::FigureOptions& wanted = m_document->viewSettings().figure;
    if (shown.laneSort != wanted.laneSort || shown.colorMap != wanted.colorMap
        || shown.gateQuantity != wanted.gateQuantity || shown.stateQuantity != wanted.stateQuantity
        || !(shown.attention == wanted.attention)
        || (m_figureId == QLatin1String("patch-effects") && shown.predictionValue != wanted.predictionValue))
        refreshAll();
}

void FigureView::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().base());
    if (m_isStale) {
        // Brought forward: what it showed before is of something else, so it shows nothing until it has caught up.
        if (!isBehind())
            QMetaObject::invokeMethod(this, &FigureView::catchUp, Qt::QueuedConnection);
        return;
    }
    if (m_figure && m_pixels.size() == size() * devicePixelRatioF()) {
        painter.drawImage(0, 0, m_pixels);
    } else if (m_figure) {
        m_figure->paint(painter, figureRect(), figureStyle());
    } else {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(figureRect(), Qt::AlignCenter | Qt::TextWordWrap,
                         m_problem.isEmpty() ? m_emptyText : m_problem);
    }
    if (m_figure && m_hover)
        m_figure->paintHover(painter, *m_hover, figureRect(), figureStyle());
    if (hasFocus()) {
        painter.setPen(palette().color(QPalette::Highlight));
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

void FigureView::selectAt(const QPointF& point)
{
    if (!m_figure)
        return;
    if (const auto hit = m_figure->hitTest(point, figureRect(), figureStyle()))
        m_document->select(hit->selection);
}

void FigureView::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    selectAt(event->position());
    Q_EMIT clicked(event->position());
}

void FigureView::mouseMoveEvent(QMouseEvent* event)
{
    m_hover = event->position();
    update();
    if (event->buttons() & Qt::LeftButton) {
        selectAt(event->position());
        return;
    }
    const auto hit = m_figure ? m_figure->hitTest(event->position(), figureRect(), figureStyle()) : std::nullopt;
    if (hit && !hit->text.isEmpty())
        QToolTip::showText(event->globalPosition().toPoint(), hit->text, this);
    else
        QToolTip::hideText();
}

void FigureView::leaveEvent(QEvent*)
{
    QToolTip::hideText();
    m_hover.reset();
    update();
}

void FigureView::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        m_pixels = QImage();
    QWidget::changeEvent(event);
}

void FigureView::contextMenuEvent(QContextMenuEvent* event)
{
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    Q_EMIT menuRequested(menu, event->pos());
    if (!menu->isEmpty())
        menu->addSeparator();
    menu->addAction(tr("Copy figure"), this, [this] { Q_EMIT copyRequested(m_figureId); })
        ->setEnabled(m_figure != nullptr);
    menu->addAction(tr("Export figure…"), this, [this] { Q_EMIT exportRequested(m_figureId); })
        ->setEnabled(m_figure != nullptr);
    menu->popup(event->globalPos());
}

}  // namespace mixer::ui
