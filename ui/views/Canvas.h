// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Follower.h"
#include "visualizers/ImageOverlay.h"

#include <QPointF>
#include <QWidget>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mixer::ui {

class InspectionDocument;
class PathLayers;

/// The picture at its own resolution with the overlays of the selected mixer on its pixels. Wheel zooms to the cursor,
/// drag pans, hover reads out, click selects a token. Everything shown is the document's; only zoom and place of the
/// view are the canvas's own.
class Canvas : public QWidget {
    Q_OBJECT
public:
    static constexpr double kMaxZoom = 64;

    /// What dragging with the left button does.
    enum class Tool {
        Look,       ///< pans; a click selects a token
        DrawOrder,  ///< the scan visits the tokens in the order in which they are passed
        Brush,      ///< marks tokens
    };

    explicit Canvas(QWidget* parent = nullptr);
    ~Canvas() override;

    void setDocument(InspectionDocument* document);

    /// Logical pixels of the screen per pixel of the picture.
    double zoom() const { return m_zoom; }
    /// Zooms so that the picture's point under `anchor` (widget coordinates) stays there.
    void zoomTo(double zoom, const QPointF& anchor);
    void zoomBy(double factor);
    /// Moves what is seen by so many widget pixels.
    void panBy(const QPointF& pixels);
    /// The whole picture, and again after each resize until the person zooms or pans.
    void fit();
    /// One pixel of the picture to one pixel of the screen.
    void showActualSize();

    QPointF toPicture(const QPointF& widget) const;
    QPointF toWidget(const QPointF& picture) const;
    /// Token of the selected mixer's grid at a point of the widget, -1 outside.
    int tokenAt(const QPointF& widget) const;
    /// Centre of a token in widget coordinates.
    QPointF tokenCentre(int token) const;
    /// The heat map on screen; empty without one.
    const vis::TokenMap& tokenMap() const { return m_map; }
    /// What the read-out says about a point of the widget, else about the selected token.
    QString readoutAt(const std::optional<QPointF>& point) const;

    void setTool(Tool tool);
    Tool tool() const { return m_tool; }

    QSize sizeHint() const override { return {720, 560}; }
    QSize minimumSizeHint() const override { return {280, 220}; }

Q_SIGNALS:
    void zoomChanged(double zoom);
    /// The heat map is another one.
    void overlayChanged();
    /// Every token once: the passed ones in their order, then the others row by row.
    void orderDrawn(const std::vector<std::int32_t>& order);
    /// Rising tokens of the selected mixer's grid.
    void tokensBrushed(const std::vector<std::int32_t>& tokens);
    void toolChanged(mixer::ui::Canvas::Tool tool);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void onPictureChanged();
    void onDetailChanged();
    void onSelectionChanged();
    void onViewSettingsChanged();
    void requestMap();
    void setMap(vis::TokenMap map);
    void setView(double zoom, const QPointF& centre);
    double fittingZoom() const;
    QSizeF pictureSize() const;
    QTransform viewTransform() const;
    void selectTokenAt(const QPointF& widget);
    /// Token that the selection points at, -1 without one.
    int selectedToken() const;

    void paintPicture(QPainter& painter) const;
    void paintOverlays(QPainter& painter) const;
    void paintPath(QPainter& painter) const;
    void paintStroke(QPainter& painter) const;
    void strokeTo(const QPointF& widget);
    void finishStroke();
    void paintLegend(QPainter& painter) const;
    void paintReadout(QPainter& painter) const;
    /// The ground of a legend or a read-out, so that it can be read on any picture.
    void paintCard(QPainter& painter, const QRectF& card) const;

    InspectionDocument* m_document = nullptr;
    double m_zoom = 1;
    QPointF m_centre;  ///< of the view, in picture pixels
    bool m_isFitted = true;
    QPointF m_pressedAt;
    QPointF m_lastMouse;
    bool m_isPanning = false;
    std::optional<QPointF> m_hover;
    PathLayers* m_path;                          ///< pixels of the selected scan's path
    std::optional<vis::ImageOverlay> m_overlay;  ///< of the selected mixer's grid
    vis::TokenMap m_map;
    QString m_mapProblem;  ///< why there is no map
    Tool m_tool = Tool::Look;
    bool m_isStroking = false;
    std::vector<std::int32_t> m_stroke;  ///< tokens passed, each once
    Follower<vis::TokenMap> m_follower;
};

}  // namespace mixer::ui
