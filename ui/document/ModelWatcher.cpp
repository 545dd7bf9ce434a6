// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ModelWatcher.h"

#include "ui/document/InspectionDocument.h"

#include <QDateTime>
#include <QFileInfo>

namespace mixer::ui {

namespace {
constexpr int kRestMs = 300;
}

ModelWatcher::ModelWatcher(InspectionDocument* document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &ModelWatcher::onTick);
    // The folder, too: a file that is renamed over another is no change of the file that was watched.
    connect(&m_files, &QFileSystemWatcher::fileChanged, &m_rest, qOverload<>(&QTimer::start));
    connect(&m_files, &QFileSystemWatcher::directoryChanged, &m_rest, qOverload<>(&QTimer::start));
    connect(document, &InspectionDocument::sessionChanged, this, &ModelWatcher::follow);
}

ModelWatcher::Stamp ModelWatcher::stampOf(const QString& path)
{
    const QFileInfo info(path);
    return info.exists() ? Stamp{info.size(), info.lastModified().toMSecsSinceEpoch()} : Stamp{};
}

void ModelWatcher::setWatching(bool on)
{
    m_isWatching = on;
    follow();
}

void ModelWatcher::follow()
{
    const QStringList watched = m_files.files() + m_files.directories();
    if (!watched.isEmpty())
        m_files.removePaths(watched);
    const QString path = m_document->modelPath();
    m_loaded = stampOf(path);
    m_seen = m_loaded;
    if (m_isWatching && !path.isEmpty())
        m_files.addPaths({path, QFileInfo(path).absolutePath()});
    else
        m_rest.stop();
}

void ModelWatcher::onTick()
{
    const Stamp now = stampOf(m_document->modelPath());
    if (!(now == m_seen)) {
        m_seen = now;  // still being written
        return;
    }
    m_rest.stop();
    if (now == m_loaded || now.size < 0)
        return;
    m_loaded = now;
    m_document->reloadModel(true);
}

}  // namespace mixer::ui
