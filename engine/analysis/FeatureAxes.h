// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Array.h"
#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace mixer {

/// Principal axes of the features at one place of a network: the orthogonal directions of the space of channels along
/// which the tokens differ most (Pearson 1901; first three as colours over the image: Oquab et al., DINOv2, arXiv
/// 2304.07193). The features x of a token are the output of a mixer, residual included: of a block's last mixer they
/// are the block's output, of a stage's last the stage's. Class tokens are left out.
struct FeatureAxes {
    static constexpr int kMost = 3;
    /// Share of the tokens whose scores stay within `reach`.
    static constexpr double kReach = 0.98;

    int channels = 0;              ///< D
    int tokens = 0;                ///< L, that the axes were fitted on
    std::vector<double> mean;      ///< (D), of x over the tokens
    std::vector<double> loadings;  ///< (axes, D), orthonormal; the largest magnitude of each axis is positive
    std::vector<double> variance;  ///< (axes), falling: mean of score^2
    std::vector<double> reach;     ///< (axes): quantile kReach of |score|, for the ends of colours
    double totalVariance = 0;      ///< mean of ||x - mean||^2

    /// At most kMost; fewer where the features vary in fewer directions.
    int count() const { return static_cast<int>(variance.size()); }
    /// Of the variance, 0 to 1; from axis 0.
    double share(int axis) const { return variance.at(static_cast<std::size_t>(axis)) / totalVariance; }
};

/// Axes of features (tokens, channels). Exact, in double precision: the eigenvectors of the covariance, or, with fewer
/// tokens than channels, of the matrix of inner products of the tokens. Directions whose variance is below 1e-12 of the
/// first one's are rounding and left out. Deterministic for a number of threads; where two variances are equal the axes
/// are one choice of many. Memory: a few matrices of min(tokens, channels)^2 doubles and at most 1024 tokens at a time.
/// Throws Error(Usage) for fewer than two tokens, values that are not finite (says where), or features that are the
/// same at every token; Cancelled, between blocks of tokens but not within the decomposition.
FeatureAxes principalAxes(const Array& features, const CancelToken& cancel = {});
/// Of a mixer's output. Throws also Error(Usage) for a trace without tensors or without that mixer.
FeatureAxes principalAxes(const Trace& trace, const MixerId& mixer, const CancelToken& cancel = {});
using FeatureRuns = std::vector<std::shared_ptr<const Trace>>;
/// Of all tokens of several runs of one network together, each token counting once. At least one run.
FeatureAxes principalAxes(const FeatureRuns& runs, const MixerId& mixer, const CancelToken& cancel = {});

/// Features seen along axes, which another run of the same network may have given.
struct FeatureScores {
    Array values;               ///< (axes, H, W): <x - mean of the axes, axis>, token y*W+x
    std::vector<double> share;  ///< (axes), 0 to 1: of the variance of these features
};
/// Throws Error(Usage) where the mixer has not the channels of the axes or has values that are not finite; Cancelled.
FeatureScores featureScores(const Trace& trace, const MixerId& mixer, const FeatureAxes& axes,
                            const CancelToken& cancel = {});

/// The axes of one or more runs, to look at these and at others along: fitted when they are asked for; those of the
/// last mixer are kept, and all runs. Any thread.
class FeatureSpace {
public:
    using MakeRuns = std::function<FeatureRuns(const CancelToken&)>;

    explicit FeatureSpace(std::shared_ptr<const Trace> run);
    /// Of runs that are made at the first request.
    explicit FeatureSpace(MakeRuns make);

    /// Of this run and no other.
    bool isOf(const std::shared_ptr<const Trace>& run) const;
    /// Throws as principalAxes(), and whatever the making of the runs throws.
    std::shared_ptr<const FeatureAxes> axes(const MixerId& mixer, const CancelToken& cancel = {}) const;

private:
    MakeRuns m_make;
    mutable std::mutex m_mutex;
    mutable FeatureRuns m_runs;
    mutable MixerId m_mixer;
    mutable std::shared_ptr<const FeatureAxes> m_axes;
};

}  // namespace mixer
