// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mixer {

/// What a training run looked like at the end of an epoch. All but the last two depend on nothing but the options.
struct CurvePoint {
    int epoch = 0;            ///< from 1
    std::int64_t step = 0;    ///< steps done
    double rate = 0;          ///< learning rate of the last step
    double trainLoss = 0;     ///< means over the epoch: cross-entropy, as augmented and smoothed,
    double balanceLoss = 0;   ///< load balance of the routers (1: even; 0: no router),
    double gradientNorm = 0;  ///< norm before clipping
    /// Of the averaged weights on the validation pictures; NaN without any.
    double validationLoss = 0, top1 = 0, top5 = 0;
    double imagesPerSecond = 0;  ///< of this epoch, validation left out
    double seconds = 0;          ///< since the run began, interruptions left out
};

/// The curve as CSV: a header, a line for each point, nine significant digits.
std::string curveCsv(const std::vector<CurvePoint>& curve);

}  // namespace mixer
