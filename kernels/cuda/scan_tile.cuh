// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/scan_plan.h"
#include "kernels/scan.h"

#include <cstdint>

namespace mixer::kernels::cuda {

constexpr float kLog2E = 1.44269504088896341F;

/// What is asked at every chunk and seldom true is best jumped over.
MIXER_DEVICE bool unlikely(bool condition)
{
    return __builtin_expect(static_cast<long>(condition), 0L) != 0;
}

/// How many states a thread holds, how many threads side by side hold those of a lane, and what else is known when
/// compiling. Of a block of one tile that is all of its shape, and that every pack of its tensors is whole, may be
/// accessed at once and is fetched ahead (Plan::whole): otherwise the scan's own instructions are the smaller half.
template <int States, int Groups, bool OneTile> struct Width {
    static constexpr int kStates = States, kGroups = Groups, kPadded = States * Groups;
    static constexpr bool kOneTile = OneTile;
    static constexpr int kBlockThreads = OneTile ? oneTileThreads(Groups) : kMaxThreads;  ///< at most

    MIXER_DEVICE static int threads(const BlockShape& shape) { return OneTile ? kBlockThreads : shape.threads; }
    MIXER_DEVICE static int lanes(const BlockShape& shape) { return OneTile ? kBlockThreads / Groups : shape.lanes; }
    MIXER_DEVICE static int log2Lanes(const BlockShape& shape) { return OneTile ? kLog2Lanes : shape.log2_lanes; }
    /// Steps of a chunk, given those of a thread.
    MIXER_DEVICE static int chunk(const BlockShape& shape, int steps) { return OneTile ? steps : shape.chunk; }

private:
    static constexpr int kLog2Lanes = log2Of(kBlockThreads / Groups);
};

/// A thread's place in its block; see BlockShape.
template <class W> struct Place {
    int thread, group, lane, tile;

    MIXER_DEVICE explicit Place(const BlockShape& shape)
        : thread(device::threadIndex())
        , group(thread % W::kGroups)
        , lane(thread / W::kGroups & (W::lanes(shape) - 1))
        , tile(W::kOneTile ? 0 : (thread / W::kGroups) >> shape.log2_lanes)
    {
    }
};

/// A block's place in the grid.
struct BlockPlace {
    int image, first_slot, lane_tile, segment;

    MIXER_DEVICE BlockPlace(const DeviceScan& p, const Plan& plan)
    {
        const auto block = static_cast<std::uint32_t>(device::blockIndex());
        const auto lane_tiles = static_cast<std::uint32_t>(plan.lane_tiles);
        const auto slot_groups = static_cast<std::uint32_t>(plan.split_scans ? p.scans : 1);
        lane_tile = static_cast<int>(block % lane_tiles);
        const auto segments = static_cast<std::uint32_t>(plan.segments);
        segment = static_cast<int>(block / lane_tiles % segments);
        first_slot = static_cast<int>(block / lane_tiles / segments % slot_groups);
        image = static_cast<int>(block / lane_tiles / segments / slot_groups);
    }
};

/// One scan of one image, seen from one block: indices, and what they lead to.
template <class T> struct ScanView {
    int image, slot, scan, segment;
    int run;  ///< image * scans + slot: index of everything that exists once per scan of an image
    int first_lane;
    int lanes;  ///< how many of the block's lanes exist

    MIXER_DEVICE ScanView(const DeviceScan& p, const Plan& plan, const BlockPlace& block, int slot_of_image)
        : image(block.image)
        , slot(slot_of_image)
        , segment(block.segment)
        , run(block.image * static_cast<int>(p.scans) + slot_of_image)
        , first_lane(block.lane_tile << plan.shape.log2_lanes)
    {
        // Kept inside the set, so that a wrong choice gives wrong numbers and no wrong access; so are rows.
        scan = p.scan_ids ? kept(p.scan_ids[run], static_cast<int>(p.scan_count)) : slot;
        const int left = static_cast<int>(p.dim) - first_lane;
        lanes = left < plan.shape.lanes ? left : plan.shape.lanes;
    }

    MIXER_DEVICE int row(const DeviceScan& p, int t) const
    {
        return p.orders ? kept((p.orders + scan * p.order_stride)[t], static_cast<int>(p.seqlen)) : t;
    }
    MIXER_DEVICE static int kept(int index, int count)
    {
        const int upper = index < count ? index : count - 1;
        return upper < 0 ? 0 : upper;
    }
    MIXER_DEVICE float weight(const DeviceScan& p) const { return p.weights ? p.weights[run] : 1.0F; }

    // Row 0, first lane of the block. Rows are `step stride` apart; offsets inside an image fit 31 bits (check()).
    MIXER_DEVICE const T* u(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.u) + image * p.u_batch_stride + first_lane;
    }
    MIXER_DEVICE const T* delta(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.delta) + image * p.delta_batch_stride + slot * p.delta_scan_stride + first_lane;
    }
    MIXER_DEVICE const T* B(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.B) + image * p.B_batch_stride + slot * p.B_scan_stride;
    }
    MIXER_DEVICE const T* C(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.C) + image * p.C_batch_stride + slot * p.C_scan_stride;
    }
    MIXER_DEVICE const float* A(const DeviceScan& p, int lane) const
    {
        return p.A + scan * p.A_scan_stride + (first_lane + lane) * p.A_dim_stride;
    }
    // What the row, and what the lane adds; p.D and p.delta_bias must exist.
    MIXER_DEVICE float rowD(const DeviceScan& p, int row) const { return p.D[scan * p.D_scan_stride + row]; }
    MIXER_DEVICE float laneD(const DeviceScan& p, int lane) const
    {
        return p.D[scan * p.D_scan_stride + first_lane + lane];
    }
    MIXER_DEVICE float rowBias(const DeviceScan& p, int row) const
    {
        return p.delta_bias[scan * p.bias_scan_stride + row];
    }
    MIXER_DEVICE float laneBias(const DeviceScan& p, int lane) const
    {
        return p.delta_bias[scan * p.bias_scan_stride + first_lane + lane];
    }
};

