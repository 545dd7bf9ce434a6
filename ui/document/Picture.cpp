// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Picture.h"

#include "engine/checkpoint/CheckpointNames.h"
#include "engine/core/Error.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QFileInfo>
#include <QPainter>

#include <algorithm>
#include <cstring>

namespace mixer::ui {

namespace {

constexpr int kSmallestLevel = 1024;

/// Halves until a window could show it whole. The first level shares the picture's memory, which must outlive it.
std::vector<QImage> makeLevels(const RgbImage& pixels, const CancelToken& cancel)
{
    std::vector<QImage> levels;
    levels.emplace_back(pixels.pixels.data(), pixels.width, pixels.height, static_cast<qsizetype>(pixels.width) * 3,
                        QImage::Format_RGB888);
    while (std::max(levels.back().width(), levels.back().height()) > kSmallestLevel) {
        cancel.check();
        const QSize half((levels.back().width() + 1) / 2, (levels.back().height() + 1) / 2);
        levels.push_back(levels.back()
                             .scaled(half, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
                             .convertToFormat(QImage::Format_RGB32));
    }
    return levels;
}

QImage makeThumbnail(const QImage& level)
{
    const QImage scaled = level.scaled(kThumbnailSide, kThumbnailSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    // A deep copy: the first level borrows the picture's memory, and a thumbnail outlives its picture.
    return scaled.convertToFormat(QImage::Format_RGB32);
}

std::shared_ptr<const Picture> finish(std::shared_ptr<Picture> picture, const CancelToken& cancel)
{
    cancel.check();
    picture->levels = makeLevels(picture->pixels, cancel);
    picture->thumbnail = makeThumbnail(picture->levels.back());
    return picture;
}

}  // namespace

const QImage& Picture::levelFor(double scale) const
{
    std::size_t level = 0;
    while (level + 1 < levels.size() && scale <= 0.5) {
        scale *= 2;
        ++level;
    }
    return levels[level];
}

std::shared_ptr<const Picture> loadPicture(const QString& path, const CancelToken& cancel)
{
    cancel.check();
    auto picture = std::make_shared<Picture>();
    picture->path = path;
    picture->name = QFileInfo(path).fileName();
    picture->pixels = decodeImage(QFile::encodeName(path).toStdString());
    return finish(std::move(picture), cancel);
}

std::shared_ptr<const Picture> pictureFrom(const QImage& image, const QString& name, const CancelToken& cancel)
{
    if (image.isNull())
        throw Error(ErrorKind::Image, "the clipboard holds no picture; copy one and paste again");
    QImage flat(image.size(), QImage::Format_RGB32);
    flat.fill(Qt::white);
    QPainter(&flat).drawImage(0, 0, image);
    const QImage rgb = flat.convertToFormat(QImage::Format_RGB888);
    auto picture = std::make_shared<Picture>();
    picture->name = name;
    picture->pixels.width = rgb.width();
    picture->pixels.height = rgb.height();
    const std::size_t row = static_cast<std::size_t>(rgb.width()) * 3;
    picture->pixels.pixels.resize(row * static_cast<std::size_t>(rgb.height()));
    for (int y = 0; y < rgb.height(); ++y)
        std::memcpy(picture->pixels.pixels.data() + row * static_cast<std::size_t>(y), rgb.constScanLine(y), row);
    return finish(std::move(picture), cancel);
}

QStringList expandPicturePaths(const QStringList& paths)
{
    QStringList files;
    for (const QString& path : paths) {
        const QFileInfo info(path);
        if (!info.isDir()) {
            files << path;
            continue;
        }
        QDirIterator found(path, pictureNameFilters(), QDir::Files | QDir::Readable, QDirIterator::Subdirectories);
        QStringList inside;
        while (found.hasNext() && inside.size() < kMaxPictures)
            inside << found.next();
        inside.sort();
        files += inside;
    }
    return files;
}

QStringList pictureNameFilters()
{
    QStringList filters;
    for (const char* suffix : {"png", "jpg", "jpeg", "jpe", "webp", "tif", "tiff", "bmp", "gif", "ppm", "pgm", "pnm",
                               "jp2", "exr", "hdr", "avif"})
        filters << QStringLiteral("*.") + QLatin1String(suffix);
    return filters;
}

bool looksLikeModel(const QString& path)
{
    return isCheckpointName(path.toStdString());
}

}  // namespace mixer::ui
