// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/AttentionFigure.h"

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

AttentionScope scopeOf(const FigureContext& context, int scan)
{
    AttentionScope scope;
    scope.lane = context.selection.lane;
    scope.weighted = context.options.attention.isMerged;
    scope.scans = context.options.attention.isMerged ? std::vector<int>{} : std::vector<int>{scan};
    return scope;
}

AttentionMap mapOf(const ImplicitAttention& attention, const FigureContext& context, int scan, int position,
                   const CancelToken& cancel)
{
    const AttentionScope scope = scopeOf(context, scan);
    return context.options.attention.isColumn ? attention.column(scope, position, cancel)
                                              : attention.row(scope, position, cancel);
}

}  // namespace

AttentionMap makeAttentionMap(const FigureContext& context, const CancelToken& cancel)
{
    const Selection& s = context.selection;
    const auto own = context.attention ? context.attention : std::make_shared<const ImplicitAttention>(context.detail);
    const int position = own->detail().positionAt(s.scan, s.step);
    AttentionMap map = mapOf(*own, context, s.scan, position, cancel);
    if (!showsDifference(context))
        return map;
    const ImplicitAttention baseline(context.baselineDetail);
    const int scan = baselineScan(own->detail(), *context.baselineDetail, s.scan);
    const AttentionMap before = mapOf(baseline, context, scan, position, cancel);
    for (std::size_t i = 0; i < map.mean.values.size(); ++i) {
        map.mean.values[i] -= before.mean.values[i];
        map.absolute.values[i] -= before.absolute.values[i];
    }
    return map;
}

QString attentionLabel(const FigureContext& context)
{
    const AttentionOptions& options = context.options.attention;
    QString label = options.isAbsolute ? Words::tr("|M|") : Words::tr("M");
    if (showsDifference(context))
        label = Words::tr("Δ") + label;
    return label + QLatin1Char(' ')
        + (options.isColumn ? Words::tr("to each position") : Words::tr("from each position"));
}

ColorBar attentionBar(const FigureContext& context, const std::vector<float>& values, int self, Theme theme)
{
    const bool isSigned = !context.options.attention.isAbsolute || showsDifference(context);
    ColorBar bar;
    bar.label = attentionLabel(context);
    if (context.options.range) {
        bar.range = *context.options.range;
    } else {
        double high = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (static_cast<int>(i) != self && std::isfinite(values[i]))
                high = std::max(high, std::abs(static_cast<double>(values[i])));
        }
        high = niceCeiling(high);
        bar.range = {isSigned ? -high : 0, high};
        bar.extendHigh = self >= 0 && self < static_cast<int>(values.size())
            && values[static_cast<std::size_t>(self)] > static_cast<float>(high);
    }
    const ColorMapId diverging = theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging;
    bar.map = &ColorMap::get(isSigned ? diverging : context.options.colorMap);
    return bar;
}

AttentionFigure::AttentionFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
{
    m_context.detail = m_detail;
    if (!m_context.attention)
        m_context.attention = std::make_shared<const ImplicitAttention>(m_detail);
    load();
}

void AttentionFigure::load()
{
    AttentionMap map = makeAttentionMap(m_context);
    m_residual = map.residual;
    m_values = std::move((m_context.options.attention.isAbsolute ? map.absolute : map.mean).values);
}

bool AttentionFigure::select(const Selection& selection)
{
    const Selection before = m_context.selection;
    if (!Figure::select(selection))
        return false;
    if (before.step != selection.step || before.lane != selection.lane)
        load();
    return true;
}

int AttentionFigure::positionOfToken(int token) const
{
    return m_detail->record().positionOf(token);
}

int AttentionFigure::selectedPosition() const
{
    return m_detail->positionAt(m_context.selection.scan, m_context.selection.step);
}

QString AttentionFigure::title() const
{
    return Words::tr("Implicit attention of %1").arg(QString::fromStdString(m_detail->record().id.shortName()));
}

