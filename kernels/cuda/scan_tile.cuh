// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/element.cuh"
#include "kernels/cuda/scan_plan.h"
#include "kernels/scan.h"

#include <cstdint>

namespace mixer::kernels::cuda {

constexpr float kLog2E = 1.44269504088896341F;

/// A thread's place in its block; see BlockShape.
struct Place {
    int thread, group, lane, tile;

    MIXER_DEVICE explicit Place(const BlockShape& shape)
        : thread(device::threadIndex())
        , group(thread & (shape.groups - 1))
        , lane((thread >> shape.log2_groups) & (shape.lanes - 1))
        , tile(thread >> (shape.log2_groups + shape.log2_lanes))
    {
    }
};

/// A block's place in the grid.
struct BlockPlace {
    int image, first_slot, lane_tile;

    MIXER_DEVICE BlockPlace(const DeviceScan& p, const Plan& plan)
    {
        const auto block = static_cast<std::uint32_t>(device::blockIndex());
        const auto lane_tiles = static_cast<std::uint32_t>(plan.lane_tiles);
        const auto slot_groups = static_cast<std::uint32_t>(p.scans / plan.scans_per_block);
        lane_tile = static_cast<int>(block % lane_tiles);
        first_slot = static_cast<int>(block / lane_tiles % slot_groups * plan.scans_per_block);
        image = static_cast<int>(block / lane_tiles / slot_groups);
    }
};

/// One scan of one image, seen from one block. Holds indices only and makes pointers where they are used: kept, the
/// pointers would take registers from the steps and states through the whole scan.
template <class T> struct ScanView {
    int image, slot, scan;
    int run;  ///< image * scans + slot: index of everything that exists once per scan of an image
    int lane_tile;
    int lanes;  ///< how many of the block's lanes exist

    MIXER_DEVICE ScanView(const DeviceScan& p, const Plan& plan, const BlockPlace& block, int slot_of_image)
        : image(block.image)
        , slot(slot_of_image)
        , run(static_cast<int>(block.image * p.scans) + slot_of_image)
        , lane_tile(block.lane_tile)
    {
        scan = p.scan_ids ? p.scan_ids[run] : slot;
        const std::int64_t left = p.dim - firstLane(plan);
        lanes = static_cast<int>(left < plan.shape.lanes ? left : plan.shape.lanes);
    }

    MIXER_DEVICE std::int64_t firstLane(const Plan& plan) const
    {
        return static_cast<std::int64_t>(lane_tile) << plan.shape.log2_lanes;
    }
    MIXER_DEVICE std::int64_t row(const DeviceScan& p, std::int64_t t) const
    {
        return p.orders ? p.orders[scan * p.order_stride + t] : t;
    }
    MIXER_DEVICE float weight(const DeviceScan& p) const { return p.weights ? p.weights[run] : 1.0F; }

    // First lane of the block, row 0.
    MIXER_DEVICE const T* u(const DeviceScan& p, const Plan& plan) const
    {
        return static_cast<const T*>(p.u) + image * p.u_batch_stride + firstLane(plan);
    }
    MIXER_DEVICE const T* delta(const DeviceScan& p, const Plan& plan) const
    {
        return static_cast<const T*>(p.delta) + image * p.delta_batch_stride + slot * p.delta_scan_stride
            + firstLane(plan);
    }
    MIXER_DEVICE const T* B(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.B) + image * p.B_batch_stride + slot * p.B_scan_stride;
    }
    MIXER_DEVICE const T* C(const DeviceScan& p) const
    {
        return static_cast<const T*>(p.C) + image * p.C_batch_stride + slot * p.C_scan_stride;
    }
    MIXER_DEVICE const float* A(const DeviceScan& p, const Plan& plan) const
    {
        return p.A + scan * p.A_scan_stride + firstLane(plan) * p.A_dim_stride;
    }
    /// Of a row and a lane of the block; p.D and p.delta_bias must exist.
    MIXER_DEVICE float D(const DeviceScan& p, const Plan& plan, std::int64_t row, int lane) const
    {
        return p.D[scan * p.D_scan_stride + (firstLane(plan) + lane) * p.D_dim_stride + row * p.D_step_stride];
    }
    MIXER_DEVICE float bias(const DeviceScan& p, const Plan& plan, std::int64_t row, int lane) const
    {
        return p.delta_bias[scan * p.bias_scan_stride + (firstLane(plan) + lane) * p.bias_dim_stride
                            + row * p.bias_step_stride];
    }
};

