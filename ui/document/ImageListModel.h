// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Picture.h"

#include <QAbstractListModel>
#include <QImage>

#include <memory>
#include <vector>

namespace mixer::ui {

/// One line of the image list. What is not known yet is null, empty or -1.
struct ImageEntry {
    QString path;  ///< empty: pasted
    QString name;
    QImage thumbnail;
    std::shared_ptr<const Picture> pasted;  ///< a pasted picture has no file to be read again from
    int topClass = -1;
    QString topLabel;
    double confidence = 0;  ///< probability of the top class
    QString error;          ///< why it cannot be shown
};

/// The images of the document, in the order in which they came. Written by the document only.
class ImageListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        PathRole = Qt::UserRole,
        PredictionRole,  ///< label of the top class; empty: not predicted yet
        ConfidenceRole,  ///< 0 to 1
        ErrorRole,
        IsCurrentRole,
    };

    explicit ImageListModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

    const ImageEntry& entry(int row) const { return m_entries.at(static_cast<std::size_t>(row)); }
    /// Row of a file, -1 when it is not in the list.
    int rowOf(const QString& path) const;
    int count() const { return static_cast<int>(m_entries.size()); }

    /// Appends and returns the row of the first one.
    int append(std::vector<ImageEntry> entries);
    void update(int row, const ImageEntry& entry);
    void setCurrentRow(int row);
    /// For another model: what was predicted holds no longer.
    void clearPredictions();

private:
    std::vector<ImageEntry> m_entries;
    int m_currentRow = -1;
};

}  // namespace mixer::ui
