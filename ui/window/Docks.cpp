// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Docks.h"

#include <QAction>
#include <QDockWidget>

namespace mixer::ui {

namespace {

constexpr int kLeftWidth = 258;
constexpr int kRightWidth = 404;

Qt::DockWidgetArea areaOf(Docks::Group group)
{
    switch (group) {
    case Docks::Group::Images:
    case Docks::Group::Model:
        return Qt::LeftDockWidgetArea;
    case Docks::Group::Scans:
        return Qt::BottomDockWidgetArea;
    case Docks::Group::Predictions:
    case Docks::Group::Inside:
    case Docks::Group::State:
        break;
    }
    return Qt::RightDockWidgetArea;
}

}  // namespace

Docks::Docks(QMainWindow* window)
    : m_window(window)
{
    window->setDockNestingEnabled(true);
    window->setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    // The corners belong to the sides: the timeline lies below the canvas and no wider.
    window->setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    window->setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
}

QDockWidget* Docks::add(const QString& name, const QString& title, QWidget* view, Group group)
{
    auto* dock = new QDockWidget(title, m_window);
    dock->setObjectName(name);
    dock->setWidget(view);
    // Keys that a floating panel does not take are the window's.
    dock->installEventFilter(m_window);
    m_window->addDockWidget(areaOf(group), dock);
    m_docks << dock;
    m_groups << group;
    return dock;
}

QList<QDockWidget*> Docks::of(Group group) const
{
    QList<QDockWidget*> found;
    for (int i = 0; i < m_docks.size(); ++i) {
        if (m_groups[i] == group)
            found << m_docks[i];
    }
    return found;
}

void Docks::arrange()
{
    for (QDockWidget* dock : m_docks) {
        dock->setFloating(false);
        m_window->removeDockWidget(dock);
    }
    const Group groups[] = {Group::Images, Group::Model, Group::Predictions, Group::Inside, Group::State, Group::Scans};
    // All groups first, one below the other: what is split off a tab would become another tab.
    QDockWidget* above = nullptr;
    for (const Group group : groups) {
        QDockWidget* first = of(group).front();
        m_window->addDockWidget(areaOf(group), first);
        if (above && m_window->dockWidgetArea(above) == areaOf(group))
            m_window->splitDockWidget(above, first, Qt::Vertical);
        first->show();
        above = first;
    }
    for (const Group group : groups) {
        const QList<QDockWidget*> docks = of(group);
        for (int i = 1; i < docks.size(); ++i) {
            m_window->tabifyDockWidget(docks[i - 1], docks[i]);
            docks[i]->show();
        }
        docks.front()->raise();
    }
    applySizes();
}

void Docks::applySizes()
{
    const auto lead = [this](Group group) { return of(group).front(); };
    m_window->resizeDocks({lead(Group::Images), lead(Group::Predictions)}, {kLeftWidth, kRightWidth}, Qt::Horizontal);
    m_window->resizeDocks({lead(Group::Images), lead(Group::Model)}, {300, 500}, Qt::Vertical);
    m_window->resizeDocks({lead(Group::Predictions), lead(Group::Inside), lead(Group::State)}, {185, 335, 310},
                          Qt::Vertical);
    m_window->resizeDocks({lead(Group::Scans)}, {280}, Qt::Vertical);
}

QList<QAction*> Docks::toggleActions() const
{
    QList<QAction*> actions;
    for (const QDockWidget* dock : m_docks)
        actions << dock->toggleViewAction();
    return actions;
}

void Docks::bringForward(QDockWidget* dock)
{
    dock->show();
    dock->raise();
}

}  // namespace mixer::ui
