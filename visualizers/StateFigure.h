// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorBar.h"
#include "visualizers/Figure.h"

#include <memory>
#include <vector>

namespace mixer::vis {

struct Axis;

/// What does the scan remember at this step? Above, h as states x lanes with a diverging map; where several lanes share
/// a pixel, the value of largest magnitude stands for them. Below, the norm along the sequence with the current step
/// marked; of a quasi-separable scan the backward norm too. StateQuantity says what else the matrix may show; a
/// difference is to the baseline's, at the same step. array(): (lanes, N) of it at the step.
class StateFigure : public Figure {
public:
    explicit StateFigure(FigureContext context);

    struct Cell {
        int lane = -1;
        int state = -1;
    };

    QString id() const override { return QStringLiteral("state"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    /// h of the step: lane, state, forward and, where it exists, backward value.
    FigureTable table() const override;
    Array array() const override { return m_state; }
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    /// A new step asks the detail for its state (at most one chunk of recomputation).
    bool select(const Selection& selection) override;

    /// The norm by step: step, position, forward and, where it exists, backward norm.
    FigureTable normTable() const;
    std::optional<Cell> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const;
    /// Ends of the colours, symmetric.
    const ValueRange& range() const { return m_range; }
    /// Step under a point of the norm's plot.
    std::optional<int> stepAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    /// Point of the forward norm's curve.
    QPointF normPoint(int step, const QRectF& rect, const FigureStyle& style) const;

private:
    struct Layout;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    QString subtitle() const;
    QString laneWord() const;
    Axis normAxis(const Layout& layout) const;
    void loadState();
    ColorBar stateBar(Theme theme) const;
    QString symbol() const;
    void paintState(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintNorm(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintNormKey(QPainter& painter, const Layout& layout, const FigureStyle& style) const;

    std::shared_ptr<const MixerDetail> m_detail;
    Array m_state;                      ///< (lanes, N), the quantity shown
    Array m_backwardState;              ///< (lanes, N) or empty
    ValueRange m_range;                 ///< of the colours
    bool m_rangeIsCut = false;          ///< some values lie above it
    std::vector<float> m_norm;          ///< by step
    std::vector<float> m_baselineNorm;  ///< empty: none is shown
    std::vector<float> m_backwardNorm;
};

}  // namespace mixer::vis
