// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/TrainingCurveFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mixer::vis {

struct TrainingCurveFigure::Layout {
    QRectF loss, accuracy;  ///< accuracy empty: nothing was measured
    double lossLabelX = 0, accuracyLabelX = 0;
};

struct TrainingCurveFigure::Line {
    Series series;
    QString name;
    QColor color;
    Qt::PenStyle pen;
};

TrainingCurveFigure::TrainingCurveFigure(std::vector<CurvePoint> curve, QString subtitle, QString programVersion)
    : m_curve(std::move(curve))
    , m_subtitle(std::move(subtitle))
{
    m_context.programVersion = std::move(programVersion);
    if (m_curve.empty())
        throw Error(ErrorKind::Usage, "a training curve needs at least one epoch");
}

QString TrainingCurveFigure::title() const
{
    return Words::tr("Training curve");
}

QString TrainingCurveFigure::caption() const
{
    return Words::tr("Loss: cross-entropy in nats; in training of augmented pictures with smoothed labels, which is "
                     "why it may lie above that of the validation pictures.")
        + QLatin1Char(' ') + programCaption();
}

double TrainingCurveFigure::value(Series series, int index) const
{
    const CurvePoint& p = m_curve.at(static_cast<std::size_t>(index));
    switch (series) {
    case Series::TrainLoss:
        return p.trainLoss;
    case Series::ValidationLoss:
        return p.validationLoss;
    case Series::Top1:
        return 100 * p.top1;
    case Series::Top5:
        return 100 * p.top5;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

bool TrainingCurveFigure::isMeasured() const
{
    return std::any_of(m_curve.begin(), m_curve.end(), [](const CurvePoint& p) { return std::isfinite(p.top1); });
}

TrainingCurveFigure::Layout TrainingCurveFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, !m_subtitle.isEmpty());
    const double left = textWidth(style.font(), QStringLiteral("0.00")) + metrics.tick + 3 * metrics.gap + metrics.line;
    const double top = body.top() + 1.5 * metrics.line;  // the key lies above the plot
    const double bottom = body.bottom() - metrics.axisX(true);
    const double right = textWidth(style.font(), QStringLiteral("00"));
    const double width = (isMeasured() ? 0.5 * body.width() : body.width()) - left - right;
    Layout l;
    l.loss = QRectF(std::floor(body.left() + left), std::floor(top), std::max(1.0, std::floor(width)),
                    std::max(1.0, std::floor(bottom - top)));
    l.lossLabelX = body.left() + 0.5 * metrics.line;
    if (isMeasured()) {
        l.accuracy = l.loss.translated(std::floor(0.5 * body.width()), 0);
        l.accuracyLabelX = l.lossLabelX + std::floor(0.5 * body.width());
    }
    return l;
}

Axis TrainingCurveFigure::epochAxis(const QRectF& panel) const
{
    const double first = m_curve.front().epoch;
    const double last = m_curve.back().epoch;
    const double room = last > first ? 0 : 1;
    return {first - room, last + room, panel.left(), panel.right()};
}

Axis TrainingCurveFigure::valueAxis(const QRectF& panel, bool isLoss) const
{
    double high = 0;
    for (int i = 0; i < static_cast<int>(m_curve.size()); ++i)
        for (const Series series :
             {isLoss ? Series::TrainLoss : Series::Top1, isLoss ? Series::ValidationLoss : Series::Top5})
            if (std::isfinite(value(series, i)))
                high = std::max(high, value(series, i));
    return {0, isLoss ? niceCeiling(1.02 * high) : 100, panel.bottom(), panel.top()};
}

std::vector<TrainingCurveFigure::Line> TrainingCurveFigure::lines(bool isLoss, const FigureStyle& style) const
{
    if (!isLoss) {
        std::vector<Line> both = {{Series::Top1, Words::tr("top-1"), style.accent, Qt::SolidLine}};
        const bool isBinary = std::all_of(m_curve.begin(), m_curve.end(), [](const auto& p) { return p.top5 == 1; });
        if (!isBinary)
            both.push_back({Series::Top5, Words::tr("top-5"), style.secondAccent, Qt::DashLine});
        return both;
    }
    std::vector<Line> both = {{Series::TrainLoss, Words::tr("training"), style.accent, Qt::SolidLine}};
    if (isMeasured())
        both.push_back({Series::ValidationLoss, Words::tr("validation"), style.secondAccent, Qt::DashLine});
    return both;
}

