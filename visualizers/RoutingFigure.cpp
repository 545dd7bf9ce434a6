// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RoutingFigure.h"

#include "engine/core/Error.h"
#include "visualizers/ColorBar.h"
#include "visualizers/PlotAxes.h"
#include "visualizers/ScanGlyph.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

constexpr double kMarginLines = 5;  ///< width of the margins' bars and numbers, in lines of text

/// How the scans' names fit above their columns.
enum class HeaderText { OneLine, TwoLines, Upwards };

/// "column-reverse" broken after its last hyphen.
QStringList twoLines(const QString& name)
{
    const qsizetype hyphen = name.lastIndexOf(QLatin1Char('-'));
    if (hyphen < 0)
        return {QString(), name};
    return {name.left(hyphen + 1), name.mid(hyphen + 1)};
}

int indexOf(const std::vector<QString>& names, const std::string& name)
{
    const auto found = std::find(names.begin(), names.end(), QString::fromStdString(name));
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

bool showsRunDifference(const FigureContext& context)
{
    return context.options.shownRun == ShownRun::Difference && context.baseline && context.baseline != context.trace;
}

QString rowLabel(const MixerRecord& record)
{
    return QString::fromStdString(record.id.shortName());
}

}  // namespace

struct RoutingFigure::Layout {
    QRectF cells;   ///< all of them
    QRectF glyphs;  ///< one line above the cells; empty: none
    HeaderText header = HeaderText::OneLine;
    double headerHeight = 0;
    QRectF bar;
    QRectF margins;  ///< beside the cells; empty: left out
    bool rowLabels = true;
    bool dots = false;  ///< cells too small for an outline
    QPointF key;        ///< middle of the left end of the key's line

    double columnWidth(int columns) const { return cells.width() / columns; }
    double rowHeight(int rows) const { return cells.height() / rows; }
};

RoutingFigure::RoutingFigure(FigureContext context)
    : Figure(std::move(context))
{
    for (const MixerRecord& record : m_context.trace->mixers()) {
        if (record.id.isChannelMixer)
            continue;
        m_rows.push_back(&record);
        m_hasRouter = m_hasRouter || record.routing.hasRouter;
        for (const std::string& scan : record.routing.scans) {
            if (indexOf(m_scans, scan) < 0)
                m_scans.push_back(QString::fromStdString(scan));
        }
    }
    if (m_rows.empty() || m_scans.empty())
        throw Error(ErrorKind::Usage, "the routing figure needs token mixers with scans, this network has none");

    m_values = Array({rowCount(), columnCount()});
    std::fill(m_values.values.begin(), m_values.values.end(), std::nanf(""));
    m_weights.assign(m_rows.size(), std::vector<float>(m_scans.size(), -1.0F));
    for (int row = 0; row < rowCount(); ++row) {
        const Routing& routing = mixerOfRow(row).routing;
        // Without a router all scans are chosen.
        const std::vector<double>& shown = routing.hasRouter ? routing.probabilities : routing.weights;
        for (std::size_t s = 0; s < routing.scans.size(); ++s)
            m_values.at(row, indexOf(m_scans, routing.scans[s])) = static_cast<float>(shown.at(s));
        for (std::size_t k = 0; k < routing.chosen.size(); ++k) {
            const int column = indexOf(m_scans, routing.scans.at(static_cast<std::size_t>(routing.chosen[k])));
            m_weights[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]
                = static_cast<float>(routing.weights.at(k));
        }
        std::vector<double> sorted = routing.probabilities;
        std::sort(sorted.rbegin(), sorted.rend());
        m_margins.push_back(sorted.size() > 1 ? sorted[0] - sorted[1] : std::nan(""));
    }
    if (showsRunDifference(m_context))
        subtractBaseline();
}

void RoutingFigure::subtractBaseline()
{
    m_wasChosen.assign(m_rows.size(), std::vector<bool>(m_scans.size(), false));
    for (int row = 0; row < rowCount(); ++row) {
        const MixerRecord* before = m_context.baseline->find(mixerOfRow(row).id);
        if (!before)
            continue;
        const Routing& routing = before->routing;
        for (std::size_t s = 0; s < routing.probabilities.size(); ++s)
            m_values.at(row, indexOf(m_scans, routing.scans[s])) -= static_cast<float>(routing.probabilities[s]);
        for (const int chosen : routing.chosen) {
            const int column = indexOf(m_scans, routing.scans.at(static_cast<std::size_t>(chosen)));
            m_wasChosen[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] = true;
        }
    }
}