/// A thread's states of a tensor (runs, per_run, D, N) of float32 in global memory.
template <class W, class T>
MIXER_DEVICE std::int64_t stateIndex(const DeviceScan& p, const Place<W>& place, const ScanView<T>& view,
                                     std::int64_t per_run, int index)
{
    return ((view.run * per_run + index) * p.dim + view.first_lane + place.lane) * p.dstate + place.group * W::kStates;
}

template <class W, class T>
MIXER_DEVICE bool stateExists(const DeviceScan& p, const Place<W>& place, const ScanView<T>& view, int i)
{
    return place.lane < view.lanes && place.group * W::kStates + i < static_cast<int>(p.dstate);
}

template <class W, class T>
MIXER_DEVICE void writeGlobalStates(float* to, const DeviceScan& p, const Place<W>& place, const ScanView<T>& view,
                                    const float (&state)[W::kStates])
{
#pragma unroll
    for (int i = 0; i < W::kStates; ++i)
        if (stateExists(p, place, view, i))
            to[i] = state[i];
}

template <class W, class T>
MIXER_DEVICE void readGlobalStates(const float* from, const DeviceScan& p, const Place<W>& place,
                                   const ScanView<T>& view, float (&state)[W::kStates])
{
#pragma unroll
    for (int i = 0; i < W::kStates; ++i)
        state[i] = stateExists(p, place, view, i) ? from[i] : 0.0F;
}

template <int NS> MIXER_DEVICE void readStates(device::SharedFloats from, int index, float (&to)[NS])
{
    if constexpr (NS == 4)
        from.read4(index, to);
    else
        to[0] = from.read(index);
}

template <int NS> MIXER_DEVICE void writeStates(device::SharedFloats to, int index, const float (&from)[NS])
{
    if constexpr (NS == 4)
        to.write4(index, from);
    else
        to.write(index, from[0]);
}

/// A thread's rows of A times log2(e), so that exp(delta A) is one exp2; 0 for lanes and states that do not exist.
template <class W, class T>
MIXER_DEVICE void loadA(const DeviceScan& p, const ScanView<T>& view, const Place<W>& place, float (&A)[W::kStates])
{
    const float* from = view.A(p, place.lane) + place.group * W::kStates;
    readGlobalStates(from, p, place, view, A);
#pragma unroll
    for (int i = 0; i < W::kStates; ++i)
        A[i] *= kLog2E;
}

/// What the tiles of a chunk tell each other: per thread (tile, lane, states) the product of its decays, and what its
/// own steps leave behind in each recurrence.
template <class W> class TileSummaries {
public:
    static constexpr int kStates = W::kStates;

    MIXER_DEVICE TileSummaries(const Plan& plan, const Place<W>& place)
        : m_memory(device::sharedMemory().from(plan.shared.summaries))
        , m_own(place.thread * kStates)
        , m_first_tile((place.thread & (plan.shape.lanes * W::kGroups - 1)) * kStates)
        , m_tile_stride(plan.shape.lanes * W::kPadded)
        , m_slot_stride(plan.shape.threads * kStates)
        , m_tiles(plan.shape.tiles)
        , m_tile(place.tile)
    {
    }

    /// Slot 0 is the product, 1 and up are the recurrences.
    MIXER_DEVICE void write(int slot, const float (&values)[kStates]) const
    {
        writeStates(m_memory, slot * m_slot_stride + m_own, values);
    }

    /// Takes `state` in front of the chunk through all tiles, first to last; `arriving` is the state before the own
    /// tile.
    MIXER_DEVICE void foldForward(int slot, float (&state)[kStates], float (&arriving)[kStates]) const
    {
        for (int tile = 0; tile < m_tiles; ++tile)
            foldTile(slot, tile, state, arriving);
    }

    /// Multiplies by the product of all tiles.
    MIXER_DEVICE void multiplyProducts(float (&product)[kStates]) const
    {
        for (int tile = 0; tile < m_tiles; ++tile) {
            float own[kStates];
            readStates(m_memory, m_first_tile + tile * m_tile_stride, own);
#pragma unroll
            for (int i = 0; i < kStates; ++i)
                product[i] *= own[i];
        }
    }

    /// The same from the last tile to the first.
    MIXER_DEVICE void foldBackward(int slot, float (&state)[kStates], float (&arriving)[kStates]) const
    {
        for (int tile = m_tiles - 1; tile >= 0; --tile)
            foldTile(slot, tile, state, arriving);
    }

private:
    MIXER_DEVICE void foldTile(int slot, int tile, float (&state)[kStates], float (&arriving)[kStates]) const
    {
        float product[kStates], own[kStates];
        readStates(m_memory, m_first_tile + tile * m_tile_stride, product);
        readStates(m_memory, slot * m_slot_stride + m_first_tile + tile * m_tile_stride, own);
#pragma unroll
        for (int i = 0; i < kStates; ++i) {
            arriving[i] = tile == m_tile ? state[i] : arriving[i];
            state[i] = product[i] * state[i] + own[i];
        }
    }

    device::SharedFloats m_memory;
    int m_own, m_first_tile, m_tile_stride, m_slot_stride, m_tiles, m_tile;
};

