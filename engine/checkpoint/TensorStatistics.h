// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Array.h"
#include "engine/core/Progress.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace mixer {

struct Checkpoint;

/// What the numbers of one tensor are like. NaN and infinities are counted and take no part in the rest.
struct TensorStatistics {
    std::int64_t count = 0;
    std::int64_t nonFinite = 0;
    std::int64_t zeros = 0;  ///< exactly 0: pruned, or never trained
    double minimum = 0;      ///< 0 when nothing is finite
    double mean = 0;
    double maximum = 0;
    double deviation = 0;  ///< standard, of the population
};

/// Counts of finite values in equal bins from `low` to `high`; the last bin holds `high` too. A tensor of one single
/// value has all of it in the middle bin of a range that is widened around it.
struct TensorHistogram {
    double low = 0;
    double high = 1;
    std::vector<std::int64_t> counts;
};

/// Reads every element, in any type but Opaque (none then). Any thread. Throws Cancelled.
std::optional<TensorStatistics> tensorStatistics(const TensorInfo& tensor, const CancelToken& cancel = {});
std::optional<TensorHistogram> tensorHistogram(const TensorInfo& tensor, int bins, const CancelToken& cancel = {});

/// The values as float32, in the tensor's shape. Throws Error(Model) for an Opaque one, Error(Memory) over `limit`
/// elements, Cancelled.
Array tensorValues(const TensorInfo& tensor, std::int64_t limit = 1 << 24, const CancelToken& cancel = {});

/// Weights of the averaging of earlier features in one stage of ViM2 and ViQS, rows = blocks (stages.i.mix.*); empty
/// arrays where the checkpoint has none.
struct MixWeightMatrices {
    Array alpha, beta, theta, gamma;
    bool isEmpty() const { return alpha.isEmpty(); }
};
MixWeightMatrices mixWeights(const Checkpoint& checkpoint, int stage);

}  // namespace mixer
