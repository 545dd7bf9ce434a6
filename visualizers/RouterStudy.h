// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/analysis/RouterStatistics.h"
#include "engine/core/Progress.h"
#include "engine/session/InferenceSession.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer::vis {

/// One image of a study.
struct StudiedImage {
    std::string path;
    std::shared_ptr<const RgbImage> pixels;  ///< null: read from the path when its turn comes
    int trueClass = -1;                      ///< -1: counted to the class that is predicted
};

/// What the routers do over these images, each also flipped, cropped and noisy. Throws Error that names the image,
/// Cancelled.
std::shared_ptr<const RouterStatistics> studyRouters(const InferenceSession& session,
                                                     const std::vector<StudiedImage>& images,
                                                     const ProgressCallback& progress = {},
                                                     const CancelToken& cancel = {});

}  // namespace mixer::vis
