// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ImageOverlay.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

/// The path cut into runs of one colour; a run ends, too, where the scan jumps.
class PathPainter {
public:
    PathPainter(QPainter& painter, const ImageOverlay& overlay, const std::vector<std::int32_t>& tokens,
                const ScanPathStyle& style, double unit)
        : m_painter(painter)
        , m_overlay(overlay)
        , m_style(style)
        , m_unit(unit)
        , m_map(ColorMap::get(style.colorMap))
    {
        for (std::size_t step = 0; step < tokens.size(); ++step) {
            if (static_cast<int>(step) == style.currentStep) {
                m_style.currentStep = size();
                m_hasCurrent = tokens[step] >= 0;
            }
            if (tokens[step] >= 0)
                m_tokens.push_back(tokens[step]);
        }
    }

    int size() const { return static_cast<int>(m_tokens.size()); }

    void paintPath()
    {
        paintJumps();
        paintRuns(true);
        paintRuns(false);
    }

    void paintMarks()
    {
        if (m_style.endMarks)
            paintEnds();
        if (m_hasCurrent)
            paintCurrent();
    }

private:
    int last() const { return size() - 1; }
    /// The last step that is painted.
    int shown() const { return m_style.isGrowing ? std::clamp(m_style.currentStep, 0, last()) : last(); }
    QPointF at(int step) const { return m_overlay.tokenCentre(m_tokens[static_cast<std::size_t>(step)]); }

    bool isJump(int from) const
    {
        const int a = m_tokens[static_cast<std::size_t>(from)];
        const int b = m_tokens[static_cast<std::size_t>(from + 1)];
        const int dx = std::abs(a % m_overlay.width() - b % m_overlay.width());
        const int dy = std::abs(a / m_overlay.width() - b / m_overlay.width());
        return std::max(dx, dy) > 1;
    }

    /// Share of the opacity: what is not in the trail steps back.
    double strength(int step) const
    {
        if (m_style.trailLength < 0 || m_style.currentStep < 0)
            return 1;
        const bool inTrail = step < m_style.currentStep && step >= m_style.currentStep - m_style.trailLength;
        return inTrail ? 1 : 0.3;
    }

    QColor colorAt(int step, double factor) const
    {
        QColor color = m_style.singleColor.isValid()
            ? m_style.singleColor
            : QColor::fromRgb(m_map.at(last() > 0 ? (step + 0.5) / last() : 0));
        color.setAlphaF(static_cast<float>(m_style.opacity * strength(step) * factor));
        return color;
    }

    double width() const
    {
        // Where tokens are small, a path as thick as they are would hide everything.
        const double cell = m_overlay.tokenRect(0).width();
        return std::min(m_style.lineWidth * m_unit, 0.3 * cell);
    }

    void paintJumps()
    {
        for (int step = 0; step < shown(); ++step) {
            if (!isJump(step))
                continue;
            QColor dark(0, 0, 0);
            dark.setAlphaF(static_cast<float>(0.25 * m_style.opacity * strength(step)));
            m_painter.setPen(QPen(dark, width()));
            m_painter.drawLine(at(step), at(step + 1));
            m_painter.setPen(QPen(colorAt(step, 0.55), 0.45 * width()));
            m_painter.drawLine(at(step), at(step + 1));
        }
    }

    void paintRuns(bool isCasing)
    {
        QPolygonF run;
        for (int step = 0; step <= shown(); ++step) {
            run << at(step);
            const bool end = step == shown() || isJump(step)
                || (step > 0 && colorAt(step, 1) != colorAt(step - 1, 1) && !isCasing)
                || (step > 0 && strength(step) != strength(step - 1));
            if (!end)
                continue;
            if (run.size() > 1)
                paintRun(run, std::max(0, step - 1), isCasing);
            run.clear();
            if (step < shown() && !isJump(step))
                run << at(step);
        }
    }

    void paintRun(const QPolygonF& run, int step, bool isCasing)
    {
        QColor color = colorAt(step, 1);
        if (isCasing) {
            color = QColor(0, 0, 0);
            color.setAlphaF(static_cast<float>(0.5 * m_style.opacity * strength(step)));
        }
        // Flat ends where colours meet: translucent round caps would overlap and show as beads.
        const bool opaque = color.alpha() == 255;
        m_painter.setPen(QPen(color, width() + (isCasing ? std::min(1.2 * m_unit, width()) : 0), Qt::SolidLine,
                              opaque ? Qt::RoundCap : Qt::FlatCap, Qt::RoundJoin));
        m_painter.drawPolyline(run);
    }

    double markRadius() const
    {
        return std::max(1.6 * width(), std::min(3.5 * m_unit, 0.5 * m_overlay.tokenRect(0).width()));
    }

    void paintEnds()
    {
        const double r = markRadius();
        m_painter.setPen(QPen(Qt::black, m_unit));
        m_painter.setBrush(Qt::white);
        m_painter.drawEllipse(at(0), r, r);
        if (last() > 0 && shown() == last())
            m_painter.drawRect(QRectF(at(last()) - QPointF(r, r), QSizeF(2 * r, 2 * r)));
    }

    void paintCurrent()
    {
        const double r = 1.7 * markRadius();
        m_painter.setBrush(Qt::NoBrush);
        m_painter.setPen(QPen(Qt::black, 3.5 * m_unit));
        m_painter.drawEllipse(at(m_style.currentStep), r, r);
        m_painter.setPen(QPen(m_style.highlight, 2 * m_unit));
        m_painter.drawEllipse(at(m_style.currentStep), r, r);
    }

    QPainter& m_painter;
    const ImageOverlay& m_overlay;
    std::vector<std::int32_t> m_tokens;  ///< visited, class tokens left out: steps here count only these
    ScanPathStyle m_style;
    bool m_hasCurrent = false;
    double m_unit;
    const ColorMap& m_map;
};

}  // namespace

void ImageOverlay::paintScanPath(QPainter& painter, const std::vector<std::int32_t>& tokens, const ScanPathStyle& style,
                                 double unit) const
{
    if (std::any_of(tokens.begin(), tokens.end(), [&](std::int32_t token) { return token >= tokenCount(); }))
        return;
    PathPainter path(painter, *this, tokens, style, unit);
    if (path.size() == 0 || path.size() != tokenCount())
        return;  // of another grid
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    if (style.line) {
        painter.save();
        painter.setClipRect(inputRect(), Qt::IntersectClip);
        path.paintPath();
        painter.restore();
    }
    if (style.marks)
        path.paintMarks();
    painter.restore();
}

}  // namespace mixer::vis
