// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/PlotAxes.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <array>
#include <cmath>

namespace mixer::vis {

namespace {

constexpr QChar kMinus(0x2212);

QString withTrueMinus(QString text)
{
    if (text.startsWith(QLatin1Char('-')))
        text[0] = kMinus;
    return text;
}

QString superscript(int exponent)
{
    static const std::array<char16_t, 10> digits
        = {0x2070, 0x00b9, 0x00b2, 0x00b3, 0x2074, 0x2075, 0x2076, 0x2077, 0x2078, 0x2079};
    QString text = exponent < 0 ? QString(QChar(0x207b)) : QString();
    for (const QChar c : QString::number(std::abs(exponent)))
        text += QChar(digits[static_cast<std::size_t>(c.digitValue())]);
    return text;
}

/// Mantissa with `decimals`, times a power of ten.
QString scientific(double value, int decimals)
{
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
    const QString mantissa = QString::number(value / std::pow(10, exponent), 'f', decimals);
    return withTrueMinus(mantissa) + QChar(0x00d7) + QStringLiteral("10") + superscript(exponent);
}

double niceStep(double rough)
{
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= rough * (1 - 1e-9))
            return factor * power;
    }
    return 10 * power;
}

double stepOf(const std::vector<double>& ticks)
{
    if (ticks.size() > 1)
        return ticks[1] - ticks[0];
    return ticks.empty() || ticks[0] == 0 ? 1 : std::abs(ticks[0]);
}

QPen axisPen(const FigureStyle& style)
{
    return {style.frame, style.lineWidth};
}

}  // namespace

Metrics::Metrics(const FigureStyle& style)
    : line(QFontMetricsF(style.font()).height())
    , tick(std::max(2.0, 0.3 * style.fontPixelSize))
    , gap(std::max(2.0, 0.35 * style.fontPixelSize))
    , margin(0.7 * style.fontPixelSize)
{
}

double textWidth(const QFont& font, const QString& text)
{
    return QFontMetricsF(font).horizontalAdvance(text);
}

void drawText(QPainter& painter, const QPointF& anchor, Qt::Alignment side, const QString& text)
{
    const QFontMetricsF metrics(painter.font());
    double x = anchor.x();
    if (side & Qt::AlignRight)
        x -= metrics.horizontalAdvance(text);
    else if (side & Qt::AlignHCenter)
        x -= 0.5 * metrics.horizontalAdvance(text);
    double y = anchor.y();
    if (side & Qt::AlignTop)
        y += metrics.ascent();
    else if (side & Qt::AlignBottom)
        y -= metrics.descent();
    else  // digits and capitals in the middle
        y += 0.5 * metrics.capHeight();
    painter.drawText(QPointF(x, y), text);
}

void drawTextUpwards(QPainter& painter, const QPointF& centre, const QString& text)
{
    painter.save();
    painter.translate(centre);
    painter.rotate(-90);
    drawText(painter, {0, 0}, Qt::AlignCenter, text);
    painter.restore();
}

Axis cellAxis(int count, double start, double end)
{
    return {-0.5, count - 0.5, start, end};
}

std::vector<double> niceTicks(double low, double high, int maxCount)
{
    std::vector<double> ticks;
    if (!(high > low) || !std::isfinite(high - low))
        return ticks;
    double step = niceStep((high - low) / std::max(1, maxCount));
    const auto first = [&] { return std::ceil(low / step - 1e-9); };
    const auto last = [&] { return std::floor(high / step + 1e-9); };
    if (last() - first() + 1 > maxCount)
        step = niceStep(step * 1.01);
    for (double k = first(); k <= last(); ++k)
        ticks.push_back(k == 0 ? 0.0 : k * step);
    return ticks;
}

