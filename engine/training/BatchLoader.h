// SPDX-License-Identifier: MIT
#pragma once

#include "engine/training/Augmentation.h"
#include "engine/training/DataSet.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// A training batch, ready for the network.
struct Batch {
    std::int64_t step = 0;
    std::vector<float> images;          ///< (B, 3, height, width), normalized
    std::vector<float> targets;         ///< (B, classes): shares of the classes, each row sums to 1
    std::vector<std::string> failures;  ///< pictures that could no longer be read; a neighbour took the place of each
};

struct LoaderOptions {
    AugmentOptions augment;
    std::int64_t batch = 128;  ///< fewer when there are fewer pictures
    std::uint64_t seed = 0;
    int threads = 1;
};

/// Makes the batches of a training run ahead of their use, on threads of its own. Batch number k is a function of the
/// data, the options and k: the number of threads does not matter, and a run may start at any k. Every epoch visits the
/// pictures in a new order; those that do not fill a batch are left out of that epoch.
class BatchLoader {
public:
    /// `pictures`: indices of `data` that are trained on, at least one.
    BatchLoader(std::shared_ptr<const DataSet> data, std::vector<std::uint32_t> pictures, const LoaderOptions& options,
                std::int64_t firstStep = 0);
    ~BatchLoader();
    BatchLoader(const BatchLoader&) = delete;
    BatchLoader& operator=(const BatchLoader&) = delete;

    std::int64_t batchSize() const;
    std::int64_t batchesPerEpoch() const;
    /// The next batch; waits for it. Throws what making it threw.
    std::unique_ptr<Batch> next();

private:
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

}  // namespace mixer
