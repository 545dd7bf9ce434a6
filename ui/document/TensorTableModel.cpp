// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/TensorTableModel.h"

#include "ui/document/InferenceWorker.h"

#include <QLocale>

#include <algorithm>

namespace mixer::ui {

TensorTableModel::TensorTableModel(InferenceWorker* worker, QObject* parent)
    : QAbstractTableModel(parent)
    , m_worker(worker)
{
}

void TensorTableModel::setSession(const std::shared_ptr<const InferenceSession>& session)
{
    beginResetModel();
    m_session = session;
    m_statistics.clear();
    m_wanted.clear();
    endResetModel();
}

int TensorTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_session ? 0 : static_cast<int>(m_session->checkpoint().file->tensors().size());
}

int TensorTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : kColumns;
}

const TensorInfo* TensorTableModel::tensor(int row) const
{
    return row >= 0 && row < rowCount() ? &m_session->checkpoint().file->tensors()[static_cast<std::size_t>(row)]
                                        : nullptr;
}

const TensorStatistics* TensorTableModel::statistics(int row) const
{
    const auto found = m_statistics.find(row);
    return found != m_statistics.end() && found->second ? &*found->second : nullptr;
}

QVariant TensorTableModel::data(const QModelIndex& index, int role) const
{
    const TensorInfo* info = tensor(index.row());
    if (!info)
        return {};
    if (role == Qt::TextAlignmentRole)
        return index.column() >= Minimum ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    if (role == Qt::ToolTipRole && index.column() == Name)
        return QString::fromStdString(info->name);
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    switch (index.column()) {
    case Name:
        return QString::fromStdString(m_session->checkpoint().shortName(*info));
    case Shape: {
        if (role == SortRole)
            return static_cast<qlonglong>(info->elementCount());
        QStringList sides;
        for (const std::int64_t side : info->shape)
            sides << QString::number(side);
        return sides.isEmpty() ? tr("scalar") : sides.join(QStringLiteral(" × "));
    }
    case Type:
        return QString::fromStdString(info->type == DataType::Opaque ? info->typeName : dataTypeName(info->type));
    default:
        break;
    }
    const auto found = m_statistics.find(index.row());
    if (found == m_statistics.end()) {
        request(index.row());
        return role == SortRole ? QVariant() : QVariant(QStringLiteral("…"));
    }
    if (!found->second)
        return QStringLiteral("–");
    const TensorStatistics& s = *found->second;
    const double value = index.column() == Minimum ? s.minimum
        : index.column() == Mean                   ? s.mean
        : index.column() == Maximum                ? s.maximum
                                                   : s.deviation;
    return role == SortRole ? QVariant(value) : QVariant(QLocale().toString(value, 'g', 4));
}

QVariant TensorTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant((section >= Minimum ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QString names[] = {tr("Tensor"), tr("Shape"), tr("Type"), tr("Min"), tr("Mean"), tr("Max"), tr("Std")};
    return names[section];
}

void TensorTableModel::request(int row) const
{
    if (std::find(m_wanted.begin(), m_wanted.end(), row) != m_wanted.end())
        return;
    m_wanted.push_back(row);
    // After the view has painted.
    auto* self = const_cast<TensorTableModel*>(this);
    QMetaObject::invokeMethod(self, &TensorTableModel::readNext, Qt::QueuedConnection);
}

void TensorTableModel::readNext()
{
    if (m_isReading || m_wanted.empty())
        return;
    const int row = m_wanted.back();
    const TensorInfo* info = tensor(row);
    if (!info) {
        m_wanted.pop_back();
        return;
    }
    m_isReading = true;
    using Facts = std::optional<TensorStatistics>;
    const auto work = [session = m_session, tensor = *info](const JobContext& context) {
        return tensorStatistics(tensor, context.cancel);  // the session keeps the bytes alive
    };
    m_worker->submit<Facts>(
        QStringLiteral("tensor"), QString(), work,
        [this, row, session = m_session](const JobOutcome<Facts>& outcome) {
            m_isReading = false;
            if (session == m_session && outcome.end != JobEnd::Cancelled) {
                m_statistics[row] = outcome.value;
                m_wanted.erase(std::remove(m_wanted.begin(), m_wanted.end(), row), m_wanted.end());
                Q_EMIT dataChanged(index(row, Minimum), index(row, Deviation));
            }
            if (m_worker->isAccepting())  // once it stops, every request is cancelled at once
                readNext();
        },
        JobPriority::Background);
}

}  // namespace mixer::ui