std::vector<double> axisTicks(double low, double high, double length, double spacing)
{
    constexpr int kMost = 6;
    const std::size_t wanted = low < 0 && high > 0 ? 3 : 2;
    const int count = std::clamp(static_cast<int>(length / spacing), 2, kMost);
    std::vector<double> ticks;
    for (int n = count; n <= kMost; ++n) {
        ticks = niceTicks(low, high, n);
        if (ticks.size() >= wanted)
            return ticks;
    }
    return wanted == 3 ? std::vector<double>{low, 0, high} : std::vector<double>{low, high};
}

std::vector<double> cellTicks(int count, int maxCount)
{
    std::vector<double> ticks;
    const int step = static_cast<int>(std::max(1.0, niceStep(static_cast<double>(count) / std::max(1, maxCount))));
    for (int i = 0; i < count; i += step)
        ticks.push_back(i);
    return ticks;
}

double niceCeiling(double value)
{
    if (!(value > 0) || !std::isfinite(value))
        return 1;
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : {1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
        if (factor * power >= value * (1 - 1e-6))
            return factor * power;
    }
    return 10 * power;
}

ValueRange rangeOfPositives(const std::vector<float>& values)
{
    const ValueRange data = ValueRange::of(values.data(), values.size());
    if (!(data.low > 0.5 * data.high))
        return {0, niceCeiling(data.high)};
    const double unit = 0.5 * niceCeiling(data.high - data.low);
    const double low = std::floor(data.low / unit) * unit;
    return {low, std::max(low + unit, std::ceil(data.high / unit) * unit)};
}

QString tickText(double value, double step)
{
    if (value == 0)
        return QStringLiteral("0");
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(std::abs(step)) + 1e-9)));
    if (decimals > 4 || std::abs(value) >= 1e6) {
        const int digits = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)) + decimals;
        return scientific(value, std::clamp(digits, 0, 3));
    }
    return withTrueMinus(QString::number(value, 'f', decimals));
}

QString numberText(double value)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? QStringLiteral("NaN") : value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
    const double magnitude = std::abs(value);
    if (magnitude == 0)
        return QStringLiteral("0");
    if (magnitude < 1e-3 || magnitude >= 1e6)
        return scientific(value, 2);
    const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(magnitude))), 0, 5);
    return withTrueMinus(QString::number(value, 'f', decimals));
}

void paintFrame(QPainter& painter, const QRectF& plot, const FigureStyle& style)
{
    const double half = 0.5 * style.lineWidth;
    painter.setPen(axisPen(style));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(plot.adjusted(-half, -half, half, half));
}

double tickTextWidth(const std::vector<double>& ticks, const FigureStyle& style)
{
    double widest = 0;
    for (const double tick : ticks)
        widest = std::max(widest, textWidth(style.font(), tickText(tick, stepOf(ticks))));
    return widest;
}

void paintAxisBelow(QPainter& painter, const QRectF& plot, const Axis& axis, const AxisText& text,
                    const FigureStyle& style)
{
    const Metrics metrics(style);
    painter.setFont(style.font());
    const double top = plot.bottom() + style.lineWidth;
    for (const double tick : text.ticks) {
        const double x = axis.position(tick);
        painter.setPen(axisPen(style));
        painter.drawLine(QPointF(x, top), QPointF(x, top + metrics.tick));
        painter.setPen(style.text);
        drawText(painter, {x, top + metrics.tick + 0.5 * metrics.gap}, Qt::AlignHCenter | Qt::AlignTop,
                 tickText(tick, stepOf(text.ticks)));
    }
    if (text.label.isEmpty())
        return;
    painter.setPen(style.text);
    const QString label = QFontMetricsF(style.font()).elidedText(text.label, Qt::ElideRight, plot.width());
    drawText(painter, {plot.center().x(), top + metrics.tick + metrics.gap + metrics.line},
             Qt::AlignHCenter | Qt::AlignTop, label);
}

