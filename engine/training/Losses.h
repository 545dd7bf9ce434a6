// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/ForwardContext.h"
#include "engine/training/CounterRandom.h"

#include <ATen/core/Tensor.h>

namespace mixer {

/// Mean over the batch of the cross-entropy between logits (B, classes) and target shares (B, classes), of which
/// `smoothing` is spread evenly over all classes (Szegedy et al., arXiv 1512.00567).
at::Tensor smoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& targets, double smoothing);

/// The routers' load-balancing loss (Switch Transformer, arXiv 2101.03961), gathered during a forward pass: the mean
/// over the mixers of S * sum over scans s of f_s P_s, f_s: share of the images that chose s, divided by K, P_s: mean
/// probability of s. 1 when all scans are used alike.
class BalanceLoss : public Recorder {
public:
    void record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                const ScanChoice& choice) override;
    /// float64; undefined when there was no router.
    at::Tensor mean() const;

private:
    at::Tensor m_sum;
    int m_count = 0;
};

/// Noise of one training step; a function of seed and step alone.
class StepNoise : public TrainingNoise {
public:
    /// Routers: factors uniform in [1 - `router`, 1 + `router`]. Branches: left out with a probability that rises
    /// linearly from 0 at the first mixer to `drop` at the last.
    StepNoise(std::uint64_t seed, std::int64_t step, std::size_t mixers, double router, double drop,
              at::TensorOptions options);

    at::Tensor routerFactors(std::size_t mixer, std::int64_t images, std::int64_t channels) override;
    at::Tensor branchFactors(std::size_t mixer, std::int64_t images) override;

private:
    std::uint64_t m_seed, m_step;
    std::size_t m_mixers;
    double m_router, m_drop;
    at::TensorOptions m_options;
};

}  // namespace mixer
