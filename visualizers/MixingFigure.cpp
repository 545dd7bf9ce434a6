// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/MixingFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

constexpr MixingFigure::Matrix kMatrices[] = {MixingFigure::Matrix::Alpha, MixingFigure::Matrix::Beta,
                                              MixingFigure::Matrix::Theta, MixingFigure::Matrix::Gamma};

bool readsTokens(MixingFigure::Matrix matrix)
{
    return matrix == MixingFigure::Matrix::Alpha || matrix == MixingFigure::Matrix::Theta;
}

bool feedsTokenMixer(MixingFigure::Matrix matrix)
{
    return matrix == MixingFigure::Matrix::Alpha || matrix == MixingFigure::Matrix::Beta;
}

/// "x" the stage's input, then outputs of token or channel mixers of block 1, 2 ...
QString featureName(bool isToken, int index)
{
    if (index == 0)
        return QStringLiteral("x");
    return (isToken ? QStringLiteral("T%1") : QStringLiteral("C%1")).arg(index);
}

QString matrixTitle(MixingFigure::Matrix matrix)
{
    const QString symbol = mixSymbol(matrix);
    if (feedsTokenMixer(matrix))
        return readsTokens(matrix) ? Words::tr("%1: tokens → token mixer").arg(symbol)
                                   : Words::tr("%1: channels → token mixer").arg(symbol);
    return readsTokens(matrix) ? Words::tr("%1: tokens → channel mixer").arg(symbol)
                               : Words::tr("%1: channels → channel mixer").arg(symbol);
}

}  // namespace

QString mixSymbol(SetMixWeight::Matrix matrix)
{
    switch (matrix) {
    case SetMixWeight::Matrix::Alpha:
        return QStringLiteral("α");
    case SetMixWeight::Matrix::Beta:
        return QStringLiteral("β");
    case SetMixWeight::Matrix::Theta:
        return QStringLiteral("θ");
    case SetMixWeight::Matrix::Gamma:
        break;
    }
    return QStringLiteral("γ");
}

bool MixingFigure::exists(const FigureContext& context)
{
    return context.checkpoint && !mixWeights(*context.checkpoint, context.selection.mixer.stage).isEmpty();
}

MixingFigure::MixingFigure(FigureContext context)
    : Figure(std::move(context))
    , m_stage(m_context.selection.mixer.stage)
{
    if (!exists(m_context))
        throw Error(ErrorKind::Usage,
                    "this network has no weights that average earlier features; ViM2 and ViQS have them");
    MixWeightMatrices mix = mixWeights(*m_context.checkpoint, m_stage);
    m_values = {std::move(mix.alpha), std::move(mix.beta), std::move(mix.theta), std::move(mix.gamma)};
    if (m_context.options.shownRun != ShownRun::Baseline) {
        for (const Edit& edit : m_context.interventions.edits) {
            const auto* change = std::get_if<SetMixWeight>(&edit.change);
            if (!change || !edit.enabled || change->stage != m_stage)
                continue;
            Array& array = m_values[static_cast<std::size_t>(change->matrix)];
            if (change->row < array.size(0) && change->column < array.size(1)) {
                array.at(change->row, change->column) = static_cast<float>(change->value);
                m_edited.push_back({change->matrix, change->row, change->column});
            }
        }
    }
    double high = 0;
    for (const Matrix matrix : kMatrices) {
        for (int row = 0; row < values(matrix).size(0); ++row) {
            for (int column = 0; column < values(matrix).size(1); ++column) {
                if (isUsed({matrix, row, column}))
                    high = std::max(high, std::abs(static_cast<double>(values(matrix).at(row, column))));
            }
        }
    }
    m_high = niceCeiling(high);
}

bool MixingFigure::isUsed(const Cell& cell) const
{
    return cell.column <= cell.row + (cell.matrix == Matrix::Theta ? 1 : 0);
}

double MixingFigure::weight(const Cell& cell) const
{
    return values(cell.matrix).at(cell.row, cell.column);
}

bool MixingFigure::select(const Selection& selection)
{
    if (selection.mixer.stage != m_stage)
        return false;
    m_context.selection = selection;
    return true;
}

QString MixingFigure::title() const
{
    return Words::tr("Weighted averaging of earlier features, stage %1").arg(m_stage + 1);
}

QString MixingFigure::caption() const
{
    return runCaption() + QLatin1Char(' ')
        + Words::tr("x: input of the stage; T, C: outputs of the token and channel mixers of each block.")
        + QLatin1Char(' ') + programCaption();
}

