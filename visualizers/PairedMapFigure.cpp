// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PairedMapFigure.h"

#include "engine/core/Error.h"
#include "visualizers/ColorBar.h"
#include "visualizers/ComponentBars.h"
#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QTransform>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

bool hasPicture(const FigureContext& context)
{
    return context.image && context.trace && context.image->width == context.trace->geometry().originalWidth
        && context.image->height == context.trace->geometry().originalHeight;
}

ColorBar barOf(const TokenMap& map, const FigureOptions& options)
{
    ColorBar bar;
    bar.map = &ColorMap::get(map.isSigned ? ColorMapId::Diverging : options.colorMap);
    bar.range = map.range;
    bar.label = map.label;
    bar.extendHigh = map.isCut;
    return bar;
}

double legendHeight(const TokenMap& map, const FigureStyle& style)
{
    const ColorBar any{nullptr, {0, 1}, QStringLiteral(" "), false};
    return map.parts.empty() ? any.heightFor(style) : ComponentBars{map}.heightFor(style);
}

struct NamedValues {
    QString name;
    std::vector<float> values;
};

/// The columns of a map: "a", or "a, PC 1" and so on.
void addColumns(std::vector<NamedValues>& columns, const QString& name, const TokenMap& map)
{
    if (map.parts.empty())
        columns.push_back({name, map.values});
    for (const ColorPart& part : map.parts)
        columns.push_back({name + QStringLiteral(", ") + part.label, part.values});
}

}  // namespace

struct PairedMapFigure::Layout {
    std::array<QRectF, 3> photos;
    QRectF sharedBar, differenceBar;
    double headingY = 0;
};

bool PairedMapFigure::exists(const FigureContext& context)
{
    const PairedContexts both = pairedContexts(context);
    return both.a && both.a->detail && both.b->detail && hasPicture(*both.a) && hasPicture(*both.b);
}

PairedMapFigure::PairedMapFigure(FigureContext context)
    : Figure(std::move(context))
{
    if (!exists(m_context))
        throw Error(ErrorKind::Usage, "a comparison of maps needs a second run and the pictures of both");
    const PairedContexts both = pairedContexts(m_context);
    m_a = panelOf(*both.a, QStringLiteral("A"), m_context.pair->nameA);
    m_b = panelOf(*both.b, QStringLiteral("B"), m_context.pair->nameB);
    shareRange(m_a.map, m_b.map);
    try {
        m_difference = makeDifferenceMap(*both.a, *both.b);
    } catch (const Error& error) {
        m_problem = QString::fromUtf8(error.what());
    }
}

PairedMapFigure::Panel PairedMapFigure::panelOf(const FigureContext& context, const QString& letter,
                                                const QString& name)
{
    Panel panel;
    panel.image = context.image;
    panel.overlay.emplace(context.trace->geometry(), context.detail->record());
    panel.map = makeTokenMap(context);
    panel.heading = letter + QStringLiteral("  ") + name;
    const Selection& s = context.selection;
    panel.token = s.mixer.isChannelMixer ? s.lane
                                         : context.detail->record().tokenAt(context.detail->positionAt(s.scan, s.step));
    return panel;
}

QString PairedMapFigure::title() const
{
    const QString mixer = QString::fromStdString(m_context.selection.mixer.shortName());
    QString quantity = m_a.map.label.isEmpty() ? m_difference.label : m_a.map.label;
    if (!quantity.isEmpty())
        quantity[0] = quantity.at(0).toUpper();
    return Words::tr("%1, %2: %3 against %4").arg(quantity, mixer, m_context.pair->nameA, m_context.pair->nameB);
}

QString PairedMapFigure::caption() const
{
    const RunPair& pair = *m_context.pair;
    const bool isOneRange = m_a.map.parts.empty();
    QString text
        = (isOneRange ? Words::tr("A: %1. B: %2. A and B on one range of colours.") : Words::tr("A: %1. B: %2."))
              .arg(pair.nameA, pair.nameB);
    if (m_context.options.overlay == OverlayQuantity::FeaturePca)
        text += QLatin1Char(' ')
            + (sharesFeatures(pair.choice) ? Words::tr("Features of both along the principal axes of A.")
                                           : Words::tr("Features of each along principal axes of its own."));
    if (!m_problem.isEmpty())
        text += QLatin1Char(' ') + m_problem;
    else
        text += QLatin1Char(' ') + Words::tr("Difference B − A: %1.").arg(m_difference.note);
    return text + QLatin1Char(' ') + Figure::caption();
}

double PairedMapFigure::aspect() const
{
    const QRectF seen = m_a.overlay->inputRect();
    return seen.isEmpty() ? 1 : seen.height() / seen.width();
}

PairedMapFigure::Layout PairedMapFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, !m_difference.note.isEmpty());
    const double gap = 2 * metrics.gap;
    const double heading = 1.5 * metrics.line;
    const double bar = legendHeight(m_a.map, style) + metrics.gap;
    const double room = std::max(1.0, body.height() - heading - bar);
    const double width = std::max(1.0, std::min((body.width() - 2 * gap) / 3, room / aspect()));
    const double height = width * aspect();
    const double left = std::floor(body.left() + 0.5 * (body.width() - 3 * width - 2 * gap));
    Layout l;
    for (std::size_t i = 0; i < 3; ++i)
        l.photos[i] = QRectF(std::floor(left + static_cast<double>(i) * (width + gap)),
                             std::floor(body.top() + heading), std::floor(width), std::floor(height));
    l.headingY = body.top() + 0.5 * heading;
    const double barTop = l.photos[0].bottom() + metrics.gap;
    const double inset = 0.15 * width;
    l.sharedBar = QRectF(l.photos[0].left() + 3 * inset, barTop, 2 * width + gap - 6 * inset, bar - metrics.gap);
    l.differenceBar = QRectF(l.photos[2].left() + 0.5 * inset, barTop, width - inset, bar - metrics.gap);
    return l;
}

