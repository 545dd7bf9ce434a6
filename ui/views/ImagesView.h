// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QListView>

namespace mixer::ui {

class InspectionDocument;

/// The images with their thumbnails and what the model says about them. Choosing one shows it.
class ImagesView : public QListView {
    Q_OBJECT
public:
    explicit ImagesView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QSize sizeHint() const override { return {230, 260}; }

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void followDocument();

    InspectionDocument* m_document = nullptr;
    bool m_isFollowing = false;  ///< the document moved the current row, not a person
};

}  // namespace mixer::ui