QPointF TrainingCurveFigure::pointAt(Series series, int index, const QRectF& rect, const FigureStyle& style) const
{
    const bool isLoss = series == Series::TrainLoss || series == Series::ValidationLoss;
    const Layout l = layout(rect, style);
    const QRectF& panel = isLoss ? l.loss : l.accuracy;
    return {epochAxis(panel).position(m_curve.at(static_cast<std::size_t>(index)).epoch),
            valueAxis(panel, isLoss).position(value(series, index))};
}

void TrainingCurveFigure::paintPanel(QPainter& painter, const QRectF& panel, double labelX, bool isLoss,
                                     const FigureStyle& style) const
{
    const Metrics metrics(style);
    const Axis x = epochAxis(panel);
    const Axis y = valueAxis(panel, isLoss);
    painter.fillRect(panel, style.panel);
    const std::vector<double> yTicks = axisTicks(y.low, y.high, panel.height(), 2.2 * metrics.line);
    painter.setPen(QPen(style.grid, style.lineWidth));
    for (const double tick : yTicks)
        painter.drawLine(QPointF(panel.left(), y.position(tick)), QPointF(panel.right(), y.position(tick)));

    double right = panel.right();
    const std::vector<Line> all = lines(isLoss, style);
    for (auto line = all.rbegin(); line != all.rend(); ++line) {
        QPolygonF points;
        for (int i = 0; i < static_cast<int>(m_curve.size()); ++i)
            if (std::isfinite(value(line->series, i)))
                points << QPointF(x.position(m_curve[static_cast<std::size_t>(i)].epoch),
                                  y.position(value(line->series, i)));
        const QPen pen(line->color, 1.6 * style.lineWidth, line->pen, Qt::FlatCap, Qt::BevelJoin);
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawPolyline(points);
        if (points.size() == 1) {
            painter.setBrush(line->color);
            painter.drawEllipse(points.front(), 2.0 * style.lineWidth, 2.0 * style.lineWidth);
        }
        const double keyY = panel.top() - 0.75 * metrics.line;
        painter.setFont(style.font());
        painter.setPen(style.text);
        drawText(painter, {right, keyY}, Qt::AlignRight | Qt::AlignVCenter, line->name);
        right -= textWidth(style.font(), line->name) + metrics.gap;
        painter.setPen(pen);
        painter.drawLine(QPointF(right - 1.8 * metrics.line, keyY), QPointF(right, keyY));
        right -= 1.8 * metrics.line + 2.5 * metrics.gap;
    }
    paintFrame(painter, panel, style);
    std::vector<double> epochs;
    for (const double tick : axisTicks(x.low, x.high, panel.width(), 3 * metrics.line))
        if (tick == std::floor(tick))
            epochs.push_back(tick);
    paintAxisBelow(painter, panel, x, {epochs, Words::tr("epoch")}, style);
    paintAxisLeft(painter, panel, y, {yTicks, isLoss ? Words::tr("loss (nats)") : Words::tr("right (%)")}, labelX,
                  style);
}

void TrainingCurveFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), m_subtitle);
    const Layout l = layout(rect, style);
    paintPanel(painter, l.loss, l.lossLabelX, true, style);
    if (!l.accuracy.isEmpty())
        paintPanel(painter, l.accuracy, l.accuracyLabelX, false, style);
    painter.restore();
}

FigureTable TrainingCurveFigure::table() const
{
    FigureTable table;
    table.columns = {{QStringLiteral("epoch"), {}},
                     {QStringLiteral("training_loss"), QStringLiteral("nats")},
                     {QStringLiteral("validation_loss"), QStringLiteral("nats")},
                     {QStringLiteral("top_1"), QStringLiteral("%")},
                     {QStringLiteral("top_5"), QStringLiteral("%")}};
    table.rowCount = static_cast<qint64>(m_curve.size());
    table.cell = [curve = m_curve](qint64 row, int column) -> QVariant {
        const CurvePoint& p = curve.at(static_cast<std::size_t>(row));
        const double values[] = {p.trainLoss, p.validationLoss, 100 * p.top1, 100 * p.top5};
        if (column == 0)
            return p.epoch;
        return std::isfinite(values[column - 1]) ? QVariant(values[column - 1]) : QVariant();
    };
    return table;
}

Array TrainingCurveFigure::array() const
{
    Array array({static_cast<std::int64_t>(m_curve.size()), 4});
    for (std::size_t i = 0; i < m_curve.size(); ++i) {
        const CurvePoint& p = m_curve[i];
        const double values[] = {p.trainLoss, p.validationLoss, p.top1, p.top5};
        for (std::size_t k = 0; k < 4; ++k)
            array.values[4 * i + k] = static_cast<float>(values[k]);
    }
    return array;
}

QSizeF TrainingCurveFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(64, 28) * style.fontPixelSize;
}

}  // namespace mixer::vis
