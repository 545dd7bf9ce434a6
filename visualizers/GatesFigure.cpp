// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/GatesFigure.h"

#include "engine/core/Error.h"
#include "visualizers/ColorBar.h"
#include "visualizers/HeatMap.h"
#include "visualizers/LaneClusters.h"
#include "visualizers/PlotAxes.h"
#include "visualizers/TokenMap.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace mixer::vis {

namespace {

constexpr double kTail = 0.005;          ///< share of gates that may lie above the colours
constexpr std::size_t kSample = 200000;  ///< gates that decide about the tail
constexpr double kEasyRow = 8;           ///< height from which a row is seen and hit without help
constexpr int kLensRows = 7, kLensSteps = 15;

/// Gates in scan order: (lanes, steps).
std::shared_ptr<Array> gatesByStep(const MixerDetail& detail, int scan, GateQuantity quantity)
{
    const Array gate = quantity == GateQuantity::Gate ? detail.gate(scan) : detail.outputGate();
    const int lanes = detail.laneCount();
    const int steps = detail.positionCount();
    if (static_cast<std::int64_t>(gate.values.size()) != std::int64_t{lanes} * steps)
        throw Error(ErrorKind::Usage, detail.record().id.name() + " has no output gate");
    std::vector<std::size_t> position(static_cast<std::size_t>(steps));
    for (int step = 0; step < steps; ++step)
        position[static_cast<std::size_t>(step)] = static_cast<std::size_t>(detail.positionAt(scan, step));
    auto ordered = std::make_shared<Array>(std::vector<std::int64_t>{lanes, steps});
    for (std::size_t lane = 0; lane < static_cast<std::size_t>(lanes); ++lane) {
        const float* from = gate.values.data() + lane * position.size();
        float* to = ordered->values.data() + lane * position.size();
        for (std::size_t step = 0; step < position.size(); ++step)
            to[step] = from[position[step]];
    }
    return ordered;
}

/// 0 to the largest gate, or, where a few lie far above the others, to what all but half a percent stay below.
ValueRange gateRange(const Array& gate, bool& cut)
{
    const ValueRange all = ValueRange::of(gate.values.data(), gate.values.size());
    const std::size_t stride = std::max<std::size_t>(1, gate.values.size() / kSample);
    std::vector<float> sample;
    for (std::size_t i = 0; i < gate.values.size(); i += stride) {
        if (std::isfinite(gate.values[i]))
            sample.push_back(gate.values[i]);
    }
    cut = false;
    if (sample.empty())
        return {0, 1};
    const auto rank = static_cast<std::ptrdiff_t>((1 - kTail) * static_cast<double>(sample.size() - 1));
    std::nth_element(sample.begin(), sample.begin() + rank, sample.end());
    const double typical = sample[static_cast<std::size_t>(rank)];
    cut = typical > 0 && all.high > 1.5 * typical;
    const double high = std::min(1.0, niceCeiling(cut ? typical : all.high));
    cut = cut && high < all.high;
    return {0, high};
}

QString sortText(LaneSort sort, const QString& lane)
{
    switch (sort) {
    case LaneSort::MeanGate:
        return Words::tr("%1 (by mean g)").arg(lane);
    case LaneSort::Variance:
        return Words::tr("%1 (by variance of g)").arg(lane);
    case LaneSort::Contribution:
        return Words::tr("%1 (by contribution to the class)").arg(lane);
    case LaneSort::Cluster:
        return Words::tr("%1 (by cluster)").arg(lane);
    case LaneSort::Natural:
        break;
    }
    return lane;
}

}  // namespace

struct GatesFigure::Layout {
    QRectF matrix;
    QRectF top;    ///< step means; empty: left out
    QRectF right;  ///< lane means; empty: left out
    QRectF bar;    ///< empty: left out
    bool labels = true;
};

