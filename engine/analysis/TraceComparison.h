// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/InferenceSession.h"
#include "engine/trace/Trace.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// How far B is from A, value by value. NaN where there is nothing to tell.
struct Discrepancy {
    double relative = std::numeric_limits<double>::quiet_NaN();     ///< ||B - A|| / ||A||; ||B - A|| when A is all zero
    double largest = std::numeric_limits<double>::quiet_NaN();      ///< max |B - A|
    double correlation = std::numeric_limits<double>::quiet_NaN();  ///< Pearson's; NaN where A or B is constant
};
/// In double precision. Without values everything is NaN; NaN and infinite values make `relative` NaN or infinite.
Discrepancy discrepancyOf(const float* a, const float* b, std::size_t count);
Discrepancy discrepancyOf(const double* a, const double* b, std::size_t count);

/// One mixer of A and what stands in its place in B.
struct MixerDifference {
    MixerId id;                    ///< in A
    std::optional<MixerId> other;  ///< in B; none: it has no counterpart
    std::string problem;           ///< why the outputs cannot be subtracted, for people; empty: they were
    Discrepancy output;            ///< of what the mixer adds to the features of the image; NaN with a problem
    bool hasRouters = false;       ///< both choose scans of the image
    bool choseAlike = true;        ///< the same scans by name, whatever their order
};

/// Two runs, mixer by mixer.
struct TraceComparison {
    std::vector<MixerDifference> mixers;  ///< A's, in its forward order
    std::vector<MixerId> onlyInB;         ///< in B's forward order
    double tolerance = 0;                 ///< relative difference up to which outputs count as the same
    int comparable = 0;                   ///< mixers without a problem

    /// Index into mixers of the first whose output differs by more than the tolerance, or is not a number; -1: none.
    int firstParting() const;
    /// Of the first whose router chose other scans; -1: none.
    int firstOtherChoice() const;
    const MixerDifference* find(const MixerId& id) const;
    /// Both runs have the same mixers with outputs of the same shape.
    bool isComplete() const { return onlyInB.empty() && comparable == static_cast<int>(mixers.size()); }
};

/// What stands in B in the place of A's mixer: the one of its name, else, between ViM2, ViQS and VMamba, the one of the
/// same stage, block, index and kind. None where B has no such mixer.
std::optional<MixerId> counterpart(const Trace& b, const MixerId& id);

/// Compares the outputs of all mixers, one at a time, in double precision on the CPU. The runs may be of other
/// networks, images, precisions and devices. Throws Error(Usage) for a trace without tensors, Cancelled.
TraceComparison compareTraces(const Trace& a, const Trace& b, double tolerance, const ProgressCallback& progress = {},
                              const CancelToken& cancel = {});

/// How far B's output of a mixer is from A's at each token: ||B - A|| over the channels, row-major (H, W); class tokens
/// are left out. `a` and `b` name a mixer and its counterpart. Throws Error(Usage) where they cannot be subtracted,
/// which says why.
Array tokenDistances(const Trace& traceA, const MixerId& a, const Trace& traceB, const MixerId& b);

/// How a run was made, as far as rounding depends on it.
struct Arithmetic {
    Precision precision = Precision::Float32;
    std::string device;  ///< RuntimeInfo::device

    bool operator==(const Arithmetic& o) const { return precision == o.precision && device == o.device; }
};
/// The relative difference that rounding alone makes of one network's outputs: 0 for two runs of the same arithmetic,
/// which are equal in every bit, else by the coarser precision. An estimate: see the definition.
double roundingTolerance(const Arithmetic& a, const Arithmetic& b);

/// A class that both runs know.
struct ClassPair {
    std::string label;
    int a = 0, b = 0;  ///< class index in each
    float probabilityA = 0, probabilityB = 0;
    float logitA = 0, logitB = 0;

    float change() const { return probabilityB - probabilityA; }
};
/// The classes of two predictions, largest change of probability first (ties: A's order): by their index where both
/// networks have as many and name them alike or not at all, else by label. Empty: they share none.
std::vector<ClassPair> compareClasses(const Trace& a, const ModelConfig& configA, const Trace& b,
                                      const ModelConfig& configB);

}  // namespace mixer
