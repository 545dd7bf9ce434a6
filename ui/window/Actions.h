// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureContext.h"

#include <QAction>
#include <QList>
#include <QObject>
#include <QPalette>

#include <optional>
#include <vector>

namespace mixer::ui {

/// Every command of the window with its name, keys, icon and tip: menus, tool bars and the shortcut sheet read from
/// here. What the commands do is wired by MainWindow.
class Actions : public QObject {
    Q_OBJECT
public:
    explicit Actions(QObject* parent);

    QAction* openImage;
    QAction* openModel;
    QAction* openSession;
    QAction* saveSession;
    QAction* saveSessionAs;
    QAction* reopenLast;
    QAction* reloadModel;
    QAction* watchModel;
    QAction* memoryPlan;
    QAction* inputAndLabels;
    QAction* loadReceipt;
    QAction* paste;
    QAction* clearRecent;
    QAction* exportFigure;
    QAction* copyFigure;
    QAction* quit;

    QAction* undo;
    QAction* redo;
    QAction* clearEdits;
    QAction* commandSearch;
    QAction* preferences;

    QAction* patchGrid;
    QAction* scanPath;
    QAction* nextComponent;
    QAction* noOverlay;
    QAction* lockRange;
    QAction* fit;
    QAction* actualSize;
    QAction* zoomIn;
    QAction* zoomOut;
    QAction* resetLayout;
    QAction* themeSystem;
    QAction* themeLight;
    QAction* themeDark;

    QAction* compareModel;
    QAction* compareImage;
    QAction* compareBaseline;
    QAction* compareFloat32;
    QAction* compareFloat64;
    QAction* compareBFloat16;
    QAction* compareFloat16;
    QAction* compareGpu;
    QAction* flipCompare;
    QAction* compareDifference;
    QAction* endCompare;

    QAction* previousMixer;
    QAction* nextMixer;
    QAction* allLanes;

    QAction* guide;
    QAction* shortcuts;
    QAction* about;

    /// A heat map over the image, switched on and off.
    struct MapCommand {
        vis::OverlayQuantity quantity;
        QAction* action;
        QString name;  ///< for tight places: "mean gate"
    };
    /// In the order in which menus and lists show them.
    const std::vector<MapCommand>& maps() const { return m_maps; }

    /// In the order in which the shortcut sheet lists them.
    QList<QAction*> all() const { return m_all; }
    /// Other keys than the command's own (none: its own again); its tip says so.
    static void setKeys(QAction* action, const std::optional<QKeySequence>& keys);
    static QKeySequence defaultKeys(const QAction* action);
    /// Icons in the colours of the palette.
    void refreshIcons(const QPalette& palette);

private:
    QAction* add(const QString& name, const QString& text, const QKeySequence& keys = {}, const QString& tip = {},
                 const QString& icon = {});
    QAction* addOverlay(const QString& name, const QString& text, const QKeySequence& keys, const QString& tip,
                        const QString& icon);
    void addMap(vis::OverlayQuantity quantity, const QString& name, QAction* action);
    void addFileActions();
    void addEditActions();
    void addOverlayActions();
    void addViewActions();
    void addCompareActions();
    void addSelectionAndHelpActions();

    QList<QAction*> m_all;
    std::vector<MapCommand> m_maps;
};

}  // namespace mixer::ui
