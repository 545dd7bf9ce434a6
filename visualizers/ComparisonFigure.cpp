// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ComparisonFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer::vis {

namespace {

constexpr int kMostDecades = 12;

QString placeText(const TraceComparison& comparison, int index)
{
    return Words::tr("%1, mixer %2 of %3")
        .arg(QString::fromStdString(comparison.mixers[static_cast<std::size_t>(index)].id.shortName()))
        .arg(index + 1)
        .arg(comparison.mixers.size());
}

QString decadeText(int decade)
{
    static const QString digits = QStringLiteral("⁰¹²³⁴⁵⁶⁷⁸⁹");
    QString text = QStringLiteral("10");
    if (decade < 0)
        text += QStringLiteral("⁻");
    for (const QChar digit : QString::number(std::abs(decade)))
        text += digits.at(digit.digitValue());
    return decade == 0 ? QStringLiteral("1") : text;
}

}  // namespace

struct ComparisonFigure::Layout {
    QRectF plot;
    double noteY = 0;
    double labelX = 0;
};

ComparisonFigure::ComparisonFigure(FigureContext context)
    : Figure(std::move(context))
{
    if (!exists(m_context))
        throw Error(ErrorKind::Usage, "nothing is compared: a comparison needs a second run");
    findDecades();
}

void ComparisonFigure::findDecades()
{
    double low = std::numeric_limits<double>::infinity();
    double high = 0;
    const auto take = [&](double value) {
        if (!(value > 0) || !std::isfinite(value))
            return;
        low = std::min(low, value);
        high = std::max(high, value);
    };
    for (const MixerDifference& m : comparison().mixers)
        take(m.output.relative);
    take(comparison().tolerance);
    const auto& all = comparison().mixers;
    m_hasZero = std::any_of(all.begin(), all.end(), [](const MixerDifference& m) { return m.output.relative == 0; });
    if (high == 0)
        return;
    m_highDecade = static_cast<int>(std::ceil(std::log10(high) + 1e-9));
    m_lowDecade
        = std::clamp(static_cast<int>(std::floor(std::log10(low))), m_highDecade - kMostDecades, m_highDecade - 1);
    // 0 has no place on a logarithmic scale: it lies on a line of its own below.
    if (m_hasZero)
        --m_lowDecade;
}

QString ComparisonFigure::title() const
{
    return Words::tr("%1 against %2, mixer by mixer").arg(m_context.pair->nameA, m_context.pair->nameB);
}

QString ComparisonFigure::verdict(const TraceComparison& comparison)
{
    const int first = comparison.firstParting();
    if (comparison.comparable == 0)
        return Words::tr("No mixer of A can be compared with one of B");
    if (first < 0)
        return comparison.tolerance > 0
            ? Words::tr("They do not part: every difference is below %1").arg(numberText(comparison.tolerance))
            : Words::tr("They do not part: every output is the same");
    return Words::tr("They part at %1: relative difference %2")
        .arg(placeText(comparison, first),
             numberText(comparison.mixers[static_cast<std::size_t>(first)].output.relative));
}

QString ComparisonFigure::caption() const
{
    const RunPair& pair = *m_context.pair;
    QString text = Words::tr("A: %1. B: %2. %3.").arg(pair.nameA, pair.nameB, verdict(pair.comparison));
    text += QLatin1Char(' ')
        + Words::tr("Relative difference: ‖B − A‖ / ‖A‖ of each mixer's output, in double precision; tolerance %1.")
              .arg(numberText(pair.comparison.tolerance));
    return text + QLatin1Char(' ') + runCaption() + QLatin1Char(' ') + programCaption();
}

ComparisonFigure::Layout ComparisonFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    Layout l;
    const double left
        = textWidth(style.font(), QStringLiteral("10⁻¹⁰")) + metrics.tick + 2 * metrics.gap + metrics.line;
    const double bottom = metrics.axisX(true);
    const double top = 0.4 * metrics.line;
    l.plot = QRectF(std::floor(body.left() + left), std::floor(body.top() + top),
                    std::max(1.0, std::floor(body.width() - left - 0.6 * metrics.line)),
                    std::max(1.0, std::floor(body.height() - bottom - top)));
    l.labelX = body.left() + 0.5 * metrics.line;
    return l;
}

