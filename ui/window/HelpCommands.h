// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <memory>

class QDialog;
class QMainWindow;

namespace mixer::ui {

class Actions;
class GuideWindow;
class InspectionDocument;

/// The Help menu: the guide at the chapter of whatever has the focus, the sheet of shortcuts, About.
class HelpCommands : public QObject {
    Q_OBJECT
public:
    HelpCommands(QMainWindow* window, InspectionDocument* document, Actions* actions);
    ~HelpCommands() override;

    /// The guide, once it has been opened; null before.
    GuideWindow* guide() const { return m_guide.get(); }
    void showChapter(const QString& chapter);
    /// F1 in the dialog opens the chapter.
    void explain(QDialog* dialog, const QString& chapter);
    /// The window goes: so does the guide.
    void close();

private:
    QString focusedChapter() const;

    QMainWindow* m_window;
    InspectionDocument* m_document;
    Actions* m_actions;
    std::unique_ptr<GuideWindow> m_guide;  ///< no child of the window: it may lie behind it
};

}  // namespace mixer::ui