GatesFigure::GatesFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
{
    m_context.detail = m_detail;
    const GateQuantity quantity = m_context.options.gateQuantity;
    const auto gate = gatesByStep(*m_detail, m_context.selection.scan, quantity);
    if (showsDifference(m_context)) {
        const MixerDetail& base = *m_context.baselineDetail;
        const auto before = gatesByStep(base, baselineScan(*m_detail, base, m_context.selection.scan), quantity);
        for (std::size_t i = 0; i < gate->values.size(); ++i)
            gate->values[i] -= before->values.at(i);
    }
    m_gate = gate;
    const bool hasHabits = !isSigned();
    const auto lanes = static_cast<std::size_t>(m_detail->laneCount());
    const auto steps = static_cast<std::size_t>(m_detail->positionCount());
    std::vector<double> stepSum(steps, 0.0);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        double sum = 0;
        double squares = 0;
        float lowest = 1;
        float highest = 0;
        for (std::size_t step = 0; step < steps; ++step) {
            const float value = m_gate->values[lane * steps + step];
            lowest = std::min(lowest, value);
            highest = std::max(highest, value);
            const double g = hasHabits ? value : std::abs(value);
            sum += g;
            squares += g * g;
            stepSum[step] += g;
        }
        const double mean = sum / static_cast<double>(steps);
        m_habit.push_back(!hasHabits                 ? Habit::Varies
                              : lowest >= kOpenGate  ? Habit::Open
                              : highest <= kShutGate ? Habit::Shut
                                                     : Habit::Varies);
        m_laneMean.push_back(static_cast<float>(mean));
        m_laneVariance.push_back(static_cast<float>(squares / static_cast<double>(steps) - mean * mean));
    }
    for (const double sum : stepSum)
        m_stepMean.push_back(static_cast<float>(sum / static_cast<double>(lanes)));
    findRange();
    sortLanes();
}

bool GatesFigure::isSigned() const
{
    return m_context.options.gateQuantity == GateQuantity::OutputGate || showsDifference(m_context);
}

int GatesFigure::countOf(Habit habit) const
{
    return static_cast<int>(std::count(m_habit.begin(), m_habit.end(), habit));
}

void GatesFigure::findRange()
{
    if (m_context.options.range) {
        m_range = *m_context.options.range;
    } else if (isSigned()) {
        const double high = niceCeiling(ValueRange::symmetric(m_gate->values.data(), m_gate->values.size()).high);
        m_range = {-high, high};
    } else {
        m_range = gateRange(*m_gate, m_rangeIsCut);
    }
}

QString GatesFigure::symbol() const
{
    const QString plain
        = m_context.options.gateQuantity == GateQuantity::Gate ? Words::tr("gate g") : Words::tr("SiLU(z)");
    return showsDifference(m_context) ? Words::tr("Δ %1").arg(plain) : plain;
}

void GatesFigure::sortLanes()
{
    m_laneAtRow.resize(m_laneMean.size());
    std::iota(m_laneAtRow.begin(), m_laneAtRow.end(), 0);
    const LaneSort sort = m_context.options.laneSort;
    if (sort == LaneSort::Cluster)
        m_laneAtRow = clusteredRows(*m_gate);
    const std::vector<float>& key = sort == LaneSort::MeanGate ? m_laneMean
        : sort == LaneSort::Variance                           ? m_laneVariance
                                                               : m_context.contributions;
    if (sort != LaneSort::Natural && sort != LaneSort::Cluster && key.size() == m_laneMean.size()) {
        // NaN counts as smallest, so that the order stays strict.
        const auto value = [&key](int lane) {
            const float v = key[static_cast<std::size_t>(lane)];
            return std::isnan(v) ? -std::numeric_limits<float>::infinity() : v;
        };
        std::stable_sort(m_laneAtRow.begin(), m_laneAtRow.end(), [&](int a, int b) { return value(a) > value(b); });
    }
    m_rowOfLane.resize(m_laneAtRow.size());
    for (std::size_t row = 0; row < m_laneAtRow.size(); ++row)
        m_rowOfLane[static_cast<std::size_t>(m_laneAtRow[row])] = static_cast<int>(row);
    m_image = QImage();
}

bool GatesFigure::select(const Selection& selection)
{
    return Figure::select(selection);
}

QString GatesFigure::laneWord() const
{
    return m_detail->record().id.isChannelMixer ? Words::tr("token") : Words::tr("channel");
}

QString GatesFigure::title() const
{
    const bool isOutput = m_context.options.gateQuantity == GateQuantity::OutputGate;
    return (isOutput ? Words::tr("Output gates of %1, in the order of scan %2") : Words::tr("Gates of %1, scan %2"))
        .arg(QString::fromStdString(m_detail->record().id.shortName()),
             QString::fromStdString(m_detail->scanName(m_context.selection.scan)));
}

