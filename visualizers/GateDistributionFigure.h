// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"

#include <vector>

namespace mixer::vis {

/// How are the gates of a mixer distributed? A histogram of log10 g over all lanes and steps of the selected scan, the
/// selected lane's in front, the limits of always shut and always open as lines. array(): (2, bins): lower edge of each
/// bin in log10 g, share of all gates.
class GateDistributionFigure : public Figure {
public:
    explicit GateDistributionFigure(FigureContext context);

    QString id() const override { return QStringLiteral("gate-distribution"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;

    static constexpr int kBins = 60;
    static constexpr double kLow = -6;  ///< log10 g; smaller ones are in the first bin
    const std::vector<double>& shares() const { return m_shares; }

private:
    QRectF plotRect(const QRectF& rect, const FigureStyle& style) const;
    std::vector<double> sharesOf(int firstLane, int count) const;
    QString subtitle() const;

    std::shared_ptr<const MixerDetail> m_detail;
    Array m_gate;
    std::vector<double> m_shares;      ///< of all lanes
    std::vector<double> m_laneShares;  ///< of the selected one; empty: none
};

}  // namespace mixer::vis
