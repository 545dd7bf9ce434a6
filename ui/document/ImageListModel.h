// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Picture.h"

#include <QAbstractListModel>
#include <QCache>
#include <QHash>
#include <QImage>

#include <memory>
#include <vector>

namespace mixer::ui {

/// One line of the image list. What is not known yet is null, empty or -1.
struct ImageEntry {
    QString path;  ///< empty: pasted
    QString name;
    std::shared_ptr<const Picture> pasted;  ///< a pasted picture has no file to be read again from
    int topClass = -1;
    QString topLabel;
    double confidence = 0;   ///< probability of the top class
    bool isDecoded = false;  ///< it was looked at once: `error` says what came of it
    int trueClass = -1;      ///< the class that its folder is named after; -1: none
    QString trueLabel;
    bool isDisagreement() const { return trueClass >= 0 && topClass >= 0 && trueClass != topClass; }
    QString error;  ///< why it cannot be shown
};

/// The images of the document, in the order in which they came. Written by the document only. Thumbnails are kept as
/// far as kThumbnailBytes go and asked for again when they are to be drawn: thousands of images cost megabytes.
class ImageListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role {
        PathRole = Qt::UserRole,
        PredictionRole,  ///< label of the top class; empty: not predicted yet
        ConfidenceRole,  ///< 0 to 1
        ErrorRole,
        IsCurrentRole,
        TrueLabelRole,     ///< empty: not known
        DisagreementRole,  ///< predicted and known, and not the same
    };
    static constexpr char kMimeType[] = "application/x-mixerscope-image";  ///< its path, UTF-8
    static constexpr int kThumbnailBytes = 64 << 20;

    explicit ImageListModel(QObject* parent = nullptr);

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    /// Images with a file can be dragged: as that file, and under kMimeType, so that views can tell them from a file
    /// that comes from outside.
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;

    const ImageEntry& entry(int row) const { return m_entries.at(static_cast<std::size_t>(row)); }
    /// Row of a file, -1 when it is not in the list.
    int rowOf(const QString& path) const;
    int count() const { return static_cast<int>(m_entries.size()); }

    struct Counts {
        int labelled = 0;  ///< predicted, and the class is known
        int disagreements = 0;
    };
    Counts counts() const { return m_counts; }

    bool hasThumbnail(int row) const { return m_thumbnails.contains(row); }
    QImage thumbnail(int row) const;
    void setThumbnail(int row, const QImage& thumbnail);

    /// Appends and returns the row of the first one.
    int append(std::vector<ImageEntry> entries);
    /// Another list altogether.
    void reset(std::vector<ImageEntry> entries);
    void update(int row, const ImageEntry& entry);
    void setCurrentRow(int row);
    /// For another model: what was predicted holds no longer.
    void clearPredictions();

Q_SIGNALS:
    /// A row is being drawn whose thumbnail is not there.
    void thumbnailWanted(int row) const;

private:
    std::vector<ImageEntry> m_entries;
    QHash<QString, int> m_rowOfPath;
    mutable QCache<int, QImage> m_thumbnails;  ///< by row; cost in bytes
    Counts m_counts;
    int m_currentRow = -1;
};

}  // namespace mixer::ui
