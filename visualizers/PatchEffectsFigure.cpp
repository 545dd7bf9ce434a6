// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PatchEffectsFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QFileInfo>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

PatchEffectsFigure::PatchEffectsFigure(FigureContext context)
    : Figure(std::move(context))
{
    if (!m_context.patchEffects)
        throw Error(ErrorKind::Usage, "effects of patches are measured with another image: name one (--patch-from)");
    m_context.interventions = m_context.patchEffects->edits;  // what the caption is to tell
}

QString PatchEffectsFigure::title() const
{
    return Words::tr("Effect of patches from %1").arg(QFileInfo(map().request.image).fileName());
}

QString PatchEffectsFigure::subtitle() const
{
    const PatchEffects& e = map().effects;
    const QString label = QString::fromStdString(m_context.config.label(e.classIndex));
    const auto text
        = [&](double logit, double probability) { return isLogit() ? numberText(logit) : numberText(probability); };
    return Words::tr("%1 of %2: here %3, other image %4")
        .arg(isLogit() ? Words::tr("logit") : Words::tr("probability"), label, text(e.ownLogit, e.ownProbability),
             text(e.otherLogit, e.otherProbability));
}

QString PatchEffectsFigure::axisText() const
{
    return map().effects.part == PatchedPart::Output ? Words::tr("output patched in one block of tokens (row, column)")
                                                     : Words::tr("state patched after one step (share of the scan)");
}

QString PatchEffectsFigure::rowName(int row) const
{
    const PatchEffects& e = map().effects;
    const auto index = static_cast<std::size_t>(row);
    QString name = QString::fromStdString(e.mixers[index].shortName());
    if (e.part == PatchedPart::State && !e.scans[index].empty())
        name += QStringLiteral(" · ") + QString::fromStdString(e.scans[index]);
    return name;
}

QString PatchEffectsFigure::columnName(int column) const
{
    const PatchEffects& e = map().effects;
    if (e.part == PatchedPart::Output)
        return Words::tr("%1, %2").arg(column / e.parts).arg(column % e.parts);
    return Words::tr("%1 %").arg(std::lround(100.0 * (column + 1) / (e.columns() + 1)));
}

CellGrid PatchEffectsFigure::grid(Theme theme) const
{
    const PatchEffects& e = map().effects;
    CellGrid grid;
    for (int row = 0; row < e.rows(); ++row)
        grid.rows << rowName(row);
    for (int column = 0; column < e.columns(); ++column)
        grid.columns << columnName(column);
    grid.value = [this](int row, int column) { return static_cast<double>(values().at(row, column)); };
    const double high = niceCeiling(ValueRange::symmetric(values().values.data(), values().values.size()).high);
    const ColorMapId colors = theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging;
    grid.bar = {&ColorMap::get(colors), m_context.options.range.value_or(ValueRange{-high, high}),
                isLogit() ? Words::tr("Δ logit") : Words::tr("Δ probability"), false};
    const double step = high / 20;
    grid.text
        = [this, step](int row, int column) { return tickText(static_cast<double>(values().at(row, column)), step); };
    grid.widestText = tickText(-high, step);
    return grid;
}

QRectF PatchEffectsFigure::gridRect(const QRectF& rect, const FigureStyle& style) const
{
    return belowTitle(rect, style, true).adjusted(0, 0, 0, -1.3 * Metrics(style).line);
}

void PatchEffectsFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle());
    const QRectF area = gridRect(rect, style);
    grid(style.theme).paint(painter, area, style);
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    drawText(painter, {area.left(), area.bottom() + 0.75 * Metrics(style).line}, Qt::AlignLeft | Qt::AlignVCenter,
             QFontMetricsF(painter.font()).elidedText(axisText(), Qt::ElideRight, area.width()));
    painter.restore();
}

std::optional<QPoint> PatchEffectsFigure::cellAt(const QPointF& point, const QRectF& rect,
                                                 const FigureStyle& style) const
{
    const auto cell = grid(style.theme).cellAt(point, gridRect(rect, style), style);
    return cell && map().effects.isMeasured(cell->y(), cell->x()) ? cell : std::nullopt;
}

QRectF PatchEffectsFigure::cellRect(int row, int column, const QRectF& rect, const FigureStyle& style) const
{
    return grid(style.theme).cellRect(row, column, gridRect(rect, style), style);
}

std::optional<FigureHit> PatchEffectsFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                     const FigureStyle& style) const
{
    const auto cell = grid(style.theme).cellAt(point, gridRect(rect, style), style);
    if (!cell)
        return std::nullopt;
    const PatchEffects& e = map().effects;
    FigureHit hit{m_context.selection, rowName(cell->y())};
    if (!e.isMeasured(cell->y(), cell->x())) {
        hit.text += QLatin1Char('\n')
            + (e.part == PatchedPart::Output ? Words::tr("no token of this mixer lies in the block")
                                             : Words::tr("no scan that both images ran"));
        return hit;
    }
    hit.text += QLatin1Char('\n')
        + (e.part == PatchedPart::Output ? Words::tr("block (%1)").arg(columnName(cell->x()))
                                         : Words::tr("after step %1").arg(e.stepAt(cell->y(), cell->x())));
    hit.text += QLatin1Char('\n')
        + Words::tr("logit %1, probability %2")
              .arg(numberText(static_cast<double>(e.logit.at(cell->y(), cell->x()))),
                   numberText(static_cast<double>(e.probability.at(cell->y(), cell->x()))));
    return hit;
}

bool PatchEffectsFigure::select(const Selection& selection)
{
    m_context.selection = selection;
    return true;
}

QString PatchEffectsFigure::caption() const
{
    return runCaption() + QLatin1Char(' ')
        + Words::tr("Each cell: the change when this alone is what it was for %1; %2.")
              .arg(QFileInfo(map().request.image).fileName(), axisText())
        + QLatin1Char(' ') + programCaption();
}

FigureTable PatchEffectsFigure::table() const
{
    const bool isState = map().effects.part == PatchedPart::State;
    FigureTable table;
    table.columns = {{QStringLiteral("mixer"), {}},
                     {QStringLiteral("scan"), {}},
                     {isState ? QStringLiteral("step") : QStringLiteral("block"), {}},
                     {QStringLiteral("logit_change"), {}},
                     {QStringLiteral("probability_change"), {}}};
    table.rowCount = qint64{map().effects.rows()} * map().effects.columns();
    table.cell = [shared = m_context.patchEffects, isState](qint64 index, int column) -> QVariant {
        const PatchEffects& e = shared->effects;
        const auto row = static_cast<int>(index / e.columns());
        const auto place = static_cast<int>(index % e.columns());
        switch (column) {
        case 0:
            return QString::fromStdString(e.mixers.at(static_cast<std::size_t>(row)).name());
        case 1:
            return isState ? QString::fromStdString(e.scans.at(static_cast<std::size_t>(row))) : QString();
        case 2:
            return isState ? e.stepAt(row, place) : place;
        case 3:
            return static_cast<double>(e.logit.at(row, place));
        default:
            return static_cast<double>(e.probability.at(row, place));
        }
    };
    return table;
}

Array PatchEffectsFigure::array() const
{
    return values();
}

QSizeF PatchEffectsFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(48, 11 + 1.5 * std::max(6, map().effects.rows())) * style.fontPixelSize;
}

}  // namespace mixer::vis
