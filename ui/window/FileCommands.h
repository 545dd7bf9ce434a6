// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QObject>
#include <QStringList>
#include <QTimer>

class QMainWindow;
class QMenu;
class QMimeData;

namespace mixer::ui {

class Actions;
class InspectionDocument;
class Settings;
struct SavedSession;

/// What comes from files and goes into them: models, pictures, sessions, the list of recent ones.
class FileCommands : public QObject {
    Q_OBJECT
public:
    FileCommands(QMainWindow* window, InspectionDocument* document, Settings* settings, Actions* actions);

    /// Checkpoints, pictures and a session mixed, as they are dropped or named on a command line.
    void open(const QStringList& paths);
    /// Files first, else a picture.
    void take(const QMimeData* data);
    static bool canTake(const QMimeData* data);
    void fillRecent(QMenu* menu);

    /// Of the session that is open; empty: none.
    const QString& sessionPath() const { return m_sessionPath; }
    /// Something changed since the session was opened or saved.
    bool isModified() const;
    void openSession(const QString& path);
    bool saveSession(const QString& path);
    /// What every window leaves behind, for "Reopen last session" and after a crash.
    void keepLastSession();
    static QString lastSessionPath();

Q_SIGNALS:
    void sessionPathChanged();

private:
    void wire();
    void chooseImages();
    void chooseModel();
    void chooseSession();
    void save();
    void saveAs();
    /// keepLastSession() without making anybody wait: thousands of paths take a while to write.
    void keepInBackground();
    /// Asks for each file that is not there; false: the person gave up.
    bool findMissing(SavedSession& session);
    void setSessionPath(const QString& path);

    QMainWindow* m_window;
    InspectionDocument* m_document;
    Settings* m_settings;
    Actions* m_actions;
    QString m_sessionPath;
    QTimer m_keep;  ///< a while after the last change
};

}  // namespace mixer::ui
