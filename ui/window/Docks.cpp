// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Docks.h"

#include <QAction>
#include <QDockWidget>
#include <QMenu>
#include <QTabBar>
#include <QTimer>

#include <algorithm>
#include <utility>

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
    const auto later = [this] {
        // Once for all the panels that a change moves, when they lie where they will.
        if (std::exchange(m_isRefreshPending, true))
            return;
        QTimer::singleShot(0, this, &Docks::refreshTitles);
    };
    connect(dock, &QDockWidget::dockLocationChanged, this, later);
    connect(dock, &QDockWidget::topLevelChanged, this, later);
    connect(dock, &QDockWidget::visibilityChanged, this, later);
    return dock;
}

void Docks::refreshTitles()
{
    m_isRefreshPending = false;
    for (QDockWidget* dock : m_docks) {
        const QList<QDockWidget*> others = m_window->tabifiedDockWidgets(dock);
        const bool hasTab
            = !dock->isFloating() && std::any_of(others.begin(), others.end(), [](const QDockWidget* other) {
                  return other->toggleViewAction()->isChecked() && !other->isFloating();
              });
        if (hasTab == (dock->titleBarWidget() != nullptr))
            continue;
        QWidget* own = dock->titleBarWidget();
        dock->setTitleBarWidget(hasTab ? new QWidget(dock) : nullptr);
        delete own;
    }
    wireTabs();
}

void Docks::wireTabs()
{
    const QList<QTabBar*> bars = m_window->findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly);
    for (QTabBar* bar : bars) {
        if (bar->contextMenuPolicy() == Qt::CustomContextMenu)
            continue;
        bar->setContextMenuPolicy(Qt::CustomContextMenu);
        bar->setToolTip(tr("Double click takes the panel out"));
        connect(bar, &QWidget::customContextMenuRequested, this,
                [this, bar](const QPoint& point) { showTabMenu(bar, point); });
        connect(bar, &QTabBar::tabBarDoubleClicked, this, [this, bar](int index) {
            if (QDockWidget* dock = dockOf(*bar, index))
                QTimer::singleShot(0, dock, [dock] { dock->setFloating(true); });
        });
    }
}

QDockWidget* Docks::dockOf(const QTabBar& tabs, int index) const
{
    const QString title = tabs.tabText(index);
    const auto found
        = std::find_if(m_docks.begin(), m_docks.end(), [&](const QDockWidget* d) { return d->windowTitle() == title; });
    return found == m_docks.end() ? nullptr : *found;
}

void Docks::showTabMenu(QTabBar* tabs, const QPoint& point)
{
    QDockWidget* dock = dockOf(*tabs, tabs->tabAt(point));
    if (!dock)
        return;
    auto* menu = new QMenu(m_window);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Take out"), dock, [dock] { dock->setFloating(true); });
    menu->addAction(tr("Close"), dock, &QWidget::close);
    menu->popup(tabs->mapToGlobal(point));
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
    // A small window keeps its middle: the tool bar over the image needs it.
    const int width = m_window->width();
    m_window->resizeDocks({lead(Group::Images), lead(Group::Predictions)},
                          {std::min(kLeftWidth, width * 202 / 1000), std::min(kRightWidth, width * 31 / 100)},
                          Qt::Horizontal);
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
