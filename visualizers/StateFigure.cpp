// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/StateFigure.h"

#include "visualizers/ColorBar.h"
#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"
#include "visualizers/TokenMap.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

/// exp(Delta A) of each state at a step, or 1 / (Delta |A|).
Array decayOf(const MixerDetail& detail, int scan, int step, bool asHorizon)
{
    const Array& delta = detail.delta(scan);
    const Array& rates = detail.stateMatrix(scan);
    const int position = detail.positionAt(scan, step);
    const bool isShared = rates.size(0) == 1;
    Array result({detail.laneCount(), detail.stateSize()});
    for (int lane = 0; lane < detail.laneCount(); ++lane) {
        const double d = delta.at(lane, position);
        for (int n = 0; n < detail.stateSize(); ++n) {
            const double rate = d * rates.at(isShared ? 0 : lane, n);
            result.at(lane, n) = static_cast<float>(asHorizon ? -1 / rate : std::exp(rate));
        }
    }
    return result;
}

Array quantityOf(const MixerDetail& detail, int scan, int step, StateQuantity quantity)
{
    const int lanes = detail.laneCount();
    switch (quantity) {
    case StateQuantity::State:
        return detail.state(scan, 0, lanes, step);
    case StateQuantity::Backward:
        return detail.state(scan, 0, lanes, step, MixerDetail::Direction::Backward);
    case StateQuantity::Retention:
    case StateQuantity::Horizon:
        return decayOf(detail, scan, step, quantity == StateQuantity::Horizon);
    case StateQuantity::Kept:
    case StateQuantity::Added:
        break;
    }
    Array kept({lanes, detail.stateSize()});
    if (step > 0) {
        const Array before = detail.state(scan, 0, lanes, step - 1);
        kept = decayOf(detail, scan, step, false);
        for (std::size_t i = 0; i < kept.values.size(); ++i)
            kept.values[i] *= before.values[i];
    }
    if (quantity == StateQuantity::Kept)
        return kept;
    Array added = detail.state(scan, 0, lanes, step);
    for (std::size_t i = 0; i < kept.values.size(); ++i)
        added.values[i] -= kept.values[i];
    return added;
}

QString columnName(StateQuantity quantity)
{
    switch (quantity) {
    case StateQuantity::State:
        return QStringLiteral("h");
    case StateQuantity::Kept:
        return QStringLiteral("kept");
    case StateQuantity::Added:
        return QStringLiteral("added");
    case StateQuantity::Retention:
        return QStringLiteral("retention");
    case StateQuantity::Horizon:
        return QStringLiteral("horizon");
    case StateQuantity::Backward:
        break;
    }
    return QStringLiteral("backward");
}

bool isSigned(StateQuantity quantity)
{
    return quantity != StateQuantity::Retention && quantity != StateQuantity::Horizon;
}

/// The curve through all values, or, where several share a column of pixels, through the lowest and highest of each:
/// the same picture at a fraction of the cost.
QPolygonF curveOf(const std::vector<float>& values, int columns, const Axis& x, const Axis& y)
{
    const int count = static_cast<int>(values.size());
    const int groups = std::min(count, std::max(1, columns));
    QPolygonF curve;
    for (int group = 0; group < groups; ++group) {
        const int end = static_cast<int>(static_cast<qint64>(group + 1) * count / groups);
        int low = -1;
        int high = -1;
        for (int step = static_cast<int>(static_cast<qint64>(group) * count / groups); step < end; ++step) {
            const float value = values[static_cast<std::size_t>(step)];
            if (!std::isfinite(value))
                continue;
            if (low < 0 || value < values[static_cast<std::size_t>(low)])
                low = step;
            if (high < 0 || value > values[static_cast<std::size_t>(high)])
                high = step;
        }
        if (low < 0)
            continue;
        for (const int step : {std::min(low, high), std::max(low, high)}) {
            const QPointF point(x.position(step), y.position(values[static_cast<std::size_t>(step)]));
            if (curve.isEmpty() || curve.last() != point)
                curve << point;
        }
    }
    return curve;
}

double largest(const std::vector<float>& values)
{
    return ValueRange::of(values.data(), values.size()).high;
}

}  // namespace

