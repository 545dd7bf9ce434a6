// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ImageListModel.h"

#include <QLocale>
#include <QMimeData>
#include <QUrl>

#include <iterator>

namespace mixer::ui {

ImageListModel::ImageListModel(QObject* parent)
    : QAbstractListModel(parent)
    , m_thumbnails(kThumbnailBytes)
{
}

QImage ImageListModel::thumbnail(int row) const
{
    const QImage* found = m_thumbnails.object(row);
    return found ? *found : QImage();
}

void ImageListModel::setThumbnail(int row, const QImage& thumbnail)
{
    if (thumbnail.isNull())
        return;
    m_thumbnails.insert(row, new QImage(thumbnail), static_cast<int>(thumbnail.sizeInBytes()));
    Q_EMIT dataChanged(index(row), index(row), {Qt::DecorationRole});
}

int ImageListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant ImageListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ImageEntry& item = entry(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return item.name;
    case Qt::DecorationRole:
        if (const QImage* found = m_thumbnails.object(index.row()))
            return *found;
        if (item.error.isEmpty())
            Q_EMIT thumbnailWanted(index.row());
        return {};
    case Qt::ToolTipRole:
        return item.error.isEmpty() ? (item.path.isEmpty() ? item.name : item.path) : item.error;
    case Qt::AccessibleTextRole:
        return item.topClass < 0
            ? item.name
            : tr("%1, %2 with %3").arg(item.name, item.topLabel, QLocale().toString(item.confidence, 'f', 2));
    case PathRole:
        return item.path;
    case PredictionRole:
        return item.topLabel;
    case ConfidenceRole:
        return item.confidence;
    case ErrorRole:
        return item.error;
    case TrueLabelRole:
        return item.trueLabel;
    case DisagreementRole:
        return item.isDisagreement();
    case IsCurrentRole:
        return index.row() == m_currentRow;
    default:
        return {};
    }
}

Qt::ItemFlags ImageListModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractListModel::flags(index);
    return index.isValid() && !entry(index.row()).path.isEmpty() ? flags | Qt::ItemIsDragEnabled : flags;
}

QStringList ImageListModel::mimeTypes() const
{
    return {QLatin1String(kMimeType), QStringLiteral("text/uri-list")};
}

QMimeData* ImageListModel::mimeData(const QModelIndexList& indexes) const
{
    if (indexes.isEmpty())
        return nullptr;
    const QString path = entry(indexes.front().row()).path;
    auto* data = new QMimeData;
    data->setData(QLatin1String(kMimeType), path.toUtf8());
    data->setUrls({QUrl::fromLocalFile(path)});
    return data;
}

int ImageListModel::rowOf(const QString& path) const
{
    return path.isEmpty() ? -1 : m_rowOfPath.value(path, -1);
}

int ImageListModel::append(std::vector<ImageEntry> entries)
{
    const int first = count();
    if (entries.empty())
        return first;
    beginInsertRows({}, first, first + static_cast<int>(entries.size()) - 1);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        m_counts.labelled += entries[i].topClass >= 0 && entries[i].trueClass >= 0;
        m_counts.disagreements += entries[i].isDisagreement();
        if (!entries[i].path.isEmpty())
            m_rowOfPath.insert(entries[i].path, first + static_cast<int>(i));
    }
    std::move(entries.begin(), entries.end(), std::back_inserter(m_entries));
    endInsertRows();
    return first;
}

void ImageListModel::reset(std::vector<ImageEntry> entries)
{
    beginResetModel();
    m_entries.clear();
    m_rowOfPath.clear();
    m_thumbnails.clear();
    m_counts = {};
    m_currentRow = -1;
    endResetModel();
    append(std::move(entries));
}

void ImageListModel::update(int row, const ImageEntry& entry)
{
    ImageEntry& held = m_entries.at(static_cast<std::size_t>(row));
    const auto count = [this](const ImageEntry& counted, int by) {
        m_counts.labelled += counted.topClass >= 0 && counted.trueClass >= 0 ? by : 0;
        m_counts.disagreements += counted.isDisagreement() ? by : 0;
    };
    count(held, -1);
    held = entry;
    count(held, 1);
    Q_EMIT dataChanged(index(row), index(row));
}

void ImageListModel::setCurrentRow(int row)
{
    const int old = std::exchange(m_currentRow, row);
    for (const int changed : {old, row}) {
        if (old != row && changed >= 0 && changed < count())
            Q_EMIT dataChanged(index(changed), index(changed), {IsCurrentRole});
    }
}

void ImageListModel::clearPredictions()
{
    if (m_entries.empty())
        return;
    m_counts = {};
    for (ImageEntry& item : m_entries) {
        item.topClass = -1;
        item.topLabel.clear();
        item.trueClass = -1;
        item.trueLabel.clear();
        item.confidence = 0;
    }
    Q_EMIT dataChanged(index(0), index(count() - 1),
                       {PredictionRole, ConfidenceRole, TrueLabelRole, DisagreementRole, Qt::AccessibleTextRole});
}

}  // namespace mixer::ui
