// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QSlider;
class QToolBar;

namespace mixer::ui {

class Actions;
class Canvas;
class CanvasVeil;
class InspectionDocument;
class MessageBar;

/// The middle of the window: overlay and zoom controls, the canvas, messages on top of it, and what to do first when
/// there is nothing to show.
class CanvasPane : public QWidget {
    Q_OBJECT
public:
    explicit CanvasPane(Actions* actions, QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    Canvas* canvas() const { return m_canvas; }
    /// Another canvas at the left or right of it, as wide, until it is deleted.
    void putBeside(QWidget* canvas, bool isLeft);
    /// A bar between the controls and the pictures.
    void putAbove(QWidget* bar);
    MessageBar* messages() const { return m_messages; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fillToolBar();
    void fillCombos();
    void wireTools();
    QWidget* makeWelcome();
    void placeOnCanvas();
    void refreshSettings();
    void refreshWelcome();

    Actions* m_actions;
    InspectionDocument* m_document = nullptr;
    QToolBar* m_bar;
    QComboBox* m_overlay;
    QComboBox* m_colors;
    QComboBox* m_component;  ///< of feature PCA, in place of the colours
    QSlider* m_opacity;
    QComboBox* m_brush;
    QLabel* m_zoom;
    QAction* m_colorsShown;
    QAction* m_componentShown;
    QWidget* m_pictures;  ///< canvases beside each other
    Canvas* m_canvas;
    CanvasVeil* m_veil;  ///< while something opens
    MessageBar* m_messages;
    QWidget* m_welcome;
    QLabel* m_welcomeText;
};

}  // namespace mixer::ui