struct StateFigure::Layout {
    QRectF state;
    QRectF norm;  ///< empty: left out
    QRectF bar;   ///< empty: left out
    double labelX = 0;
    bool labels = true;
};

StateFigure::StateFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
{
    m_context.detail = m_detail;
    loadState();
    const int scan = m_context.selection.scan;
    m_norm = m_detail->stateNorm(scan).values;
    if (m_detail->isQuasiSeparable())
        m_backwardNorm = m_detail->stateNorm(scan, MixerDetail::Direction::Backward).values;
    if (showsDifference(m_context)) {
        const MixerDetail& base = *m_context.baselineDetail;
        m_baselineNorm = base.stateNorm(baselineScan(*m_detail, base, scan)).values;
    }
}

void StateFigure::loadState()
{
    const Selection& s = m_context.selection;
    const StateQuantity quantity = m_context.options.stateQuantity;
    m_state = quantityOf(*m_detail, s.scan, s.step, quantity);
    const bool isDifference = showsDifference(m_context);
    if (isDifference) {
        const MixerDetail& base = *m_context.baselineDetail;
        const Array before = quantityOf(base, baselineScan(*m_detail, base, s.scan), s.step, quantity);
        for (std::size_t i = 0; i < m_state.values.size(); ++i)
            m_state.values[i] -= before.values.at(i);
    }
    if (m_detail->isQuasiSeparable())
        m_backwardState = m_detail->state(s.scan, 0, m_detail->laneCount(), s.step, MixerDetail::Direction::Backward);
    m_rangeIsCut = false;
    if (m_context.options.range) {
        m_range = *m_context.options.range;
    } else if (isSigned(quantity) || isDifference) {
        const ValueRange data = ValueRange::symmetric(m_state.values.data(), m_state.values.size());
        m_range = {-niceCeiling(data.high), niceCeiling(data.high)};
    } else if (quantity == StateQuantity::Retention) {
        m_range = {0, 1};
    } else {
        // A few nearly shut lanes remember for ever; the others are to be seen.
        std::vector<float> sorted = m_state.values;
        const std::size_t rank = sorted.size() * 19 / 20;
        std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(rank), sorted.end());
        m_range = {0, niceCeiling(sorted[rank])};
        m_rangeIsCut = true;
    }
}

QString StateFigure::symbol() const
{
    switch (m_context.options.stateQuantity) {
    case StateQuantity::State:
        return Words::tr("state h");
    case StateQuantity::Kept:
        return Words::tr("kept exp(ΔA)·h");
    case StateQuantity::Added:
        return Words::tr("added Δ·u·B");
    case StateQuantity::Retention:
        return Words::tr("retention exp(ΔA)");
    case StateQuantity::Horizon:
        return Words::tr("horizon, steps");
    case StateQuantity::Backward:
        break;
    }
    return Words::tr("state k");
}

ColorBar StateFigure::stateBar(Theme theme) const
{
    const bool isDifference = showsDifference(m_context);
    ColorMapId map = m_context.options.colorMap;
    if (isSigned(m_context.options.stateQuantity) || isDifference)
        map = theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging;
    return {&ColorMap::get(map), m_range, isDifference ? Words::tr("Δ %1").arg(symbol()) : symbol(), m_rangeIsCut};
}

bool StateFigure::select(const Selection& selection)
{
    const int step = m_context.selection.step;
    if (!Figure::select(selection))
        return false;
    if (step != selection.step)
        loadState();
    return true;
}

QString StateFigure::title() const
{
    return Words::tr("State of %1, scan %2")
        .arg(QString::fromStdString(m_detail->record().id.shortName()),
             QString::fromStdString(m_detail->scanName(m_context.selection.scan)));
}

QString StateFigure::subtitle() const
{
    const Selection& s = m_context.selection;
    QString text = Words::tr("step %1 of %2 · ‖h‖ = %3")
                       .arg(s.step)
                       .arg(m_detail->positionCount())
                       .arg(numberText(m_norm.at(static_cast<std::size_t>(s.step))));
    if (!m_backwardNorm.empty())
        text += QStringLiteral(" · ‖k‖ = ") + numberText(m_backwardNorm.at(static_cast<std::size_t>(s.step)));
    return text;
}