/// Steps [first, first + count) of a sequence; a chunk's count is what is left of the sequence, at most shape.chunk.
struct Steps {
    std::int64_t first;
    int count;

    MIXER_DEVICE Steps(const DeviceScan& p, const Plan& plan, std::int64_t chunk)
        : first(chunk * plan.shape.chunk)
        , count(static_cast<int>(p.seqlen - first < plan.shape.chunk ? p.seqlen - first : plan.shape.chunk))
    {
    }
};

/// Calls visit(i, r, c) for every r in [0, chunk) and every multiple c of `width` in [0, lanes), each by one thread,
/// always the same one; i counts the calls of all. Neighbours get neighbouring c.
template <class Visitor> MIXER_DEVICE void forEachPack(const BlockShape& shape, int width, const Visitor& visit)
{
    const int packs = shape.lanes / width;  // a power of two: the division below is by shifting
    const int log2_packs = shape.log2_lanes - (width == 8 ? 3 : 2);
    for (int i = device::threadIndex(); i < shape.chunk * packs; i += kThreads)
        visit(i, i >> log2_packs, (i & (packs - 1)) * width);
}

/// The same for every r and every multiple n of `width` in [0, padded states).
template <class Visitor> MIXER_DEVICE void forEachStatePack(const BlockShape& shape, int width, const Visitor& visit)
{
    const int packs = shape.padded_states / width;
    for (int i = device::threadIndex(); i < shape.chunk * packs; i += kThreads) {
        const int r = i / packs;
        visit(i, r, (i - r * packs) * width);
    }
}

/// A chunk's u, delta, B and C as bytes, on their way into shared memory while the block still works on the chunk
/// before. Each thread fetches what it will convert itself, so its own waiting is enough. Packs that are not whole are
/// not fetched.
template <class T> class RawChunk {
public:
    MIXER_DEVICE RawChunk(const Plan& plan, bool wanted)
        : m_inputs(wanted && plan.raw_floats >= 0 && plan.vector_u && plan.vector_delta)
        , m_states(wanted && plan.raw_floats >= 0 && plan.vector_states)
        , m_lane_floats(plan.shape.chunk * plan.shape.lanes / kPerFloat)
        , m_state_floats(plan.shape.chunk * plan.shape.padded_states / kPerFloat)
        , m_memory(device::sharedMemory().from(plan.raw_floats >= 0 ? plan.raw_floats : 0))
    {
    }

    MIXER_DEVICE void fetch(const DeviceScan& p, const Plan& plan, const ScanView<T>& view, Steps steps) const
    {
        constexpr int kWidth = Packed<T>::kCount;
        if (m_inputs) {
            const T* u = view.u(p, plan);
            const T* delta = view.delta(p, plan);
            forEachPack(plan.shape, kWidth, [&](int i, int r, int c) {
                if (!hasPack(view, steps, r, c))
                    return;
                const std::int64_t row = view.row(p, steps.first + r);
                uPacks().copyAsync16(i * 4, u + row * p.u_step_stride + c);
                deltaPacks().copyAsync16(i * 4, delta + row * p.delta_step_stride + c);
            });
        }
        if (m_states) {
            const T* B = view.B(p);
            const T* C = view.C(p);
            forEachStatePack(plan.shape, kWidth, [&](int i, int r, int n) {
                if (r >= steps.count)
                    return;
                const std::int64_t row = view.row(p, steps.first + r);
                BPacks().copyAsync16(i * 4, B + row * p.B_step_stride + n);
                CPacks().copyAsync16(i * 4, C + row * p.C_step_stride + n);
            });
        }
    }

    MIXER_DEVICE bool hasInputs() const { return m_inputs; }
    MIXER_DEVICE bool hasStates() const { return m_states; }
    MIXER_DEVICE static bool hasPack(const ScanView<T>& view, Steps steps, int r, int c)
    {
        return r < steps.count && c + Packed<T>::kCount <= view.lanes;
    }
    MIXER_DEVICE device::SharedFloats uPacks() const { return m_memory; }
    MIXER_DEVICE device::SharedFloats deltaPacks() const { return m_memory.from(m_lane_floats); }
    MIXER_DEVICE device::SharedFloats BPacks() const { return m_memory.from(2 * m_lane_floats); }
    MIXER_DEVICE device::SharedFloats CPacks() const { return m_memory.from(2 * m_lane_floats + m_state_floats); }

private:
    static constexpr int kPerFloat = 4 / sizeof(T);
    bool m_inputs, m_states;
    int m_lane_floats, m_state_floats;
    device::SharedFloats m_memory;
};

