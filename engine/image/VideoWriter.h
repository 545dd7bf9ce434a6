// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

#include <memory>
#include <string>

namespace mixer {

/// An MP4 file, written frame by frame: H.264 where OpenCV has the encoder, else MPEG-4.
class VideoWriter {
public:
    /// This program was built with OpenCV's video module.
    static bool exists();

    /// Frames are cut to even sides, which the encoders want. Throws Error(File) when the file or an encoder cannot be
    /// had, Error(Usage) in a program without videos.
    VideoWriter(const std::string& path, int width, int height, int framesPerSecond);
    ~VideoWriter();
    VideoWriter(const VideoWriter&) = delete;
    VideoWriter& operator=(const VideoWriter&) = delete;

    /// Throws Error(Usage) for a frame of another size.
    void add(const RgbImage& frame);
    /// The file is complete. The library does not say when the disk is full: whoever needs to know looks at the file.
    void finish();

private:
    struct Video;
    std::unique_ptr<Video> m_video;
};

}  // namespace mixer