int RoutingFigure::mostDividedRow() const
{
    int best = -1;
    for (int row = 0; row < rowCount(); ++row) {
        if (!std::isnan(margin(row)) && (best < 0 || margin(row) < margin(best)))
            best = row;
    }
    return best;
}

QString RoutingFigure::fixedWeight() const
{
    return numberText(mixerOfRow(0).routing.weights.front());
}

QString RoutingFigure::title() const
{
    if (showsRunDifference(m_context))
        return Words::tr("Switch of Scans: change of the router's probability");
    return m_hasRouter ? Words::tr("Switch of Scans: router probability") : Words::tr("Scans of each token mixer");
}

QString RoutingFigure::caption() const
{
    const QString note = m_hasRouter ? Words::tr("Outlined: chosen scans; rows: token mixers in forward order.")
                                     : Words::tr("No router: every scan is used, with weight %1.").arg(fixedWeight());
    return runCaption() + QLatin1Char(' ') + note + QLatin1Char(' ') + programCaption();
}

bool RoutingFigure::isChosen(const Cell& cell) const
{
    return m_weights.at(static_cast<std::size_t>(cell.row)).at(static_cast<std::size_t>(cell.column)) >= 0;
}

bool RoutingFigure::select(const Selection& selection)
{
    m_context.selection = selection;
    return true;
}

ColorBar RoutingFigure::colorBar(Theme theme) const
{
    const float* values = m_values.values.data();
    if (showsRunDifference(m_context)) {
        const double high = niceCeiling(ValueRange::symmetric(values, m_values.values.size()).high);
        return {&ColorMap::get(theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging),
                {-high, high},
                Words::tr("Δ router probability"),
                false};
    }
    const ValueRange data = ValueRange::of(values, m_values.values.size());
    // Without a router all cells say 1: the middle of the map.
    const ValueRange range{0, m_hasRouter ? niceCeiling(data.high) : 2};
    return {&ColorMap::get(m_context.options.colorMap), range, Words::tr("probability p"), false};
}

RoutingFigure::Layout RoutingFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QFont font = style.font();
    QRectF body = belowTitle(rect, style, false);
    Layout layout;

    double labels = 0;
    for (const MixerRecord* record : m_rows)
        labels = std::max(labels, textWidth(style.font(1, true), rowLabel(*record)));
    layout.rowLabels = body.width() > 14 * metrics.line;
    const double left = layout.rowLabels ? labels + 2 * metrics.gap + metrics.line * 0.6 : metrics.line;
    const ColorBar bar = colorBar(style.theme);
    const double barWidth = m_hasRouter && body.width() > 18 * metrics.line ? bar.widthFor(style) + 2 * metrics.gap : 0;
    const double keyHeight = body.height() > 10 * metrics.line ? 1.6 * metrics.line : 0;
    const bool hasMargins = m_hasRouter && body.width() > 30 * metrics.line;
    const double marginWidth = hasMargins ? kMarginLines * metrics.line + 2 * metrics.gap : 0;
    const double column = std::floor((body.width() - left - barWidth - marginWidth) / columnCount());

    double one = 0;
    double two = 0;
    for (const QString& scan : m_scans) {
        one = std::max(one, textWidth(font, scan));
        for (const QString& part : twoLines(scan))
            two = std::max(two, textWidth(font, part));
    }
    layout.header = one + metrics.gap <= column ? HeaderText::OneLine
        : two + metrics.gap <= column           ? HeaderText::TwoLines
                                                : HeaderText::Upwards;
    layout.headerHeight = layout.header == HeaderText::OneLine ? metrics.line
        : layout.header == HeaderText::TwoLines                ? 2 * metrics.line
                                                               : one + metrics.gap;
    const double glyph = std::floor(std::min({column - metrics.gap, 3.2 * metrics.line, 0.1 * body.height()}));
    const double glyphHeight = glyph >= 0.9 * metrics.line ? glyph + metrics.gap : 0;
    if (layout.headerHeight > 0.3 * body.height())
        layout.headerHeight = 0;  // the glyphs say it, or hovering

    const double top = layout.headerHeight + glyphHeight + metrics.gap;
    const double height = std::floor((body.height() - top - keyHeight) / rowCount()) >= 3
        ? std::floor((body.height() - top - keyHeight) / rowCount())
        : std::max(0.5, (body.height() - top - keyHeight) / rowCount());
    layout.cells = QRectF(std::floor(body.left() + left), std::floor(body.top() + top),
                          std::max(1.0, column) * columnCount(), height * rowCount());
    layout.dots = std::min(column, height) < 9;
    if (glyphHeight > 0)
        layout.glyphs = QRectF(layout.cells.left(), layout.cells.top() - glyphHeight, layout.cells.width(), glyph);
    if (barWidth > 0)
        layout.bar = QRectF(layout.cells.right() + marginWidth + 2 * metrics.gap, layout.cells.top(), barWidth,
                            std::min(layout.cells.height(), std::max(14 * metrics.line, 0.5 * layout.cells.height())));
    if (hasMargins)
        layout.margins = QRectF(layout.cells.right() + 2 * metrics.gap, layout.cells.top(), kMarginLines * metrics.line,
                                layout.cells.height());
    if (keyHeight > 0)
        layout.key = QPointF(layout.cells.left(), layout.cells.bottom() + 0.5 * keyHeight + 0.25 * metrics.line);
    return layout;
}

