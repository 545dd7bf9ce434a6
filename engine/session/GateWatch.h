// SPDX-License-Identifier: MIT
// Private to engine/: what the gates of a forward pass did, at the price of one pass over them.
#pragma once

#include "engine/session/BatchResult.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <vector>

namespace mixer {

struct ScanSet;

/// While one lives, it looks at every scan set (engine/ops/ScanSet.h) that this thread runs: it is told by LibTorch, as
/// profilers are, so that no mixer knows of it. One to a thread; not copied, not moved.
class GateWatch {
public:
    GateWatch();
    ~GateWatch();
    GateWatch(const GateWatch&) = delete;
    GateWatch& operator=(const GateWatch&) = delete;

    /// What was seen since the last call, of all scan sets together, where the network runs.
    class Seen {
    public:
        /// One for each image; empty when nothing was scanned. Waits for the device.
        std::vector<GateSummary> summaries() const;

    private:
        friend class GateWatch;
        at::Tensor m_sums;          ///< float64 (images, 3): of gates, of open lanes, of shut lanes
        std::int64_t m_values = 0;  ///< gates of an image
        std::int64_t m_lanes = 0;   ///< its lanes, counted for each of its scans
    };
    Seen take();

private:
    friend struct GateWatchCallback;
    void see(const ScanSet& set);

    Seen m_seen;
    at::CallbackHandle m_callback;
};

}  // namespace mixer