QString GatesFigure::subtitle() const
{
    const Selection& s = m_context.selection;
    const bool isOutput = m_context.options.gateQuantity == GateQuantity::OutputGate;
    QString text = (isOutput ? Words::tr("SiLU(z) · step %1") : Words::tr("g = 1 − exp(−Δ) · step %1")).arg(s.step);
    if (s.lane >= 0)
        text += QStringLiteral(" · ") + laneWord() + QLatin1Char(' ') + QString::number(s.lane) + QStringLiteral(" · ")
            + symbol() + QStringLiteral(" = ") + numberText(m_gate->at(s.lane, s.step));
    else
        text += Words::tr(" · mean %1").arg(numberText(m_stepMean[static_cast<std::size_t>(s.step)]));
    return text;
}

ColorBar GatesFigure::colorBar(Theme theme) const
{
    const ColorMapId signedMap = theme == Theme::Dark ? ColorMapId::DivergingDark : ColorMapId::Diverging;
    return {&ColorMap::get(isSigned() ? signedMap : m_context.options.colorMap), m_range, symbol(), m_rangeIsCut};
}

GatesFigure::Layout GatesFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    const QFont font = style.font();
    Layout l;
    l.labels = body.height() > 8 * metrics.line && body.width() > 12 * metrics.line;
    const bool bar = body.width() > 16 * metrics.line;
    const bool margins = body.width() > 26 * metrics.line && body.height() > 13 * metrics.line;

    const ValueRange means = rangeOfPositives(m_stepMean);
    const double ticks = std::max(textWidth(font, QString::number(m_detail->laneCount())),
                                  margins ? tickTextWidth({means.low, means.high}, style) : 0);
    const double left = ticks + metrics.tick + 3 * metrics.gap + (l.labels ? metrics.line : 0);
    const double below = metrics.axisX(l.labels);
    const double barWidth = bar ? colorBar(style.theme).widthFor(style) + 2.5 * metrics.gap : 0;
    const double above = 0.4 * metrics.line;  // half of the uppermost tick's number
    const double topHeight = margins ? std::clamp(0.15 * body.height(), 2.2 * metrics.line, 5 * metrics.line) : 0;
    const double rightWidth
        = margins ? std::clamp(0.1 * body.width(), textWidth(font, Words::tr("mean g")) + 1, 6 * metrics.line) : 0;
    const double between = margins ? 1.2 * metrics.gap : 0;
    const double belowTop = margins ? metrics.line : 0;               // its lowest number and the matrix's first
    const double overhang = margins || bar ? 0 : 0.5 * metrics.line;  // last tick's number

    const double x = std::floor(body.left() + left);
    const double y = std::floor(body.top() + above + topHeight + belowTop);
    l.matrix = QRectF(x, y, std::floor(std::max(1.0, body.right() - x - barWidth - rightWidth - between - overhang)),
                      std::floor(std::max(1.0, body.bottom() - y - below)));
    if (margins) {
        const double top = std::floor(body.top() + above);
        l.top = QRectF(x, top, l.matrix.width(), y - belowTop - top);
        l.right = QRectF(l.matrix.right() + between, y, std::floor(rightWidth), l.matrix.height());
    }
    if (bar)
        l.bar = QRectF(l.matrix.right() + between + rightWidth + 2.5 * metrics.gap, y, barWidth, l.matrix.height());
    return l;
}

QRectF GatesFigure::matrixRect(const QRectF& rect, const FigureStyle& style) const
{
    return layout(rect, style).matrix;
}

QRectF GatesFigure::cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF m = matrixRect(rect, style);
    const double w = m.width() / m_detail->positionCount();
    const double h = m.height() / m_detail->laneCount();
    return {m.left() + cell.step * w, m.top() + m_rowOfLane.at(static_cast<std::size_t>(cell.lane)) * h, w, h};
}

std::optional<GatesFigure::Cell> GatesFigure::cellAt(const QPointF& point, const QRectF& rect,
                                                     const FigureStyle& style) const
{
    const QRectF m = matrixRect(rect, style);
    if (!m.contains(point))
        return std::nullopt;
    const int lanes = m_detail->laneCount();
    const int steps = m_detail->positionCount();
    const int row = std::clamp(static_cast<int>((point.y() - m.top()) / m.height() * lanes), 0, lanes - 1);
    const int step = std::clamp(static_cast<int>((point.x() - m.left()) / m.width() * steps), 0, steps - 1);
    return Cell{m_laneAtRow[static_cast<std::size_t>(row)], step};
}

