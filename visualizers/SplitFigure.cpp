// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/SplitFigure.h"

#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

QString partName(int part)
{
    switch (part) {
    case AttentionSplit::Lower:
        return Words::tr("lower: from before");
    case AttentionSplit::Diagonal:
        return Words::tr("diagonal: this step");
    case AttentionSplit::Skip:
        return Words::tr("skip D");
    default:
        return Words::tr("upper: from behind");
    }
}

/// Colours that the colour-blind tell apart (Okabe, Ito, 2008), bent to the two themes.
QColor partColor(int part, const FigureStyle& style)
{
    const std::array<QColor, AttentionSplit::kParts> light
        = {QColor(0, 114, 178), QColor(204, 121, 167), QColor(120, 127, 138), QColor(213, 94, 0)};
    const std::array<QColor, AttentionSplit::kParts> dark
        = {QColor(86, 180, 233), QColor(222, 150, 190), QColor(150, 157, 168), QColor(240, 140, 60)};
    return (style.theme == Theme::Dark ? dark : light)[static_cast<std::size_t>(part)];
}

}  // namespace

SplitFigure::SplitFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
{
    m_context.detail = m_detail;
    if (!m_context.attention)
        m_context.attention = std::make_shared<const ImplicitAttention>(m_detail);
    load();
}

void SplitFigure::load()
{
    const int scan = m_context.selection.scan;
    m_split = m_context.attention->split(scan, m_context.selection.lane);
    m_norm = Array({AttentionSplit::kParts, m_detail->positionCount()});
    for (int part = 0; part < AttentionSplit::kParts; ++part) {
        for (int step = 0; step < m_detail->positionCount(); ++step)
            m_norm.at(part, step) = m_split.norm.at(part, m_detail->positionAt(scan, step));
    }
}

bool SplitFigure::select(const Selection& selection)
{
    const int lane = m_context.selection.lane;
    if (!Figure::select(selection))
        return false;
    if (lane != selection.lane)
        load();
    return true;
}

bool SplitFigure::has(int part) const
{
    return part != AttentionSplit::Upper || m_detail->isQuasiSeparable();
}

QString SplitFigure::title() const
{
    return Words::tr("Parts of the output of %1, scan %2")
        .arg(QString::fromStdString(m_detail->record().id.shortName()),
             QString::fromStdString(m_detail->scanName(m_context.selection.scan)));
}

SplitFigure::Layout SplitFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, false);
    Layout l;
    const double rows = (m_detail->isQuasiSeparable() ? 4 : 3) * 1.5 * metrics.line;
    const double shares = std::min(rows, 0.45 * body.height());
    l.shares = QRectF(body.left(), body.top(), std::max(1.0, body.width()), std::max(1.0, shares));
    const double left
        = textWidth(style.font(), QStringLiteral("0.000")) + metrics.tick + 2 * metrics.gap + metrics.line;
    l.curves = QRectF(body.left() + left, l.shares.bottom() + 1.2 * metrics.line, body.width() - left - metrics.line,
                      body.bottom() - l.shares.bottom() - 1.2 * metrics.line - metrics.axisX(true));
    return l;
}

void SplitFigure::paintShares(QPainter& painter, const QRectF& area, const FigureStyle& style) const
{
    const Metrics metrics(style);
    double labels = 0;
    double high = 1;
    for (int part = 0; part < AttentionSplit::kParts; ++part) {
        labels = std::max(labels, textWidth(style.font(), partName(part)));
        high = std::max(high, m_split.energy[part]);
    }
    const double left = area.left() + labels + 2 * metrics.gap;
    const double right = area.right() - textWidth(style.font(), QStringLiteral("000 %")) - metrics.gap;
    const double row = area.height() / (m_detail->isQuasiSeparable() ? 4 : 3);
    int index = 0;
    painter.setFont(style.font());
    for (int part = 0; part < AttentionSplit::kParts; ++part) {
        if (!has(part))
            continue;
        const double y = area.top() + (index++ + 0.5) * row;
        const double share = m_split.energy[part];
        painter.setPen(style.text);
        drawText(painter, {left - metrics.gap, y}, Qt::AlignRight | Qt::AlignVCenter, partName(part));
        if (!std::isfinite(share) || right <= left)
            continue;
        const double end = left + (right - left) * share / high;
        painter.fillRect(QRectF(left, y - 0.32 * row, end - left, 0.64 * row), partColor(part, style));
        drawText(painter, {end + metrics.gap, y}, Qt::AlignLeft | Qt::AlignVCenter,
                 Words::tr("%1 %").arg(tickText(100 * share, share < 0.1 ? 0.1 : 1)));
    }
}