QPointF ComparisonFigure::markOf(int index, const QRectF& rect, const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    const auto count = static_cast<int>(comparison().mixers.size());
    const Axis x = cellAxis(count, l.plot.left(), l.plot.right());
    const Axis y{static_cast<double>(m_lowDecade), static_cast<double>(m_highDecade), l.plot.bottom(), l.plot.top()};
    const double relative = comparison().mixers.at(static_cast<std::size_t>(index)).output.relative;
    const double decade = std::isnan(relative) || relative == 0 ? m_lowDecade
        : std::isinf(relative)                                  ? m_highDecade
                                                                : std::log10(relative);
    return {x.position(index), y.position(std::clamp<double>(decade, m_lowDecade, m_highDecade))};
}

int ComparisonFigure::indexOfSelected() const
{
    const FigureContext* a = pairedContexts(m_context).a;
    const auto& mixers = comparison().mixers;
    const auto found = std::find_if(mixers.begin(), mixers.end(),
                                    [&](const MixerDifference& m) { return m.id == a->selection.mixer; });
    return found == mixers.end() ? -1 : static_cast<int>(found - mixers.begin());
}

bool ComparisonFigure::select(const Selection&)
{
    // Of the other run's selection, too, which only a new context knows.
    return false;
}

void ComparisonFigure::paintScale(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const Axis y{static_cast<double>(m_lowDecade), static_cast<double>(m_highDecade), l.plot.bottom(), l.plot.top()};
    painter.fillRect(l.plot, style.panel);
    const double room = l.plot.height() / (m_highDecade - m_lowDecade);
    const int stride = std::max(1, static_cast<int>(std::ceil(1.6 * metrics.line / room)));
    painter.setFont(style.font());
    for (int decade = m_highDecade; decade >= m_lowDecade; decade -= stride) {
        const double at = y.position(decade);
        painter.setPen(QPen(style.grid, style.lineWidth));
        painter.drawLine(QPointF(l.plot.left(), at), QPointF(l.plot.right(), at));
        painter.setPen(style.text);
        if (!m_hasZero || decade > m_lowDecade)
            drawText(painter, {l.plot.left() - metrics.gap, at}, Qt::AlignRight | Qt::AlignVCenter, decadeText(decade));
    }
    if (m_hasZero)
        drawText(painter, {l.plot.left() - metrics.gap, l.plot.bottom()}, Qt::AlignRight | Qt::AlignVCenter,
                 QStringLiteral("0"));
    const double tolerance = comparison().tolerance;
    if (tolerance > 0) {
        const double at = y.position(std::clamp(std::log10(tolerance), double(m_lowDecade), double(m_highDecade)));
        painter.setPen(QPen(style.mutedText, style.lineWidth, Qt::DashLine));
        painter.drawLine(QPointF(l.plot.left(), at), QPointF(l.plot.right(), at));
        painter.setFont(style.noteFont());
        drawText(painter, {l.plot.right() - metrics.gap, at - 0.2 * metrics.line}, Qt::AlignRight | Qt::AlignBottom,
                 Words::tr("tolerance %1").arg(numberText(tolerance)));
    }
    painter.setPen(style.mutedText);
    painter.setFont(style.font());
    drawTextUpwards(painter, {l.labelX, l.plot.center().y()}, Words::tr("‖B − A‖ / ‖A‖"));
}

void ComparisonFigure::paintMarks(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const auto count = static_cast<int>(comparison().mixers.size());
    const Axis x = cellAxis(count, l.plot.left(), l.plot.right());
    const Axis y{static_cast<double>(m_lowDecade), static_cast<double>(m_highDecade), l.plot.bottom(), l.plot.top()};
    const int first = comparison().firstParting();
    const double cell = l.plot.width() / std::max(1, count);
    const double radius = std::clamp(0.3 * cell, 1.6 * style.lineWidth, 0.28 * metrics.line);
    for (int i = 0; i < count; ++i) {
        const MixerDifference& m = comparison().mixers[static_cast<std::size_t>(i)];
        const double relative = m.output.relative;
        const double decade = relative > 0 && std::isfinite(relative) ? std::log10(relative)
            : std::isinf(relative)                                    ? m_highDecade
                                                                      : m_lowDecade;
        const QPointF at(x.position(i), y.position(std::clamp<double>(decade, m_lowDecade, m_highDecade)));
        if (!m.problem.empty() || std::isnan(relative)) {
            const double r = 0.8 * radius;
            const QPointF low(at.x(), l.plot.bottom() - 1.6 * radius);
            painter.setPen(QPen(m.problem.empty() ? style.highlight : style.mutedText, 1.4 * style.lineWidth));
            painter.drawLine(low + QPointF(-r, -r), low + QPointF(r, r));
            painter.drawLine(low + QPointF(-r, r), low + QPointF(r, -r));
            continue;
        }
        const QColor color = i == first ? style.highlight : m.id.isChannelMixer ? style.secondAccent : style.accent;
        painter.setPen(QPen(color, std::max(style.lineWidth, 0.5 * radius)));
        painter.drawLine(QPointF(at.x(), l.plot.bottom()), at);
        painter.setPen(Qt::NoPen);
        painter.setBrush(color);
        painter.drawEllipse(at, radius, radius);
        if (!m.choseAlike) {
            painter.setBrush(Qt::NoBrush);
            painter.setPen(QPen(style.text, 1.2 * style.lineWidth));
            painter.drawEllipse(at, 1.7 * radius, 1.7 * radius);
        }
    }
    const int selected = indexOfSelected();
    if (selected >= 0)
        paintPointer(painter, {x.position(selected), l.plot.bottom()}, Qt::BottomEdge, 0.4 * metrics.line,
                     style.highlight);
}

void ComparisonFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), verdict(comparison()));
    const Layout l = layout(rect, style);
    paintScale(painter, l, style);
    paintMarks(painter, l, style);
    paintFrame(painter, l.plot, style);
    const auto count = static_cast<int>(comparison().mixers.size());
    // Counted from 1, as the words above count.
    Axis counted = cellAxis(count, l.plot.left(), l.plot.right());
    counted.low += 1;
    counted.high += 1;
    std::vector<double> ticks;
    const int stride = std::max(1, static_cast<int>(std::ceil(count / std::max(1.0, l.plot.width() / 34))));
    for (int i = 1; i <= count; i += stride)
        ticks.push_back(i);
    paintAxisBelow(painter, l.plot, counted, {ticks, Words::tr("mixer, in forward order (ring: other scans chosen)")},
                   style);
    painter.restore();
}

std::optional<FigureHit> ComparisonFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                   const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    if (!l.plot.adjusted(0, -4, 0, 8).contains(point))
        return std::nullopt;
    const auto count = static_cast<int>(comparison().mixers.size());
    const int index = std::clamp(static_cast<int>((point.x() - l.plot.left()) / l.plot.width() * count), 0, count - 1);
    const MixerDifference& m = comparison().mixers[static_cast<std::size_t>(index)];
    FigureHit hit{m_context.selection, {}};
    // The context may be of B: it selects its own mixer.
    const bool isOfB = m_context.pair->isOtherFirst;
    if (!isOfB || m.other)
        hit.selection.mixer = isOfB ? *m.other : m.id;
    hit.text = QString::fromStdString(m.id.name()) + QLatin1Char('\n') + placeText(comparison(), index)
        + QLatin1Char('\n') + (m.problem.empty() ? discrepancyText(m.output) : QString::fromStdString(m.problem));
    if (!m.choseAlike)
        hit.text += QLatin1Char('\n') + Words::tr("the routers chose other scans");
    return hit;
}

FigureTable ComparisonFigure::table() const
{
    FigureTable table;
    table.columns
        = {{QStringLiteral("number"), {}},     {QStringLiteral("mixer"), {}},   {QStringLiteral("counterpart"), {}},
           {QStringLiteral("relative"), {}},   {QStringLiteral("largest"), {}}, {QStringLiteral("correlation"), {}},
           {QStringLiteral("same_scans"), {}}, {QStringLiteral("problem"), {}}};
    table.rowCount = static_cast<qint64>(comparison().mixers.size());
    table.cell = [mixers = comparison().mixers](qint64 row, int column) -> QVariant {
        const MixerDifference& m = mixers.at(static_cast<std::size_t>(row));
        const auto number = [](double value) { return std::isfinite(value) ? QVariant(value) : QVariant(); };
        switch (column) {
        case 0:
            return static_cast<int>(row) + 1;
        case 1:
            return QString::fromStdString(m.id.name());
        case 2:
            return m.other ? QVariant(QString::fromStdString(m.other->name())) : QVariant();
        case 3:
            return number(m.output.relative);
        case 4:
            return number(m.output.largest);
        case 5:
            return number(m.output.correlation);
        case 6:
            return m.hasRouters ? QVariant(m.choseAlike ? 1 : 0) : QVariant();
        default:
            return QString::fromStdString(m.problem);
        }
    };
    return table;
}

Array ComparisonFigure::array() const
{
    Array array({static_cast<std::int64_t>(comparison().mixers.size()), 3});
    std::size_t at = 0;
    for (const MixerDifference& m : comparison().mixers)
        for (const double value : {m.output.relative, m.output.largest, m.output.correlation})
            array.values[at++] = static_cast<float>(value);
    return array;
}

QSizeF ComparisonFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(44, 22) * style.fontPixelSize;
}

}  // namespace mixer::vis
