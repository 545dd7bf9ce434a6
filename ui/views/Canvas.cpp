// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/Canvas.h"

#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "ui/views/PathLayers.h"
#include "visualizers/ColorBar.h"
#include "visualizers/ComponentBars.h"
#include "visualizers/PairedMaps.h"

#include <QApplication>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStyleHints>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::ui {

namespace {

constexpr double kMinZoom = 1.0 / 64;
constexpr int kMargin = 16;  // around a fitted picture
constexpr int kCardGap = 10;
constexpr double kFinestGrid = 5;  // screen pixels to a token
constexpr double kSharpFrom = 2;   // zoom at which picture pixels are shown as squares

QRectF cardRect(const QSizeF& size, const QRectF& area, Qt::Alignment corner)
{
    QRectF card(QPointF(area.left() + kCardGap, area.bottom() - kCardGap - size.height()), size);
    if (corner & Qt::AlignRight)
        card.moveRight(area.right() - kCardGap);
    return card;
}

}  // namespace

Canvas::Canvas(QWidget* parent)
    : QWidget(parent)
    , m_path(new PathLayers(this))
{
    setObjectName(QStringLiteral("canvas"));
    setAccessibleName(tr("Image with overlays"));
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

Canvas::~Canvas() = default;

void Canvas::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_path->setWorker(&document->worker());
    connect(document, &InspectionDocument::pictureChanged, this, &Canvas::onPictureChanged);
    connect(document, &InspectionDocument::detailChanged, this, &Canvas::onDetailChanged);
    connect(document, &InspectionDocument::selectionChanged, this, &Canvas::onSelectionChanged);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &Canvas::onViewSettingsChanged);
    for (const auto signal : {&InspectionDocument::attributionChanged, &InspectionDocument::sharedFeaturesChanged})
        connect(document, signal, this, &Canvas::onViewSettingsChanged);
    onPictureChanged();
    onDetailChanged();
}

void Canvas::onPictureChanged()
{
    m_hover.reset();
    fit();
}

void Canvas::onDetailChanged()
{
    m_overlay.reset();
    m_path->clear();
    if (m_document->detail()) {
        const MixerRecord& record = m_document->detail()->record();
        m_overlay.emplace(m_document->trace()->geometry(), record);
    }
    requestMap();
    update();
}

void Canvas::onSelectionChanged()
{
    // Features are those of the mixer, whatever is pointed at in it.
    if (m_document->viewSettings().figure.overlay != vis::OverlayQuantity::FeaturePca)
        requestMap();
    setAccessibleDescription(readoutAt(std::nullopt));
    update();
}

void Canvas::onViewSettingsChanged()
{
    requestMap();
    update();
}

void Canvas::requestMap()
{
    const vis::OverlayQuantity quantity = m_document->viewSettings().figure.overlay;
    const auto detail = m_document->detail();
    if (!detail || (quantity == vis::OverlayQuantity::None && !m_subtrahend)) {
        m_follower.forget();
        m_mapProblem.clear();
        setMap({});
        return;
    }
    const std::optional<vis::FigureContext> other = m_subtrahend ? m_subtrahend() : std::nullopt;
    if (m_subtrahend && !other)
        return;  // the other run is on its way, and asks again when it is there
    const auto work = [context = m_document->figureContext(), other](const JobContext& job) {
        job.cancel.check();
        return other ? vis::makeDifferenceMap(*other, context, job.cancel) : vis::makeTokenMap(context, job.cancel);
    };
    m_follower.want(&m_document->worker(), QStringLiteral("canvas.map"), QString(), work,
                    [this, detail](JobOutcome<vis::TokenMap> outcome) {
                        // Of another grid it would lie askew on this one; the right one is on its way.
                        if (outcome.end == JobEnd::Cancelled || detail != m_document->detail())
                            return;
                        m_mapProblem = outcome.message;
                        setMap(std::move(outcome.value));
                    });
}

