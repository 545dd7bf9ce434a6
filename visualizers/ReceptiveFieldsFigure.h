// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"

#include <string>
#include <vector>

namespace mixer::vis {

/// What does the selected token see through each scan and direction of its mixer? One map over the network's input for
/// each, all on the same colours, with the share that each has of the whole. See engine directionFields().
/// array(): (directions, h, w).
class ReceptiveFieldsFigure : public Figure {
public:
    /// Runs the network to the mixer and back, once for each direction.
    explicit ReceptiveFieldsFigure(FigureContext context);

    QString id() const override { return QStringLiteral("receptive-fields"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override { return m_values; }
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    /// Another token means other fields: false.
    bool select(const Selection& selection) override;

    /// There is a network to differentiate, and the step is at a token.
    static bool exists(const FigureContext& context);
    const std::vector<std::string>& names() const { return m_names; }

private:
    struct Layout {
        std::vector<QRectF> maps;
        QRectF bar;
    };
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    int directions() const { return static_cast<int>(m_names.size()); }
    int height() const { return static_cast<int>(m_values.size(1)); }
    int width() const { return static_cast<int>(m_values.size(2)); }
    const float* field(int direction) const;
    /// Of a scan and direction; "hilbert →" where "hilbert forward" has no room.
    QString nameOf(int direction, double room, const QFont& font) const;
    QString shareOf(int direction) const;

    std::shared_ptr<const MixerDetail> m_detail;
    int m_token = 0;
    std::vector<std::string> m_names;
    std::vector<double> m_shares;
    Array m_values;
    ValueRange m_range;
    bool m_isCut = false;  ///< some values lie above the range
};

}  // namespace mixer::vis
