// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/trace/MixerId.h"
#include "ui/views/ImageDropTarget.h"

#include <QWidget>

class QLabel;
class QTreeWidget;
class QTreeWidgetItem;

namespace mixer::ui {

class InspectionDocument;

/// The network as a tree, stages, blocks, mixers, with parameters and share of the time. Choosing a mixer drives every
/// view. An image of the list that is dropped on a mixer gives its output there.
class ModelView : public QWidget {
    Q_OBJECT
public:
    explicit ModelView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QTreeWidget* tree() const { return m_tree; }
    QSize sizeHint() const override { return {230, 360}; }

Q_SIGNALS:
    void receiptRequested();
    void inputRequested();

private:
    void rebuild();
    void refreshTimes();
    void followDocument();
    void onCurrentItemChanged(QTreeWidgetItem* item);
    void addMixer(QTreeWidgetItem* item, const MixerId& id);
    QTreeWidgetItem* itemOf(const MixerId& id) const;

    void showReceipt();
    /// An image that falls on a mixer gives its output there.
    std::optional<ImageDropTarget::Place> dropPlace(const QPoint& point);

    InspectionDocument* m_document = nullptr;
    QLabel* m_summary;
    QLabel* m_receipt;    ///< a link: all tensors used, or what was not
    QLabel* m_overrides;  ///< a link: how pictures are prepared otherwise than configured; hidden when they are not
    QTreeWidget* m_tree;
};

}  // namespace mixer::ui