namespace {

QString tokenText(const MixerRecord& record, int position)
{
    const int token = record.tokenAt(position);
    return token < 0 ? Words::tr("class token")
                     : Words::tr("token (%1, %2)").arg(token / record.width).arg(token % record.width);
}

}  // namespace

std::optional<FigureHit> GatesFigure::hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const
{
    const std::optional<Cell> cell = cellAt(point, rect, style);
    if (!cell)
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    hit.selection.lane = cell->lane;
    hit.selection.step = cell->step;
    const int position = m_detail->positionAt(m_context.selection.scan, cell->step);
    const MixerRecord& record = m_detail->record();
    const QString place
        = record.id.isChannelMixer ? Words::tr("channel %1").arg(position) : tokenText(record, position);
    hit.text = laneWord() + QLatin1Char(' ') + QString::number(cell->lane) + QLatin1Char('\n')
        + Words::tr("step %1").arg(cell->step) + QStringLiteral(" · ") + place + QLatin1Char('\n') + symbol()
        + QLatin1Char(' ') + numberText(m_gate->at(cell->lane, cell->step));
    const Habit habit = habitOf(cell->lane);
    if (habit != Habit::Varies)
        hit.text += QLatin1Char('\n') + (habit == Habit::Open ? Words::tr("always open") : Words::tr("always shut"));
    return hit;
}

const QImage& GatesFigure::image(const QSize& pixels, Theme theme) const
{
    const int steps = m_detail->positionCount();
    const int lanes = m_detail->laneCount();
    const QSize size(std::min(pixels.width(), steps), std::min(pixels.height(), lanes));
    if (m_image.size() != size || (isSigned() && m_imageTheme != theme)) {
        const MatrixView view{lanes, steps,
                              [this, steps](int row) {
                                  return m_gate->values.data()
                                      + static_cast<std::ptrdiff_t>(m_laneAtRow[static_cast<std::size_t>(row)]) * steps;
                              },
                              1};
        m_image = heatMapImage(view, *colorBar(theme).map, m_range, size,
                               isSigned() ? CellReduction::Extreme : CellReduction::Mean);
        m_imageTheme = theme;
    }
    return m_image;
}

void GatesFigure::paintMargins(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const ValueRange means = rangeOfPositives(m_stepMean);
    const double laneHigh = niceCeiling(ValueRange::of(m_laneMean.data(), m_laneMean.size()).high);
    const int steps = m_detail->positionCount();
    const int lanes = m_detail->laneCount();

    painter.fillRect(l.top, style.panel);
    painter.fillRect(l.right, style.panel);
    const Axis topX = cellAxis(steps, l.top.left(), l.top.right());
    const Axis topY{means.low, means.high, l.top.bottom(), l.top.top()};
    QPolygonF outline;
    for (int step = 0; step < steps; ++step) {
        const double y = topY.position(m_stepMean[static_cast<std::size_t>(step)]);
        outline << QPointF(topX.position(step - 0.5), y) << QPointF(topX.position(step + 0.5), y);
    }
    // Filled from zero; a plot that does not begin at zero is a line alone.
    if (means.low == 0) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(style.accent);
        painter.drawPolygon(QPolygonF{l.top.bottomLeft()} + outline + QPolygonF{l.top.bottomRight()});
    } else {
        painter.setPen(QPen(style.accent, 1.2 * style.lineWidth, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin));
        painter.drawPolyline(outline);
    }

    const Axis rightY = cellAxis(lanes, l.right.top(), l.right.bottom());
    const Axis rightX{0, laneHigh, l.right.left(), l.right.right()};
    QPolygonF area{l.right.topLeft()};
    for (int row = 0; row < lanes; ++row) {
        const double x
            = rightX.position(m_laneMean[static_cast<std::size_t>(m_laneAtRow[static_cast<std::size_t>(row)])]);
        area << QPointF(x, rightY.position(row - 0.5)) << QPointF(x, rightY.position(row + 0.5));
    }
    area << l.right.bottomLeft();
    painter.setPen(Qt::NoPen);
    painter.setBrush(style.accent);
    painter.drawPolygon(area);
    paintFrame(painter, l.top, style);
    paintFrame(painter, l.right, style);

    paintAxisLeft(painter, l.top, topY, {{means.low, means.high}, {}}, 0, style);
    paintAxisBelow(painter, l.right, rightX, {{laneHigh}, Words::tr("mean g")}, style);
}

