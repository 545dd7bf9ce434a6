// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QMainWindow>
#include <QObject>
#include <QString>

class QAction;
class QDockWidget;
class QTabBar;

namespace mixer::ui {

/// The panels around the canvas: which there are, where they lie at first, and back again. Those of one group lie
/// behind each other as tabs. A panel with a tab has no title of its own, for the tab says it: a double click on the
/// tab takes the panel out, its context menu closes it.
class Docks : public QObject {
    Q_OBJECT
public:
    enum class Group { Images, Model, Predictions, Inside, State, Scans };

    explicit Docks(QMainWindow* window);

    QDockWidget* add(const QString& name, const QString& title, QWidget* view, Group group);
    /// As at the first start.
    void arrange();
    /// The sizes of arrange() again, once the window has its own.
    void applySizes();
    QList<QAction*> toggleActions() const;
    const QList<QDockWidget*>& all() const { return m_docks; }
    /// In front of the others of its group; shown when it was closed.
    static void bringForward(QDockWidget* dock);

private:
    QList<QDockWidget*> of(Group group) const;
    void refreshTitles();
    void wireTabs();
    void showTabMenu(QTabBar* tabs, const QPoint& point);
    /// The panel of a tab; null: a tab of something else.
    QDockWidget* dockOf(const QTabBar& tabs, int index) const;

    QMainWindow* m_window;
    QList<QDockWidget*> m_docks;
    QList<Group> m_groups;
    bool m_isRefreshPending = false;
};

}  // namespace mixer::ui
