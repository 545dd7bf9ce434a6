// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "engine/image/Image.h"

#include <QImage>
#include <QString>

#include <memory>
#include <vector>

namespace mixer::ui {

/// A decoded picture and what the window draws of it. Immutable; any thread.
struct Picture {
    QString path;  ///< empty: pasted
    QString name;  ///< for people: file name, or "Pasted image"
    RgbImage pixels;
    /// The picture at full size, then at half, a quarter ... until 1024 pixels fit: drawing a photo of 100 megapixels
    /// into a window costs what the window's pixels cost.
    std::vector<QImage> levels;
    QImage thumbnail;  ///< for the list of images; its pixels are its own

    QSize size() const { return {pixels.width, pixels.height}; }
    /// The smallest level that still has a pixel for each device pixel at `scale` (device pixels per picture pixel).
    const QImage& levelFor(double scale) const;
};

/// Decodes and prepares for drawing. Throws Error, Cancelled.
std::shared_ptr<const Picture> loadPicture(const QString& path, const CancelToken& cancel);
/// From the clipboard or a drag. Throws Error(Image) for an empty one.
std::shared_ptr<const Picture> pictureFrom(const QImage& image, const QString& name, const CancelToken& cancel);

/// Longest side of a thumbnail in the list, device-independent pixels times two (sharp on high-DPI screens).
constexpr int kThumbnailSide = 128;

/// The files among `paths` that look like pictures by their suffix; folders are read with their subfolders and
/// sorted by path, at most kMaxPictures. A file named directly is kept whatever its suffix.
constexpr int kMaxPictures = 100000;
QStringList expandPicturePaths(const QStringList& paths);
/// For file dialogs: "*.png", "*.jpg" ...
QStringList pictureNameFilters();
/// A file that is a checkpoint by its suffix.
bool looksLikeModel(const QString& path);

}  // namespace mixer::ui