/// Which of the sums a thread ends up with: [first, first + count) with count known when compiling, if it is the one to
/// use them.
struct Share {
    int first = 0;
    bool mine = true;
};

// One step of a butterfly that also halves the work: partners give each other the half that they do not keep. Once one
// value is left, both partners hold the same sum and the upper one drops out.
template <int Count, int Size> MIXER_DEVICE void exchange(float (&v)[Count], int mask, bool upper, Share& share)
{
    if constexpr (Size > 1) {
        constexpr int kHalf = Size / 2;
#pragma unroll
        for (int i = 0; i < kHalf; ++i) {
            const float sent = upper ? v[i] : v[i + kHalf];
            const float kept = upper ? v[i + kHalf] : v[i];
            v[i] = kept + device::shuffleXor(sent, mask);
        }
        share.first += upper ? kHalf : 0;
    } else {
        v[0] += device::shuffleXor(v[0], mask);
        share.mine = share.mine && !upper;
    }
}

template <int Count, int Size, int Mask, int End>
MIXER_DEVICE void sumOverMasks(float (&v)[Count], int thread, Share& share)
{
    if constexpr (Mask != End) {
        exchange<Count, Size>(v, Mask, (thread & Mask) != 0, share);
        sumOverMasks<Count, (Size > 1 ? Size / 2 : 1), (End > Mask ? Mask * 2 : Mask / 2), End>(v, thread, share);
    }
}

/// How many of Count sums each of Threads partners ends up with.
template <int Count, int Threads> constexpr int kShareOf = Count > Threads ? Count / Threads : 1;

/// Sums v[i] over the threads that share a lane; the first kShareOf<Count, groups> of v are then those from share.first
/// on.
template <class W, int Count> MIXER_DEVICE Share sumOverGroups(float (&v)[Count], const Place<W>& place)
{
    Share share;
    if constexpr (W::kGroups > 1)
        sumOverMasks<Count, Count, 1, (W::kGroups < 32 ? W::kGroups : 32)>(v, place.thread, share);
    return share;
}

/// Sums v[i] over the lanes of the warp, for each group apart.
template <class W, int Count> MIXER_DEVICE Share sumOverLanes(float (&v)[Count], const Place<W>& place)
{
    Share share;
    if constexpr (W::kGroups < 32)
        sumOverMasks<Count, Count, 16, W::kGroups / 2>(v, place.thread, share);
    return share;
}

/// Where sums over an image's scans go. A block that runs its scans one after another adds each to what it left before;
/// blocks side by side write one part each and SumParts adds them up.
template <class T> struct ScanSum {
    T* out = nullptr;  ///< first lane of the block, row 0
    int out_step_stride = 0;
    float* sums = nullptr;  ///< the same place in the workspace; null: `out` itself is exact enough
    int sums_step_stride = 0;
    bool parts = false;      ///< scans side by side: `sums` is this scan's own
    bool add_first = false;  ///< the first scan adds to what `out` holds
    bool vectors = false;

    /// Adds values of one row, lanes c to c + kPack. `first`, `last`: of the block's scans.
    template <bool Whole>
    MIXER_DEVICE void add(int row, int c, int count, bool first, bool last, float (&values)[kPack]) const
    {
        const bool whole = Whole || (vectors && count >= kPack);
        T* target = out + (row * out_step_stride + c);
        float* partial = sums ? sums + (row * sums_step_stride + c) : nullptr;
        if (parts) {
            storePacked(partial, whole, count, values);
            return;
        }
        if (!first && sums)
            addTo(partial, whole, count, values);
        else if (!first || add_first)
            addTo(target, whole, count, values);
        if (last || !sums)
            storePacked(target, whole, count, values);
        else
            storePacked(partial, whole, count, values);
    }

private:
    template <class From>
    MIXER_DEVICE static void addTo(const From* from, bool whole, int count, float (&values)[kPack])
    {
        float before[kPack];
        loadPacked(from, whole, count, before);
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            values[i] += before[i];
    }
};

}  // namespace mixer::kernels::cuda
