// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Follower.h"
#include "visualizers/Figure.h"

#include <QImage>
#include <QWidget>

#include <memory>
#include <optional>

class QMenu;

namespace mixer::ui {

class InspectionDocument;

/// Shows one figure of visualizers/ and keeps it up with the document. The figure is built on the worker; until the
/// new one is there the old one stays. Behind another tab it waits and catches up when it is shown. Hovering says what
/// lies below and enlarges it where it is small, a click or drag selects it, arrow keys move to the rows beside it.
class FigureView : public QWidget {
    Q_OBJECT
public:
    /// When the selection moves within one mixer and scan.
    enum class Follow {
        Marks,   ///< the figure only moves its marks
        Rebuild  ///< a new step means new data, to be computed and painted on the worker
    };

    FigureView(const QString& figureId, Follow follow, QWidget* parent = nullptr);
    ~FigureView() override;

    void setDocument(InspectionDocument* document);
    QString figureId() const { return m_figureId; }
    /// Another figure of the same data.
    void setFigureId(const QString& figureId, Follow follow);
    /// The figure on screen; null: nothing to show.
    const vis::Figure* figure() const { return m_figure.get(); }
    /// Said in place of the figure.
    void setEmptyText(const QString& text);
    /// Something that only whoever made this view knows of has changed.
    void refresh() { refreshAll(); }
    QSize sizeHint() const override { return {360, 200}; }
    QSize minimumSizeHint() const override { return {160, 90}; }
    /// Where the figure is painted, in widget coordinates.
    QRectF figureRect() const;
    vis::FigureStyle figureStyle() const;

Q_SIGNALS:
    void figureChanged();
    void exportRequested(const QString& figureId);
    void copyRequested(const QString& figureId);
    /// A context menu is about to show for a place of the figure: whoever can do something there adds it.
    void menuRequested(QMenu* menu, const QPointF& point);
    /// Pressed with the left button, after what lies there was selected.
    void clicked(const QPointF& point);
    void doubleClicked(const QPointF& point);

protected:
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    using FigurePtr = std::shared_ptr<vis::Figure>;
    /// A figure and, of one that is made anew with each step, its pixels: the worker has painted them, too, so that
    /// scrubbing costs the GUI thread no more than showing them.
    struct Frame {
        FigurePtr figure;
        QImage pixels;
    };
    void refreshAll();
    void catchUp();
    /// In a window that is shown, but nothing of it is to be seen: nothing is computed for it. A panel behind another's
    /// tab counts as visible for Qt, which only moves it out of the window.
    bool isBehind() const;
    void onSelectionChanged();
    void onViewSettingsChanged();
    void onBuilt(const JobOutcome<Frame>& outcome);
    void setFrame(Frame frame);
    void selectAt(const QPointF& point);

    QString m_figureId;
    Follow m_follow;
    QString m_emptyText;
    QString m_problem;  ///< why there is no figure
    InspectionDocument* m_document = nullptr;
    FigurePtr m_figure;
    QImage m_pixels;
    bool m_isStale = false;          ///< something changed while it was behind
    std::optional<QPointF> m_hover;  ///< the mouse, where no button is down
    Follower<Frame> m_follower;
};

}  // namespace mixer::ui
