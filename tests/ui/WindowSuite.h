// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ui/TestSupport.h"
#include "ui/window/MainWindow.h"

#include <QAction>

#include <memory>

namespace mixer::ui::testing {

/// A suite of tests with a window, of one size whatever the screen is: clicks go where things are.
class WindowSuite : public QObject {
protected:
    /// Opens it with these files, and waits until they are shown.
    void openWindow(const QStringList& files = {});
    /// Closes it; nothing that it opened may stay.
    void closeWindow();

    InspectionDocument& document() { return m_window->document(); }
    template <class T> T* child(const char* name) { return m_window->findChild<T*>(QLatin1String(name)); }
    QAction* action(const char* name) { return child<QAction>(name); }
    /// Pressed on the canvas.
    void key(int keyCode, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
    void show(const char* dock);

    Workspace m_work;
    std::unique_ptr<MainWindow> m_window;
};

}  // namespace mixer::ui::testing