QRectF RoutingFigure::cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    const double w = l.columnWidth(columnCount());
    const double h = l.rowHeight(rowCount());
    return {l.cells.left() + cell.column * w, l.cells.top() + cell.row * h, w, h};
}

std::optional<RoutingFigure::Cell> RoutingFigure::cellAt(const QPointF& point, const QRectF& rect,
                                                         const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    if (!l.cells.contains(point))
        return std::nullopt;
    Cell cell;
    cell.row = std::clamp(static_cast<int>((point.y() - l.cells.top()) / l.rowHeight(rowCount())), 0, rowCount() - 1);
    cell.column = std::clamp(static_cast<int>((point.x() - l.cells.left()) / l.columnWidth(columnCount())), 0,
                             columnCount() - 1);
    return cell;
}

std::optional<FigureHit> RoutingFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                const FigureStyle& style) const
{
    const std::optional<Cell> cell = cellAt(point, rect, style);
    if (!cell)
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    const MixerRecord& record = mixerOfRow(cell->row);
    if (record.id != hit.selection.mixer)
        hit.selection.scan = 0;
    hit.selection.mixer = record.id;
    const QString scan = m_scans[static_cast<std::size_t>(cell->column)];
    const float weight = m_weights[static_cast<std::size_t>(cell->row)][static_cast<std::size_t>(cell->column)];
    for (std::size_t k = 0; k < record.routing.chosen.size(); ++k) {
        if (indexOf(m_scans, record.routing.scans.at(static_cast<std::size_t>(record.routing.chosen[k])))
            == cell->column)
            hit.selection.scan = static_cast<int>(k);
    }
    hit.text = rowLabel(record) + QStringLiteral(" · ") + scan;
    if (record.routing.hasRouter)
        hit.text += QLatin1Char('\n')
            + (showsRunDifference(m_context) ? Words::tr("change of probability %1") : Words::tr("probability %1"))
                  .arg(numberText(m_values.at(cell->row, cell->column)))
            + QLatin1Char('\n') + Words::tr("margin p₁ − p₂ = %1").arg(numberText(margin(cell->row)));
    hit.text += QLatin1Char('\n')
        + (weight >= 0 ? Words::tr("chosen, weight ω = %1").arg(numberText(weight)) : Words::tr("not chosen"));
    return hit;
}

