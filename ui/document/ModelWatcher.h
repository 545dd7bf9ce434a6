// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QTimer>

namespace mixer::ui {

class InspectionDocument;

/// Reloads the document's model whenever its file has become another one and rests: written in place or renamed over,
/// as training does. Selection, edits and view stay. A file that cannot be read yet is tried again at the next change.
class ModelWatcher : public QObject {
    Q_OBJECT
public:
    explicit ModelWatcher(InspectionDocument* document, QObject* parent = nullptr);

    void setWatching(bool on);

private:
    struct Stamp {
        qint64 size = -1;
        qint64 modified = 0;
        bool operator==(const Stamp& o) const { return size == o.size && modified == o.modified; }
    };
    static Stamp stampOf(const QString& path);
    void follow();
    void onTick();

    InspectionDocument* m_document;
    QFileSystemWatcher m_files;
    QTimer m_rest;   ///< runs until the file is the same twice
    Stamp m_loaded;  ///< of what was opened last
    Stamp m_seen;
    bool m_isWatching = false;
};

}  // namespace mixer::ui