CellGrid MixingFigure::grid(Matrix matrix, const FigureStyle& style) const
{
    const Array& array = values(matrix);
    CellGrid grid;
    for (int row = 0; row < array.size(0); ++row)
        grid.rows << (feedsTokenMixer(matrix) ? QStringLiteral("→T%1") : QStringLiteral("→C%1")).arg(row + 1);
    for (int column = 0; column < array.size(1); ++column)
        grid.columns << featureName(readsTokens(matrix), column);
    grid.value = [this, matrix](int row, int column) {
        return isUsed({matrix, row, column}) ? weight({matrix, row, column}) : std::nan("");
    };
    grid.isMarked = [this, matrix](int row, int column) {
        return std::any_of(m_edited.begin(), m_edited.end(),
                           [&](const Cell& c) { return c.matrix == matrix && c.row == row && c.column == column; });
    };
    grid.bar.map = &ColorMap::get(style.theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging);
    grid.bar.range = {-m_high, m_high};
    grid.bar.label = Words::tr("weight");
    grid.title = matrixTitle(matrix);
    if (matrix == Matrix::Gamma)  // below the room that the bar takes
        grid.titleRoom = grid.bar.widthFor(style) + 2 * Metrics(style).gap;
    grid.largestCell = 5 * Metrics(style).line;
    grid.showBar = matrix == Matrix::Beta;
    return grid;
}

MixingFigure::Layout MixingFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, false);
    Layout l;
    const bool hasFlow = body.height() > 22 * metrics.line;
    const double flowHeight = hasFlow ? std::min(0.4 * body.height(), 14 * metrics.line) : 0;
    const double barWidth = grid(Matrix::Beta, style).bar.widthFor(style) + 2 * metrics.gap;
    const double gap = 1.5 * metrics.gap;
    const double width = std::max(4.0, (body.width() - barWidth - gap) / 2);
    const double height = std::max(4.0, (body.height() - flowHeight - 2 * gap) / 2);
    for (int i = 0; i < 4; ++i) {
        const double x = body.left() + (i % 2) * (width + gap);
        const double y = body.top() + (i / 2) * (height + gap);
        l.grids.emplace_back(x, y, i == 1 ? width + barWidth : width, height);
    }
    if (hasFlow)
        l.flow = QRectF(body.left(), body.bottom() - flowHeight, body.width(), flowHeight);
    return l;
}

std::optional<MixingFigure::Cell> MixingFigure::cellAt(const QPointF& point, const QRectF& rect,
                                                       const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    for (const Matrix matrix : kMatrices) {
        const auto at = grid(matrix, style).cellAt(point, l.grids[static_cast<std::size_t>(matrix)], style);
        if (at && isUsed({matrix, at->y(), at->x()}))
            return Cell{matrix, at->y(), at->x()};
    }
    return std::nullopt;
}

QRectF MixingFigure::cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const
{
    return grid(cell.matrix, style)
        .cellRect(cell.row, cell.column, layout(rect, style).grids[static_cast<std::size_t>(cell.matrix)], style);
}

std::optional<FigureHit> MixingFigure::hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    const std::optional<Cell> cell = cellAt(point, rect, style);
    if (!cell)
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    hit.text = Words::tr("%1 of %2 in the input of block %3's %4\nweight %5")
                   .arg(mixSymbol(cell->matrix), featureName(readsTokens(cell->matrix), cell->column))
                   .arg(cell->row + 1)
                   .arg(feedsTokenMixer(cell->matrix) ? Words::tr("token mixers") : Words::tr("channel mixer"),
                        numberText(weight(*cell)));
    return hit;
}

