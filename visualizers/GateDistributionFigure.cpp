// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/GateDistributionFigure.h"

#include "visualizers/GatesFigure.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

constexpr double kBinWidth = -GateDistributionFigure::kLow / GateDistributionFigure::kBins;

int binOf(float gate)
{
    const double place
        = gate > 0 ? (std::log10(static_cast<double>(gate)) - GateDistributionFigure::kLow) / kBinWidth : 0;
    return std::clamp(static_cast<int>(place), 0, GateDistributionFigure::kBins - 1);
}

}  // namespace

GateDistributionFigure::GateDistributionFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
    , m_gate(m_detail->gate(m_context.selection.scan))
    , m_shares(sharesOf(0, m_detail->laneCount()))
{
    m_context.detail = m_detail;
    if (m_context.selection.lane >= 0)
        m_laneShares = sharesOf(m_context.selection.lane, 1);
}

std::vector<double> GateDistributionFigure::sharesOf(int firstLane, int count) const
{
    std::vector<double> shares(kBins, 0.0);
    const std::int64_t positions = m_gate.size(1);
    const double one = 1.0 / (static_cast<double>(count) * static_cast<double>(positions));
    for (std::int64_t i = firstLane * positions; i < (std::int64_t{firstLane} + count) * positions; ++i)
        shares[static_cast<std::size_t>(binOf(m_gate.values[static_cast<std::size_t>(i)]))] += one;
    return shares;
}

bool GateDistributionFigure::select(const Selection& selection)
{
    const int lane = m_context.selection.lane;
    if (!Figure::select(selection))
        return false;
    if (lane != selection.lane)
        m_laneShares = selection.lane >= 0 ? sharesOf(selection.lane, 1) : std::vector<double>();
    return true;
}

QString GateDistributionFigure::title() const
{
    return Words::tr("Distribution of the gates of %1, scan %2")
        .arg(QString::fromStdString(m_detail->record().id.shortName()),
             QString::fromStdString(m_detail->scanName(m_context.selection.scan)));
}

QString GateDistributionFigure::subtitle() const
{
    std::vector<float> sorted = m_gate.values;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return Words::tr("median g = %1").arg(numberText(*middle));
}

QRectF GateDistributionFigure::plotRect(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    const double left = textWidth(style.font(), QStringLiteral("00.0")) + metrics.tick + 2 * metrics.gap + metrics.line;
    const QRectF plot = body.adjusted(left, 1.4 * metrics.line, -metrics.line, -metrics.axisX(true));
    return plot.width() < 4 || plot.height() < 4 ? body : plot;
}

void GateDistributionFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle());
    const QRectF plot = plotRect(rect, style);
    double high = *std::max_element(m_shares.begin(), m_shares.end());
    for (const double share : m_laneShares)
        high = std::max(high, share);
    const Axis x{kLow, 0, plot.left(), plot.right()};
    const Axis y{0, niceCeiling(100 * high), plot.bottom(), plot.top()};
    painter.fillRect(plot, style.panel);
    const double width = plot.width() / kBins;
    const auto bars = [&](const std::vector<double>& shares, const QColor& color, double inset) {
        for (std::size_t bin = 0; bin < shares.size(); ++bin) {
            const double top = y.position(100 * shares[bin]);
            painter.fillRect(QRectF(plot.left() + (static_cast<double>(bin) + inset) * width, top,
                                    (1 - 2 * inset) * width, plot.bottom() - top),
                             color);
        }
    };
    bars(m_shares, style.accent, 0.05);
    if (!m_laneShares.empty())
        bars(m_laneShares, style.highlight, 0.3);
    painter.setFont(style.noteFont());
    const auto limit = [&](double gate, const QString& name, Qt::Alignment side) {
        const double at = x.position(std::log10(gate));
        painter.setPen(QPen(style.mutedText, style.lineWidth, Qt::DashLine));
        painter.drawLine(QPointF(at, plot.top()), QPointF(at, plot.bottom()));
        painter.setPen(style.mutedText);
        drawText(painter, {at, plot.top() - 0.3 * metrics.gap}, side | Qt::AlignBottom, name);
    };
    limit(kShutGate, Words::tr("shut ≤ %1").arg(numberText(kShutGate)), Qt::AlignRight);
    limit(kOpenGate, Words::tr("open ≥ %1").arg(numberText(kOpenGate)), Qt::AlignRight);
    paintFrame(painter, plot, style);
    paintAxisBelow(painter, plot, x, {{-6, -5, -4, -3, -2, -1, 0}, Words::tr("log₁₀ g")}, style);
    paintAxisLeft(
        painter, plot, y, {axisTicks(y.low, y.high, plot.height(), 2 * metrics.line), Words::tr("share of gates, %")},
        plot.left() - textWidth(style.font(), QStringLiteral("00.0")) - metrics.tick - metrics.gap - 0.7 * metrics.line,
        style);
    painter.restore();
}

std::optional<FigureHit> GateDistributionFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                         const FigureStyle& style) const
{
    const QRectF plot = plotRect(rect, style);
    if (!plot.contains(point))
        return std::nullopt;
    const int bin = std::clamp(static_cast<int>((point.x() - plot.left()) / plot.width() * kBins), 0, kBins - 1);
    FigureHit hit{m_context.selection, {}};
    hit.text = Words::tr("g from %1 to %2\n%3 % of all gates")
                   .arg(numberText(std::pow(10, kLow + bin * kBinWidth)),
                        numberText(std::pow(10, kLow + (bin + 1) * kBinWidth)),
                        numberText(100 * m_shares[static_cast<std::size_t>(bin)]));
    return hit;
}

FigureTable GateDistributionFigure::table() const
{
    FigureTable table;
    table.columns = {{QStringLiteral("from"), {}}, {QStringLiteral("to"), {}}, {QStringLiteral("share"), {}}};
    table.rowCount = kBins;
    table.cell = [shares = m_shares](qint64 row, int column) -> QVariant {
        if (column == 2)
            return shares.at(static_cast<std::size_t>(row));
        return std::pow(10, kLow + static_cast<double>(row + column) * kBinWidth);
    };
    return table;
}

Array GateDistributionFigure::array() const
{
    Array array({2, kBins});
    for (int bin = 0; bin < kBins; ++bin) {
        array.at(0, bin) = static_cast<float>(kLow + bin * kBinWidth);
        array.at(1, bin) = static_cast<float>(m_shares[static_cast<std::size_t>(bin)]);
    }
    return array;
}

QSizeF GateDistributionFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(44, 26) * style.fontPixelSize;
}

}  // namespace mixer::vis
