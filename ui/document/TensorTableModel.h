// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/TensorStatistics.h"
#include "engine/session/InferenceSession.h"

#include <QAbstractTableModel>

#include <map>
#include <memory>
#include <optional>

namespace mixer::ui {

class InferenceWorker;

/// The tensors of a checkpoint. Their numbers are read on the worker when a row is drawn first.
class TensorTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Shape, Type, Minimum, Mean, Maximum, Deviation, kColumns };
    enum Role { SortRole = Qt::UserRole };

    TensorTableModel(InferenceWorker* worker, QObject* parent);

    void setSession(const std::shared_ptr<const InferenceSession>& session);
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    const TensorInfo* tensor(int row) const;
    const std::shared_ptr<const InferenceSession>& session() const { return m_session; }
    /// Null: not read yet, or of a type that is not read.
    const TensorStatistics* statistics(int row) const;

private:
    void request(int row) const;
    void readNext();

    InferenceWorker* m_worker;
    std::shared_ptr<const InferenceSession> m_session;
    std::map<int, std::optional<TensorStatistics>> m_statistics;
    mutable std::vector<int> m_wanted;  ///< rows, the newest last
    bool m_isReading = false;
};

}  // namespace mixer::ui