namespace {

/// A double outline: dark and light together stand out on every colour, also in greyscale. In small cells a dot.
void paintChosenMark(QPainter& painter, const QRectF& cell, bool dot, QRgb color, const FigureStyle& style)
{
    const double side = std::min(cell.width(), cell.height());
    if (dot) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(readableOn(color));
        painter.drawEllipse(cell.center(), 0.3 * side, 0.3 * side);
        return;
    }
    const double thick = std::clamp(0.05 * side, 1.2 * style.lineWidth, 1.8);
    const double inset = 0.5 * thick;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(Qt::black, thick, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(cell.adjusted(inset, inset, -inset, -inset));
    painter.setPen(QPen(Qt::white, thick, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(cell.adjusted(3 * inset, 3 * inset, -3 * inset, -3 * inset));
}

}  // namespace

void RoutingFigure::paintCells(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const ColorBar bar = colorBar(style.theme);
    const Metrics metrics(style);
    const double w = l.columnWidth(columnCount());
    const double h = l.rowHeight(rowCount());
    const bool numbers = h >= 1.25 * metrics.line && w >= textWidth(style.font(1, true), QStringLiteral("0.00")) * 1.35;
    const double gap = h > 6 && w > 6 ? style.lineWidth : 0;
    for (int row = 0; row < rowCount(); ++row) {
        for (int column = 0; column < columnCount(); ++column) {
            const QRectF cell(l.cells.left() + column * w, l.cells.top() + row * h, w - gap, h - gap);
            const float value = m_values.at(row, column);
            const QRgb color = bar.map->at(bar.range.normalize(value));
            painter.fillRect(cell, QColor::fromRgb(color));
            const bool chosen = isChosen({row, column});
            if (chosen)
                paintChosenMark(painter, cell, l.dots, color, style);
            if (!m_wasChosen.empty()
                && m_wasChosen[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] != chosen) {
                // What the edits changed about the choice.
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(style.highlight, 2 * style.lineWidth, chosen ? Qt::SolidLine : Qt::DotLine));
                painter.drawRect(cell.adjusted(1, 1, -1, -1));
            }
            if (!numbers || std::isnan(value))
                continue;
            painter.setFont(style.font(1, chosen));
            painter.setPen(readableOn(color));
            drawText(painter, cell.center(), Qt::AlignCenter,
                     m_hasRouter ? tickText(static_cast<double>(value), 0.01) : fixedWeight());
        }
    }
}

void RoutingFigure::paintHeaders(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double w = l.columnWidth(columnCount());
    const double h = l.rowHeight(rowCount());
    const double bottom = (l.glyphs.isEmpty() ? l.cells.top() : l.glyphs.top()) - 0.5 * metrics.gap;
    for (int column = 0; column < columnCount(); ++column) {
        const QString& scan = m_scans[static_cast<std::size_t>(column)];
        const double x = l.cells.left() + (column + 0.5) * w;
        bool used = false;
        for (int row = 0; row < rowCount(); ++row)
            used = used || isChosen({row, column});
        if (!l.glyphs.isEmpty())
            ScanGlyph{scan, used}.paint(
                painter, {x - 0.5 * l.glyphs.height(), l.glyphs.top(), l.glyphs.height(), l.glyphs.height()}, style);
        if (l.headerHeight <= 0)
            continue;
        painter.setFont(style.font());
        painter.setPen(used ? style.text : style.mutedText);
        if (l.header == HeaderText::OneLine) {
            drawText(painter, {x, bottom}, Qt::AlignHCenter | Qt::AlignBottom, scan);
        } else if (l.header == HeaderText::TwoLines) {
            drawText(painter, {x, bottom - metrics.line}, Qt::AlignHCenter | Qt::AlignBottom, twoLines(scan)[0]);
            drawText(painter, {x, bottom}, Qt::AlignHCenter | Qt::AlignBottom, twoLines(scan)[1]);
        } else {
            drawTextUpwards(painter, {x, bottom - 0.5 * textWidth(style.font(), scan)}, scan);
        }
    }

    const int every = std::max(1, static_cast<int>(std::ceil(0.95 * metrics.line / h)));
    int selectedRow = -every;
    for (int row = 0; row < rowCount(); ++row) {
        if (mixerOfRow(row).id == m_context.selection.mixer)
            selectedRow = row;
    }
    for (int row = 0; row < rowCount(); ++row) {
        const MixerRecord& record = mixerOfRow(row);
        const bool selected = record.id == m_context.selection.mixer;
        const double y = l.cells.top() + (row + 0.5) * h;
        if (row > 0 && record.id.stage != mixerOfRow(row - 1).id.stage) {
            painter.setPen(QPen(style.frame, style.lineWidth));
            const double line = l.cells.top() + row * h - 0.5 * style.lineWidth;
            painter.drawLine(QPointF(l.cells.left() - 2.5 * metrics.gap, line), QPointF(l.cells.right(), line));
        }
        if (selected)
            paintPointer(painter, {l.cells.left() - 0.4 * metrics.gap, y}, Qt::LeftEdge, 0.55 * metrics.line,
                         style.highlight);
        if (!l.rowLabels || (!selected && (row % every != 0 || std::abs(row - selectedRow) < every)))
            continue;
        painter.setFont(style.font(1, selected));
        painter.setPen(style.text);
        drawText(painter, {l.cells.left() - metrics.gap - 0.6 * metrics.line, y}, Qt::AlignRight | Qt::AlignVCenter,
                 rowLabel(record));
    }
}

void RoutingFigure::paintMargins(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    if (l.margins.isEmpty())
        return;
    const Metrics metrics(style);
    const double h = l.rowHeight(rowCount());
    painter.fillRect(l.margins, style.panel);
    const int divided = mostDividedRow();
    // Numbers have a column of their own at the right: no bar runs under them.
    const bool hasNumbers = h >= 1.1 * metrics.line;
    const double numbers = hasNumbers ? textWidth(style.font(1, true), QStringLiteral("0.00")) + metrics.gap : 0;
    for (int row = 0; row < rowCount(); ++row) {
        if (std::isnan(margin(row)))
            continue;
        const double pad = std::min(0.2 * h, 3.0);
        const QRectF bar(l.margins.left(), l.margins.top() + row * h + pad, (l.margins.width() - numbers) * margin(row),
                         h - 2 * pad);
        painter.fillRect(bar, row == divided ? style.highlight : style.accent);
        if (!hasNumbers)
            continue;
        painter.setFont(style.font(1, row == divided));
        painter.setPen(style.text);
        drawText(painter, {l.margins.right() - 0.5 * metrics.gap, bar.center().y()}, Qt::AlignRight | Qt::AlignVCenter,
                 tickText(margin(row), 0.01));
    }
    painter.setFont(style.font());
    painter.setPen(style.text);
    drawText(painter, {l.margins.center().x(), l.margins.top() - 0.7 * metrics.gap}, Qt::AlignHCenter | Qt::AlignBottom,
             Words::tr("p₁ − p₂"));
}

void RoutingFigure::paintKey(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    if (l.key.isNull())
        return;
    const Metrics metrics(style);
    const double side = 0.85 * metrics.line;
    const QRectF swatch(l.key.x(), l.key.y() - 0.5 * side, side, side);
    const QRgb color = ColorMap::get(m_context.options.colorMap).at(0.45);
    painter.fillRect(swatch, QColor::fromRgb(color));
    paintChosenMark(painter, swatch, l.dots, color, style);
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    const double left = swatch.right() + metrics.gap;
    const double room = std::max(l.cells.right(), l.bar.right()) - left;
    const QStringList texts = m_hasRouter
        ? QStringList{Words::tr("chosen scan; rows: token mixers in forward order (S stage, B block, T mixer)"),
                      Words::tr("chosen scan (S stage, B block, T mixer)"), Words::tr("chosen scan")}
        : QStringList{Words::tr("no router: every scan is used, with weight %1").arg(fixedWeight()),
                      Words::tr("no router")};
    for (const QString& text : texts) {
        if (textWidth(style.noteFont(), text) > room && text != texts.last())
            continue;
        drawText(painter, {left, l.key.y()}, Qt::AlignLeft | Qt::AlignVCenter, text);
        break;
    }
}

void RoutingFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), {});
    const Layout l = layout(rect, style);
    paintCells(painter, l, style);
    paintHeaders(painter, l, style);
    paintMargins(painter, l, style);
    paintKey(painter, l, style);
    if (!l.bar.isEmpty())
        colorBar(style.theme).paintVertical(painter, l.bar, style);
    painter.restore();
}

