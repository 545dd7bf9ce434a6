// SPDX-License-Identifier: MIT
#pragma once

#include "engine/analysis/RouterStatistics.h"
#include "engine/core/Progress.h"

#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

class InferenceSession;

/// A batch's table (CSV, see BatchTable) read back for the window: what it says about each picture, and what the
/// routers did over all of them.
struct BatchContents {
    struct Picture {
        std::string path;
        std::string error;     ///< why there is nothing else
        int topClass = -1;     ///< predicted
        float confidence = 0;  ///< its probability
        int trueClass = -1;    ///< that the folder is named after; -1: none
    };
    std::vector<Picture> pictures;
    /// Of the pictures that did not fail, by true class where there is one, else by predicted class; null where the
    /// network has no routers.
    std::shared_ptr<const RouterStatistics> routers;
    std::vector<int> routerPictures;  ///< for each picture that was counted, its index in `pictures`

    /// Whether a file begins as a batch's table does.
    static bool isOne(const std::string& path);
    /// Every field is checked. Throws Error(File, Format), Error(Usage) for a table of another network, Cancelled.
    static BatchContents read(const std::string& path, const InferenceSession& session,
                              const ProgressCallback& progress = {}, const CancelToken& cancel = {});
};

}  // namespace mixer