void MixingFigure::paintFlow(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    // Nodes in forward order along one line: x, T1, C1, T2, C2 ... Arcs above feed token mixers, below channel mixers.
    const Metrics metrics(style);
    const int blocks = static_cast<int>(values(Matrix::Alpha).size(0));
    const int nodes = 2 * blocks + 1;
    const double radius = 0.9 * metrics.line;
    const double step = (rect.width() - 4 * radius) / std::max(1, nodes - 1);
    const auto centre = [&](int node) { return QPointF(rect.left() + 2 * radius + node * step, rect.center().y()); };
    const ColorMap& map = ColorMap::get(style.theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging);
    const double thickest = std::min(0.6 * radius, 7.0);
    for (const Matrix matrix : kMatrices) {
        for (int row = 0; row < blocks; ++row) {
            for (int column = 0; column < values(matrix).size(1); ++column) {
                if (!isUsed({matrix, row, column}))
                    continue;
                const double w = weight({matrix, row, column});
                if (std::abs(w) < 0.01 * m_high)
                    continue;
                const int from = column == 0 ? 0 : 2 * column - (readsTokens(matrix) ? 1 : 0);
                const int to = 2 * row + (feedsTokenMixer(matrix) ? 1 : 2);
                const QPointF a = centre(from);
                const QPointF b = centre(to);
                const double reach = std::min(0.46 * rect.height(), 0.28 * (b.x() - a.x()) + 0.8 * radius);
                const double side = feedsTokenMixer(matrix) ? -1 : 1;
                QPainterPath arc(a);
                arc.cubicTo(a + QPointF(0, side * 1.33 * reach), b + QPointF(0, side * 1.33 * reach), b);
                QColor color = QColor::fromRgb(map.at(0.5 + 0.5 * std::clamp(w / m_high * 1.2, -1.0, 1.0)));
                color.setAlphaF(0.85F);
                painter.setBrush(Qt::NoBrush);
                painter.setPen(QPen(color, std::max(0.6, thickest * std::abs(w) / m_high), Qt::SolidLine, Qt::FlatCap));
                painter.drawPath(arc);
            }
        }
    }
    painter.setFont(style.font(1, true));
    for (int node = 0; node < nodes; ++node) {
        const bool isToken = node % 2 == 1;
        const MixerId& shown = m_context.selection.mixer;
        const bool isSelected = node > 0 && (node - 1) / 2 == shown.block && isToken != shown.isChannelMixer;
        painter.setPen(
            QPen(isSelected ? style.highlight : style.frame, isSelected ? 2 * style.lineWidth : style.lineWidth));
        painter.setBrush(style.panel);
        painter.drawEllipse(centre(node), radius, radius);
        painter.setPen(style.text);
        drawText(painter, centre(node), Qt::AlignCenter, featureName(isToken, (node + 1) / 2));
    }
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    drawText(painter, rect.topLeft(), Qt::AlignLeft | Qt::AlignTop, Words::tr("above: into token mixers"));
    drawText(painter, rect.bottomLeft(), Qt::AlignLeft | Qt::AlignBottom, Words::tr("below: into channel mixers"));
}

void MixingFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), {});
    const Layout l = layout(rect, style);
    for (const Matrix matrix : kMatrices)
        grid(matrix, style).paint(painter, l.grids[static_cast<std::size_t>(matrix)], style);
    if (!l.flow.isEmpty())
        paintFlow(painter, l.flow, style);
    painter.restore();
}

FigureTable MixingFigure::table() const
{
    struct Row {
        QString matrix;
        int block;
        QString feature;
        double weight;
    };
    std::vector<Row> rows;
    for (const Matrix matrix : kMatrices) {
        for (int row = 0; row < values(matrix).size(0); ++row) {
            for (int column = 0; column < values(matrix).size(1); ++column) {
                if (isUsed({matrix, row, column}))
                    rows.push_back({mixSymbol(matrix), row + 1, featureName(readsTokens(matrix), column),
                                    weight({matrix, row, column})});
            }
        }
    }
    FigureTable table;
    table.columns = {{QStringLiteral("matrix"), {}},
                     {QStringLiteral("block"), {}},
                     {QStringLiteral("feature"), {}},
                     {QStringLiteral("weight"), {}}};
    table.rowCount = static_cast<qint64>(rows.size());
    table.cell = [rows](qint64 index, int column) -> QVariant {
        const Row& row = rows.at(static_cast<std::size_t>(index));
        switch (column) {
        case 0:
            return row.matrix;
        case 1:
            return row.block;
        case 2:
            return row.feature;
        default:
            return row.weight;
        }
    };
    return table;
}

Array MixingFigure::array() const
{
    const std::int64_t blocks = values(Matrix::Alpha).size(0);
    Array result({blocks, 4, blocks + 1});
    std::fill(result.values.begin(), result.values.end(), std::nanf(""));
    for (const Matrix matrix : kMatrices) {
        for (int row = 0; row < blocks; ++row) {
            for (int column = 0; column < values(matrix).size(1); ++column) {
                if (isUsed({matrix, row, column}))
                    result
                        .values[static_cast<std::size_t>((row * 4 + static_cast<int>(matrix)) * (blocks + 1) + column)]
                        = values(matrix).at(row, column);
            }
        }
    }
    return result;
}

QSizeF MixingFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(50, 42) * style.fontPixelSize;
}

}  // namespace mixer::vis