void SplitFigure::paintCurves(QPainter& painter, const QRectF& plot, const FigureStyle& style) const
{
    if (plot.width() < 4 || plot.height() < 4)
        return;
    const Metrics metrics(style);
    const int steps = m_detail->positionCount();
    const Axis x = cellAxis(steps, plot.left(), plot.right());
    const Axis y{0, niceCeiling(ValueRange::of(m_norm.values.data(), m_norm.values.size()).high), plot.bottom(),
                 plot.top()};
    painter.fillRect(plot, style.panel);
    for (int part = 0; part < AttentionSplit::kParts; ++part) {
        if (!has(part))
            continue;
        QPolygonF curve;
        for (int step = 0; step < steps; ++step)
            curve << QPointF(x.position(step), y.position(m_norm.at(part, step)));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(partColor(part, style), 1.3 * style.lineWidth, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin));
        painter.drawPolyline(curve);
    }
    painter.setPen(QPen(style.highlight, style.lineWidth));
    const double at = x.position(m_context.selection.step);
    painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()));
    paintFrame(painter, plot, style);
    const double tickSpace = 2.5 * textWidth(style.font(), QString::number(steps));
    paintAxisBelow(painter, plot, x,
                   {cellTicks(steps, std::max(2, static_cast<int>(plot.width() / tickSpace))), Words::tr("step")},
                   style);
    paintAxisLeft(painter, plot, y,
                  {axisTicks(0, y.high, plot.height(), 2 * metrics.line), Words::tr("norm of the part")},
                  plot.left() - textWidth(style.font(), QStringLiteral("0.000")) - metrics.tick - metrics.gap
                      - 0.6 * metrics.line,
                  style);
}

void SplitFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), {});
    const Layout l = layout(rect, style);
    paintShares(painter, l.shares, style);
    paintCurves(painter, l.curves, style);
    painter.restore();
}

std::optional<FigureHit> SplitFigure::hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF plot = layout(rect, style).curves;
    if (!plot.contains(point) || plot.isEmpty())
        return std::nullopt;
    const int steps = m_detail->positionCount();
    FigureHit hit{m_context.selection, {}};
    hit.selection.step = std::clamp(static_cast<int>((point.x() - plot.left()) / plot.width() * steps), 0, steps - 1);
    hit.text = Words::tr("step %1").arg(hit.selection.step);
    for (int part = 0; part < AttentionSplit::kParts; ++part) {
        if (has(part))
            hit.text += QLatin1Char('\n') + partName(part) + QStringLiteral(": ")
                + numberText(m_norm.at(part, hit.selection.step));
    }
    return hit;
}

FigureTable SplitFigure::table() const
{
    FigureTable table;
    table.columns = {{QStringLiteral("step"), {}},
                     {QStringLiteral("lower"), {}},
                     {QStringLiteral("diagonal"), {}},
                     {QStringLiteral("skip"), {}},
                     {QStringLiteral("upper"), {}}};
    table.rowCount = m_norm.size(1);
    table.cell = [norm = m_norm](qint64 row, int column) -> QVariant {
        if (column == 0)
            return row;
        return static_cast<double>(norm.at(column - 1, row));
    };
    return table;
}

QSizeF SplitFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(48, 34) * style.fontPixelSize;
}

}  // namespace mixer::vis
