// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"
#include "visualizers/ImageOverlay.h"
#include "visualizers/PairedMaps.h"

#include <optional>

namespace mixer::vis {

/// Where do two runs differ? The overlay of A and of B over what each network sees, on one range of colours, and B - A,
/// diverging around 0, with its metric. Without an overlay the two photos and how far the outputs of the mixer are
/// apart at each token. array(): the difference (H, W); without one, A's map.
class PairedMapFigure : public Figure {
public:
    /// Throws Error(Usage) without a comparison or a picture.
    explicit PairedMapFigure(FigureContext context);

    static bool exists(const FigureContext& context);

    QString id() const override { return QStringLiteral("comparison-map"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    double heightForWidth(double width, const FigureStyle& style) const override;
    bool select(const Selection&) override { return false; }
    QString caption() const override;

    const TokenMap& mapOfA() const { return m_a.map; }
    const TokenMap& mapOfB() const { return m_b.map; }
    const TokenMap& difference() const { return m_difference; }

private:
    struct Panel {
        std::shared_ptr<const RgbImage> image;
        std::optional<ImageOverlay> overlay;
        TokenMap map;
        QString heading;
        int token = -1;  ///< the selected one
    };
    struct Layout;
    static Panel panelOf(const FigureContext& context, const QString& letter, const QString& name);
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    void paintPanel(QPainter& painter, const Panel& panel, const TokenMap& map, const QRectF& photo,
                    const FigureStyle& style) const;
    double aspect() const;

    Panel m_a, m_b;
    TokenMap m_difference;
    QString m_problem;  ///< why there is no difference
};

}  // namespace mixer::vis
