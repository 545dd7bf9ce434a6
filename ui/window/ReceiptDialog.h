// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/LoadReceipt.h"

#include <QDialog>

class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace mixer::ui {

/// What became of every tensor of the checkpoint, as a table to sort and filter, and what was guessed. Not modal.
class ReceiptDialog : public QDialog {
    Q_OBJECT
public:
    ReceiptDialog(const QString& modelPath, const LoadReceipt& receipt, QWidget* parent);

private:
    QLineEdit* m_filter;
    QTableView* m_table;
    QSortFilterProxyModel* m_rows;
};

}  // namespace mixer::ui
