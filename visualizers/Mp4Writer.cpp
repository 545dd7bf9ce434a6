// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/Mp4Writer.h"

#include "engine/core/Error.h"

#include <QFile>

#ifdef MIXERSCOPE_HAS_VIDEO
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>
#endif

namespace mixer::vis {

#ifdef MIXERSCOPE_HAS_VIDEO

struct Mp4Writer::Video {
    cv::VideoWriter writer;
    QSize size;
};

bool Mp4Writer::exists()
{
    return true;
}

Mp4Writer::Mp4Writer(const QString& path, const QSize& size, int framesPerSecond)
    : m_video(std::make_unique<Video>())
{
    // What was tried and is not there is no news for the person.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    m_video->size = QSize(size.width() & ~1, size.height() & ~1);
    const std::string file = QFile::encodeName(path).toStdString();
    for (const int codec : {cv::VideoWriter::fourcc('a', 'v', 'c', '1'), cv::VideoWriter::fourcc('m', 'p', '4', 'v')}) {
        try {
            if (m_video->writer.open(file, cv::CAP_FFMPEG, codec, framesPerSecond,
                                     cv::Size(m_video->size.width(), m_video->size.height())))
                return;
        } catch (const cv::Exception&) {
            // The next codec, or the error below.
        }
    }
    throw Error(ErrorKind::File,
                "cannot write the video \"" + file
                    + "\": the folder is not there or not writable, or OpenCV has neither an H.264 nor an MPEG-4 "
                      "encoder; a GIF needs none");
}

Mp4Writer::~Mp4Writer() = default;

void Mp4Writer::add(const QImage& frame)
{
    const QImage part = frame.copy(QRect(QPoint(), m_video->size)).convertToFormat(QImage::Format_BGR888);
    const cv::Mat view(part.height(), part.width(), CV_8UC3, const_cast<uchar*>(part.constBits()),
                       static_cast<std::size_t>(part.bytesPerLine()));
    m_video->writer.write(view);
}

void Mp4Writer::finish()
{
    m_video->writer.release();
}

#else

struct Mp4Writer::Video { };

bool Mp4Writer::exists()
{
    return false;
}

Mp4Writer::Mp4Writer(const QString&, const QSize&, int)
{
    throw Error(ErrorKind::Usage, "this program was built without videos; a GIF can be written");
}

Mp4Writer::~Mp4Writer() = default;
void Mp4Writer::add(const QImage&) { }
void Mp4Writer::finish() { }

#endif

}  // namespace mixer::vis
