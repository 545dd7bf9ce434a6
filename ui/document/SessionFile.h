// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"
#include "engine/trace/Selection.h"
#include "ui/document/DocumentCommand.h"

#include <QHash>
#include <QString>
#include <QStringList>

namespace mixer::ui {

/// What a window shows, as it is kept in a `.mixerscope` file: names of files, never their contents. Device, threads
/// and precision belong to the machine and are not kept; nor is the theme.
struct SavedSession {
    QString model;       ///< absolute path; empty: no model was open
    std::string labels;  ///< file with the names of the classes, absolute; empty: the checkpoint's
    PreprocessOverrides preprocess;
    QStringList images;     ///< absolute paths, in the order of the list
    int currentImage = -1;  ///< index into images; -1: none is shown
    Selection selection;
    std::string scan;         ///< name of the selected scan: chosen scans may have other numbers next time
    DocumentChoices choices;  ///< edits and view

    /// Every file that is named, once: model, labels, images, sources of patches.
    QStringList files() const;
    /// With files under other names; an empty name takes an image out of the list.
    void rename(const QHash<QString, QString>& names);
};

constexpr char kSessionSuffix[] = "mixerscope";
bool looksLikeSession(const QString& path);

/// JSON for people to read; paths also relative to the file's folder, so that a folder can be moved as a whole.
QByteArray sessionToJson(const SavedSession& session, const QString& path);
/// Throws Error(Format) that names `path` and what was expected where. A path that leads nowhere is tried relative to
/// the folder of `path`; whether any leads somewhere is not checked.
SavedSession sessionFromJson(const QByteArray& json, const QString& path);

/// The old file or the new one, whenever the program ends. Throws Error(File).
void saveSession(const SavedSession& session, const QString& path);
/// Throws Error(File), Error(Format).
SavedSession loadSession(const QString& path);

}  // namespace mixer::ui