void PairedMapFigure::paintPanel(QPainter& painter, const Panel& panel, const TokenMap& map, const QRectF& photo,
                                 const FigureStyle& style) const
{
    const FigureOptions& options = m_context.options;
    const QRectF seen = panel.overlay->inputRect();
    paintPhoto(painter, toQImage(*panel.image), seen, photo);
    painter.save();
    painter.setTransform(QTransform::fromTranslate(photo.left(), photo.top())
                             .scale(photo.width() / seen.width(), photo.height() / seen.height())
                             .translate(-seen.left(), -seen.top()),
                         true);
    panel.overlay->paintHeatMap(painter, map, options.colorMap, options.overlayOpacity);
    panel.overlay->paintToken(painter, panel.token, style.highlight, style.lineWidth * seen.width() / photo.width());
    painter.restore();
}

void PairedMapFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), m_difference.note);
    const Layout l = layout(rect, style);
    paintPanel(painter, m_a, m_a.map, l.photos[0], style);
    paintPanel(painter, m_b, m_b.map, l.photos[1], style);
    if (m_problem.isEmpty()) {
        paintPanel(painter, m_b, m_difference, l.photos[2], style);
        if (!m_difference.values.empty())
            barOf(m_difference, m_context.options).paintHorizontal(painter, l.differenceBar, style);
    } else {
        painter.setFont(style.noteFont());
        painter.setPen(style.mutedText);
        painter.drawText(l.photos[2], Qt::AlignCenter | Qt::TextWordWrap, m_problem);
    }
    if (!m_a.map.parts.empty()) {
        // Each has shares of its own.
        const double inset = 0.03 * l.photos[0].width();
        for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
            ComponentBars{i == 0 ? m_a.map : m_b.map}.paintHorizontal(
                painter,
                QRectF(l.photos[i].left() + inset, l.sharedBar.top(), l.photos[i].width() - 2 * inset,
                       l.sharedBar.height()),
                style);
    } else if (!m_a.map.values.empty())
        barOf(m_a.map, m_context.options).paintHorizontal(painter, l.sharedBar, style);
    painter.setPen(style.text);
    const QString headings[] = {m_a.heading, m_b.heading, QStringLiteral("B − A")};
    for (std::size_t i = 0; i < 3; ++i) {
        painter.setFont(style.font(1, true));
        const QString shown
            = QFontMetricsF(painter.font()).elidedText(headings[i], Qt::ElideMiddle, l.photos[i].width());
        drawText(painter, {l.photos[i].left(), l.headingY}, Qt::AlignLeft | Qt::AlignVCenter, shown);
    }
    painter.restore();
}

FigureTable PairedMapFigure::table() const
{
    const TokenMap& grid = m_a.map.values.empty() ? m_difference : m_a.map;
    std::vector<NamedValues> columns;
    addColumns(columns, QStringLiteral("a"), m_a.map);
    addColumns(columns, QStringLiteral("b"), m_b.map);
    // Another grid's values stand beside no token of A.
    const bool isSameGrid = m_b.map.height == grid.height && m_b.map.width == grid.width;
    for (std::size_t i = columns.size() / 2; !isSameGrid && i < columns.size(); ++i)
        columns[i].values.clear();
    columns.push_back({QStringLiteral("difference"), m_difference.values});
    FigureTable table;
    table.columns = {{QStringLiteral("y"), QStringLiteral("tokens")}, {QStringLiteral("x"), QStringLiteral("tokens")}};
    for (const NamedValues& column : columns)
        table.columns.push_back({column.name, {}});
    table.rowCount = static_cast<qint64>(grid.height) * grid.width;
    table.cell = [columns, width = grid.width](qint64 row, int column) -> QVariant {
        if (column < 2)
            return static_cast<int>(column == 0 ? row / width : row % width);
        const std::vector<float>& values = columns.at(static_cast<std::size_t>(column - 2)).values;
        if (values.empty())
            return {};
        const float value = values.at(static_cast<std::size_t>(row));
        return std::isfinite(value) ? QVariant(static_cast<double>(value)) : QVariant();
    };
    return table;
}

Array PairedMapFigure::array() const
{
    const TokenMap& shown = m_difference.values.empty() ? m_a.map : m_difference;
    Array array({shown.height, shown.width});
    array.values = shown.values;
    return array;
}

QSizeF PairedMapFigure::preferredSize(const FigureStyle& style) const
{
    const double width = 60 * style.fontPixelSize;
    return {width, heightForWidth(width, style)};
}

double PairedMapFigure::heightForWidth(double width, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF probe(0, 0, width, 1000);
    const QRectF body = belowTitle(probe, style, !m_difference.note.isEmpty());
    const double photo = (body.width() - 4 * metrics.gap) / 3 * aspect();
    return body.top() + (1000 - body.bottom()) + 1.5 * metrics.line + photo + legendHeight(m_a.map, style)
        + metrics.gap;
}

}  // namespace mixer::vis