void paintAxisLeft(QPainter& painter, const QRectF& plot, const Axis& axis, const AxisText& text, double labelX,
                   const FigureStyle& style)
{
    const Metrics metrics(style);
    painter.setFont(style.font());
    const double right = plot.left() - style.lineWidth;
    for (const double tick : text.ticks) {
        const double y = axis.position(tick);
        painter.setPen(axisPen(style));
        painter.drawLine(QPointF(right - metrics.tick, y), QPointF(right, y));
        painter.setPen(style.text);
        drawText(painter, {right - metrics.tick - metrics.gap, y}, Qt::AlignRight | Qt::AlignVCenter,
                 tickText(tick, stepOf(text.ticks)));
    }
    if (text.label.isEmpty())
        return;
    painter.setPen(style.text);
    drawTextUpwards(
        painter, {labelX, plot.center().y()},
        QFontMetricsF(style.font()).elidedText(text.label, Qt::ElideRight, plot.height() - 0.5 * metrics.line));
}

void paintPointer(QPainter& painter, const QPointF& tip, Qt::Edge from, double size, const QColor& color)
{
    const double half = 0.5 * size;
    QPolygonF triangle{tip};
    switch (from) {
    case Qt::LeftEdge:
        triangle << tip + QPointF(-size, -half) << tip + QPointF(-size, half);
        break;
    case Qt::RightEdge:
        triangle << tip + QPointF(size, -half) << tip + QPointF(size, half);
        break;
    case Qt::TopEdge:
        triangle << tip + QPointF(-half, -size) << tip + QPointF(half, -size);
        break;
    case Qt::BottomEdge:
        triangle << tip + QPointF(-half, size) << tip + QPointF(half, size);
        break;
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(triangle);
}

namespace {

/// Title and subtitle give way to the data where there is little room.
bool hasTitle(const QRectF& rect, const FigureStyle& style)
{
    return style.showTitle && rect.height() >= 9 * Metrics(style).line;
}

bool hasSubtitle(const QRectF& rect, const FigureStyle& style)
{
    return style.showTitle && rect.height() >= 11 * Metrics(style).line;
}

}  // namespace

QRectF belowTitle(const QRectF& rect, const FigureStyle& style, bool subtitle)
{
    const Metrics metrics(style);
    double top = metrics.margin;
    if (hasTitle(rect, style))
        top += QFontMetricsF(style.titleFont()).height() + metrics.gap;
    if (subtitle && hasSubtitle(rect, style))
        top += QFontMetricsF(style.noteFont()).height() + 0.5 * metrics.gap;
    return rect.adjusted(metrics.margin, top, -metrics.margin, -metrics.margin);
}

void paintTitle(QPainter& painter, const QRectF& rect, const FigureStyle& style, const QString& title,
                const QString& subtitle)
{
    if (!hasTitle(rect, style))
        return;
    const Metrics metrics(style);
    const double width = rect.width() - 2 * metrics.margin;
    QPointF corner(rect.left() + metrics.margin, rect.top() + metrics.margin);
    const QFontMetricsF titleMetrics(style.titleFont());
    painter.setFont(style.titleFont());
    painter.setPen(style.text);
    drawText(painter, corner, Qt::AlignLeft | Qt::AlignTop, titleMetrics.elidedText(title, Qt::ElideRight, width));
    if (subtitle.isEmpty() || !hasSubtitle(rect, style))
        return;
    corner.ry() += titleMetrics.height() + 0.25 * metrics.gap;
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    drawText(painter, corner, Qt::AlignLeft | Qt::AlignTop,
             QFontMetricsF(style.noteFont()).elidedText(subtitle, Qt::ElideRight, width));
}

void paintBackground(QPainter& painter, const QRectF& rect, const FigureStyle& style)
{
    if (!style.transparent)
        painter.fillRect(rect, style.background);
}

void beginFigure(QPainter& painter, const QRectF& rect, const FigureStyle& style)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipRect(rect, Qt::IntersectClip);
    paintBackground(painter, rect, style);
}

}  // namespace mixer::vis