QString StateFigure::laneWord() const
{
    return m_detail->record().id.isChannelMixer ? Words::tr("token") : Words::tr("channel");
}

StateFigure::Layout StateFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    Layout l;
    l.labels = body.height() > 14 * metrics.line && body.width() > 14 * metrics.line;
    const double normHigh
        = niceCeiling(std::max(largest(m_norm), m_backwardNorm.empty() ? 0 : largest(m_backwardNorm)));
    double ticks = textWidth(style.font(), QString::number(m_detail->stateSize()));
    for (const int count : {2, 3, 4, 6})
        ticks = std::max(ticks, tickTextWidth(axisTicks(0, normHigh, count, 1), style));
    const double left = ticks + metrics.tick + 3 * metrics.gap + (l.labels ? metrics.line : 0);
    const bool bar = body.width() > 16 * metrics.line;
    const double barWidth = bar ? stateBar(style.theme).widthFor(style) + 2.5 * metrics.gap
                                : textWidth(style.font(), QString::number(m_detail->positionCount())) * 0.5;
    const double below = metrics.axisX(l.labels);
    const double between = below + 1.5 * metrics.line;
    const double top = 0.4 * metrics.line;

    const double x = std::floor(body.left() + left);
    const double y = std::floor(body.top() + top);
    const double width = std::floor(std::max(1.0, body.right() - x - barWidth));
    if (body.height() < 9 * metrics.line) {
        l.state = QRectF(x, y, width, std::floor(std::max(2.0, body.bottom() - y - below)));
    } else {
        const double height = std::max(2.0, body.bottom() - y - below - between);
        l.state = QRectF(x, y, width, std::floor(0.55 * height));
        l.norm = QRectF(x, l.state.bottom() + std::floor(between), width, std::floor(0.45 * height));
    }
    if (bar)
        l.bar = QRectF(l.state.right() + 2.5 * metrics.gap, y, barWidth, l.state.height());
    l.labelX = body.left() + 0.5 * metrics.line;
    return l;
}

QRectF StateFigure::cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF m = layout(rect, style).state;
    const double w = m.width() / m_detail->laneCount();
    const double h = m.height() / m_detail->stateSize();
    return {m.left() + cell.lane * w, m.top() + cell.state * h, w, h};
}

std::optional<StateFigure::Cell> StateFigure::cellAt(const QPointF& point, const QRectF& rect,
                                                     const FigureStyle& style) const
{
    const QRectF m = layout(rect, style).state;
    if (!m.contains(point))
        return std::nullopt;
    const int lanes = m_detail->laneCount();
    const int states = m_detail->stateSize();
    return Cell{std::clamp(static_cast<int>((point.x() - m.left()) / m.width() * lanes), 0, lanes - 1),
                std::clamp(static_cast<int>((point.y() - m.top()) / m.height() * states), 0, states - 1)};
}

std::optional<int> StateFigure::stepAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF m = layout(rect, style).norm;
    if (!m.contains(point))
        return std::nullopt;
    const int steps = m_detail->positionCount();
    return std::clamp(static_cast<int>((point.x() - m.left()) / m.width() * steps), 0, steps - 1);
}

QPointF StateFigure::normPoint(int step, const QRectF& rect, const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    return {cellAxis(m_detail->positionCount(), l.norm.left(), l.norm.right()).position(step),
            normAxis(l).position(m_norm.at(static_cast<std::size_t>(step)))};
}

std::optional<FigureHit> StateFigure::hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    FigureHit hit{m_context.selection, {}};
    if (const std::optional<int> step = stepAt(point, rect, style)) {
        hit.selection.step = *step;
        hit.text = Words::tr("step %1\n‖h‖ = %2").arg(*step).arg(numberText(m_norm[static_cast<std::size_t>(*step)]));
        if (!m_backwardNorm.empty())
            hit.text += QStringLiteral("\n‖k‖ = ") + numberText(m_backwardNorm[static_cast<std::size_t>(*step)]);
        return hit;
    }
    if (const std::optional<Cell> cell = cellAt(point, rect, style)) {
        hit.selection.lane = cell->lane;
        hit.selection.state = cell->state;
        hit.text = laneWord() + QLatin1Char(' ') + QString::number(cell->lane) + QStringLiteral(" · ")
            + Words::tr("state %1").arg(cell->state) + QLatin1Char('\n') + stateBar(style.theme).label
            + QStringLiteral(" = ") + numberText(m_state.at(cell->lane, cell->state));
        return hit;
    }
    return std::nullopt;
}

