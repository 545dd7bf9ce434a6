// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PredictionsFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QBarCategoryAxis>
#include <QBarSet>
#include <QChart>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QHorizontalBarSeries>
#include <QPainter>
#include <QValueAxis>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace mixer::vis {

namespace {

constexpr double kLongestLabel = 24;  ///< times the type size, where no width is known
constexpr double kThickestRow = 3.4;  ///< lines to a bar, so that few bars do not become blocks
constexpr double kLabelShare = 0.42;  ///< of the figure's width, at most

QString labelText(const PredictionBar& bar);  // below

double labelWidth(const PredictionsData& data, const FigureStyle& style, double limit)
{
    double widest = 0;
    for (const PredictionBar& bar : data.bars)
        widest = std::max(widest, textWidth(style.font(1.0, bar.selected), labelText(bar)));
    return std::min(widest, limit);
}

/// The value axis: probabilities begin at 0, logits where the lowest bar needs it.
ValueRange valueRange(const PredictionsData& data)
{
    double low = 0;
    double high = 0;
    for (const PredictionBar& bar : data.bars) {
        const double other = data.isDifference || std::isnan(bar.baseline) ? bar.value : bar.baseline;
        low = std::min({low, bar.value, other});
        high = std::max({high, bar.value, other});
    }
    if (data.isDifference) {
        const double reach = niceCeiling(std::max(high, -low));
        return {-reach, reach};
    }
    if (data.value == PredictionValue::Probability)
        return {0, high > 0.5 ? 1.0 : niceCeiling(high)};
    return {low < 0 ? -niceCeiling(-low) : 0, high > 0 || low == 0 ? niceCeiling(high) : 0};
}

std::vector<double> valueTicks(const ValueRange& range, double width, const FigureStyle& style)
{
    return axisTicks(range.low, range.high, width, 4 * Metrics(style).line);
}

/// Distinct per bar: QBarCategoryAxis merges equal categories, and two classes may share a label.
QStringList categories(const PredictionsData& data, const FigureStyle& style, double limit)
{
    const QFontMetricsF metrics(style.font());
    QStringList names;
    for (auto bar = data.bars.rbegin(); bar != data.bars.rend(); ++bar) {
        QString name = metrics.elidedText(labelText(*bar), Qt::ElideRight, limit);
        while (names.contains(name))
            name += QChar(0x200b);  // zero width
        names << name;
    }
    return names;
}

QHorizontalBarSeries* makeSeries(const PredictionsData& data, const FigureStyle& style)
{
    auto* set = new QBarSet(QString());
    set->setColor(style.accent);
    set->setSelectedColor(style.highlight);
    set->setPen(Qt::NoPen);
    const int count = static_cast<int>(data.bars.size());
    // The first category is at the bottom.
    for (int i = count - 1; i >= 0; --i) {
        const PredictionBar& bar = data.bars[static_cast<std::size_t>(i)];
        set->append(bar.value);
        if (bar.selected)
            set->selectBar(count - 1 - i);
    }
    auto* series = new QHorizontalBarSeries;
    series->append(set);
    series->setBarWidth(0.68);
    return series;
}

void styleAxis(QAbstractAxis* axis, const FigureStyle& style)
{
    axis->setLabelsFont(style.font());
    axis->setLabelsBrush(style.text);
    axis->setTitleFont(style.font());
    axis->setTitleBrush(style.text);
    axis->setLinePen(QPen(style.frame, style.lineWidth));
    axis->setGridLinePen(QPen(style.grid, style.lineWidth));
}

QString valueTitle(PredictionValue value, bool isDifference = false)
{
    if (isDifference)
        return value == PredictionValue::Probability ? Words::tr("change of probability")
                                                     : Words::tr("change of logit");
    return value == PredictionValue::Probability ? Words::tr("probability") : Words::tr("logit");
}

QString valueText(double value, PredictionValue kind)
{
    if (kind == PredictionValue::Logit)
        return tickText(value, 0.01);
    return value > 0 && value < 0.0005 ? QStringLiteral("< 0.001") : tickText(value, 0.001);
}

/// "+0.12"; the sign is the message.
QString changeText(double change, PredictionValue kind)
{
    const QString text = tickText(change, kind == PredictionValue::Logit ? 0.01 : 0.001);
    return change > 0 ? QLatin1Char('+') + text : text;
}

/// The number at a bar's end.
QString barText(const PredictionBar& bar, const PredictionsData& data)
{
    if (data.isDifference)
        return changeText(bar.value, data.value);
    const QString value = valueText(bar.value, data.value);
    return std::isnan(bar.baseline) ? value
                                    : value + QStringLiteral("  (%1)").arg(changeText(bar.change(), data.value));
}

QString labelText(const PredictionBar& bar)
{
    return bar.isTrue ? Words::tr("%1 ✓").arg(bar.label) : bar.label;
}

bool hasBaseline(const PredictionsData& data)
{
    return !data.isDifference && !data.bars.empty() && !std::isnan(data.bars.front().baseline);
}

double entropyBits(const std::vector<double>& probabilities)
{
    double bits = 0;
    for (const double p : probabilities) {
        if (p > 0)
            bits -= p * std::log2(p);
    }
    return bits;
}

/// Little room: labels and bars only.
bool hasNumbers(const QSizeF& chart, const FigureStyle& style)
{
    const double line = Metrics(style).line;
    return chart.width() > 12 * line && chart.height() > 6 * line;
}

/// Room for the bars inside the chart, all fixed so that hit tests know it.
QRectF plotArea(const QSizeF& chart, const PredictionsData& data, const FigureStyle& style)
{
    const Metrics metrics(style);
    const double left = labelWidth(data, style, kLabelShare * chart.width()) + metrics.tick + metrics.gap;
    const bool numbers = hasNumbers(chart, style);
    const QString widest = hasBaseline(data) ? QStringLiteral("00.000  (−0.000)") : QStringLiteral("−00.000");
    const double right = numbers ? textWidth(style.font(), widest) + metrics.gap : 0;
    const double bottom = numbers ? metrics.axisX(true) : 0;
    const double bars = kThickestRow * metrics.line * static_cast<double>(data.bars.size());
    return {left, 0, std::max(1.0, chart.width() - left - right),
            std::max(1.0, std::min(chart.height() - bottom, bars))};
}

/// Labels, values and axis around the bars, by our own hand: QtCharts shortens long labels to nothing but dots, and its
/// paddings are pixels, which at the type size of a printed figure clip the axis title.
void paintTexts(QPainter& painter, const QRectF& plot, double labels, bool numbers, const PredictionsData& data,
                const FigureStyle& style)
{
    const Metrics metrics(style);
    const ValueRange range = valueRange(data);
    const Axis axis{range.low, range.high, plot.left(), plot.right()};
    if (numbers)
        paintAxisBelow(painter, plot, axis,
                       {valueTicks(range, plot.width(), style), valueTitle(data.value, data.isDifference)}, style);
    painter.setPen(QPen(style.frame, style.lineWidth));
    painter.drawLine(QPointF(axis.position(0), plot.top()), QPointF(axis.position(0), plot.bottom()));
    painter.drawLine(plot.bottomLeft(), plot.bottomRight());
    const double row = plot.height() / static_cast<double>(data.bars.size());
    if (row < 0.9 * metrics.line)
        return;
    for (std::size_t i = 0; i < data.bars.size(); ++i) {
        const PredictionBar& bar = data.bars[i];
        const double y = plot.top() + (static_cast<double>(i) + 0.5) * row;
        const double end = plot.left() + range.normalize(std::max(bar.value, 0.0)) * plot.width();
        if (hasBaseline(data)) {
            // Where the bar ended without the edits.
            const double before = axis.position(bar.baseline);
            painter.setPen(QPen(style.text, 1.8 * style.lineWidth, Qt::SolidLine, Qt::FlatCap));
            painter.drawLine(QPointF(before, y - 0.42 * row), QPointF(before, y + 0.42 * row));
        }
        painter.setFont(style.font(1.0, bar.selected));
        painter.setPen(style.text);
        if (numbers)
            drawText(painter, {std::max(end, hasBaseline(data) ? axis.position(bar.baseline) : end) + metrics.gap, y},
                     Qt::AlignLeft | Qt::AlignVCenter, barText(bar, data));
        const QString label = QFontMetricsF(painter.font()).elidedText(labelText(bar), Qt::ElideRight, labels);
        drawText(painter, {plot.left() - metrics.tick - metrics.gap, y}, Qt::AlignRight | Qt::AlignVCenter, label);
    }
}

}  // namespace