void GatesFigure::paintHabits(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const double left = l.matrix.right() + style.lineWidth;
    const double width = 0.35 * Metrics(style).line;
    const double height = std::max(style.lineWidth, l.matrix.height() / static_cast<double>(m_habit.size()));
    const Axis y = cellAxis(m_detail->laneCount(), l.matrix.top(), l.matrix.bottom());
    for (std::size_t lane = 0; lane < m_habit.size(); ++lane) {
        if (m_habit[lane] == Habit::Varies)
            continue;
        const double middle = y.position(m_rowOfLane[lane]);
        painter.fillRect(QRectF(left, middle - 0.5 * height, width, height),
                         m_habit[lane] == Habit::Open ? style.highlight : style.mutedText);
    }
}

void GatesFigure::paintMarks(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const double size = 0.5 * metrics.line;
    const Axis x = cellAxis(m_detail->positionCount(), l.matrix.left(), l.matrix.right());
    const Axis y = cellAxis(m_detail->laneCount(), l.matrix.top(), l.matrix.bottom());
    QColor line = style.highlight;
    line.setAlphaF(0.75F);
    const double atX = x.position(m_context.selection.step);
    painter.setPen(QPen(line, style.lineWidth));
    painter.drawLine(QPointF(atX, l.top.isEmpty() ? l.matrix.top() : l.top.top()), QPointF(atX, l.matrix.bottom()));
    paintPointer(painter, {atX, l.matrix.bottom() + style.lineWidth}, Qt::BottomEdge, size, style.highlight);
    if (m_context.selection.lane < 0)
        return;
    const double atY = y.position(m_rowOfLane[static_cast<std::size_t>(m_context.selection.lane)]);
    painter.setPen(QPen(line, style.lineWidth));
    painter.drawLine(QPointF(l.matrix.left(), atY),
                     QPointF(l.right.isEmpty() ? l.matrix.right() : l.right.right(), atY));
    paintPointer(painter, {l.matrix.left() - style.lineWidth, atY}, Qt::LeftEdge, size, style.highlight);
}

void GatesFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle());
    const Layout l = layout(rect, style);
    drawCells(painter, l.matrix, image(devicePixels(painter, l.matrix), style.theme));
    paintFrame(painter, l.matrix, style);
    if (!l.top.isEmpty())
        paintMargins(painter, l, style);
    paintHabits(painter, l, style);

    const int steps = m_detail->positionCount();
    const int lanes = m_detail->laneCount();
    const bool channelMixer = m_detail->record().id.isChannelMixer;
    const double tickSpace = 2.5 * textWidth(style.font(), QString::number(steps));
    const QString xLabel = channelMixer ? Words::tr("step (channels in the scan's direction)")
                                        : Words::tr("step (tokens in scan order)");
    paintAxisBelow(
        painter, l.matrix, cellAxis(steps, l.matrix.left(), l.matrix.right()),
        {cellTicks(steps, std::max(2, static_cast<int>(l.matrix.width() / tickSpace))), l.labels ? xLabel : QString()},
        style);
    const QString yLabel = sortText(m_context.options.laneSort, laneWord());
    const QRectF body = belowTitle(rect, style, true);
    paintAxisLeft(painter, l.matrix, cellAxis(lanes, l.matrix.top(), l.matrix.bottom()),
                  {cellTicks(lanes, std::max(2, static_cast<int>(l.matrix.height() / (2.5 * metrics.line)))),
                   l.labels ? yLabel : QString()},
                  body.left() + 0.5 * metrics.line, style);
    if (!l.top.isEmpty() && l.top.height() > textWidth(style.font(), Words::tr("mean g"))) {
        painter.setPen(style.text);
        drawTextUpwards(painter, {body.left() + 0.5 * metrics.line, l.top.center().y()}, Words::tr("mean g"));
    }
    paintMarks(painter, l, style);
    if (!l.bar.isEmpty())
        colorBar(style.theme).paintVertical(painter, l.bar, style);
    painter.restore();
}

std::optional<Selection> GatesFigure::rowBeside(int rows) const
{
    const int last = m_detail->laneCount() - 1;
    Selection selection = m_context.selection;
    const int row = selection.lane >= 0 ? m_rowOfLane[static_cast<std::size_t>(selection.lane)] + rows
        : rows > 0                      ? 0
                                        : last;
    selection.lane = m_laneAtRow[static_cast<std::size_t>(std::clamp(row, 0, last))];
    return selection;
}

