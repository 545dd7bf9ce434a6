// SPDX-License-Identifier: MIT
#pragma once

#include "engine/training/AdamW.h"
#include "engine/training/ParameterSet.h"
#include "engine/training/TrainOptions.h"
#include "engine/training/TrainingCurve.h"

#include <string>
#include <vector>

namespace mixer {

/// Sums over the steps of the epoch so far.
struct EpochSums {
    std::int64_t steps = 0;
    double loss = 0, balance = 0, gradientNorm = 0, seconds = 0;
};

/// Where a run stands besides its tensors. Random numbers are functions of seed and step: there is nothing to save.
struct RunPosition {
    std::int64_t step = 0;  ///< steps done
    EpochSums sums;
    double seconds = 0;
    std::vector<CurvePoint> curve;
};

/// A run as a file holds it: a safetensors file whose metadata hold options, configuration and position, with the
/// tensors value.NAME, average.NAME, mean.NAME and square.NAME. It replaces the file before in one step.
void saveTrainingState(const std::string& path, const TrainOptions& options, const ModelConfig& config,
                       const std::string& fingerprint, const ParameterSet& values, const ParameterSet& averages,
                       const AdamW& optimizer, const RunPosition& position);

/// What can be read before there are tensors to fill.
struct SavedRun {
    TrainOptions options;  ///< output left empty
    ModelConfig config;
    std::string fingerprint;  ///< of the data
    RunPosition position;
    std::shared_ptr<const TensorFile> file;

    /// Throws Error(File, Format).
    static SavedRun open(const std::string& path);
    /// Fills the tensors. Throws Error(Model) when one is missing or has another shape or type.
    void restore(const ParameterSet& values, const ParameterSet& averages, AdamW& optimizer) const;
};

}  // namespace mixer
