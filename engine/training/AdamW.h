// SPDX-License-Identifier: MIT
#pragma once

#include "engine/training/ParameterSet.h"

namespace mixer {

struct AdamWOptions {
    double beta1 = 0.9;
    double beta2 = 0.98;
    double epsilon = 1e-8;
    double decay = 0.05;    ///< of parameters that decays()
    double bodyFactor = 1;  ///< learning rate of all but the head, times this
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101) over the trained parameters of a set.
/// Ours rather than LibTorch's: its state is plain tensors that a file can hold, with every LibTorch alike.
class AdamW {
public:
    AdamW(const ParameterSet& parameters, const AdamWOptions& options);

    /// One update; `gradients` in the order of trainedValues(), undefined ones count as zero.
    void step(const std::vector<at::Tensor>& gradients, double rate);

    /// State: means of gradients and of their squares, in the order of trainedValues(), and updates done.
    const std::vector<at::Tensor>& means() const { return m_means; }
    const std::vector<at::Tensor>& squares() const { return m_squares; }
    std::int64_t steps() const { return m_steps; }
    void setSteps(std::int64_t steps) { m_steps = steps; }

private:
    struct Group {
        double factor, decay;
        std::vector<std::size_t> members;
    };

    AdamWOptions m_options;
    std::vector<at::Tensor> m_values, m_means, m_squares;
    std::vector<Group> m_groups;
    std::int64_t m_steps = 0;
};

/// Scales the gradients so that their common norm is at most `limit` (0: none), and gives the norm before. Pascanu et
/// al., arXiv 1211.5063.
double clipGradients(std::vector<at::Tensor>& gradients, double limit);

/// averages = keep * averages + (1 - keep) * values.
void updateAverages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& values, double keep);

/// Share that the averages keep at an update (counted from 0): `decay`, less at the start, when there is little to
/// keep.
double averageKeep(std::int64_t step, double decay);

/// Learning rate at `step` of `steps`: linear rise over the first `warmup` of the run, then half a cosine to `last`,
/// both as shares of the peak.
double scheduledRate(std::int64_t step, std::int64_t steps, double peak, double warmup, double last);

}  // namespace mixer