void StateFigure::paintState(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const ColorBar bar = stateBar(style.theme);
    const int lanes = m_detail->laneCount();
    const int states = m_detail->stateSize();
    const MatrixView view{states, lanes, [this](int row) { return m_state.values.data() + row; }, states};
    drawCells(painter, l.state,
              heatMapImage(view, *bar.map, m_range, devicePixels(painter, l.state),
                           isSigned(m_context.options.stateQuantity) ? CellReduction::Extreme : CellReduction::Mean));
    paintFrame(painter, l.state, style);
    const double tickSpace = 2.5 * textWidth(style.font(), QString::number(lanes));
    const Axis x = cellAxis(lanes, l.state.left(), l.state.right());
    const Axis y = cellAxis(states, l.state.top(), l.state.bottom());
    paintAxisBelow(painter, l.state, x,
                   {cellTicks(lanes, std::max(2, static_cast<int>(l.state.width() / tickSpace))),
                    l.labels ? laneWord() : QString()},
                   style);
    paintAxisLeft(painter, l.state, y,
                  {cellTicks(states, std::max(2, static_cast<int>(l.state.height() / (1.6 * metrics.line)))),
                   l.labels ? Words::tr("state n") : QString()},
                  l.labelX, style);
    const double size = 0.5 * metrics.line;
    if (m_context.selection.lane >= 0)
        paintPointer(painter, {x.position(m_context.selection.lane), l.state.top() - style.lineWidth}, Qt::TopEdge,
                     0.4 * metrics.line, style.highlight);
    if (m_context.selection.state >= 0)
        paintPointer(painter, {l.state.left() - style.lineWidth, y.position(m_context.selection.state)}, Qt::LeftEdge,
                     size, style.highlight);
    if (!l.bar.isEmpty())
        bar.paintVertical(painter, l.bar, style);
}

Axis StateFigure::normAxis(const Layout& l) const
{
    const double high = std::max(largest(m_norm), m_backwardNorm.empty() ? 0 : largest(m_backwardNorm));
    return {0, niceCeiling(high * 1.05), l.norm.bottom(), l.norm.top()};
}

void StateFigure::paintNorm(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const int steps = m_detail->positionCount();
    const Axis x = cellAxis(steps, l.norm.left(), l.norm.right());
    const Axis y = normAxis(l);
    painter.fillRect(l.norm, style.panel);
    const std::vector<double> yTicks = axisTicks(y.low, y.high, l.norm.height(), 2.0 * metrics.line);
    painter.setPen(QPen(style.grid, style.lineWidth));
    for (const double tick : yTicks)
        painter.drawLine(QPointF(l.norm.left(), y.position(tick)), QPointF(l.norm.right(), y.position(tick)));

    const int columns = devicePixels(painter, l.norm).width();
    const auto curve = [&](const std::vector<float>& values, const QColor& color, Qt::PenStyle pen) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, 1.6 * style.lineWidth, pen, Qt::FlatCap, Qt::BevelJoin));
        painter.drawPolyline(curveOf(values, columns, x, y));
    };
    painter.save();
    painter.setClipRect(l.norm, Qt::IntersectClip);
    if (!m_backwardNorm.empty())
        curve(m_backwardNorm, style.secondAccent, Qt::DashLine);
    if (!m_baselineNorm.empty())
        curve(m_baselineNorm, style.mutedText, Qt::DotLine);
    curve(m_norm, style.accent, Qt::SolidLine);
    const double at = x.position(m_context.selection.step);
    painter.setPen(QPen(style.highlight, style.lineWidth));
    painter.drawLine(QPointF(at, l.norm.top()), QPointF(at, l.norm.bottom()));
    painter.setPen(QPen(style.panel, style.lineWidth));
    painter.setBrush(style.highlight);
    painter.drawEllipse(QPointF(at, y.position(m_norm[static_cast<std::size_t>(m_context.selection.step)])),
                        2.6 * style.lineWidth, 2.6 * style.lineWidth);
    painter.restore();
    paintFrame(painter, l.norm, style);

    const double tickSpace = 2.5 * textWidth(style.font(), QString::number(steps));
    paintAxisBelow(painter, l.norm, x,
                   {cellTicks(steps, std::max(2, static_cast<int>(l.norm.width() / tickSpace))),
                    l.labels ? Words::tr("step") : QString()},
                   style);
    paintAxisLeft(painter, l.norm, y, {yTicks, l.labels ? Words::tr("norm") : QString()}, l.labelX, style);
    paintNormKey(painter, l, style);
}

