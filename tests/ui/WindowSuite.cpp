// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/WindowSuite.h"

#include "ui/views/Canvas.h"

#include <QApplication>

namespace mixer::ui::testing {

void WindowSuite::openWindow(const QStringList& files)
{
    m_window = std::make_unique<MainWindow>();
    m_window->resize(1440, 900);
    m_window->show();
    if (files.isEmpty())
        return;
    m_window->openFiles(files);
    SETTLE(document());
}

void WindowSuite::closeWindow()
{
    m_window.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
}

void WindowSuite::key(int keyCode, Qt::KeyboardModifiers modifiers)
{
    m_window->canvas()->setFocus();
    QTest::keyClick(m_window->canvas(), static_cast<Qt::Key>(keyCode), modifiers);
}

void WindowSuite::show(const char* dock)
{
    m_window->showPanel(QLatin1String(dock));
    // Laid out, painted, which makes its figure catch up, and that asked for.
    for (int round = 0; round < 4; ++round)
        QCoreApplication::processEvents();
    SETTLE(document());
}

}  // namespace mixer::ui::testing
