// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "visualizers/Figure.h"
#include "visualizers/FigureExport.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace mixer::vis {

/// How the steps of a scan become frames.
struct AnimationOptions {
    int frames = 120;          ///< 2 to 10,000, spread evenly over the steps; no more than there are steps
    int perSecond = 20;        ///< 1 to 50
    int holdHundredths = 150;  ///< how long the last one stays, 1/100 s

    bool operator==(const AnimationOptions& o) const
    {
        return frames == o.frames && perSecond == o.perSecond && holdHundredths == o.holdHundredths;
    }
};

/// "gif", and "mp4" in a program that was built with OpenCV's video writer.
QStringList animationExtensions();
bool isAnimation(const QString& path);

/// Steps of `steps` that become frames: the first and the last are among them.
std::vector<int> animatedSteps(int steps, const AnimationOptions& options);

/// Writes the scan that grows step by step over the photo, with what the map shows: the figure itself, painted once
/// for each frame and handed on, so that memory holds one frame however long it is. GIF carries the `recipe`. MP4 is
/// H.264 where the codec is there, else MPEG-4; its sides are even. Written aside and renamed at the end. `figure` is
/// left at the last step. Throws Error(Usage) for a figure that no scan grows in, or options out of range; Error(File);
/// Error(Memory); Cancelled.
void exportAnimation(Figure& figure, const QString& path, const ExportOptions& page, const AnimationOptions& options,
                     const QByteArray& recipe = {}, const ProgressCallback& progress = {},
                     const CancelToken& cancel = {});

}  // namespace mixer::vis
