// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/TensorStatistics.h"
#include "visualizers/CellGrid.h"
#include "visualizers/Figure.h"

#include <vector>

namespace mixer::vis {

/// Which earlier features feed which mixer? The weights of the averaging of earlier features (MambaMixer, arXiv
/// 2403.19888, section 3.2) in the stage of the selected mixer: the four matrices alpha, beta, theta, gamma, and the
/// flow that they make, as arcs from features to mixers as thick as the weights. Edited weights are outlined. array():
/// (blocks, 4, blocks + 1), NaN where there is no weight.
class MixingFigure : public Figure {
public:
    /// Throws Error(Usage) without a checkpoint, or where it has no such weights.
    explicit MixingFigure(FigureContext context);

    QString id() const override { return QStringLiteral("mixing"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;

    using Matrix = SetMixWeight::Matrix;
    struct Cell {
        Matrix matrix = Matrix::Alpha;
        int row = 0;     ///< block
        int column = 0;  ///< earlier feature
    };
    std::optional<Cell> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const;
    double weight(const Cell& cell) const;
    int stage() const { return m_stage; }
    /// A checkpoint with the weights of this stage.
    static bool exists(const FigureContext& context);

private:
    struct Layout {
        std::vector<QRectF> grids;  ///< one for each matrix
        QRectF flow;                ///< empty: left out
    };
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    const Array& values(Matrix matrix) const { return m_values[static_cast<std::size_t>(matrix)]; }
    CellGrid grid(Matrix matrix, const FigureStyle& style) const;
    /// Of the entry (row, column): upper triangles are not used.
    bool isUsed(const Cell& cell) const;
    void paintFlow(QPainter& painter, const QRectF& rect, const FigureStyle& style) const;

    int m_stage = 0;
    std::vector<Array> m_values;  ///< alpha, beta, theta, gamma, edits included
    std::vector<Cell> m_edited;
    double m_high = 1;  ///< largest magnitude
};

/// "α", "β", "θ", "γ".
QString mixSymbol(SetMixWeight::Matrix matrix);

}  // namespace mixer::vis
