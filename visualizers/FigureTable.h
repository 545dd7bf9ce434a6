// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVariant>

#include <functional>
#include <vector>

namespace mixer::vis {

/// The numbers behind a figure, in rows. Cells are made on demand, so the table of a gate matrix with millions of rows
/// costs nothing until it is written. Holds what it needs: it may outlive its figure.
struct FigureTable {
    struct Column {
        QString name;  ///< "gate"
        QString unit;  ///< "tokens"; empty for pure numbers and text
    };

    std::vector<Column> columns;
    qint64 rowCount = 0;
    std::function<QVariant(qint64 row, int column)> cell;  ///< a number (int, qint64, double) or a QString; null: none

    int columnCount() const { return static_cast<int>(columns.size()); }
    /// Index of the column of that name, -1 when there is none.
    int columnIndex(const QString& name) const;
};

}  // namespace mixer::vis
