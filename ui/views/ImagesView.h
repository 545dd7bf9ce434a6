// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QListView>
#include <QPersistentModelIndex>
#include <QSortFilterProxyModel>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;

namespace mixer::ui {

class InspectionDocument;

/// Which images, and in which order.
class ImageOrder : public QSortFilterProxyModel {
    Q_OBJECT
public:
    enum class Sort {
        Opened,  ///< as they came
        Name,
        LeastSure,  ///< rising confidence
        MostSure,   ///< falling
        Errors,     ///< failed, then predicted another class than the folder's, the surest first; then the others
    };
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void setSort(Sort sort);
    /// Every word must be in the name, the prediction or the label of the folder.
    void setWords(const QString& text);

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    Sort m_sort = Sort::Opened;
    QStringList m_words;
};

/// The list itself. Choosing a line shows its image; a line can be dragged without being chosen.
class ImageList : public QListView {
    Q_OBJECT
public:
    explicit ImageList(QWidget* parent = nullptr);

Q_SIGNALS:
    /// By the person, not by the document.
    void currentRowChosen(const QModelIndex& index);

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    friend class ImagesView;
    void drag(const QModelIndex& index);

    bool m_isFollowing = false;
    QPersistentModelIndex m_pressed;  ///< under the mouse button that is down
    QPoint m_pressedAt;
};

/// The images with their thumbnails and what the model says about them: filter, sort, list. Choosing one shows it.
class ImagesView : public QWidget {
    Q_OBJECT
public:
    explicit ImagesView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    ImageList* list() const { return m_list; }
    QSize sizeHint() const override { return {230, 300}; }

private:
    void followDocument();
    void showErrorsFirst();
    void refreshCount();
    void showMenu(const QPoint& point);

    InspectionDocument* m_document = nullptr;
    QLineEdit* m_filter;
    QComboBox* m_sort;
    ImageList* m_list;
    QLabel* m_count;
    ImageOrder* m_order;
};

}  // namespace mixer::ui
