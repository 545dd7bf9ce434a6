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

void Canvas::setBadge(const QString& letter, const QString& name, const QString& remark)
{
    m_badgeLetter = letter;
    m_badgeName = name;
    m_badgeRemark = remark;
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

namespace {

constexpr double kGap = 10;
constexpr double kBetween = 6;  // cards below each other

}  // namespace

double Canvas::badgeBottom() const
{
    const double card = QFontMetricsF(figureStyleFor(*this).font()).height() + kGap;
    return kGap + card + (m_badgeRemark.isEmpty() ? 0 : kBetween + card);
}

void Canvas::paintBadge(QPainter& painter, bool standsIn) const
{
    if (m_badgeLetter.isEmpty())
        return;
    const vis::FigureStyle style = figureStyleFor(*this);
    const QFont letterFont = style.font(1.1, true);
    const QFontMetricsF letterMetrics(letterFont);
    const QFontMetricsF metrics(style.font());
    const double height = metrics.height() + kGap;
    const double letterWidth = std::max(height, letterMetrics.horizontalAdvance(m_badgeLetter) + kGap);
    const QString name
        = metrics.elidedText(m_badgeName, Qt::ElideMiddle, std::max(0.0, width() - letterWidth - 5 * kGap));
    const QRectF card(kGap, kGap, letterWidth + metrics.horizontalAdvance(name) + 2 * kGap, height);
    const QRectF letter(card.topLeft(), QSizeF(letterWidth, height));
    paintCard(painter, card);
    painter.setPen(Qt::NoPen);
    // While it stands in for the other, nobody may take it for that.
    painter.setBrush(standsIn ? style.highlight : palette().color(QPalette::Highlight));
    painter.drawRoundedRect(letter, 6, 6);
    painter.setFont(letterFont);
    painter.setPen(palette().color(QPalette::HighlightedText));
    painter.drawText(letter, Qt::AlignCenter, m_badgeLetter);
    painter.setFont(style.font());
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(card.adjusted(letterWidth + kGap, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
    if (m_badgeRemark.isEmpty())
        return;
    const QString remark = metrics.elidedText(m_badgeRemark, Qt::ElideRight, width() - 4 * kGap);
    const QRectF below(kGap, card.bottom() + kBetween, metrics.horizontalAdvance(remark) + 2 * kGap, height);
    paintCard(painter, below);
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(below, Qt::AlignCenter, remark);
}

}  // namespace mixer::ui
