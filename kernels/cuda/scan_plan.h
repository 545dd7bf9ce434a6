// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_cuda.h"

#include <cstdint>

namespace mixer::kernels::cuda {

constexpr int kThreads = 256;      ///< of every scan block
constexpr int kForwardSteps = 16;  ///< consecutive steps that one thread keeps in registers
constexpr int kBackwardSteps = 8;  ///< the same, where a step needs more registers
constexpr int kMaxForwardStates = 128;
constexpr int kMaxBackwardStates = 64;

/// How a block's threads share its work: `groups` neighbours own the states of a lane, `lanes` lanes lie side by side,
/// `tiles` runs of steps follow each other. Thread = (tile * lanes + lane) * groups + group; all powers of two with
/// groups * lanes * tiles = kThreads and groups * lanes >= 32, so that a warp never spans two tiles.
struct BlockShape {
    int states_per_thread = 1;  ///< 1 or 4
    int groups = 1, lanes = 32, tiles = 8;
    int log2_groups = 0, log2_lanes = 5;
    int padded_states = 1;  ///< groups * states_per_thread: dstate or, zero-padded, a little more
    int chunk = 0;          ///< steps that a block holds at a time: tiles * steps per thread
};

/// Where each kernel finds its part of the workspace, in floats from its start; -1: it has none.
struct WorkspaceLayout {
    std::int64_t boundaries = -1;  ///< (B, K, chunks, D, N): the state that arrives at a chunk against the grain
    std::int64_t adjoint_boundaries = -1;  ///< the same for the gradient's scan (quasi-separable backward)
    std::int64_t sums = -1;                ///< out or du: (B, L, D), or (B, K, L, D) when scans run side by side
    std::int64_t delta_sums = -1;          ///< ddelta where the slots share it, like sums
    std::int64_t dB = -1, dC = -1;         ///< (B, K, lane tiles, L, N)
    std::int64_t dA = -1;                  ///< (B, K, D or lane tiles, N)
    std::int64_t dD = -1, dbias = -1;      ///< (B, K, D or lane tiles * L)
    std::int64_t dweights = -1;            ///< (B, K, lane tiles)
    std::int64_t size = 0;
};

/// Of the device to plan for.
struct DeviceLimits {
    int multiprocessors = 1;
    int shared_bytes = 64 * 1024;  ///< of one multiprocessor
};

/// Everything about a launch that the parameters decide; passed to the kernels by value.
struct Plan {
    BlockShape shape;
    std::int64_t chunks = 1;      ///< ceil(L / shape.chunk)
    std::int64_t lane_tiles = 1;  ///< ceil(D / shape.lanes)
    std::int64_t scans_per_block = 1;
    std::int64_t blocks = 1;
    bool split_scans = false;  ///< several scans of an image run side by side and are summed by another kernel
    bool vector_u = false, vector_delta = false, vector_states = false, vector_out = false, vector_dout = false;
    int raw_floats = -1;  ///< where in shared memory the next chunk's bytes arrive meanwhile; -1: they do not
    int shared_floats = 0;
    WorkspaceLayout workspace;
};

constexpr bool isBackward(Operation operation)
{
    return operation == Operation::SelectiveScanBackward || operation == Operation::QuasiSeparableScanBackward;
}

constexpr bool isBidirectional(Operation operation)
{
    return operation == Operation::QuasiSeparableScan || operation == Operation::QuasiSeparableScanBackward;
}

/// Precondition: check() found nothing.
Plan makePlan(const DeviceScan& p, Operation operation, const DeviceLimits& device);
Plan makePlan(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, const DeviceLimits& device);

}  // namespace mixer::kernels::cuda
