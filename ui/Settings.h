// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/ViewSettings.h"

#include <QByteArray>
#include <QKeySequence>
#include <QSettings>
#include <QStringList>

#include <optional>

namespace mixer::ui {

/// What survives a restart: layout, theme, view settings, recent files, last folders. An INI file in the user's
/// configuration folder (written atomically by QSettings); tests send it elsewhere with QSettings::setPath.
class Settings {
public:
    Settings();

    QByteArray geometry() const;
    QByteArray layout() const;
    void setWindow(const QByteArray& geometry, const QByteArray& layout);

    ViewSettings view() const;
    void setView(const ViewSettings& view);
    double playbackSpeed() const;
    void setPlaybackSpeed(double stepsPerSecond);

    enum class FileKind { Image, Model, Export, Session };
    QString lastFolder(FileKind kind) const;
    void setLastFolder(FileKind kind, const QString& file);

    static constexpr int kMaxRecent = 10;
    /// Newest first, models, images and sessions together.
    QStringList recentFiles() const;
    void addRecentFile(const QString& path);
    void clearRecentFiles();

    /// Keys that a person gave a command, by its object name; none: the command's own.
    std::optional<QKeySequence> keys(const QString& command) const;
    void setKeys(const QString& command, const std::optional<QKeySequence>& keys);
    /// A code of languages(); empty: as the system.
    QString language() const;
    void setLanguage(const QString& code);
    /// A second start gives its files to the window that is open already.
    bool sharesWindow() const;
    void setSharesWindow(bool shares);

private:
    QSettings m_store;
};

}  // namespace mixer::ui
