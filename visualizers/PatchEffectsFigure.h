// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/CellGrid.h"
#include "visualizers/Figure.h"

#include <QPoint>

namespace mixer::vis {

/// What does the class gain or lose when one place alone is what it was for another image? Mixers x blocks of tokens,
/// or mixers x steps of a scan; signed, of the probability or (FigureOptions::predictionValue) the logit. Shows the
/// context's measured effects, whatever was edited since. array(): (mixers, columns), NaN where there is nothing to
/// take over.
class PatchEffectsFigure : public Figure {
public:
    /// Throws Error(Usage) without measured effects.
    explicit PatchEffectsFigure(FigureContext context);

    QString id() const override { return QStringLiteral("patch-effects"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;

    const PatchEffectMap& map() const { return *m_context.patchEffects; }
    /// (column, row) under a point where something was measured.
    std::optional<QPoint> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(int row, int column, const QRectF& rect, const FigureStyle& style) const;

private:
    bool isLogit() const { return m_context.options.predictionValue == PredictionValue::Logit; }
    const Array& values() const { return isLogit() ? map().effects.logit : map().effects.probability; }
    QString rowName(int row) const;
    QString columnName(int column) const;
    QString subtitle() const;
    QString axisText() const;
    CellGrid grid(Theme theme) const;
    QRectF gridRect(const QRectF& rect, const FigureStyle& style) const;
};

}  // namespace mixer::vis