void StateFigure::paintNormKey(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    if (m_backwardNorm.empty() && m_baselineNorm.empty())
        return;
    const Metrics metrics(style);
    painter.setFont(style.font());
    double right = l.norm.right();
    const double y = l.norm.top() - 0.75 * metrics.line;
    const auto entry = [&](const QString& text, const QColor& color, Qt::PenStyle pen) {
        painter.setPen(style.text);
        drawText(painter, {right, y}, Qt::AlignRight | Qt::AlignVCenter, text);
        right -= textWidth(style.font(), text) + metrics.gap;
        painter.setPen(QPen(color, 1.6 * style.lineWidth, pen, Qt::FlatCap));
        painter.drawLine(QPointF(right - 1.8 * metrics.line, y), QPointF(right, y));
        right -= 1.8 * metrics.line + 2.5 * metrics.gap;
    };
    if (!m_baselineNorm.empty())
        entry(Words::tr("baseline"), style.mutedText, Qt::DotLine);
    if (!m_backwardNorm.empty())
        entry(Words::tr("backward ‖k‖"), style.secondAccent, Qt::DashLine);
    entry(m_backwardNorm.empty() ? Words::tr("edited") : Words::tr("forward ‖h‖"), style.accent, Qt::SolidLine);
}

void StateFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle());
    const Layout l = layout(rect, style);
    paintState(painter, l, style);
    if (!l.norm.isEmpty())
        paintNorm(painter, l, style);
    painter.restore();
}

FigureTable StateFigure::table() const
{
    FigureTable table;
    const bool channelMixer = m_detail->record().id.isChannelMixer;
    table.columns = {{channelMixer ? QStringLiteral("token") : QStringLiteral("channel"), {}},
                     {QStringLiteral("state"), {}},
                     {columnName(m_context.options.stateQuantity), {}}};
    if (!m_backwardState.isEmpty())
        table.columns.push_back({QStringLiteral("k"), {}});
    const qint64 states = m_detail->stateSize();
    table.rowCount = states * m_detail->laneCount();
    table.cell = [h = m_state, k = m_backwardState, states](qint64 row, int column) -> QVariant {
        switch (column) {
        case 0:
            return row / states;
        case 1:
            return row % states;
        case 2:
            return static_cast<double>(h.values.at(static_cast<std::size_t>(row)));
        default:
            return static_cast<double>(k.values.at(static_cast<std::size_t>(row)));
        }
    };
    return table;
}

FigureTable StateFigure::normTable() const
{
    FigureTable table;
    const bool channelMixer = m_detail->record().id.isChannelMixer;
    table.columns = {{QStringLiteral("step"), {}},
                     {channelMixer ? QStringLiteral("channel") : QStringLiteral("token"), {}},
                     {QStringLiteral("norm_h"), {}}};
    if (!m_backwardNorm.empty())
        table.columns.push_back({QStringLiteral("norm_k"), {}});
    table.rowCount = static_cast<qint64>(m_norm.size());
    table.cell = [h = m_norm, k = m_backwardNorm, detail = m_detail,
                  scan = m_context.selection.scan](qint64 row, int column) -> QVariant {
        switch (column) {
        case 0:
            return row;
        case 1:
            return detail->positionAt(scan, static_cast<int>(row));
        case 2:
            return static_cast<double>(h.at(static_cast<std::size_t>(row)));
        default:
            return static_cast<double>(k.at(static_cast<std::size_t>(row)));
        }
    };
    return table;
}

QSizeF StateFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(54, 38) * style.fontPixelSize;
}

}  // namespace mixer::vis
