// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/evaluation/Evaluation.h"
#include "engine/training/TrainOptions.h"
#include "engine/training/TrainingCurve.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// How far a run is.
struct TrainProgress {
    std::int64_t step = 0, steps = 0;  ///< done, of so many
    int epoch = 0, epochs = 0;         ///< the current one, from 1
    double loss = 0;                   ///< mean of the epoch so far
    double imagesPerSecond = 0;        ///< of the epoch so far
    double secondsLeft = 0;
};

/// Told by the training thread. Any may be left out.
struct TrainObserver {
    ProgressCallback preparing;  ///< reading and checking pictures
    std::function<void(const TrainProgress&)> step;
    std::function<void(const CurvePoint&, const std::vector<CurvePoint>& curve)> epoch;
    std::function<void(const std::string&)> note;  ///< for people: pictures left out, what begins
};

struct TrainResult {
    std::int64_t parameters = 0;
    std::int64_t steps = 0;
    std::size_t trainPictures = 0;
    double seconds = 0;
    std::vector<CurvePoint> curve;
    std::optional<Evaluation> validation;  ///< of the very weights in the file; none without pictures for it
};

/// Trains ViM2 and ViQS classifiers (AdamW, averaged weights) and writes the checkpoint, with configuration, labels,
/// recipe and accuracy in its metadata. While it runs, `options.statePath()` holds all that is needed to go on, written
/// at the end of every epoch, every `saveMinutes` and when cancelled; it is removed at the end.
/// Throws Error (a loss that is not finite: Error(Model) with step and tensor), Cancelled, after the state was saved.
TrainResult train(const TrainOptions& options, const TrainObserver& observer = {}, const CancelToken& cancel = {});

/// Goes on with the run whose checkpoint would be `output`, exactly: curve and weights become what they would have been
/// without the interruption. `change` may alter what has none but rounding's influence on them: paths of the same
/// pictures, device, threads, memory, minutes. Throws Error(Usage) when the pictures are others.
TrainResult resumeTraining(const std::string& output, const std::function<void(TrainOptions&)>& change = {},
                           const TrainObserver& observer = {}, const CancelToken& cancel = {});

}  // namespace mixer
