// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/attention/ImplicitAttention.h"
#include "visualizers/Figure.h"

namespace mixer::vis {

struct Axis;

/// What is a scan's output made of? The parts of the implicit matrix: lower triangle (from before the step), diagonal,
/// skip D, and of quasi-separable scans the upper triangle (from behind it). Above, the share of each in the output's
/// energy; below, its norm along the positions in scan order. array(): (parts, steps) norms.
class SplitFigure : public Figure {
public:
    explicit SplitFigure(FigureContext context);

    QString id() const override { return QStringLiteral("split"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override { return m_norm; }
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;

    const AttentionSplit& split() const { return m_split; }

private:
    struct Layout {
        QRectF shares;
        QRectF curves;
    };
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    void load();
    bool has(int part) const;
    void paintShares(QPainter& painter, const QRectF& plot, const FigureStyle& style) const;
    void paintCurves(QPainter& painter, const QRectF& plot, const FigureStyle& style) const;

    std::shared_ptr<const MixerDetail> m_detail;
    AttentionSplit m_split;
    Array m_norm;  ///< (parts, steps)
};

}  // namespace mixer::vis
