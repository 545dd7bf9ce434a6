// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/HelpCommands.h"

#include "ui/guide/GuideWindow.h"
#include "ui/window/Actions.h"
#include "ui/window/Sheets.h"

#include <QApplication>
#include <QDialog>
#include <QDockWidget>
#include <QMainWindow>
#include <QShortcut>

namespace mixer::ui {

HelpCommands::HelpCommands(QMainWindow* window, InspectionDocument* document, Actions* actions)
    : QObject(window)
    , m_window(window)
    , m_document(document)
    , m_actions(actions)
{
    connect(actions->guide, &QAction::triggered, this, [this] { showChapter(focusedChapter()); });
    connect(actions->shortcuts, &QAction::triggered, this, [this] { showShortcutSheet(m_window, *m_actions); });
    connect(actions->about, &QAction::triggered, this, [this] { showAbout(m_window, *m_document); });
}

HelpCommands::~HelpCommands() = default;

void HelpCommands::showChapter(const QString& chapter)
{
    if (!m_guide)
        m_guide = std::make_unique<GuideWindow>();
    m_guide->showChapter(chapter);
    m_guide->setWindowState(m_guide->windowState() & ~Qt::WindowMinimized);
    m_guide->show();
    m_guide->raise();
    m_guide->activateWindow();
}

void HelpCommands::explain(QDialog* dialog, const QString& chapter)
{
    connect(new QShortcut(m_actions->guide->shortcut(), dialog), &QShortcut::activated, this,
            [this, chapter] { showChapter(chapter); });
}

void HelpCommands::close()
{
    if (m_guide)
        m_guide->close();
}

QString HelpCommands::focusedChapter() const
{
    for (const QWidget* widget = QApplication::focusWidget(); widget; widget = widget->parentWidget()) {
        if (const auto* dock = qobject_cast<const QDockWidget*>(widget))
            return Guide::chapterOfPanel(dock->objectName());
        if (widget == m_window->centralWidget())
            return QStringLiteral("canvas");
    }
    return {};
}

}  // namespace mixer::ui
