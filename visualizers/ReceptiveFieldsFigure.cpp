// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ReceptiveFieldsFigure.h"

#include "engine/attribution/Attribution.h"
#include "engine/core/Error.h"
#include "visualizers/ColorBar.h"
#include "visualizers/FigureRun.h"
#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

/// Gradients peak sharply at the token itself: the colours end where all but so many values are shown apart.
constexpr double kShown = 0.995;

}  // namespace

bool ReceptiveFieldsFigure::exists(const FigureContext& context)
{
    if (!context.trace || !context.trace->tensors() || !context.detail)
        return false;
    return selectedToken(*context.detail, context.selection) >= 0;
}

ReceptiveFieldsFigure::ReceptiveFieldsFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
    , m_token(selectedToken(*m_detail, m_context.selection))
{
    m_context.detail = m_detail;
    if (m_token < 0)
        throw Error(ErrorKind::Usage, "this step is at a class token, which lies nowhere on the image: choose another");
    AttributionOptions options;
    options.cancel = m_context.cancel;
    DirectionFields fields = directionFields(*m_context.trace, m_detail->record().id, m_token, options);
    m_names = std::move(fields.names);
    m_values = std::move(fields.values);
    double whole = 0;
    const std::size_t size = m_values.values.size() / m_names.size();
    for (int i = 0; i < directions(); ++i) {
        double sum = 0;
        for (std::size_t p = 0; p < size; ++p)
            sum += static_cast<double>(field(i)[p]);
        m_shares.push_back(sum);
        whole += sum;
    }
    for (double& share : m_shares)
        share = whole > 0 ? share / whole : 0;
    std::vector<float> sorted = m_values.values;
    const auto last = static_cast<std::size_t>(kShown * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(last), sorted.end());
    m_range = m_context.options.range.value_or(ValueRange{0, niceCeiling(static_cast<double>(sorted[last]))});
    m_isCut = std::any_of(m_values.values.begin(), m_values.values.end(),
                          [this](float value) { return static_cast<double>(value) > m_range.high; });
}

const float* ReceptiveFieldsFigure::field(int direction) const
{
    return m_values.values.data() + std::ptrdiff_t{direction} * height() * width();
}

bool ReceptiveFieldsFigure::select(const Selection& selection)
{
    if (!Figure::select(selection))
        return false;
    return selectedToken(*m_detail, selection) == m_token;
}

QString ReceptiveFieldsFigure::title() const
{
    const MixerRecord& record = m_detail->record();
    return Words::tr("Receptive field of token (%1, %2) in %3")
        .arg(m_token / record.width)
        .arg(m_token % record.width)
        .arg(QString::fromStdString(record.id.shortName()));
}

QString ReceptiveFieldsFigure::nameOf(int direction, double room, const QFont& font) const
{
    QString name = QString::fromStdString(m_names[static_cast<std::size_t>(direction)]);
    if (textWidth(font, name) > room)
        name.replace(QLatin1String(" forward"), QStringLiteral(" →"))
            .replace(QLatin1String(" backward"), QStringLiteral(" ←"));
    return QFontMetricsF(font).elidedText(name, Qt::ElideRight, room);
}

QString ReceptiveFieldsFigure::shareOf(int direction) const
{
    return Words::tr("%1 %").arg(tickText(100 * m_shares[static_cast<std::size_t>(direction)], 1));
}

ReceptiveFieldsFigure::Layout ReceptiveFieldsFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    ColorBar bar;
    bar.range = m_range;
    bar.label = QStringLiteral("‖");
    const bool hasBar = body.width() > 14 * metrics.line && body.height() > 4 * metrics.line;
    const double barWidth = hasBar ? bar.widthFor(style) + 2 * metrics.gap : 0;
    const double above = 1.2 * metrics.line;
    // As many columns as make the maps largest.
    double best = 0;
    int columns = 1;
    for (int tried = 1; tried <= directions(); ++tried) {
        const int rows = (directions() + tried - 1) / tried;
        const double scale = std::min(((body.width() - barWidth) / tried - 2 * metrics.gap) / width(),
                                      (body.height() / rows - above - metrics.gap) / height());
        if (scale > best) {
            best = scale;
            columns = tried;
        }
    }
    Layout l;
    const double w = std::max(1.0, best * width());
    const double h = std::max(1.0, best * height());
    const double left = body.left() + 0.5 * std::max(0.0, body.width() - columns * (w + 2 * metrics.gap) - barWidth);
    for (int i = 0; i < directions(); ++i)
        l.maps.emplace_back(left + (i % columns) * (w + 2 * metrics.gap),
                            body.top() + above + (i / columns) * (h + above + metrics.gap), w, h);
    if (hasBar)
        l.bar = QRectF(l.maps[static_cast<std::size_t>(columns) - 1].right() + 2 * metrics.gap, l.maps.front().top(),
                       barWidth - 2 * metrics.gap, l.maps.back().bottom() - l.maps.front().top());
    return l;
}

void ReceptiveFieldsFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), Words::tr("through each direction; share of all"));
    const Layout l = layout(rect, style);
    const ColorMap& colors = ColorMap::get(m_context.options.colorMap);
    const MixerRecord& record = m_detail->record();
    const TokenCell cell = record.tokenCell();
    for (int i = 0; i < directions(); ++i) {
        const QRectF& map = l.maps[static_cast<std::size_t>(i)];
        const MatrixView view{height(), width(), [&](int row) { return field(i) + std::ptrdiff_t{row} * width(); }, 1};
        drawCells(painter, map,
                  heatMapImage(view, colors, m_range, devicePixels(painter, map), CellReduction::Extreme));
        paintFrame(painter, map, style);
        const double x = map.width() / width();
        const double y = map.height() / height();
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(style.highlight, 1.5 * style.lineWidth, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(QRectF(map.left() + (m_token % record.width * cell.side + cell.offset) * x,
                                map.top() + (m_token / record.width * cell.side + cell.offset) * y, cell.side * x,
                                cell.side * y)
                             .intersected(map));
        painter.setFont(style.font());
        painter.setPen(style.text);
        const double above = map.top() - 0.6 * Metrics(style).line;
        const QString share = shareOf(i);
        const double room = map.width() - textWidth(painter.font(), share) - Metrics(style).gap;
        drawText(painter, {map.left(), above}, Qt::AlignLeft | Qt::AlignVCenter, nameOf(i, room, painter.font()));
        painter.setPen(style.mutedText);
        drawText(painter, {map.right(), above}, Qt::AlignRight | Qt::AlignVCenter, share);
    }
    if (!l.bar.isEmpty()) {
        const ColorBar bar{&colors, m_range, Words::tr("|∂‖ω y‖/∂ pixel|"), m_isCut};
        bar.paintVertical(painter, l.bar, style);
    }
    painter.restore();
}

std::optional<FigureHit> ReceptiveFieldsFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                        const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    for (int i = 0; i < directions(); ++i) {
        const QRectF& map = l.maps[static_cast<std::size_t>(i)];
        if (!map.contains(point))
            continue;
        const int x = std::clamp(static_cast<int>((point.x() - map.left()) / map.width() * width()), 0, width() - 1);
        const int y = std::clamp(static_cast<int>((point.y() - map.top()) / map.height() * height()), 0, height() - 1);
        FigureHit hit{m_context.selection,
                      QString::fromStdString(m_names[static_cast<std::size_t>(i)]) + QStringLiteral(" · ")
                          + shareOf(i)};
        hit.text += QLatin1Char('\n')
            + Words::tr("input pixel (%1, %2): %3")
                  .arg(y)
                  .arg(x)
                  .arg(numberText(static_cast<double>(field(i)[std::ptrdiff_t{y} * width() + x])));
        return hit;
    }
    return std::nullopt;
}

FigureTable ReceptiveFieldsFigure::table() const
{
    FigureTable table;
    table.columns = {{QStringLiteral("direction"), {}},
                     {QStringLiteral("y"), {}},
                     {QStringLiteral("x"), {}},
                     {QStringLiteral("gradient"), {}}};
    table.rowCount = static_cast<qint64>(m_values.values.size());
    table.cell = [names = m_names, values = m_values](qint64 row, int column) -> QVariant {
        const qint64 size = values.size(1) * values.size(2);
        switch (column) {
        case 0:
            return QString::fromStdString(names.at(static_cast<std::size_t>(row / size)));
        case 1:
            return row % size / values.size(2);
        case 2:
            return row % values.size(2);
        default:
            return static_cast<double>(values.values.at(static_cast<std::size_t>(row)));
        }
    };
    return table;
}

QSizeF ReceptiveFieldsFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(48, directions() > 2 ? 42 : 26) * style.fontPixelSize;
}

}  // namespace mixer::vis
