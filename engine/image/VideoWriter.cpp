// SPDX-License-Identifier: MIT
#include "engine/image/VideoWriter.h"

#include "engine/core/Error.h"

#ifdef MIXERSCOPE_HAS_VIDEO
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#endif

namespace mixer {

#ifdef MIXERSCOPE_HAS_VIDEO

struct VideoWriter::Video {
    cv::VideoWriter writer;
    int width = 0;  ///< of the frames that come
    int height = 0;
};

bool VideoWriter::exists()
{
    return true;
}

VideoWriter::VideoWriter(const std::string& path, int width, int height, int framesPerSecond)
    : m_video(std::make_unique<Video>())
{
    // What was tried and is not there is no news for the person.
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    m_video->width = width;
    m_video->height = height;
    const cv::Size even(width - width % 2, height - height % 2);
    for (const int codec : {cv::VideoWriter::fourcc('a', 'v', 'c', '1'), cv::VideoWriter::fourcc('m', 'p', '4', 'v')}) {
        try {
            if (m_video->writer.open(path, cv::CAP_FFMPEG, codec, framesPerSecond, even))
                return;
        } catch (const cv::Exception&) {
            continue;  // the next codec, or the error below
        }
    }
    throw Error(ErrorKind::File,
                "cannot write the video \"" + path
                    + "\": the folder is not there or not writable, or OpenCV has neither an H.264 nor an MPEG-4 "
                      "encoder; a GIF needs none");
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::add(const RgbImage& frame)
{
    const std::size_t bytes = static_cast<std::size_t>(m_video->width) * static_cast<std::size_t>(m_video->height) * 3;
    if (frame.width != m_video->width || frame.height != m_video->height || frame.pixels.size() != bytes)
        throw Error(ErrorKind::Usage,
                    "a frame of " + std::to_string(frame.width) + " x " + std::to_string(frame.height)
                        + " pixels in a video of " + std::to_string(m_video->width) + " x "
                        + std::to_string(m_video->height));
    const cv::Mat rgb(frame.height, frame.width, CV_8UC3, const_cast<std::uint8_t*>(frame.pixels.data()));
    cv::Mat bgr;
    cv::cvtColor(rgb(cv::Rect(0, 0, frame.width - frame.width % 2, frame.height - frame.height % 2)), bgr,
                 cv::COLOR_RGB2BGR);
    m_video->writer.write(bgr);
}

void VideoWriter::finish()
{
    m_video->writer.release();
}

#else

struct VideoWriter::Video { };

bool VideoWriter::exists()
{
    return false;
}

VideoWriter::VideoWriter(const std::string& path, int, int, int)
{
    throw Error(ErrorKind::Usage, path + ": this program was built without videos; a GIF can be written");
}

VideoWriter::~VideoWriter() = default;
void VideoWriter::add(const RgbImage&) { }
void VideoWriter::finish() { }

#endif

}  // namespace mixer
