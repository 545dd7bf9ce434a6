// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/Settings.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/ModelWatcher.h"
#include "ui/document/Playback.h"
#include "ui/window/Docks.h"

#include <QMainWindow>

#include <memory>

class QMenu;

namespace mixer::ui {

class Actions;
class AttentionView;
class AttributionView;
class Canvas;
class CanvasPane;
class ChannelsView;
class CompareCommands;
class CompareView;
class FileCommands;
class HelpCommands;
class ImagesView;
class InterventionsView;
class PatchEffectsView;
class MixingView;
class ModelView;
class PredictionsView;
class RouterView;
class ScanOrderView;
class ScansView;
class StatesView;
class StatusStrip;
class TensorsView;

/// The window: arranges the views around one document and wires the commands to it.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(const SessionOptions& options = {}, QWidget* parent = nullptr);
    ~MainWindow() override;

    InspectionDocument& document() { return m_document; }
    Playback& playback() { return m_playback; }
    Canvas* canvas() const;
    PredictionsView* predictions() const { return m_predictions; }
    ScansView* scans() const { return m_scans; }
    ChannelsView* channels() const { return m_channels; }
    StatesView* states() const { return m_states; }
    AttentionView* attention() const { return m_attention; }
    AttributionView* attribution() const { return m_attribution; }
    InterventionsView* edits() const { return m_edits; }
    PatchEffectsView* patchEffects() const { return m_patchEffects; }
    MixingView* mixing() const { return m_mixing; }
    ScanOrderView* scanOrder() const { return m_scanOrder; }
    RouterView* router() const { return m_router; }
    TensorsView* tensors() const { return m_tensors; }
    CompareView* compareView() const { return m_compareView; }
    CompareCommands& compare() { return *m_compare; }
    /// Brings a panel to the front, by the object name of its dock: "attentionDock".
    void showPanel(const QString& dockName);
    /// What the message bar says; empty when it is closed.
    QString message() const;

    /// Checkpoints, pictures and sessions mixed, as they are dropped or named on a command line.
    void openFiles(const QStringList& paths);
    FileCommands& files() { return *m_files; }
    HelpCommands& help() { return *m_help; }
    /// Reloads the model whenever its file changes.
    void setWatchingModel(bool on);
    /// In front of other windows, where the desktop lets it.
    void bringToFront();
    void showCommandSearch();
    void showPreferences();
    void showMemoryPlan();
    void showExportDialog(const QString& figureId);
    void showReceipt();
    void showInputDialog();
    void copyFigure(const QString& figureId);

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void makeViews();
    void makeMenus();
    void wireDocument();
    void wireActions();
    void wireOverlayActions();
    void wireSheets();
    void refreshUndo();
    /// True when the key means something to the document.
    bool takeKey(const QKeyEvent& event);
    void restoreLayout();

    void refreshActions();
    void refreshTitle();
    void holdRange(bool on);
    void toggleOverlay(vis::OverlayQuantity quantity, bool on);
    /// The figure of the view that has the focus; the canvas's without one.
    QString focusedFigure() const;

    Settings m_settings;
    InspectionDocument m_document;
    Playback m_playback;
    Actions* m_actions;
    CanvasPane* m_pane;
    ImagesView* m_images;
    ModelView* m_model;
    PredictionsView* m_predictions;
    ScansView* m_scans;
    ChannelsView* m_channels;
    StatesView* m_states;
    AttentionView* m_attention;
    AttributionView* m_attribution;
    MixingView* m_mixing;
    InterventionsView* m_edits;
    PatchEffectsView* m_patchEffects;
    ScanOrderView* m_scanOrder;
    RouterView* m_router;
    TensorsView* m_tensors;
    CompareView* m_compareView;
    Docks m_docks;
    ModelWatcher m_watcher;
    FileCommands* m_files;
    HelpCommands* m_help;
    CompareCommands* m_compare;
    StatusStrip* m_status;
    bool m_hasDefaultLayout = false;  ///< not shown yet, and no layout was restored
    ThemeChoice m_theme = ThemeChoice::System;
};

}  // namespace mixer::ui