void Canvas::setMap(vis::TokenMap map)
{
    const auto hasSameParts = [](const vis::ColorPart& a, const vis::ColorPart& b) { return a.values == b.values; };
    const bool isSame = m_ownMap.values == map.values && m_ownMap.label == map.label && m_ownMap.width == map.width
        && std::equal(m_ownMap.parts.begin(), m_ownMap.parts.end(), map.parts.begin(), map.parts.end(), hasSameParts);
    m_ownMap = std::move(map);
    takeRange();
    if (!isSame)
        Q_EMIT overlayChanged();
}

QSizeF Canvas::pictureSize() const
{
    return m_document && m_document->picture() ? QSizeF(m_document->picture()->size()) : QSizeF();
}

double Canvas::fittingZoom() const
{
    const QSizeF picture = pictureSize();
    if (picture.isEmpty())
        return 1;
    const double available
        = std::min((width() - 2 * kMargin) / picture.width(), (height() - 2 * kMargin) / picture.height());
    return std::clamp(available, kMinZoom, kMaxZoom);
}

void Canvas::setView(double zoom, const QPointF& centre)
{
    const QSizeF picture = pictureSize();
    m_centre = QPointF(std::clamp(centre.x(), 0.0, picture.width()), std::clamp(centre.y(), 0.0, picture.height()));
    const bool isZoomed = zoom != m_zoom;
    m_zoom = zoom;
    update();
    if (isZoomed)
        Q_EMIT zoomChanged(zoom);
    Q_EMIT placeChanged();
}

void Canvas::zoomTo(double zoom, const QPointF& anchor)
{
    zoom = std::clamp(zoom, std::min(kMinZoom, fittingZoom()), kMaxZoom);
    const QPointF fixed = toPicture(anchor);
    m_isFitted = false;
    setView(zoom, fixed - (anchor - QRectF(rect()).center()) / zoom);
    Q_EMIT moved();
}

void Canvas::zoomBy(double factor)
{
    zoomTo(m_zoom * factor, QRectF(rect()).center());
}

void Canvas::panBy(const QPointF& pixels)
{
    m_isFitted = false;
    setView(m_zoom, m_centre - pixels / m_zoom);
    Q_EMIT moved();
}

void Canvas::fit()
{
    const QSizeF picture = pictureSize();
    m_isFitted = true;
    setView(fittingZoom(), QPointF(picture.width() / 2, picture.height() / 2));
}

void Canvas::showActualSize()
{
    zoomTo(1 / devicePixelRatioF(), QRectF(rect()).center());
}

QTransform Canvas::viewTransform() const
{
    const QPointF middle = QRectF(rect()).center();
    return QTransform(m_zoom, 0, 0, m_zoom, middle.x() - m_centre.x() * m_zoom, middle.y() - m_centre.y() * m_zoom);
}

QPointF Canvas::toPicture(const QPointF& widget) const
{
    return (widget - QRectF(rect()).center()) / m_zoom + m_centre;
}

QPointF Canvas::toWidget(const QPointF& picture) const
{
    return viewTransform().map(picture);
}

int Canvas::tokenAt(const QPointF& widget) const
{
    return m_overlay ? m_overlay->tokenAt(toPicture(widget)) : -1;
}

QPointF Canvas::tokenCentre(int token) const
{
    return m_overlay ? toWidget(m_overlay->tokenCentre(token)) : QPointF();
}

int Canvas::selectedToken() const
{
    const auto& detail = m_document->detail();
    if (!detail)
        return -1;
    const Selection& selection = m_document->selection();
    if (selection.mixer.isChannelMixer)
        return selection.lane;
    return detail->record().tokenAt(detail->positionAt(selection.scan, selection.step));
}

void Canvas::selectTokenAt(const QPointF& widget)
{
    const int token = tokenAt(widget);
    if (token < 0)
        return;
    if (m_isFollowing) {
        Q_EMIT tokenPicked(token);
        return;
    }
    const Selection& selection = m_document->selection();
    if (selection.mixer.isChannelMixer)
        m_document->setLane(token);
    else
        m_document->setStep(
            m_document->detail()->stepOf(selection.scan, m_document->detail()->record().positionOf(token)));
}

