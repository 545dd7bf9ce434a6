// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"
#include "visualizers/RunPair.h"

namespace mixer::vis {

struct Axis;

/// At which layer do two runs part? The relative difference of each mixer's output in forward order, on a logarithmic
/// scale; the tolerance; the first mixer above it, named with its number; routers that chose otherwise. Mixers without
/// a counterpart are grey crosses. array(): (mixers, 3) relative, largest, correlation; NaN where there is none.
class ComparisonFigure : public Figure {
public:
    /// Throws Error(Usage) without a comparison.
    explicit ComparisonFigure(FigureContext context);

    static bool exists(const FigureContext& context) { return context.pair && context.other; }

    QString id() const override { return QStringLiteral("comparison"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;

    /// "They part at S1 B2 T1, mixer 3 of 24: relative difference 0.12"
    static QString verdict(const TraceComparison& comparison);
    /// Where a mixer's mark is painted.
    QPointF markOf(int index, const QRectF& rect, const FigureStyle& style) const;
    const TraceComparison& comparison() const { return m_context.pair->comparison; }

private:
    struct Layout;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    /// Which decades are shown.
    void findDecades();
    int indexOfSelected() const;
    void paintMarks(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintScale(QPainter& painter, const Layout& layout, const FigureStyle& style) const;

    int m_lowDecade = -1;
    int m_highDecade = 0;
    bool m_hasZero = false;  ///< some outputs are the same; drawn on the lowest line
};

}  // namespace mixer::vis
