// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Settings.h"

#include "ui/Language.h"
#include "visualizers/OptionNames.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace mixer::ui {

namespace {

/// Layouts of another set of docks are ignored: raise with each change of the window's structure.
const QString kLayoutKey = QStringLiteral("window/layout-2");
const QString kGeometryKey = QStringLiteral("window/geometry");
const QString kRecentKey = QStringLiteral("files/recent");
const QString kShareKey = QStringLiteral("window/sharesWindow");
const QString kLanguageKey = QStringLiteral("window/language");
const QString kSpeedKey = QStringLiteral("view/stepsPerSecond");

QString folderKey(Settings::FileKind kind)
{
    switch (kind) {
    case Settings::FileKind::Image:
        return QStringLiteral("files/imageFolder");
    case Settings::FileKind::Model:
        return QStringLiteral("files/modelFolder");
    case Settings::FileKind::Session:
        return QStringLiteral("files/sessionFolder");
    case Settings::FileKind::Export:
        break;
    }
    return QStringLiteral("files/exportFolder");
}

/// Settings are edited by people: a number that is no member of the enumeration gives the default.
template <class Enum> Enum readEnum(const QSettings& store, const QString& key, Enum fallback, int count)
{
    const int value = store.value(key, static_cast<int>(fallback)).toInt();
    return value >= 0 && value < count ? static_cast<Enum>(value) : fallback;
}

}  // namespace

Settings::Settings()
    : m_store(QSettings::IniFormat, QSettings::UserScope, QCoreApplication::organizationName(),
              QCoreApplication::applicationName())
{
}

QByteArray Settings::geometry() const
{
    return m_store.value(kGeometryKey).toByteArray();
}

QByteArray Settings::layout() const
{
    return m_store.value(kLayoutKey).toByteArray();
}

void Settings::setWindow(const QByteArray& geometry, const QByteArray& layout)
{
    m_store.setValue(kGeometryKey, geometry);
    m_store.setValue(kLayoutKey, layout);
}

ViewSettings Settings::view() const
{
    ViewSettings view;
    view.theme = readEnum(m_store, QStringLiteral("view/theme"), view.theme, 3);
    view.figure.overlay = readEnum(m_store, QStringLiteral("view/overlay"), view.figure.overlay,
                                   static_cast<int>(vis::kOverlayNames.size()));
    view.figure.featureComponent
        = readEnum(m_store, QStringLiteral("view/component"), 0, static_cast<int>(vis::kFeatureComponentNames.size()));
    view.figure.colorMap = readEnum(m_store, QStringLiteral("view/colorMap"), view.figure.colorMap, 3);
    view.figure.laneSort = readEnum(m_store, QStringLiteral("view/laneSort"), view.figure.laneSort, 5);
    view.figure.predictionValue
        = readEnum(m_store, QStringLiteral("view/predictionValue"), view.figure.predictionValue, 2);
    view.figure.overlayOpacity
        = std::clamp(m_store.value(QStringLiteral("view/opacity"), view.figure.overlayOpacity).toDouble(), 0.05, 1.0);
    view.figure.showPath = m_store.value(QStringLiteral("view/path"), true).toBool();
    view.figure.showPatchGrid = m_store.value(QStringLiteral("view/grid"), true).toBool();
    return view;
}

void Settings::setView(const ViewSettings& view)
{
    m_store.setValue(QStringLiteral("view/theme"), static_cast<int>(view.theme));
    m_store.setValue(QStringLiteral("view/overlay"), static_cast<int>(view.figure.overlay));
    m_store.setValue(QStringLiteral("view/component"), view.figure.featureComponent);
    m_store.setValue(QStringLiteral("view/colorMap"), static_cast<int>(view.figure.colorMap));
    m_store.setValue(QStringLiteral("view/laneSort"), static_cast<int>(view.figure.laneSort));
    m_store.setValue(QStringLiteral("view/predictionValue"), static_cast<int>(view.figure.predictionValue));
    m_store.setValue(QStringLiteral("view/opacity"), view.figure.overlayOpacity);
    m_store.setValue(QStringLiteral("view/path"), view.figure.showPath);
    m_store.setValue(QStringLiteral("view/grid"), view.figure.showPatchGrid);
}

double Settings::playbackSpeed() const
{
    return std::clamp(m_store.value(kSpeedKey, 30.0).toDouble(), 1.0, 1000.0);
}

void Settings::setPlaybackSpeed(double stepsPerSecond)
{
    m_store.setValue(kSpeedKey, stepsPerSecond);
}

QString Settings::lastFolder(FileKind kind) const
{
    return m_store.value(folderKey(kind), QDir::homePath()).toString();
}

void Settings::setLastFolder(FileKind kind, const QString& file)
{
    m_store.setValue(folderKey(kind), QFileInfo(file).absolutePath());
}

QStringList Settings::recentFiles() const
{
    return m_store.value(kRecentKey).toStringList().mid(0, kMaxRecent);
}

void Settings::addRecentFile(const QString& path)
{
    QStringList recent = recentFiles();
    const QString absolute = QFileInfo(path).absoluteFilePath();
    recent.removeAll(absolute);
    recent.prepend(absolute);
    m_store.setValue(kRecentKey, recent.mid(0, kMaxRecent));
}

void Settings::clearRecentFiles()
{
    m_store.remove(kRecentKey);
}

std::optional<QKeySequence> Settings::keys(const QString& command) const
{
    const QVariant stored = m_store.value(QStringLiteral("keys/") + command);
    if (!stored.isValid())
        return std::nullopt;
    return QKeySequence::fromString(stored.toString(), QKeySequence::PortableText);
}

void Settings::setKeys(const QString& command, const std::optional<QKeySequence>& keys)
{
    const QString key = QStringLiteral("keys/") + command;
    if (keys)
        m_store.setValue(key, keys->toString(QKeySequence::PortableText));
    else
        m_store.remove(key);
}

QString Settings::language() const
{
    const QString code = m_store.value(kLanguageKey).toString();
    return isLanguage(code) ? code : QString();
}

void Settings::setLanguage(const QString& code)
{
    m_store.setValue(kLanguageKey, code);
}

bool Settings::sharesWindow() const
{
    return m_store.value(kShareKey, true).toBool();
}

void Settings::setSharesWindow(bool shares)
{
    m_store.setValue(kShareKey, shares);
}

}  // namespace mixer::ui
