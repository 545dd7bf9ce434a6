// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/attention/ImplicitAttention.h"
#include "visualizers/ColorBar.h"
#include "visualizers/Figure.h"

namespace mixer::vis {

/// The implicit attention that the options and the selection mean: of the detail, or (Difference) minus that of the
/// baseline. `residual` is that of the detail. Throws Error(Usage), Cancelled.
AttentionMap makeAttentionMap(const FigureContext& context, const CancelToken& cancel = {});
/// "M[t, ·] of scan hilbert, mean of 96 channels".
QString attentionLabel(const FigureContext& context);
/// Diverging around 0 for signed maps, the context's map for magnitudes. What a position takes from itself, where the
/// skip D is, is often far above all others: the colours end at the largest of those. `self`: index of that value.
ColorBar attentionBar(const FigureContext& context, const std::vector<float>& values, int self, Theme theme);

/// Where does the output of the selected token come from (a row of the implicit matrix M), or where does its input go
/// (a column)? On the token grid, signed; of a channel mixer a curve over the channels. Says how far M u is from what
/// the scan put out. array(): (H, W), or (channels).
class AttentionFigure : public Figure {
public:
    explicit AttentionFigure(FigureContext context);

    QString id() const override { return QStringLiteral("attention"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    /// Another step or lane means another row: computed again here.
    bool select(const Selection& selection) override;

    /// ||M.u - y|| / ||y|| at the row; NaN for columns.
    double residual() const { return m_residual; }
    /// Over this a row is not to be trusted.
    static constexpr double kLargestResidual = 1e-4;
    /// "residual 3.1×10⁻⁷"; empty for columns.
    QString residualText() const;
    /// Cell of a grid token, where the map is painted.
    QRectF cellRect(int token, const QRectF& rect, const FigureStyle& style) const;

private:
    struct Layout {
        QRectF map;
        QRectF bar;
    };
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    bool isGrid() const { return !m_detail->record().id.isChannelMixer; }
    int positionOfToken(int token) const;
    int selectedPosition() const;
    QString subtitle() const;
    void load();
    void paintGrid(QPainter& painter, const Layout& l, const FigureStyle& style) const;
    void paintCurve(QPainter& painter, const Layout& l, const FigureStyle& style) const;

    std::shared_ptr<const MixerDetail> m_detail;
    std::vector<float> m_values;  ///< by position
    double m_residual = 0;
};

}  // namespace mixer::vis