/// Values of one (row, lane) tensor from row r of the chunk on into shared memory, [step][lane].
template <int Width> MIXER_DEVICE void depositPack(device::SharedFloats to, int index, const float* values)
{
#pragma unroll
    for (int i = 0; i < Width; i += 4)
        to.write4(index + i, values + i);
}

/// u and delta (after bias and softplus) of a chunk, [step][lane]. Steps and lanes that do not exist become 0, which
/// makes them neutral: exp(0 * A) = 1 and no input.
template <class T>
MIXER_DEVICE void loadInputs(const DeviceScan& p, const Plan& plan, const ScanView<T>& view, Steps steps,
                             device::SharedFloats delta_to, device::SharedFloats u_to, const RawChunk<T>& fetched)
{
    constexpr int kWidth = Packed<T>::kCount;
    forEachPack(plan.shape, kWidth, [&](int pack, int r, int c) {
        float u[kWidth] = {}, delta[kWidth] = {};
        const int count = r < steps.count ? view.lanes - c : 0;
        if (count > 0) {
            const std::int64_t row = view.row(p, steps.first + r);
            const bool whole = count >= kWidth;
            if (fetched.hasInputs() && whole) {
                loadRaw<T>(fetched.uPacks(), pack * 4, u);
                loadRaw<T>(fetched.deltaPacks(), pack * 4, delta);
            } else {
                loadPacked(view.u(p, plan) + row * p.u_step_stride + c, whole && plan.vector_u, count, u);
                loadPacked(view.delta(p, plan) + row * p.delta_step_stride + c, whole && plan.vector_delta, count,
                           delta);
            }
#pragma unroll
            for (int i = 0; i < kWidth; ++i) {
                if (i >= count)
                    continue;
                if (p.delta_bias)
                    delta[i] += view.bias(p, plan, row, c + i);
                if (p.delta_softplus)
                    delta[i] = softplus(delta[i]);
            }
        }
        depositPack<kWidth>(u_to, r * plan.shape.lanes + c, u);
        depositPack<kWidth>(delta_to, r * plan.shape.lanes + c, delta);
    });
}