FigureTable RoutingFigure::table() const
{
    struct Row {
        QString mixer;
        QString scan;
        double probability;
        bool hasRouter;
        double weight;
    };
    std::vector<Row> rows;
    for (int row = 0; row < rowCount(); ++row) {
        for (int column = 0; column < columnCount(); ++column)
            rows.push_back({QString::fromStdString(mixerOfRow(row).id.name()),
                            m_scans[static_cast<std::size_t>(column)], m_values.at(row, column),
                            mixerOfRow(row).routing.hasRouter,
                            m_weights[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)]});
    }
    FigureTable table;
    table.columns = {{QStringLiteral("mixer"), {}},
                     {QStringLiteral("scan"), {}},
                     {QStringLiteral("probability"), {}},
                     {QStringLiteral("chosen"), {}},
                     {QStringLiteral("weight"), {}}};
    table.rowCount = static_cast<qint64>(rows.size());
    table.cell = [rows](qint64 row, int column) -> QVariant {
        const Row& r = rows.at(static_cast<std::size_t>(row));
        const bool chosen = r.weight >= 0;
        switch (column) {
        case 0:
            return r.mixer;
        case 1:
            return r.scan;
        case 2:
            return r.hasRouter ? QVariant(r.probability) : QVariant();
        case 3:
            return chosen ? 1 : 0;
        default:
            return chosen ? QVariant(r.weight) : QVariant(0.0);
        }
    };
    return table;
}

QSizeF RoutingFigure::preferredSize(const FigureStyle& style) const
{
    const double width = std::max(30.0, 10 + 4.2 * columnCount()) * style.fontPixelSize;
    return {width, heightForWidth(width, style)};
}

double RoutingFigure::heightForWidth(double, const FigureStyle& style) const
{
    return (10.5 + 1.55 * std::max(4, rowCount())) * Metrics(style).line;
}

}  // namespace mixer::vis
