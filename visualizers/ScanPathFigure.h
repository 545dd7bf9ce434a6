// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"
#include "visualizers/ImageOverlay.h"

#include <vector>

namespace mixer::vis {

/// In which order does the chosen scan visit the photo, and what does it let in on its way? The photo with patch grid,
/// path coloured by time, marks of start, end and current step, and the overlay of the options. Of a channel mixer,
/// whose sequence is the channels, only photo, grid and overlay. array(): the overlay (H, W) when there is one, (3, H,
/// W) of three feature components, else the step at which each token is visited (H, W).
class ScanPathFigure : public Figure {
public:
    /// Throws Error(Usage) without an image or when the image is not the trace's.
    explicit ScanPathFigure(FigureContext context);

    QString id() const override { return QStringLiteral("scan-path"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    double heightForWidth(double width, const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    /// Also what the map shows and how far to trust it.
    QString caption() const override;

    /// Where an original pixel lies when the figure is painted into `rect`.
    QPointF toFigure(const QPointF& original, const QRectF& rect, const FigureStyle& style) const;
    const ImageOverlay& overlay() const { return m_overlay; }
    const TokenMap& tokenMap() const { return m_map; }

private:
    struct Layout;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    QRectF shownPart() const;
    QString stepText() const;
    /// The map where the scan has been.
    TokenMap knownMap() const;
    void paintPicture(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintKey(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    bool hasPath() const { return !m_tokens.empty(); }
    /// The overlay's value at each token, or its three; empty without an overlay.
    std::vector<std::vector<float>> overlayByToken() const;

    std::shared_ptr<const MixerDetail> m_detail;
    ImageOverlay m_overlay;
    std::vector<std::int32_t> m_tokens;  ///< visited at each step, see visitedTokens(); empty for a channel mixer
    std::vector<float> m_meanGate;       ///< at each step; empty for a channel mixer
    TokenMap m_map;
};

}  // namespace mixer::vis
