// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

#include <memory>
#include <vector>

namespace mixer {

/// Which scans and lanes of a mixer an attention map is taken over.
struct AttentionScope {
    /// Scans of MixerDetail (0 to scanCount() - 1); empty: all of them, summed.
    std::vector<int> scans = {0};
    /// Each scan times its weight omega (Routing::weights; 1 where there is no router), as the mixer sums them. False:
    /// each with weight 1, e.g. to look at one scan by itself.
    bool weighted = false;
    int lane = -1;  ///< one lane, or -1: the mean over all lanes
};

/// One row or column of the implicit matrix M over the positions of a mixer in their natural order (a token y*W+x, a
/// channel c): token mixers' maps lie on the stage's grid.
struct AttentionMap {
    Array mean;      ///< (positions), signed: M of the lane, or its mean over the lanes (times laneCount(): the sum)
    Array absolute;  ///< (positions): |M|, or the mean of |M| over the lanes, which signs cannot cancel
    /// Rows: ||M.u - y|| / ||y|| over the lanes at this position, y being what the scan itself put out. About 1e-6 in
    /// float32; a map whose residual is over 1e-4 must not be trusted. NaN for columns.
    double residual = 0;
};

/// The parts of a scan's output y: from before the step (lower triangle of M), from the step itself through the state
/// (diagonal), through the skip D, and from behind it (upper triangle; quasi-separable scans only).
struct AttentionSplit {
    enum Part { Lower, Diagonal, Skip, Upper };
    static constexpr int kParts = 4;
    double energy[kParts] = {};  ///< ||part||^2 / ||y||^2
    double share[kParts] = {};   ///< <part, y> / ||y||^2: sums to 1, negative where a part works against the others
    Array norm;                  ///< (parts, positions): norm of each part over the lanes, at each position
};

/// The implicit attention of one mixer for one image. Every selective scan is a matrix, y = M.u for each lane, with
///     M[t,s] = sum_n C_t,n exp(A_n (c_t - c_s)) Delta_s B_s,n   for s < t, c the running sum of Delta,
///     M[t,t] = <C_t, B_t> Delta_t + D,
/// and M[t,s] = 0 for s > t in a causal scan; in a quasi-separable one (MODEL: k_t) sum_n C_t,n exp(A_n (c_{s-1} -
/// c_{t-1})) Delta_s B_s,n. (Hidden attention: Ali, Zimerman, Wolf, arXiv 2403.01590; the exact, signed form with D and
/// by differences of c is ours: forms that divide by exp(A c) lose late tokens.) t and s are steps of the scan; maps
/// are given by position.
///
/// Rows and columns are computed when asked for, in O(lanes x positions x N); the matrix is never held. Immutable; any
/// thread; a call uses all threads of the session.
class ImplicitAttention {
public:
    /// Prepares nothing large: B and C of the scans, their inputs and outputs once a row is asked for.
    explicit ImplicitAttention(std::shared_ptr<const MixerDetail> detail);
    ~ImplicitAttention();
    ImplicitAttention(const ImplicitAttention&) = delete;
    ImplicitAttention& operator=(const ImplicitAttention&) = delete;

    const MixerDetail& detail() const { return *m_detail; }

    /// Where the output at `position` comes from: M[position, .]. Throws Error(Usage) for a position, lane or scan that
    /// the mixer has not; Cancelled.
    AttentionMap row(const AttentionScope& scope, int position, const CancelToken& cancel = {}) const;
    /// Where the input at `position` goes: M[., position].
    AttentionMap column(const AttentionScope& scope, int position, const CancelToken& cancel = {}) const;

    /// ||M.u - y|| / ||y|| over `rows` rows spread evenly over the positions (all, when there are no more), row by row.
    double residual(const AttentionScope& scope, int rows, const ProgressCallback& progress = {},
                    const CancelToken& cancel = {}) const;

    /// Lower, diagonal, skip and upper part of one scan's output, of one lane or (-1) all. O(lanes x positions x N).
    AttentionSplit split(int scan, int lane = -1, const CancelToken& cancel = {}) const;

private:
    struct Scan;
    struct Request;
    const Scan& scan(int index) const;
    Request request(const AttentionScope& scope, int position) const;
    AttentionMap map(const Request& request, bool isRow, const CancelToken& cancel) const;

    std::shared_ptr<const MixerDetail> m_detail;
    std::vector<std::unique_ptr<Scan>> m_scans;
};

}  // namespace mixer