double PredictionBar::change() const
{
    return value - baseline;
}

namespace {

double valueOf(const Trace& trace, int index, PredictionValue kind)
{
    const auto i = static_cast<std::size_t>(index);
    return kind == PredictionValue::Probability ? trace.probabilities().at(i) : trace.logits().at(i);
}

/// Classes by falling magnitude of their change.
std::vector<int> mostChanged(const Trace& trace, const Trace& baseline, PredictionValue kind, int count)
{
    std::vector<int> classes = trace.topClasses(static_cast<int>(trace.logits().size()));
    std::stable_sort(classes.begin(), classes.end(), [&](int a, int b) {
        return std::abs(valueOf(trace, a, kind) - valueOf(baseline, a, kind))
            > std::abs(valueOf(trace, b, kind) - valueOf(baseline, b, kind));
    });
    classes.resize(std::min(classes.size(), static_cast<std::size_t>(count)));
    return classes;
}

}  // namespace

PredictionsData makePredictionsData(const FigureContext& context)
{
    const Trace& trace = *context.trace;
    const Trace* baseline = context.baseline && context.baseline != context.trace ? context.baseline.get() : nullptr;
    const PredictionValue kind = context.options.predictionValue;
    PredictionsData data;
    data.value = kind;
    data.classCount = static_cast<int>(trace.logits().size());
    data.isDifference = baseline && context.options.shownRun == ShownRun::Difference;
    data.entropy = entropyBits({trace.probabilities().begin(), trace.probabilities().end()});
    const int count = std::max(1, context.options.topCount);
    const std::vector<int> best = trace.topClasses(2);
    data.margin = valueOf(trace, best.front(), PredictionValue::Probability)
        - (best.size() > 1 ? valueOf(trace, best[1], PredictionValue::Probability) : 0.0);

    std::vector<int> shown = data.isDifference ? mostChanged(trace, *baseline, kind, count) : trace.topClasses(count);
    const int selected = context.selection.classIndex;
    if (selected >= data.classCount)
        throw Error(ErrorKind::Usage,
                    "class " + std::to_string(selected) + " does not exist: expected 0 to "
                        + std::to_string(data.classCount - 1));
    const auto add = [&](int index) {
        if (index >= 0 && index < data.classCount && std::find(shown.begin(), shown.end(), index) == shown.end())
            shown.push_back(index);
    };
    if (baseline && !data.isDifference)
        add(baseline->topClasses(1).front());
    add(context.trueClass);
    add(selected);
    for (const int index : shown) {
        PredictionBar bar;
        bar.classIndex = index;
        bar.label = QString::fromStdString(context.config.label(index));
        bar.baseline = baseline ? valueOf(*baseline, index, kind) : std::nan("");
        bar.value = valueOf(trace, index, kind) - (data.isDifference ? bar.baseline : 0);
        bar.selected = index == (selected < 0 ? best.front() : selected);
        bar.isTrue = index == context.trueClass;
        data.bars.push_back(bar);
    }
    return data;
}