/// B or C of a chunk, [step][padded state], absent ones 0.
template <class T>
MIXER_DEVICE void loadStates(const DeviceScan& p, const Plan& plan, const ScanView<T>& view, Steps steps, const T* from,
                             std::int64_t step_stride, device::SharedFloats to, bool fetched,
                             device::SharedFloats packs)
{
    const int padded = plan.shape.padded_states;
    if (plan.vector_states) {
        constexpr int kWidth = Packed<T>::kCount;
        forEachStatePack(plan.shape, kWidth, [&](int i, int r, int n) {
            float values[kWidth] = {};
            if (r < steps.count && fetched)
                loadRaw<T>(packs, i * 4, values);
            else if (r < steps.count)
                loadPacked(from + view.row(p, steps.first + r) * step_stride + n, true, kWidth, values);
            depositPack<kWidth>(to, r * padded + n, values);
        });
        return;
    }
    for (int i = device::threadIndex(); i < plan.shape.chunk * padded; i += kThreads) {
        const int r = i / padded;
        const int n = i - r * padded;
        const bool exists = r < steps.count && n < p.dstate;
        to.write(i, exists ? toFloat(from[view.row(p, steps.first + r) * step_stride + n]) : 0.0F);
    }
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
template <class T, int NS>
MIXER_DEVICE void loadA(const DeviceScan& p, const Plan& plan, const ScanView<T>& view, const Place& place,
                        float (&A)[NS])
{
#pragma unroll
    for (int i = 0; i < NS; ++i) {
        const int n = place.group * NS + i;
        const bool exists = place.lane < view.lanes && n < p.dstate;
        A[i] = exists ? view.A(p, plan)[place.lane * p.A_dim_stride + n] * kLog2E : 0.0F;
    }
}

/// What the tiles of a chunk tell each other: per thread (tile, lane, states) the product of its decays, and what its
/// own steps leave behind in each recurrence.
template <int NS> class TileSummaries {
public:
    MIXER_DEVICE TileSummaries(const Plan& plan, const Place& place, device::SharedFloats memory)
        : m_memory(memory)
        , m_own(place.thread * NS)
        , m_first_tile((place.thread & (plan.shape.lanes * plan.shape.groups - 1)) * NS)
        , m_tile_stride(plan.shape.lanes * plan.shape.groups * NS)
        , m_tiles(plan.shape.tiles)
        , m_tile(place.tile)
    {
    }

    /// Slot 0 is the product, 1 and up are the recurrences.
    MIXER_DEVICE void write(int slot, const float (&values)[NS]) const { writeStates(slotMemory(slot), m_own, values); }

    /// Takes `state` in front of the chunk through all tiles, first to last; `arriving` is the state before the own
    /// tile.
    MIXER_DEVICE void foldForward(int slot, float (&state)[NS], float (&arriving)[NS]) const
    {
        for (int tile = 0; tile < m_tiles; ++tile)
            foldTile(slot, tile, state, arriving);
    }

    /// The same from the last tile to the first.
    MIXER_DEVICE void foldBackward(int slot, float (&state)[NS], float (&arriving)[NS]) const
    {
        for (int tile = m_tiles - 1; tile >= 0; --tile)
            foldTile(slot, tile, state, arriving);
    }

private:
    MIXER_DEVICE device::SharedFloats slotMemory(int slot) const { return m_memory.from(slot * kThreads * NS); }

    MIXER_DEVICE void foldTile(int slot, int tile, float (&state)[NS], float (&arriving)[NS]) const
    {
        float product[NS], own[NS];
        readStates(slotMemory(0), m_first_tile + tile * m_tile_stride, product);
        readStates(slotMemory(slot), m_first_tile + tile * m_tile_stride, own);
#pragma unroll
        for (int i = 0; i < NS; ++i) {
            arriving[i] = tile == m_tile ? state[i] : arriving[i];
            state[i] = product[i] * state[i] + own[i];
        }
    }

    device::SharedFloats m_memory;
    int m_own, m_first_tile, m_tile_stride, m_tiles, m_tile;
};

/// Which of the Count sums a thread ends up with: [first, first + count), if it is the one to use them.
struct Share {
    int first = 0;
    int count = 0;
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
        share.count = kHalf;
    } else {
        v[0] += device::shuffleXor(v[0], mask);
        share.mine = share.mine && !upper;
    }
}