QString Canvas::readoutAt(const std::optional<QPointF>& point) const
{
    if (!m_document || !m_document->picture())
        return {};
    QStringList parts;
    if (point) {
        const QPointF pixel = toPicture(*point);
        if (!QRectF(QPointF(), pictureSize()).contains(pixel))
            return readoutAt(std::nullopt);
        parts << tr("pixel x %1, y %2").arg(static_cast<int>(pixel.x())).arg(static_cast<int>(pixel.y()));
    }
    const int token = point ? tokenAt(*point) : selectedToken();
    const auto& detail = m_document->detail();
    if (detail && token < 0 && !point && !detail->record().id.isChannelMixer)
        return tr("class token  ·  step %1 of %2").arg(m_document->selection().step).arg(detail->positionCount() - 1);
    if (!detail || token < 0)
        return parts.join(QStringLiteral("  ·  "));
    const MixerRecord& record = detail->record();
    parts << tr("token y %1, x %2").arg(token / record.width).arg(token % record.width);
    if (!record.id.isChannelMixer)
        parts << tr("step %1 of %2")
                     .arg(detail->stepOf(m_document->selection().scan, record.positionOf(token)))
                     .arg(detail->positionCount() - 1);
    const QPointF place = point ? toPicture(*point) : m_overlay->tokenCentre(token);
    const float value = m_overlay->valueAt(m_map, place);
    if (!m_map.parts.empty())
        parts << vis::partsText(m_map, m_overlay->cellAt(m_map, place));
    else if (!std::isnan(value))
        parts << QStringLiteral("%1 %2").arg(m_map.label, QLocale().toString(static_cast<double>(value), 'g', 3));
    return parts.join(QStringLiteral("  ·  "));
}

void Canvas::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const bool isDark = themeOf(palette()) == vis::Theme::Dark;
    painter.fillRect(rect(), isDark ? QColor(0x12, 0x13, 0x17) : QColor(0xe3, 0xe5, 0xe9));
    // What stands in is as large as this, to the pixel that halves of a window differ by.
    const Canvas& shown = m_standIn ? *m_standIn : *this;
    painter.translate(QRectF(rect()).center() - QRectF(shown.rect()).center());
    shown.paintScene(painter);
    painter.resetTransform();
    painter.setRenderHint(QPainter::Antialiasing);
    shown.paintBadge(painter, m_standIn != nullptr);
    if (!m_document || !m_document->picture() || !m_overlay)
        return;
    (shown.m_hasLegend && shown.m_overlay ? shown : *this).paintLegend(painter);
    (shown.m_overlay ? shown : *this).paintReadout(painter);
}

