// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ImageListModel.h"

#include <QLocale>

#include <algorithm>
#include <iterator>

namespace mixer::ui {

ImageListModel::ImageListModel(QObject* parent)
    : QAbstractListModel(parent)
{
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
        return item.thumbnail.isNull() ? QVariant() : QVariant(item.thumbnail);
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
    case IsCurrentRole:
        return index.row() == m_currentRow;
    default:
        return {};
    }
}

int ImageListModel::rowOf(const QString& path) const
{
    if (path.isEmpty())
        return -1;
    const auto found
        = std::find_if(m_entries.begin(), m_entries.end(), [&](const ImageEntry& item) { return item.path == path; });
    return found == m_entries.end() ? -1 : static_cast<int>(found - m_entries.begin());
}

int ImageListModel::append(std::vector<ImageEntry> entries)
{
    const int first = count();
    if (entries.empty())
        return first;
    beginInsertRows({}, first, first + static_cast<int>(entries.size()) - 1);
    std::move(entries.begin(), entries.end(), std::back_inserter(m_entries));
    endInsertRows();
    return first;
}

void ImageListModel::update(int row, const ImageEntry& entry)
{
    m_entries.at(static_cast<std::size_t>(row)) = entry;
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
    for (ImageEntry& item : m_entries) {
        item.topClass = -1;
        item.topLabel.clear();
        item.confidence = 0;
    }
    Q_EMIT dataChanged(index(0), index(count() - 1), {PredictionRole, ConfidenceRole, Qt::AccessibleTextRole});
}

}  // namespace mixer::ui
