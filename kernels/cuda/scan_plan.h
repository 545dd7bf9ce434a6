// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_cuda.h"

#include <cstdint>

namespace mixer::kernels::cuda {

constexpr int kMaxThreads = 256;   ///< of a scan block
constexpr int kSumThreads = 256;   ///< of a block that adds up parts
constexpr int kForwardSteps = 16;  ///< consecutive steps that one thread keeps in registers
constexpr int kBackwardSteps = 8;  ///< the same, where a step needs more registers
constexpr int kMaxForwardStates = 128;
constexpr int kMaxBackwardStates = 64;

/// How many threads of a scan a multiprocessor's 65536 registers are to hold: what a kernel's registers are limited by.
constexpr int residentThreads(bool bidirectional, bool backward, bool one_tile)
{
    if (backward)
        return bidirectional ? 256 : 512;
    return one_tile ? 768 : 512;
}

constexpr int log2Of(int power)
{
    int exponent = 0;
    while ((1 << exponent) < power)
        ++exponent;
    return exponent;
}

/// Of a block of one tile; with it all of its sizes are known when its kernel is compiled. At least eight lanes, and
/// more than one group: a single state would want 128 lanes, which leaves most devices short of blocks.
constexpr int oneTileThreads(int groups)
{
    return groups <= 16 ? 128 : 256;
}

/// Of its chunk: twice what a thread keeps in registers, for half of the barriers, where 64 KiB hold that many B and C.
constexpr int oneTileSteps(int groups)
{
    return groups <= 16 ? 2 * kForwardSteps : kForwardSteps;
}

/// How a block's threads share its work: `groups` neighbours own the states of a lane, `lanes` lanes lie side by side,
/// `tiles` runs of steps follow each other. Thread = (tile * lanes + lane) * groups + group; all powers of two with
/// groups * lanes >= 32, so that a warp never spans two tiles. States of a thread and groups come in four pairs, for
/// which the kernels are compiled: 1 and 1 (dstate 1), 4 and 4 (to 16), 4 and 16 (to 64), 4 and 32 (to 128).
struct BlockShape {
    int states_per_thread = 1, groups = 1;
    int lanes = 32, log2_lanes = 5;
    int tiles = 8;
    int threads = 256;      ///< groups * lanes * tiles: 128 or 256
    int padded_states = 1;  ///< groups * states_per_thread: dstate or, zero-padded, more
    int chunk = 0;          ///< steps that a block holds at a time: tiles * steps per thread
    bool one_tile = false;  ///< one tile, of whole packs: a kernel of its own, which knows all of this when compiled
};

/// Where each array of a block lies in its shared memory, in floats; multiples of 4.
struct SharedLayout {
    int delta = 0, u = 0, out = 0;  ///< [tile][lane][steps + 4]
    int B = 0, C = 0;
    int summaries = 0;
    int dB = 0, dC = 0;  ///< backward: [warp of a tile][step][state]
    int rows = 0;        ///< of three chunks, as integers
    int bias = 0, skip = 0;
    int raw = -1;  ///< where the next chunk's bytes arrive meanwhile: u, delta, B, C (backward: dout); -1: they do not
    int size = 0;
};

/// Where each kernel finds its part of the workspace, in floats from its start; -1: it has none.
struct WorkspaceLayout {
    std::int64_t segment_products = -1, segment_ends = -1;  ///< (B, K, segments, D, N): of the segments' own steps
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
    std::int64_t chunks = 1;  ///< ceil(L / shape.chunk)
    /// The selective scan of few lanes: blocks side by side walk along a segment of the sequence each, after another
    /// kernel has found what every segment makes of the state before it.
    std::int64_t segments = 1;
    std::int64_t segment_chunks = 1;  ///< of each but perhaps the last
    std::int64_t lane_tiles = 1;      ///< ceil(D / shape.lanes)
    std::int64_t scans_per_block = 1;
    std::int64_t blocks = 1;
    bool split_scans = false;  ///< several scans of an image run side by side and are summed by another kernel
    bool vector_inputs = false, vector_states = false, vector_out = false;  ///< whether kPack at once may be accessed
    bool whole = false;           ///< all of that holds, and every kPack lanes all exist or none
    bool row_parameters = false;  ///< bias or D belong to rows instead of lanes
    SharedLayout shared;
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

constexpr int residentThreads(Operation operation, const BlockShape& shape)
{
    return residentThreads(isBidirectional(operation), isBackward(operation), shape.one_tile);
}

/// Precondition: check() found nothing.
Plan makePlan(const DeviceScan& p, Operation operation, const DeviceLimits& device);
Plan makePlan(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, const DeviceLimits& device);

}  // namespace mixer::kernels::cuda