void Canvas::paintScene(QPainter& painter) const
{
    if (!m_document || !m_document->picture()) {
        painter.setPen(palette().color(QPalette::PlaceholderText));
        painter.drawText(QRectF(rect()).adjusted(24, 24, -24, -24), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    paintPicture(painter);
    if (!m_overlay)
        return;
    painter.save();
    painter.setTransform(viewTransform(), true);
    painter.setRenderHint(QPainter::Antialiasing);
    paintOverlays(painter);
    painter.restore();
}

void Canvas::paintPicture(QPainter& painter) const
{
    const Picture& picture = *m_document->picture();
    const double scale = m_zoom * devicePixelRatioF();
    const QImage& level = picture.levelFor(scale);
    const QRectF target(toWidget({0, 0}), pictureSize() * m_zoom);
    const QRectF shown = target.intersected(QRectF(rect()));
    if (shown.isEmpty())
        return;
    // Only what is visible is scaled: at high zoom the rest of the picture would cost time and show nothing.
    const double toLevelX = level.width() / target.width();
    const double toLevelY = level.height() / target.height();
    const QRectF source((shown.left() - target.left()) * toLevelX, (shown.top() - target.top()) * toLevelY,
                        shown.width() * toLevelX, shown.height() * toLevelY);
    painter.setRenderHint(QPainter::SmoothPixmapTransform, m_zoom < kSharpFrom);
    painter.drawImage(shown, level, source);
}

void Canvas::paintOverlays(QPainter& painter) const
{
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    const double unit = 1 / m_zoom;
    const bool isDark = themeOf(palette()) == vis::Theme::Dark;
    m_overlay->paintUnseen(painter, QRectF(QPointF(), pictureSize()),
                           isDark ? QColor(10, 11, 14, 150) : QColor(235, 237, 240, 150));
    if (!m_map.values.empty())
        m_overlay->paintHeatMap(painter, m_map, options.colorMap, options.overlayOpacity);
    // Lines closer than a few pixels would only veil what lies below.
    const double tokenSide = m_overlay->tokenRect(0).width() * m_zoom;
    if (options.showPatchGrid && tokenSide > kFinestGrid)
        m_overlay->paintGrid(painter, QColor(255, 255, 255, tokenSide > 4 * kFinestGrid ? 90 : 45), unit);
    if (options.showPath)
        paintPath(painter);
    paintStroke(painter);
    const int selected = selectedToken();
    if (selected >= 0)
        m_overlay->paintToken(painter, selected, vis::ScanPathStyle().highlight, unit);
    const std::optional<QPointF> pointed = pointedAt();
    const int pointedToken = pointed ? tokenAt(*pointed) : -1;
    if (pointedToken >= 0 && pointedToken != selected)
        m_overlay->paintToken(painter, pointedToken, Qt::white, unit);
}

void Canvas::paintPath(QPainter& painter) const
{
    const Selection& selection = m_document->selection();
    if (selection.mixer.isChannelMixer)
        return;
    const MixerDetail& detail = *m_document->detail();
    vis::ScanPathStyle style;
    style.colorMap = m_document->viewSettings().figure.colorMap;
    style.currentStep = selection.step;
    style.trailLength = detail.positionCount();  // what was visited is bright, what is to come is dim
    const double tokenSide = m_overlay->tokenRect(0).width() * m_zoom;
    style.lineWidth = std::clamp(tokenSide / 7, 0.8, 3.5);
    // Over a heat map a second colour scale could not be told from the first. Never fully opaque: that paints four
    // times as long (round ends on each piece).
    const bool hasMap = !m_map.values.empty();
    if (hasMap)
        style.singleColor = Qt::white;
    style.opacity = hasMap ? 0.75 : 0.95;
    if (m_document->viewSettings().figure.showAllPaths) {
        vis::ScanPathStyle other = style;
        other.currentStep = -1;
        other.opacity = 0.35;
        other.lineWidth *= 0.6;
        for (int scan = 0; scan < detail.scanCount(); ++scan) {
            if (scan != selection.scan)
                m_overlay->paintScanPath(painter, vis::visitedTokens(detail, scan), other, 1 / m_zoom);
        }
    }
    m_path->paint(painter, *m_overlay, vis::visitedTokens(detail, selection.scan), style, 1 / m_zoom);
}

void Canvas::paintLegend(QPainter& painter) const
{
    if (!m_hasLegend)
        return;
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    const Selection& selection = m_document->selection();
    const vis::FigureStyle style = figureStyleFor(*this);
    vis::ColorBar bar;
    bar.map = &vis::ColorMap::get(m_map.isSigned ? vis::ColorMapId::Diverging : options.colorMap);
    if (!m_mapProblem.isEmpty()) {
        const QRectF area(0, 0, std::min(420.0, width() * 0.6), 400);
        painter.setFont(style.font());
        const QRectF text = painter.boundingRect(area, Qt::TextWordWrap, m_mapProblem);
        const QRectF card = cardRect(text.size() + QSizeF(2 * kCardGap, 2 * kCardGap), rect(), Qt::AlignLeft);
        paintCard(painter, card);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(card.adjusted(kCardGap, kCardGap, -kCardGap, -kCardGap), Qt::TextWordWrap, m_mapProblem);
        return;
    }
    if (!m_map.values.empty()) {
        bar.range = m_map.range;
        bar.label = m_map.label;
        bar.extendHigh = m_map.isCut;
    } else if (options.showPath && !selection.mixer.isChannelMixer) {
        const MixerDetail& detail = *m_document->detail();
        bar.range = {0, std::max(1.0, detail.positionCount() - 1.0)};
        bar.label = tr("step of scan %1").arg(QString::fromStdString(detail.scanName(selection.scan)));
    } else {
        return;
    }
    const bool hasParts = !m_map.parts.empty();
    const vis::ComponentBars parts{m_map};
    const QMarginsF padding(kCardGap, kCardGap * 0.6, kCardGap, kCardGap * 0.8);
    const QFont noteFont = style.noteFont();
    const QFontMetricsF noteMetrics(noteFont);
    const double noteHeight = m_map.note.isEmpty() ? 0 : noteMetrics.height() + 4;
    const double wanted = std::max(hasParts ? 270.0 : 210.0, noteMetrics.horizontalAdvance(m_map.note));
    // Beside another canvas nothing stands at its right.
    const double room = width() * (m_badgeLetter.isEmpty() ? 0.45 : 0.85);
    const double barHeight = hasParts ? parts.heightFor(style) : bar.heightFor(style);
    const QSizeF inner(std::min(wanted, room), barHeight + noteHeight);
    const QRectF card = cardRect(QRectF(QPointF(), inner).marginsAdded(padding).size(), rect(), Qt::AlignLeft);
    paintCard(painter, card);
    const QRectF content = card.marginsRemoved(padding);
    if (hasParts)
        parts.paintHorizontal(painter, content, style);
    else
        bar.paintHorizontal(painter, content.adjusted(0, 0, 0, -noteHeight), style);
    painter.setFont(noteFont);
    painter.setPen(style.mutedText);
    painter.drawText(content, Qt::AlignHCenter | Qt::AlignBottom,
                     noteMetrics.elidedText(m_map.note, Qt::ElideRight, content.width()));
}

void Canvas::paintCard(QPainter& painter, const QRectF& card) const
{
    QColor ground = palette().color(QPalette::Window);
    ground.setAlpha(225);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(card, 6, 6);
}

void Canvas::paintReadout(QPainter& painter) const
{
    painter.setFont(figureStyleFor(*this).font());
    const QFontMetricsF metrics(painter.font());
    // Half a window has no room for it beside the legend.
    const bool hasBadge = !m_badgeLetter.isEmpty();
    const double room = hasBadge ? width() - 4.0 * kCardGap : 0.56 * width();
    const QString text = metrics.elidedText(readoutAt(pointedAt()), Qt::ElideRight, room);
    if (text.isEmpty())
        return;
    QRectF card = cardRect({metrics.horizontalAdvance(text) + 2 * kCardGap, metrics.height() + kCardGap}, rect(),
                           Qt::AlignRight);
    if (hasBadge)
        card.moveTopLeft(QPointF(kCardGap, badgeBottom() + 6));
    paintCard(painter, card);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(card, Qt::AlignCenter, text);
}

void Canvas::resizeEvent(QResizeEvent*)
{
    if (m_isFitted)
        fit();
}

void Canvas::wheelEvent(QWheelEvent* event)
{
    // 120 units are a notch of a common wheel; touchpads send parts of it.
    const double notches = event->angleDelta().y() / 120.0;
    if (notches != 0 && !pictureSize().isEmpty())
        zoomTo(m_zoom * std::pow(1.2, notches), event->position());
    event->accept();
}

void Canvas::setTool(Tool tool)
{
    if (tool == m_tool)
        return;
    m_tool = tool;
    m_isStroking = false;
    m_stroke.clear();
    setCursor(tool == Tool::Look ? Qt::ArrowCursor : Qt::CrossCursor);
    update();
    Q_EMIT toolChanged(tool);
}

void Canvas::strokeTo(const QPointF& widget)
{
    const int token = tokenAt(widget);
    if (token < 0)
        return;
    const auto pass = [this](int passed) {
        if (std::find(m_stroke.begin(), m_stroke.end(), passed) == m_stroke.end())
            m_stroke.push_back(passed);
    };
    // The mouse may skip tokens: all on the straight line between are passed.
    if (!m_stroke.empty()) {
        const int columns = m_overlay->width();
        const QPoint from(m_stroke.back() % columns, m_stroke.back() / columns);
        const QPoint to(token % columns, token / columns);
        const int count = std::max(std::abs(to.x() - from.x()), std::abs(to.y() - from.y()));
        for (int i = 1; i < count; ++i) {
            const double share = static_cast<double>(i) / count;
            pass(qRound(from.y() + share * (to.y() - from.y())) * columns
                 + qRound(from.x() + share * (to.x() - from.x())));
        }
    }
    pass(token);
    update();
}

void Canvas::finishStroke()
{
    m_isStroking = false;
    std::vector<std::int32_t> tokens = std::exchange(m_stroke, {});
    update();
    if (tokens.empty())
        return;
    if (m_tool == Tool::Brush) {
        std::sort(tokens.begin(), tokens.end());
        Q_EMIT tokensBrushed(tokens);
        return;
    }
    std::vector<bool> isPassed(static_cast<std::size_t>(m_overlay->tokenCount()));
    for (const std::int32_t token : tokens)
        isPassed[static_cast<std::size_t>(token)] = true;
    for (std::int32_t token = 0; token < m_overlay->tokenCount(); ++token) {
        if (!isPassed[static_cast<std::size_t>(token)])
            tokens.push_back(token);
    }
    Q_EMIT orderDrawn(tokens);
}

void Canvas::paintStroke(QPainter& painter) const
{
    if (m_stroke.empty())
        return;
    const vis::FigureStyle style = figureStyleFor(*this);
    if (m_tool == Tool::Brush) {
        QColor veil = style.highlight;
        veil.setAlphaF(0.5F);
        for (const std::int32_t token : m_stroke)
            painter.fillRect(m_overlay->tokenRect(token), veil);
        return;
    }
    vis::ScanPathStyle path;
    path.singleColor = style.highlight;
    path.lineWidth = 3;
    m_overlay->paintScanPath(painter, m_stroke, path, 1 / m_zoom);
}

void Canvas::mousePressEvent(QMouseEvent* event)
{
    if (m_tool != Tool::Look && event->button() == Qt::LeftButton && m_overlay) {
        m_isStroking = true;
        strokeTo(event->position());
        return;
    }
    m_pressedAt = m_lastMouse = event->position();
    m_isPanning = event->button() == Qt::MiddleButton;
}

void Canvas::mouseMoveEvent(QMouseEvent* event)
{
    if (m_isStroking) {
        m_hover = event->position();
        strokeTo(event->position());
        return;
    }
    const QPointF moved = event->position() - m_lastMouse;
    const bool isDrag = event->buttons() & (Qt::LeftButton | Qt::MiddleButton);
    const auto dragDistance = QApplication::styleHints()->startDragDistance();
    if (isDrag && (event->position() - m_pressedAt).manhattanLength() >= dragDistance && !m_isPanning) {
        m_isPanning = true;
        setCursor(Qt::ClosedHandCursor);
    }
    m_hover = event->position();
    if (isDrag && m_isPanning) {
        panBy(moved);
    }
    if (!isDrag || m_isPanning)
        m_lastMouse = event->position();
    const QRectF seen = seenRect();
    const QPointF at = toPicture(*m_hover) - seen.topLeft();
    if (!seen.isEmpty())
        Q_EMIT hovered(QPointF(at.x() / seen.width(), at.y() / seen.height()));
    update();
}

void Canvas::mouseReleaseEvent(QMouseEvent* event)
{
    if (m_isStroking) {
        finishStroke();
        return;
    }
    if (event->button() == Qt::LeftButton && !m_isPanning)
        selectTokenAt(event->position());
    m_isPanning = false;
    setCursor(m_tool == Tool::Look ? Qt::ArrowCursor : Qt::CrossCursor);
    update();
}

void Canvas::leaveEvent(QEvent*)
{
    m_hover.reset();
    Q_EMIT hovered(std::nullopt);
    update();
}

}  // namespace mixer::ui