QChart* makePredictionsChart(const PredictionsData& data, const FigureStyle& style)
{
    auto* chart = new QChart;
    chart->setAnimationOptions(QChart::NoAnimation);
    chart->legend()->hide();
    chart->setBackgroundBrush(Qt::NoBrush);
    chart->setBackgroundPen(Qt::NoPen);
    chart->setBackgroundRoundness(0);
    chart->setPlotAreaBackgroundVisible(false);
    chart->setMargins(QMargins());
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    QHorizontalBarSeries* series = makeSeries(data, style);
    chart->addSeries(series);

    auto* classes = new QBarCategoryAxis;
    classes->append(categories(data, style, kLongestLabel * style.fontPixelSize));
    styleAxis(classes, style);
    classes->setGridLineVisible(false);
    chart->addAxis(classes, Qt::AlignLeft);
    series->attachAxis(classes);

    auto* values = new QValueAxis;
    const ValueRange range = valueRange(data);
    values->setRange(range.low, range.high);
    styleAxis(values, style);
    values->setTitleText(valueTitle(data.value, data.isDifference));
    const std::vector<double> ticks = axisTicks(range.low, range.high, 6, 1);
    const double step = ticks[1] - ticks[0];
    values->setTickType(QValueAxis::TicksDynamic);
    values->setTickAnchor(0);
    values->setTickInterval(step);
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
    values->setLabelFormat(QStringLiteral("%.%1f").arg(decimals));
    chart->addAxis(values, Qt::AlignBottom);
    series->attachAxis(values);
    return chart;
}

