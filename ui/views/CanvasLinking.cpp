// SPDX-License-Identifier: GPL-3.0-or-later
// What of a canvas is there for another one beside it.
#include "ui/views/Canvas.h"

#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"

#include <QPainter>

#include <algorithm>
#include <utility>

namespace mixer::ui {

QRectF Canvas::seenRect() const
{
    const QRectF picture(QPointF(), pictureSize());
    return m_overlay && !m_overlay->inputRect().isEmpty() ? m_overlay->inputRect() : picture;
}

Canvas::Place Canvas::place() const
{
    const QRectF seen = seenRect();
    if (seen.isEmpty())
        return {};
    return {{(m_centre.x() - seen.left()) / seen.width(), (m_centre.y() - seen.top()) / seen.height()},
            seen.width() * m_zoom};
}

void Canvas::goTo(const Place& place)
{
    const QRectF seen = seenRect();
    if (seen.isEmpty() || place.width <= 0)
        return;
    const double zoom = place.width / seen.width();
    const QPointF centre(seen.left() + place.centre.x() * seen.width(), seen.top() + place.centre.y() * seen.height());
    m_isFitted = false;
    if (zoom != m_zoom || centre != m_centre)
        setView(zoom, centre);
}

std::optional<QPointF> Canvas::pointedAt() const
{
    if (m_isPanning)
        return std::nullopt;
    if (m_hover || !m_guest)
        return m_hover;
    const QRectF seen = seenRect();
    return toWidget({seen.left() + m_guest->x() * seen.width(), seen.top() + m_guest->y() * seen.height()});
}

void Canvas::setGuest(const std::optional<QPointF>& place)
{
    m_guest = place;
    update();
}

void Canvas::setBadge(const QString& letter, const QString& name)
{
    m_badgeLetter = letter;
    m_badgeName = name;
    update();
}

void Canvas::setEmptyText(const QString& text)
{
    m_emptyText = text;
    update();
}

void Canvas::setLegendVisible(bool on)
{
    m_hasLegend = on;
    update();
}

void Canvas::setStandIn(const Canvas* other)
{
    m_standIn = other;
    update();
}

void Canvas::setSubtrahend(Subtrahend subtrahend)
{
    m_subtrahend = std::move(subtrahend);
    m_mapProblem.clear();
    setMap({});
    requestMap();
}

void Canvas::setSharedRange(const std::optional<vis::ValueRange>& range)
{
    m_sharedRange = range;
    takeRange();
}

void Canvas::takeRange()
{
    m_map = m_ownMap;
    if (m_sharedRange && !m_map.values.empty()) {
        m_map.range = *m_sharedRange;
        m_map.isSigned = m_sharedRange->low < 0 && m_sharedRange->low == -m_sharedRange->high;
        m_map.isCut
            = std::any_of(m_map.values.begin(), m_map.values.end(), [&](float v) { return v > m_map.range.high; });
    }
    update();
}

void Canvas::paintBadge(QPainter& painter) const
{
    const Canvas& shown = m_standIn ? *m_standIn : *this;
    if (shown.m_badgeLetter.isEmpty())
        return;
    constexpr double kGap = 10;
    const vis::FigureStyle style = figureStyleFor(*this);
    const QFont letterFont = style.font(1.1, true);
    const QFontMetricsF letterMetrics(letterFont);
    const QFontMetricsF metrics(style.font());
    const double height = metrics.height() + kGap;
    const double letterWidth = std::max(height, letterMetrics.horizontalAdvance(shown.m_badgeLetter) + kGap);
    const QString name
        = metrics.elidedText(shown.m_badgeName, Qt::ElideMiddle, std::max(0.0, width() - letterWidth - 5 * kGap));
    const QRectF card(kGap, kGap, letterWidth + metrics.horizontalAdvance(name) + 2 * kGap, height);
    paintCard(painter, card);
    // While the other picture stands in, nobody may take it for this one.
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_standIn ? style.highlight : palette().color(QPalette::Highlight));
    painter.drawRoundedRect(QRectF(card.topLeft(), QSizeF(letterWidth, height)), 6, 6);
    painter.setFont(letterFont);
    painter.setPen(m_standIn ? QColor(Qt::white) : palette().color(QPalette::HighlightedText));
    painter.drawText(QRectF(card.topLeft(), QSizeF(letterWidth, height)), Qt::AlignCenter, shown.m_badgeLetter);
    painter.setFont(style.font());
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(card.adjusted(letterWidth + kGap, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
}

}  // namespace mixer::ui