QString AttentionFigure::residualText() const
{
    return std::isnan(m_residual) ? QString() : Words::tr("‖M·u − y‖/‖y‖ = %1").arg(numberText(m_residual));
}

QString AttentionFigure::subtitle() const
{
    const AttentionOptions& options = m_context.options.attention;
    const Selection& s = m_context.selection;
    QStringList parts;
    parts << (options.isMerged ? Words::tr("all scans")
                               : Words::tr("scan %1").arg(QString::fromStdString(m_detail->scanName(s.scan))));
    const bool isChannel = m_detail->record().id.isChannelMixer;
    if (s.lane < 0)
        parts << (isChannel ? Words::tr("mean of %1 tokens") : Words::tr("mean of %1 channels"))
                     .arg(m_detail->laneCount());
    else
        parts << (isChannel ? Words::tr("token %1") : Words::tr("channel %1")).arg(s.lane);
    if (!std::isnan(m_residual))
        parts << residualText();
    return parts.join(QStringLiteral(" · "));
}

AttentionFigure::Layout AttentionFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    Layout l;
    const bool hasBar = body.width() > 14 * metrics.line;
    const double barWidth
        = hasBar ? attentionBar(m_context, m_values, selectedPosition(), style.theme).widthFor(style) : 0;
    if (isGrid()) {
        const MixerRecord& record = m_detail->record();
        const double room = std::max(1.0, body.width() - (hasBar ? barWidth + 2 * metrics.gap : 0));
        const double cell = std::min(room / record.width, body.height() / record.height);
        const double width = std::max(1.0, cell * record.width);
        const double height = std::max(1.0, cell * record.height);
        const double left = body.left() + 0.5 * std::max(0.0, room - width);
        l.map = QRectF(left, body.top() + 0.5 * std::max(0.0, body.height() - height), width, height);
        if (hasBar)
            l.bar = QRectF(l.map.right() + 2 * metrics.gap, l.map.top(), barWidth, l.map.height());
        return l;
    }
    const double left = textWidth(style.font(), QStringLiteral("−0.000")) + metrics.tick + metrics.gap + metrics.line;
    l.map = body.adjusted(left, 0.4 * metrics.line, -metrics.line, -metrics.axisX(true));
    if (l.map.width() < 1 || l.map.height() < 1)
        l.map = body;
    return l;
}

QRectF AttentionFigure::cellRect(int token, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF map = layout(rect, style).map;
    const MixerRecord& record = m_detail->record();
    const double w = map.width() / record.width;
    const double h = map.height() / record.height;
    return {map.left() + token % record.width * w, map.top() + token / record.width * h, w, h};
}

void AttentionFigure::paintGrid(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const MixerRecord& record = m_detail->record();
    const ColorBar bar = attentionBar(m_context, m_values, selectedPosition(), style.theme);
    const Array grid = array();
    const MatrixView view{record.height, record.width,
                          [&](int row) { return grid.values.data() + std::ptrdiff_t{row} * record.width; }, 1};
    drawCells(painter, l.map,
              heatMapImage(view, *bar.map, bar.range, devicePixels(painter, l.map), CellReduction::Extreme));
    paintFrame(painter, l.map, style);
    const int selected = selectedPosition();
    for (int token = 0; token < record.height * record.width; ++token) {
        if (positionOfToken(token) != selected)
            continue;
        const double w = l.map.width() / record.width;
        const double h = l.map.height() / record.height;
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(style.highlight, 1.8 * style.lineWidth, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(QRectF(l.map.left() + token % record.width * w, l.map.top() + token / record.width * h, w, h));
    }
    if (!l.bar.isEmpty())
        bar.paintVertical(painter, l.bar, style);
}

void AttentionFigure::paintCurve(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const ColorBar bar = attentionBar(m_context, m_values, selectedPosition(), style.theme);
    const int count = static_cast<int>(m_values.size());
    const Axis x = cellAxis(count, l.map.left(), l.map.right());
    const Axis y{bar.range.low, bar.range.high, l.map.bottom(), l.map.top()};
    painter.fillRect(l.map, style.panel);
    painter.setPen(QPen(style.grid, style.lineWidth));
    painter.drawLine(QPointF(l.map.left(), y.position(0)), QPointF(l.map.right(), y.position(0)));
    QPolygonF curve;
    for (int i = 0; i < count; ++i)
        curve << QPointF(x.position(i), y.position(m_values[static_cast<std::size_t>(i)]));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(style.accent, 1.4 * style.lineWidth, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin));
    painter.drawPolyline(curve);
    painter.setPen(QPen(style.highlight, style.lineWidth));
    painter.drawLine(QPointF(x.position(selectedPosition()), l.map.top()),
                     QPointF(x.position(selectedPosition()), l.map.bottom()));
    paintFrame(painter, l.map, style);
    const double tickSpace = 2.5 * textWidth(style.font(), QString::number(count));
    paintAxisBelow(painter, l.map, x,
                   {cellTicks(count, std::max(2, static_cast<int>(l.map.width() / tickSpace))), Words::tr("channel")},
                   style);
    paintAxisLeft(painter, l.map, y, {axisTicks(y.low, y.high, l.map.height(), 2 * metrics.line), bar.label},
                  l.map.left() - textWidth(style.font(), QStringLiteral("−0.000")) - metrics.tick - metrics.line,
                  style);
}

void AttentionFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle());
    const Layout l = layout(rect, style);
    if (isGrid())
        paintGrid(painter, l, style);
    else
        paintCurve(painter, l, style);
    painter.restore();
}

std::optional<FigureHit> AttentionFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                  const FigureStyle& style) const
{
    const QRectF map = layout(rect, style).map;
    if (!map.contains(point) || map.isEmpty())
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    const double x = (point.x() - map.left()) / map.width();
    int position = std::clamp(static_cast<int>(x * static_cast<double>(m_values.size())), 0,
                              static_cast<int>(m_values.size()) - 1);
    if (isGrid()) {
        const MixerRecord& record = m_detail->record();
        const int column = std::clamp(static_cast<int>(x * record.width), 0, record.width - 1);
        const int row = std::clamp(static_cast<int>((point.y() - map.top()) / map.height() * record.height), 0,
                                   record.height - 1);
        position = positionOfToken(row * record.width + column);
        hit.text = Words::tr("token (%1, %2)").arg(row).arg(column);
    } else {
        hit.text = Words::tr("channel %1").arg(position);
    }
    hit.selection.step = m_detail->stepOf(m_context.selection.scan, position);
    hit.text += QLatin1Char('\n') + Words::tr("step %1").arg(hit.selection.step) + QStringLiteral("\nM = ")
        + numberText(m_values[static_cast<std::size_t>(position)]);
    return hit;
}

FigureTable AttentionFigure::table() const
{
    FigureTable table;
    const bool grid = isGrid();
    table.columns = {{grid ? QStringLiteral("token") : QStringLiteral("channel"), {}},
                     {QStringLiteral("step"), {}},
                     {QStringLiteral("attention"), {}}};
    table.rowCount = static_cast<qint64>(m_values.size());
    table.cell
        = [values = m_values, detail = m_detail, scan = m_context.selection.scan](qint64 row, int column) -> QVariant {
        if (column == 0)
            return row;
        if (column == 1)
            return detail->stepOf(scan, static_cast<int>(row));
        return static_cast<double>(values.at(static_cast<std::size_t>(row)));
    };
    return table;
}

Array AttentionFigure::array() const
{
    if (!isGrid()) {
        Array curve({static_cast<std::int64_t>(m_values.size())});
        curve.values = m_values;
        return curve;
    }
    const MixerRecord& record = m_detail->record();
    Array grid({record.height, record.width});
    for (int token = 0; token < record.height * record.width; ++token)
        grid.values[static_cast<std::size_t>(token)] = m_values.at(static_cast<std::size_t>(positionOfToken(token)));
    return grid;
}

QSizeF AttentionFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(40, 34) * style.fontPixelSize;
}

}  // namespace mixer::vis
