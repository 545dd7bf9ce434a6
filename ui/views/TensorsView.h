// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/TensorStatistics.h"
#include "ui/document/Follower.h"

#include <QWidget>

#include <optional>

class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace mixer::ui {

class InspectionDocument;
class TensorTableModel;

/// Bars of one tensor's values.
class HistogramWidget : public QWidget {
    Q_OBJECT
public:
    explicit HistogramWidget(QWidget* parent = nullptr);
    void setHistogram(const std::optional<TensorHistogram>& histogram);
    const std::optional<TensorHistogram>& histogram() const { return m_histogram; }
    QSize sizeHint() const override { return {240, 96}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::optional<TensorHistogram> m_histogram;
};

/// The checkpoint's tensors: name, shape, type and numbers, with a filter; the histogram of the selected one.
class TensorsView : public QWidget {
    Q_OBJECT
public:
    explicit TensorsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QTableView* table() const { return m_table; }
    HistogramWidget* histogram() const { return m_histogram; }

private:
    void onSessionChanged();
    void onCurrentChanged();

    InspectionDocument* m_document = nullptr;
    TensorTableModel* m_model = nullptr;
    QSortFilterProxyModel* m_order;
    QLineEdit* m_filter;
    QTableView* m_table;
    QLabel* m_caption;
    HistogramWidget* m_histogram;
    Follower<std::optional<TensorHistogram>> m_follower;
};

}  // namespace mixer::ui
