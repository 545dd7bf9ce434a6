// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QSize>
#include <QString>

#include <memory>

namespace mixer::vis {

/// A video file, written frame by frame. Private to visualizers/.
class Mp4Writer {
public:
    /// This program was built with a library that writes videos.
    static bool exists();

    /// Sides are cut to even numbers of pixels. Throws Error(File) when the file or the codec cannot be had.
    Mp4Writer(const QString& path, const QSize& size, int framesPerSecond);
    ~Mp4Writer();
    Mp4Writer(const Mp4Writer&) = delete;
    Mp4Writer& operator=(const Mp4Writer&) = delete;

    void add(const QImage& frame);
    void finish();

private:
    struct Video;
    std::unique_ptr<Video> m_video;
};

}  // namespace mixer::vis
