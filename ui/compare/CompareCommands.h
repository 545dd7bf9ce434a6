// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/DocumentCommand.h"

#include <QObject>

class QDockWidget;
class QMainWindow;
class QMenu;

namespace mixer::ui {

class Actions;
class CanvasPane;
class CompareBar;
class Comparison;
class InspectionDocument;
class PaneLink;
class Settings;

/// The menu Compare, and all that appears in the window while something is compared.
class CompareCommands : public QObject {
    Q_OBJECT
public:
    CompareCommands(QMainWindow* window, InspectionDocument* document, Settings* settings, Actions* actions,
                    CanvasPane* pane);

    void fillMenu(QMenu* menu);
    /// The panel that comes forward with a comparison and goes back with its end.
    void setPanel(QDockWidget* panel);
    Comparison* comparison() const { return m_comparison; }
    PaneLink* link() const { return m_link; }
    CompareBar* bar() const { return m_bar; }
    /// Before the document goes.
    void shutDown();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void wire();
    void refresh();
    void onOtherChanged();
    void chooseModel();
    void chooseImage();
    void compareArithmetic(Precision precision, const char* device, const QString& text);

    QMainWindow* m_window;
    InspectionDocument* m_document;
    Settings* m_settings;
    Actions* m_actions;
    Comparison* m_comparison;
    PaneLink* m_link;
    CompareBar* m_bar;
    QDockWidget* m_panel = nullptr;
    QDockWidget* m_panelBefore = nullptr;  ///< was in front of the group
    bool m_wasPanelHidden = false;
    bool m_hasGpu = false;
};

}  // namespace mixer::ui
