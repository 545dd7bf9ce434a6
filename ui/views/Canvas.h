// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Follower.h"
#include "visualizers/ImageOverlay.h"

#include <QPointF>
#include <QWidget>

#include <cstdint>
#include <functional>
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

    // Beside another canvas (CanvasLinking.cpp): the two show the same part of what their networks see.

    /// Where the view is, in shares of what the network sees, so that it means the same on another picture.
    struct Place {
        QPointF centre;
        double width = 0;  ///< of what the network sees, logical pixels of the screen
    };
    Place place() const;
    void goTo(const Place& place);
    /// The mouse is over that place of the canvas beside: marked and read out here, too.
    void setGuest(const std::optional<QPointF>& place);
    /// Which of the two this is, "A", and what it shows; empty: there is no other.
    /// `remark`: how it is not what stands beside it; under the name, as is then the read-out.
    void setBadge(const QString& letter, const QString& name, const QString& remark = {});
    /// Ends of the colours, of both maps; none: the map's own.
    void setSharedRange(const std::optional<vis::ValueRange>& range);
    /// The map with its own ends of the colours.
    const vis::TokenMap& ownMap() const { return m_ownMap; }
    void setLegendVisible(bool on);
    /// Paints what that canvas shows in place of its own, as long as it is set. Null: its own.
    void setStandIn(const Canvas* other);
    bool hasStandIn() const { return m_standIn != nullptr; }
    /// A click tells tokenPicked() and selects nothing.
    void setFollowing(bool on) { m_isFollowing = on; }
    /// What the map shows the difference to; a null function: nothing. Where it gives nothing, the map stays.
    using Subtrahend = std::function<std::optional<vis::FigureContext>()>;
    void setSubtrahend(Subtrahend subtrahend);
    void refreshMap() { requestMap(); }
    /// Said where there is no picture.
    void setEmptyText(const QString& text);

    QSize sizeHint() const override { return {720, 560}; }
    QSize minimumSizeHint() const override { return {280, 220}; }

Q_SIGNALS:
    /// The view is at another place, for whatever reason.
    void placeChanged();
    /// The person moved it.
    void moved();
    /// The mouse is over that place (shares of what the network sees), or over none.
    void hovered(const std::optional<QPointF>& place);
    void tokenPicked(int token);
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

    /// What the network sees, in picture pixels; the picture where nothing ran.
    QRectF seenRect() const;
    std::optional<QPointF> pointedAt() const;
    void takeRange();
    void paintScene(QPainter& painter) const;
    void paintBadge(QPainter& painter, bool standsIn) const;
    /// Below the badge and its remark, where the next card may stand.
    double badgeBottom() const;
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
    vis::TokenMap m_ownMap;              ///< m_map before the range was shared
    std::optional<vis::ValueRange> m_sharedRange;
    std::optional<QPointF> m_guest;
    QString m_badgeLetter;
    QString m_badgeName;
    QString m_badgeRemark;
    QString m_emptyText;
    const Canvas* m_standIn = nullptr;
    bool m_hasLegend = true;
    bool m_isFollowing = false;
    Subtrahend m_subtrahend;
    Follower<vis::TokenMap> m_follower;
};

}  // namespace mixer::ui
