// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorBar.h"
#include "visualizers/Figure.h"

#include <vector>

namespace mixer::vis {

/// Which scans did the router choose, layer by layer? Rows: token mixers in forward order; columns: the scan set.
/// At the right the margin p1 - p2 of each router: 0 is undecided. Difference: to the baseline's probabilities, with
/// the scans that the baseline chose dotted. array(): (mixers, scans) router probability; without a router the weight
/// (1 for every scan).
class RoutingFigure : public Figure {
public:
    /// Throws Error(Usage) when the network has no token mixers.
    explicit RoutingFigure(FigureContext context);

    struct Cell {
        int row = -1;
        int column = -1;
    };

    QString id() const override { return QStringLiteral("routing"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override { return m_values; }
    QSizeF preferredSize(const FigureStyle& style) const override;
    double heightForWidth(double width, const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;

    std::optional<Cell> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const;
    int rowCount() const { return static_cast<int>(m_rows.size()); }
    int columnCount() const { return static_cast<int>(m_scans.size()); }
    bool isChosen(const Cell& cell) const;
    /// Largest minus second probability of a row; NaN without a router.
    double margin(int row) const { return m_margins.at(static_cast<std::size_t>(row)); }
    /// Row whose router is the least decided; -1 without routers.
    int mostDividedRow() const;
    const MixerRecord& mixerOfRow(int row) const { return *m_rows.at(static_cast<std::size_t>(row)); }

private:
    /// Of every scan, where there is no router: 1, or a half of two directions that are averaged.
    QString fixedWeight() const;
    struct Layout;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    void paintCells(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintHeaders(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintMargins(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    ColorBar colorBar(Theme theme) const;
    void subtractBaseline();
    void paintKey(QPainter& painter, const Layout& layout, const FigureStyle& style) const;

    std::vector<const MixerRecord*> m_rows;  ///< owned by the trace
    std::vector<QString> m_scans;
    Array m_values;
    std::vector<std::vector<float>> m_weights;  ///< rows x scans, omega; negative: not chosen
    std::vector<double> m_margins;
    std::vector<std::vector<bool>> m_wasChosen;  ///< in the baseline; empty: not shown
    bool m_hasRouter = false;
};

}  // namespace mixer::vis
