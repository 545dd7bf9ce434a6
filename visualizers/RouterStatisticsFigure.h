// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/analysis/RouterStatistics.h"
#include "visualizers/CellGrid.h"
#include "visualizers/Figure.h"

namespace mixer::vis {

/// Which scans do which classes get? Classes x scans of the selected mixer: the share of the class's images that were
/// given the scan; below, how often flipped, cropped and noisy images kept theirs. Classes without images are left out.
/// array(): (classes with images, scans).
class RouterStatisticsFigure : public Figure {
public:
    /// Throws Error(Usage) without statistics, or for a mixer without a router.
    explicit RouterStatisticsFigure(FigureContext context);

    QString id() const override { return QStringLiteral("router-statistics"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;
    /// "kept when flipped 92 %, cropped 81 %, noisy 64 %".
    QString stabilityText() const;

    static bool exists(const FigureContext& context);

private:
    QRectF gridRect(const QRectF& rect, const FigureStyle& style) const;
    CellGrid grid() const;
    double share(int row, int column) const;

    const RouterStatistics::Mixer* m_mixer = nullptr;  ///< of the context's statistics
    std::vector<int> m_classes;                        ///< of each row
};

}  // namespace mixer::vis