PredictionsFigure::PredictionsFigure(FigureContext context)
    : Figure(std::move(context))
    , m_data(makePredictionsData(m_context))
{
}

QString PredictionsFigure::title() const
{
    return Words::tr("Predictions");
}

QString PredictionsFigure::subtitle(const PredictionsData& data)
{
    return Words::tr("entropy %1 of %2 bits · margin %3")
        .arg(tickText(data.entropy, 0.01), tickText(std::log2(std::max(1, data.classCount)), 0.01),
             tickText(data.margin, 0.001));
}

QString PredictionsFigure::caption() const
{
    QString numbers = subtitle(m_data);
    numbers[0] = numbers.at(0).toUpper();
    return runCaption() + QLatin1Char(' ') + numbers + QStringLiteral(". ") + programCaption();
}

void PredictionsFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), subtitle(m_data));
    const QRectF body = belowTitle(rect, style, true);
    if (body.width() < 20 || body.height() < 20 || m_data.bars.empty()) {
        painter.restore();
        return;
    }
    QGraphicsScene scene;
    QChart* chart = makePredictionsChart(m_data, style);
    const QRectF plot = plotArea(body.size(), m_data, style);
    for (QAbstractAxis* axis : chart->axes()) {
        axis->setLabelsVisible(false);
        axis->setLineVisible(false);
        axis->setTitleVisible(false);
        const std::vector<double> ticks = valueTicks(valueRange(m_data), plot.width(), style);
        if (auto* values = qobject_cast<QValueAxis*>(axis))
            values->setTickInterval(ticks[1] - ticks[0]);
    }
    scene.addItem(chart);
    chart->setPlotArea(plot);
    chart->resize(body.size());
    chart->layout()->activate();
    scene.render(&painter, body, QRectF(QPointF(), body.size()), Qt::IgnoreAspectRatio);
    paintTexts(painter, plot.translated(body.topLeft()), labelWidth(m_data, style, kLabelShare * body.width()),
               hasNumbers(body.size(), style), m_data, style);
    painter.restore();
}

QRectF PredictionsFigure::rowRect(int bar, const QRectF& rect, const FigureStyle& style) const
{
    const QRectF body = belowTitle(rect, style, true);
    const QRectF plot = plotArea(body.size(), m_data, style).translated(body.topLeft());
    const double row = plot.height() / static_cast<double>(std::max<std::size_t>(1, m_data.bars.size()));
    return {body.left(), plot.top() + bar * row, body.width(), row};
}

