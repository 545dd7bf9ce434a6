// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/BatchOpening.h"

#include "engine/session/InferenceSession.h"
#include "ui/document/InspectionDocument.h"

#include <QFile>
#include <QFileInfo>

namespace mixer::ui {

namespace {

const QString kTag = QStringLiteral("batch");

QString absolutePath(const QString& name, const QString& tableFolder)
{
    const QFileInfo here(name);
    if (here.isAbsolute() || here.exists())
        return here.absoluteFilePath();
    const QFileInfo beside(tableFolder + QLatin1Char('/') + name);
    return (beside.exists() ? beside : here).absoluteFilePath();
}

ImageEntry entryOf(const BatchContents::Picture& picture, const QString& tableFolder, const ModelConfig& config)
{
    ImageEntry entry;
    entry.path = absolutePath(QFile::decodeName(QByteArray::fromStdString(picture.path)), tableFolder);
    entry.name = QFileInfo(entry.path).fileName();
    entry.isDecoded = true;
    entry.error = QString::fromStdString(picture.error);
    entry.topClass = picture.topClass;
    entry.confidence = static_cast<double>(picture.confidence);
    entry.trueClass = picture.trueClass;
    if (entry.topClass >= 0)
        entry.topLabel = QString::fromStdString(config.label(entry.topClass));
    if (entry.trueClass >= 0)
        entry.trueLabel = QString::fromStdString(config.label(entry.trueClass));
    return entry;
}

}  // namespace

bool isBatchTable(const QString& path)
{
    return path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)
        && BatchContents::isOne(QFile::encodeName(path).toStdString());
}

OpenedBatch openBatchJob(const QString& path, const InferenceSession& session, const JobContext& context)
{
    BatchContents contents
        = BatchContents::read(QFile::encodeName(path).toStdString(), session, context.progress, context.cancel);
    const QString folder = QFileInfo(path).absolutePath();
    OpenedBatch opened;
    opened.entries.reserve(contents.pictures.size());
    for (const BatchContents::Picture& picture : contents.pictures) {
        opened.entries.push_back(entryOf(picture, folder, session.config()));
        opened.failed += !picture.error.empty();
    }
    opened.statistics = std::move(contents.routers);
    opened.statisticsEntries = std::move(contents.routerPictures);
    return opened;
}

void InspectionDocument::openBatch(const QString& path)
{
    if (!session()) {  // a table says nothing without its network, which may be on its way
        connect(
            this, &InspectionDocument::sessionChanged, this, [this, path] { openBatch(path); },
            static_cast<Qt::ConnectionType>(Qt::QueuedConnection | Qt::SingleShotConnection));
        return;
    }
    const auto shared = session();
    const auto work = [path, shared](const JobContext& context) { return openBatchJob(path, *shared, context); };
    m_worker.submit<OpenedBatch>(kTag, tr("Opening %1").arg(QFileInfo(path).fileName()), work,
                                 [this, shared](const JobOutcome<OpenedBatch>& outcome) {
                                     if (outcome.end == JobEnd::Failed)
                                         report(outcome.message);
                                     if (outcome.end == JobEnd::Finished && shared == session())
                                         takeBatch(outcome.value);
                                 });
}

void InspectionDocument::takeBatch(const OpenedBatch& opened)
{
    std::vector<ImageEntry> added;
    for (const ImageEntry& entry : opened.entries) {
        const int row = m_images.rowOf(entry.path);
        if (row < 0)
            added.push_back(entry);
        else
            m_images.update(row, entry);
    }
    m_images.append(std::move(added));
    std::vector<int> rows;
    int first = -1;
    for (const int index : opened.statisticsEntries)
        rows.push_back(m_images.rowOf(opened.entries[static_cast<std::size_t>(index)].path));
    for (std::size_t i = 0; i < opened.entries.size() && first < 0; ++i)
        if (opened.entries[i].error.isEmpty())
            first = m_images.rowOf(opened.entries[i].path);
    setRouterStatistics(opened.statistics, std::move(rows));
    Q_EMIT batchOpened(opened.failed);
    if (opened.failed > 0)
        report(tr("%n images of the table failed; hover them in the list to read why", nullptr, opened.failed));
    if (!trace() && first >= 0)
        showImage(first);
}

}  // namespace mixer::ui