void GatesFigure::paintHover(QPainter& painter, const QPointF& point, const QRectF& rect,
                             const FigureStyle& style) const
{
    const std::optional<Cell> cell = cellAt(point, rect, style);
    if (!cell)
        return;
    const Metrics metrics(style);
    const QRectF matrix = matrixRect(rect, style);
    const QRectF row = cellRect(*cell, rect, style);
    painter.save();
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(style.highlight, style.lineWidth, Qt::DotLine));
    painter.drawRect(QRectF(matrix.left(), row.top(), matrix.width(), std::max(1.0, row.height())));
    if (row.height() < kEasyRow) {
        // Above the mouse, for the text that says the value comes below; else beside it.
        const double side = 1.15 * metrics.line;
        const double numbers = textWidth(style.font(1, true), QString::number(m_detail->laneCount())) + 2 * metrics.gap;
        const QSizeF size(numbers + kLensSteps * side + metrics.gap, kLensRows * side + 2 * metrics.gap);
        QPointF at(point.x() - 0.5 * size.width(), point.y() - size.height() - metrics.line);
        if (at.y() < rect.top()) {
            const bool isRight = point.x() - size.width() - metrics.line < rect.left();
            at = {isRight ? point.x() + metrics.line : point.x() - size.width() - metrics.line, rect.top()};
        }
        at.setX(std::clamp(at.x(), rect.left(), std::max(rect.left(), rect.right() - size.width())));
        paintLens(painter, *cell, QRectF(at, size), style);
    }
    painter.restore();
}

void GatesFigure::paintLens(QPainter& painter, const Cell& centre, const QRectF& lens, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const ColorBar bar = colorBar(style.theme);
    const double side = (lens.height() - 2 * metrics.gap) / kLensRows;
    const double left = lens.right() - metrics.gap - kLensSteps * side;
    painter.setPen(QPen(style.frame, style.lineWidth));
    painter.setBrush(style.background);
    painter.drawRect(lens);
    const int middle = m_rowOfLane[static_cast<std::size_t>(centre.lane)];
    for (int y = 0; y < kLensRows; ++y) {
        const int row = middle + y - kLensRows / 2;
        if (row < 0 || row >= m_detail->laneCount())
            continue;
        const int lane = m_laneAtRow[static_cast<std::size_t>(row)];
        const double top = lens.top() + metrics.gap + y * side;
        painter.setFont(style.font(1, row == middle));
        painter.setPen(row == middle ? style.text : style.mutedText);
        drawText(painter, {left - metrics.gap, top + 0.5 * side}, Qt::AlignRight | Qt::AlignVCenter,
                 QString::number(lane));
        for (int x = 0; x < kLensSteps; ++x) {
            const int step = centre.step + x - kLensSteps / 2;
            if (step >= 0 && step < m_detail->positionCount())
                painter.fillRect(QRectF(left + x * side, top, side - style.lineWidth, side - style.lineWidth),
                                 QColor::fromRgb(bar.map->at(bar.range.normalize(m_gate->at(lane, step)))));
        }
    }
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(style.highlight, 1.5 * style.lineWidth, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(QRectF(left + kLensSteps / 2 * side, lens.top() + metrics.gap + kLensRows / 2 * side, side, side));
}

FigureTable GatesFigure::table() const
{
    const bool channelMixer = m_detail->record().id.isChannelMixer;
    FigureTable table;
    table.columns = {
        {channelMixer ? QStringLiteral("token") : QStringLiteral("channel"), {}},
        {QStringLiteral("step"), {}},
        {channelMixer ? QStringLiteral("channel") : QStringLiteral("token"), {}},
        {m_context.options.gateQuantity == GateQuantity::Gate ? QStringLiteral("gate") : QStringLiteral("output_gate"),
         {}}};
    const qint64 steps = m_detail->positionCount();
    table.rowCount = steps * m_detail->laneCount();
    table.cell = [gate = m_gate, detail = m_detail, scan = m_context.selection.scan, steps](qint64 row,
                                                                                            int column) -> QVariant {
        const qint64 lane = row / steps;
        const qint64 step = row % steps;
        switch (column) {
        case 0:
            return lane;
        case 1:
            return step;
        case 2:
            return detail->positionAt(scan, static_cast<int>(step));
        default:
            return static_cast<double>(gate->at(lane, step));
        }
    };
    return table;
}

Array GatesFigure::array() const
{
    return *m_gate;
}

QSizeF GatesFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(56, 38) * style.fontPixelSize;
}

}  // namespace mixer::vis