std::optional<FigureHit> PredictionsFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                    const FigureStyle& style) const
{
    const QRectF body = belowTitle(rect, style, true);
    const QRectF plot = plotArea(body.size(), m_data, style).translated(body.topLeft());
    if (m_data.bars.empty() || point.y() < plot.top() || point.y() >= plot.bottom() || !body.contains(point))
        return std::nullopt;
    const double row = (point.y() - plot.top()) / plot.height() * static_cast<double>(m_data.bars.size());
    const PredictionBar& bar = m_data.bars[std::min(static_cast<std::size_t>(row), m_data.bars.size() - 1)];
    FigureHit hit{m_context.selection, {}};
    hit.selection.classIndex = bar.classIndex;
    const auto i = static_cast<std::size_t>(bar.classIndex);
    hit.text
        = Words::tr("%1 (class %2)\nprobability %3\nlogit %4")
              .arg(bar.label)
              .arg(bar.classIndex)
              .arg(numberText(m_context.trace->probabilities().at(i)), numberText(m_context.trace->logits().at(i)));
    return hit;
}

bool PredictionsFigure::select(const Selection& selection)
{
    if (selection.classIndex >= m_data.classCount)
        return false;
    m_context.selection = selection;
    m_data = makePredictionsData(m_context);
    return true;
}

FigureTable PredictionsFigure::table() const
{
    struct Row {
        int rank;
        int classIndex;
        QString label;
        double probability;
        double logit;
    };
    std::vector<Row> rows;
    for (const PredictionBar& bar : m_data.bars) {
        const auto i = static_cast<std::size_t>(bar.classIndex);
        int rank = 1;
        for (const auto other : m_context.trace->logits())
            rank += other > m_context.trace->logits()[i] ? 1 : 0;
        rows.push_back(
            {rank, bar.classIndex, bar.label, m_context.trace->probabilities().at(i), m_context.trace->logits()[i]});
    }
    FigureTable table;
    table.columns = {{QStringLiteral("rank"), {}},
                     {QStringLiteral("class"), {}},
                     {QStringLiteral("label"), {}},
                     {QStringLiteral("probability"), {}},
                     {QStringLiteral("logit"), {}}};
    const std::shared_ptr<const Trace> base = m_context.baseline != m_context.trace ? m_context.baseline : nullptr;
    if (base) {
        table.columns.push_back({QStringLiteral("baseline_probability"), {}});
        table.columns.push_back({QStringLiteral("baseline_logit"), {}});
    }
    table.rowCount = static_cast<qint64>(rows.size());
    table.cell = [rows, base](qint64 row, int column) -> QVariant {
        const Row& r = rows.at(static_cast<std::size_t>(row));
        switch (column) {
        case 5:
            return valueOf(*base, r.classIndex, PredictionValue::Probability);
        case 6:
            return valueOf(*base, r.classIndex, PredictionValue::Logit);
        case 0:
            return r.rank;
        case 1:
            return r.classIndex;
        case 2:
            return r.label;
        case 3:
            return r.probability;
        default:
            return r.logit;
        }
    };
    return table;
}

Array PredictionsFigure::array() const
{
    Array logits({static_cast<std::int64_t>(m_context.trace->logits().size())});
    std::copy(m_context.trace->logits().begin(), m_context.trace->logits().end(), logits.values.begin());
    return logits;
}

QSizeF PredictionsFigure::preferredSize(const FigureStyle& style) const
{
    return {38.0 * style.fontPixelSize, heightForWidth(38.0 * style.fontPixelSize, style)};
}

double PredictionsFigure::heightForWidth(double, const FigureStyle& style) const
{
    const double line = Metrics(style).line;
    return (6.5 + 1.7 * static_cast<double>(std::max<std::size_t>(3, m_data.bars.size()))) * line;
}

}  // namespace mixer::vis
