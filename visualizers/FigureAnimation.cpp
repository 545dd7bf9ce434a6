// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureAnimation.h"

#include "engine/core/Error.h"
#include "engine/image/VideoWriter.h"
#include "visualizers/CannotWrite.h"
#include "visualizers/GifWriter.h"
#include "visualizers/RecipeStore.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mixer::vis {

namespace {

constexpr double kLargestFrame = 16e6;  ///< pixels
constexpr int kLongestSide = 65535;     ///< of a GIF

void requireRange(const char* what, int value, int low, int high)
{
    if (value < low || value > high)
        throw Error(ErrorKind::Usage,
                    std::string(what) + ": expected " + std::to_string(low) + " to " + std::to_string(high) + ", found "
                        + std::to_string(value));
}

/// The frames of a figure, one at a time.
class Frames {
public:
    Frames(Figure& figure, const ExportOptions& page, const AnimationOptions& options)
        : m_figure(figure)
        , m_page(page)
        , m_steps(animatedSteps(figure.context().detail->positionCount(), options))
    {
        const QSizeF size = exportSize(figure, page) * page.dpi / 72;
        if (size.width() * size.height() > kLargestFrame || std::max(size.width(), size.height()) > kLongestSide)
            throw Error(ErrorKind::Memory,
                        "a frame would have " + std::to_string(std::lround(size.width())) + " x "
                            + std::to_string(std::lround(size.height()))
                            + " pixels: choose a smaller size or resolution (at most 16 million pixels)");
    }

    std::size_t count() const { return m_steps.size(); }
    QImage frame(std::size_t index)
    {
        Selection selection = m_figure.selection();
        selection.step = m_steps[index];
        if (!m_figure.select(selection))
            throw Error(ErrorKind::Usage, "this figure cannot move to step " + std::to_string(selection.step));
        return renderFigure(m_figure, m_page).convertToFormat(QImage::Format_RGB32);
    }

private:
    Figure& m_figure;
    ExportOptions m_page;
    std::vector<int> m_steps;
};

struct Job {
    Frames& frames;
    const AnimationOptions& options;
    const ProgressCallback& progress;
    const CancelToken& cancel;

    QImage frame(std::size_t index) const
    {
        cancel.check();
        if (progress)
            progress("frame " + std::to_string(index + 1) + " of " + std::to_string(frames.count()),
                     static_cast<double>(index) / static_cast<double>(frames.count()));
        return frames.frame(index);
    }
    bool isLast(std::size_t index) const { return index + 1 == frames.count(); }
};

void writeGif(const QString& path, const Job& job, const QByteArray& recipe)
{
    std::vector<QImage> samples;
    for (const std::size_t index : {std::size_t{0}, job.frames.count() / 2, job.frames.count() - 1})
        samples.push_back(job.frames.frame(index));
    const QSize size = samples.front().size();
    const GifPalette palette(samples);
    samples.clear();
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        cannotWrite(path, file.errorString());
    GifWriter writer(file, size, palette, recipe.isEmpty() ? QByteArray() : kGifRecipe + recipe);
    bool isWritten = true;
    for (std::size_t i = 0; i < job.frames.count() && isWritten; ++i)
        isWritten = writer.add(job.frame(i), job.isLast(i) ? job.options.holdHundredths : 100 / job.options.perSecond);
    isWritten = isWritten && writer.finish() && file.flush() && file.error() == QFileDevice::NoError;
    if (!isWritten) {
        const QString reason = file.error() == QFileDevice::NoError
            ? QStringLiteral("only a part of the animation could be written")
            : file.errorString();
        file.cancelWriting();
        cannotWrite(path, reason);
    }
    if (!file.commit())
        cannotWrite(path, file.errorString());
}

RgbImage rgbOf(const QImage& frame)
{
    const QImage image = frame.convertToFormat(QImage::Format_RGB888);
    RgbImage rgb;
    rgb.width = image.width();
    rgb.height = image.height();
    for (int y = 0; y < image.height(); ++y)
        rgb.pixels.insert(rgb.pixels.end(), image.constScanLine(y), image.constScanLine(y) + 3 * image.width());
    return rgb;
}

void writeMp4(const QString& path, const Job& job)
{
    const QFileInfo info(path);
    const QString aside = info.path() + QStringLiteral("/.") + info.completeBaseName()
        + QStringLiteral(".%1.mp4").arg(QCoreApplication::applicationPid());
    try {
        const QImage first = job.frames.frame(0);
        VideoWriter writer(QFile::encodeName(aside).toStdString(), first.width(), first.height(),
                           job.options.perSecond);
        for (std::size_t i = 0; i < job.frames.count(); ++i) {
            const RgbImage frame = rgbOf(job.frame(i));
            const int times = job.isLast(i) ? std::max(1, job.options.holdHundredths * job.options.perSecond / 100) : 1;
            for (int n = 0; n < times; ++n)
                writer.add(frame);
        }
        writer.finish();
    } catch (...) {
        QFile::remove(aside);
        throw;
    }
    const std::string from = QFile::encodeName(aside).toStdString(), to = QFile::encodeName(path).toStdString();
    if (QFileInfo(aside).size() == 0 || std::rename(from.c_str(), to.c_str()) != 0) {
        QFile::remove(aside);
        cannotWrite(path, QStringLiteral("the video could not be written"));
    }
}

}  // namespace

QStringList animationExtensions()
{
    QStringList list = {QStringLiteral("gif")};
    if (VideoWriter::exists())
        list << QStringLiteral("mp4");
    return list;
}

bool isAnimation(const QString& path)
{
    return animationExtensions().contains(QFileInfo(path).suffix().toLower());
}

std::vector<int> animatedSteps(int steps, const AnimationOptions& options)
{
    std::vector<int> list;
    const int count = std::min(options.frames, steps);
    for (int i = 0; i < count; ++i)
        list.push_back(count < 2 ? 0
                                 : static_cast<int>(std::lround(static_cast<double>(i) * (steps - 1) / (count - 1))));
    return list;
}

void exportAnimation(Figure& figure, const QString& path, const ExportOptions& page, const AnimationOptions& options,
                     const QByteArray& recipe, const ProgressCallback& progress, const CancelToken& cancel)
{
    requireRange("frames of the animation", options.frames, 2, 10000);
    requireRange("frames per second", options.perSecond, 1, 50);
    requireRange("how long the last frame stays, in 1/100 s", options.holdHundredths, 2, 6000);
    if (figure.id() != QLatin1String("scan-path") || !figure.context().detail)
        throw Error(ErrorKind::Usage,
                    "only the scan over the photo, alone or with a map, can be animated: there is no such animation of "
                        + figure.id().toStdString());
    requireWritable(path, page.overwrite);
    ExportOptions opaque = page;
    opaque.transparent = false;
    Frames frames(figure, opaque, options);
    const Job job{frames, options, progress, cancel};
    if (QFileInfo(path).suffix().toLower() == QLatin1String("gif"))
        writeGif(path, job, recipe);
    else
        writeMp4(path, job);
    keepRecipeBeside(path, recipe);
}

}  // namespace mixer::vis