template <int Count, int Size, int Mask>
MIXER_DEVICE void sumGroupsFrom(float (&v)[Count], const Place& place, int groups, Share& share)
{
    if constexpr (Mask < 32) {
        if (groups > Mask) {
            exchange<Count, Size>(v, Mask, (place.group & Mask) != 0, share);
            sumGroupsFrom<Count, (Size > 1 ? Size / 2 : 1), Mask * 2>(v, place, groups, share);
        }
    }
}

template <int Count, int Size, int Mask>
MIXER_DEVICE void sumLanesFrom(float (&v)[Count], const Place& place, int groups, Share& share)
{
    if constexpr (Mask > 0) {
        if (groups <= Mask) {
            exchange<Count, Size>(v, Mask, (place.thread & Mask) != 0, share);
            sumLanesFrom<Count, (Size > 1 ? Size / 2 : 1), Mask / 2>(v, place, groups, share);
        }
    }
}

/// Sums v[i] over the threads that share a lane. Of the result, v[0] ... v[share.count - 1] belong to the indices from
/// share.first on.
template <int Count> MIXER_DEVICE Share sumOverGroups(float (&v)[Count], const Place& place, int groups)
{
    Share share{0, Count, true};
    sumGroupsFrom<Count, Count, 1>(v, place, groups, share);
    return share;
}

/// Sums v[i] over the lanes of the warp, for each group apart.
template <int Count> MIXER_DEVICE Share sumOverLanes(float (&v)[Count], const Place& place, int groups)
{
    Share share{0, Count, true};
    sumLanesFrom<Count, Count, 16>(v, place, groups, share);
    return share;
}

/// Where sums over an image's scans go. A block that runs its scans one after another adds each to what it left before;
/// blocks side by side write one part each and SumParts adds them up.
template <class T> struct ScanSum {
    T* out = nullptr;  ///< first lane of the block, row 0
    std::int64_t out_step_stride = 0;
    float* sums = nullptr;  ///< the same place in the workspace; null: `out` itself is exact enough
    std::int64_t sums_step_stride = 0;
    bool parts = false;      ///< scans side by side: `sums` is this scan's own
    bool add_first = false;  ///< the first scan adds to what `out` holds
    bool vectors = false;

    /// Adds values of one row, lanes c to c + width. `first`, `last`: of the block's scans.
    MIXER_DEVICE void add(std::int64_t row, int c, int count, bool first, bool last, float* values) const
    {
        constexpr int kWidth = Packed<T>::kCount;
        const bool whole = vectors && count >= kWidth;
        T* target = out + row * out_step_stride + c;
        float* partial = sums ? sums + row * sums_step_stride + c : nullptr;
        if (parts) {
            storeFloats(partial, whole, count, values);
            return;
        }
        if (!first && sums)
            addFloats(partial, whole, count, values);
        else if (!first || add_first)
            addTo(target, whole, count, values);
        if (last || !sums)
            storePacked(target, whole, count, values);
        else
            storeFloats(partial, whole, count, values);
    }

private:
    MIXER_DEVICE static void addTo(const T* from, bool whole, int count, float* values)
    {
        float before[Packed<T>::kCount];
        loadPacked(from, whole, count, before);
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; ++i)
            values[i] += before[i];
    }

    MIXER_DEVICE static void addFloats(const float* from, bool whole, int count, float* values)
    {
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; i += 4) {
            float before[4];
            loadPacked(from + i, whole, count - i, before);
            values[i] += before[0], values[i + 1] += before[1], values[i + 2] += before[2], values[i + 3] += before[3];
        }
    }

    MIXER_DEVICE static void storeFloats(float* to, bool whole, int count, const float* values)
    {
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; i += 4)
            storePacked(to + i, whole, count - i, values + i);
    }
};

}  // namespace mixer::kernels::cuda
