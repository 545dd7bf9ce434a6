// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_tile.cuh"

namespace mixer::kernels::cuda {

/// A chunk of a sequence on its way through a block's shared memory: the next one's bytes arrive there while the block
/// works on this one. Each thread fetches the packs (kPack lanes of one step) that it will convert itself, so its own
/// waiting is enough; two barriers a chunk do for everything else.
///
/// Rows of chunk number i (of a walk) are kept at i modulo 3: one is worked on, one is being fetched, one looked up.
/// u and delta lie as [tile][lane][step], the steps of one lane and tile side by side (padded against bank conflicts),
/// so that a thread reads four steps at once; B and C as [step][state], or in the same way as [tile][state][step].
template <class T, class W, int StepsPerThread, bool StatesByStep> class ChunkStage {
public:
    static constexpr int kSteps = StepsPerThread;
    static constexpr bool kWhole = W::kOneTile;  ///< see Width
    static constexpr int kStride = kSteps + 4;   ///< from lane to lane: distinct banks for eight lanes
    /// Packs of a thread; with many groups only some threads have one.
    static constexpr int kPacks = kSteps / (kPack * W::kGroups) > 0 ? kSteps / (kPack * W::kGroups) : 1;

    /// With `gradients` their dout is fetched too, whenever C is.
    MIXER_DEVICE ChunkStage(const DeviceScan& p, const Plan& plan, const ScanView<T>& view,
                            const DeviceScanGradients* gradients = nullptr)
        : m_p(p)
        , m_plan(plan)
        , m_view(view)
        , m_u(view.u(p))
        , m_delta(view.delta(p))
        , m_B(view.B(p))
        , m_C(view.C(p))
        , m_dout(gradients ? static_cast<const T*>(gradients->dout) + view.image * gradients->dout_batch_stride
                         + view.first_lane
                           : nullptr)
        , m_dout_step(gradients ? static_cast<int>(gradients->dout_step_stride) : 0)
        , m_fetches_inputs(kWhole || (plan.shared.raw >= 0 && plan.vector_inputs))
        , m_fetches_states(kWhole || (plan.shared.raw >= 0 && plan.vector_states))
    {
        if constexpr (kWhole) {  // the others have no registers to spare
            device::pin(m_u);
            device::pin(m_delta);
            device::pin(m_B);
            device::pin(m_C);
        }
    }

    // A walk: begin(first chunk, …), then for each chunk wait(); convert…(); barrier; beginNext(); work; endNext();
    // barrier.
    MIXER_DEVICE void begin(int chunk, int step, int count, bool with_C)
    {
        m_step = step, m_left = count, m_now = 0, m_chunk = chunk;
        storeRow(m_chunk, 0, lookUp(m_chunk));
        if (count > 1)
            storeRow(m_chunk + step, 1, lookUp(m_chunk + step));
        device::barrier();
        fetch(m_chunk, 0, with_C);
    }

    /// After the barrier that follows convert: the next chunk's bytes and the rows of the one after it set out.
    MIXER_DEVICE void beginNext(bool with_C)
    {
        if (m_left > 1)
            fetch(m_chunk + m_step, after(m_now), with_C);
        m_next_row = m_left > 2 ? lookUp(m_chunk + 2 * m_step) : 0;
    }

    /// Before the barrier that follows the work.
    MIXER_DEVICE void endNext() const
    {
        if (m_left > 2)
            storeRow(m_chunk + 2 * m_step, after(after(m_now)), m_next_row);
    }

    MIXER_DEVICE void advance() { --m_left, m_chunk += m_step, m_now = after(m_now); }

    MIXER_DEVICE int chunk() const { return m_chunk; }
    MIXER_DEVICE int firstStep() const { return m_chunk * W::chunk(m_plan.shape, kSteps); }
    MIXER_DEVICE int stepsOf(int chunk) const
    {
        const int left = static_cast<int>(m_p.seqlen) - chunk * W::chunk(m_plan.shape, kSteps);
        return left < W::chunk(m_plan.shape, kSteps) ? left : W::chunk(m_plan.shape, kSteps);
    }
    MIXER_DEVICE int count() const { return stepsOf(m_chunk); }
    /// Of step r of the chunk.
    MIXER_DEVICE int row(int r) const { return rows().readInt(m_now * W::chunk(m_plan.shape, kSteps) + r); }

    /// The lanes' own bias and D; 0 where there is none or it belongs to rows.
    MIXER_DEVICE void loadLaneParameters() const
    {
        const int lane = device::threadIndex();
        if (lane >= W::lanes(m_plan.shape))
            return;
        const bool exists = lane < m_view.lanes;
        shared(m_plan.shared.bias)
            .write(lane, exists && m_p.delta_bias && m_p.bias_dim_stride ? m_view.laneBias(m_p, lane) : 0.0F);
        shared(m_plan.shared.skip).write(lane, exists && m_p.D && m_p.D_dim_stride ? m_view.laneD(m_p, lane) : 0.0F);
    }

    /// visit(i, pack, r, c) for the thread's own packs: number i of the thread's, lanes c to c + kPack of step r.
    template <class Visitor> MIXER_DEVICE void forEachPack(const Visitor& visit) const
    {
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            const int pack = device::threadIndex() + i * W::threads(m_plan.shape);
            if (kSteps >= kPack * W::kGroups || pack < W::chunk(m_plan.shape, kSteps) * W::lanes(m_plan.shape) / kPack)
                visit(i, pack, pack >> (W::log2Lanes(m_plan.shape) - 2),
                      (pack & (W::lanes(m_plan.shape) / kPack - 1)) * kPack);
        }
    }

    /// Where lane c of step r lies in an [tile][lane][step] array.
    MIXER_DEVICE int laneIndex(int r, int c) const
    {
        return ((r / kSteps << W::log2Lanes(m_plan.shape)) + c) * kStride + r % kSteps;
    }

    /// kPack lanes of one step, each to its own place.
    MIXER_DEVICE void deposit(device::SharedFloats to, int r, int c, const float (&values)[kPack]) const
    {
        const int index = laneIndex(r, c);
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            to.write(index + i * kStride, values[i]);
    }

    MIXER_DEVICE void collect(device::SharedFloats from, int r, int c, float (&values)[kPack]) const
    {
        const int index = laneIndex(r, c);
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            values[i] = from.read(index + i * kStride);
    }

    MIXER_DEVICE static void wait()
    {
        device::waitForCopies();
    }

    /// A pack's u and its delta after bias and softplus. Steps and lanes that do not exist are 0, which makes them
    /// neutral: exp(0 * A) = 1 and no input.
    MIXER_DEVICE void readInputs(int pack, int r, int c, float (&u)[kPack], float (&delta)[kPack]) const
    {
        const int lanes_left = lanesLeft(r, c);
        if (lanes_left <= 0) {
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                u[i] = delta[i] = 0.0F;
            return;
        }
        if (kWhole || (m_fetches_inputs && lanes_left >= kPack)) {
            loadRaw<T>(rawU(), pack, u);
            loadRaw<T>(rawDelta(), pack, delta);
        } else {
            const bool whole = m_plan.vector_inputs && lanes_left >= kPack;
            loadPacked(this->u(row(r), c), whole, lanes_left, u);
            loadPacked(this->delta(row(r), c), whole, lanes_left, delta);
        }
        float bias[kPack];
        shared(m_plan.shared.bias).read4(c, bias);
        if (unlikely(m_plan.row_parameters) && m_p.delta_bias && m_p.bias_step_stride) {
            const float row_bias = m_view.rowBias(m_p, row(r));
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                bias[i] += row_bias;
        }
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            delta[i] += bias[i];
        if (m_p.delta_softplus) {
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                delta[i] = softplus(delta[i]);
        }
        if constexpr (!kWhole) {
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                delta[i] = i < lanes_left ? delta[i] : 0.0F;
        }
    }

    /// How many lanes of the block exist from lane c of step r on; kPack or more: a whole pack.
    MIXER_DEVICE int lanesLeft(int r, int c) const
    {
        const int left = r < count() ? m_view.lanes - c : 0;
        return !kWhole ? left : left > 0 ? kPack : 0;
    }

    MIXER_DEVICE void readDout(int pack, int r, int c, float (&dout)[kPack]) const
    {
        const int lanes_left = lanesLeft(r, c);
        if (m_fetches_inputs && lanes_left >= kPack) {
            loadRaw<T>(rawDout(), pack, dout);
        } else if (lanes_left > 0) {
            loadPacked(this->dout(row(r), c), m_plan.vector_inputs && lanes_left >= kPack, lanes_left, dout);
        } else {
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                dout[i] = 0.0F;
        }
    }

    /// Where a thread's state i lies in an array of states, at the first of its steps; its steps are `stateStride`
    /// apart.
    MIXER_DEVICE static int stateAt(const Place<W>& place, int i)
    {
        return StatesByStep ? (place.tile * W::kPadded + i * W::kGroups + place.group) * kStride
                            : place.tile * kSteps * W::kPadded + place.group * W::kStates + i;
    }

    /// Leaves delta and delta * u in shared memory, and the thread's own u in registers.
    MIXER_DEVICE void depositInputs(float (&u)[kPacks][kPack]) const
    {
        forEachPack([&](int i, int pack, int r, int c) {
            float delta[kPack];
            readInputs(pack, r, c, u[i], delta);
            deposit(shared(m_plan.shared.delta), r, c, delta);
#pragma unroll
            for (int j = 0; j < kPack; ++j)
                delta[j] *= u[i][j];
            deposit(shared(m_plan.shared.u), r, c, delta);
        });
    }

    /// B and, where wanted, C to their places; absent ones 0.
    MIXER_DEVICE void convertStates(bool with_C) const
    {
        if constexpr (W::kPadded == 1) {
            const int r = device::threadIndex();
            if (r < W::chunk(m_plan.shape, kSteps)) {
                const int to = StatesByStep ? r / kSteps * kStride + r % kSteps : r;
                shared(m_plan.shared.B).write(to, m_single_B);
                if (with_C)
                    shared(m_plan.shared.C).write(to, m_single_C);
            }
        } else {
            const int steps = count();
            forEachStatePack(with_C,
                             [&](bool of_C, int pack, int r, int n) { convertStatePack(of_C, pack, r, n, r < steps); });
        }
    }

private:
    MIXER_DEVICE static int after(int i)
    {
        return i == 2 ? 0 : i + 1;
    }
    MIXER_DEVICE static device::SharedFloats shared(int offset)
    {
        return device::sharedMemory().from(offset);
    }
    MIXER_DEVICE device::SharedFloats rows() const
    {
        return shared(m_plan.shared.rows);
    }
    MIXER_DEVICE int inputFloats() const
    {
        return W::chunk(m_plan.shape, kSteps) * W::lanes(m_plan.shape) * int(sizeof(T)) / 4;
    }
    MIXER_DEVICE int stateFloats() const
    {
        return W::chunk(m_plan.shape, kSteps) * W::kPadded * int(sizeof(T)) / 4;
    }
    MIXER_DEVICE device::SharedFloats rawU() const
    {
        return shared(m_plan.shared.raw);
    }
    MIXER_DEVICE device::SharedFloats rawDelta() const
    {
        return rawU().from(inputFloats());
    }
    MIXER_DEVICE device::SharedFloats rawStates(bool of_C) const
    {
        return rawU().from(2 * inputFloats() + (of_C ? stateFloats() : 0));
    }

    MIXER_DEVICE device::SharedFloats rawDout() const
    {
        return rawU().from(2 * inputFloats() + 2 * stateFloats());
    }
    MIXER_DEVICE const T* u(int row, int c) const
    {
        return m_u + (row * static_cast<int>(m_p.u_step_stride) + c);
    }
    MIXER_DEVICE const T* delta(int row, int c) const
    {
        return m_delta + (row * static_cast<int>(m_p.delta_step_stride) + c);
    }
    MIXER_DEVICE const T* B(int row, int n) const
    {
        return m_B + (row * static_cast<int>(m_p.B_step_stride) + n);
    }
    MIXER_DEVICE const T* C(int row, int n) const
    {
        return m_C + (row * static_cast<int>(m_p.C_step_stride) + n);
    }
    MIXER_DEVICE const T* states(bool of_C, int row, int n) const
    {
        const T* first = of_C ? m_C : m_B;
        const auto stride = static_cast<int>(of_C ? m_p.C_step_stride : m_p.B_step_stride);
        return first + (row * stride + n);
    }
    MIXER_DEVICE const T* dout(int row, int c) const
    {
        return m_dout + (row * m_dout_step + c);
    }

    MIXER_DEVICE int lookUp(int chunk) const
    {
        const int r = device::threadIndex();
        return r < stepsOf(chunk) ? m_view.row(m_p, chunk * W::chunk(m_plan.shape, kSteps) + r) : 0;
    }

    MIXER_DEVICE void storeRow(int chunk, int place, int row) const
    {
        if (device::threadIndex() < stepsOf(chunk))
            rows().writeInt(place * W::chunk(m_plan.shape, kSteps) + device::threadIndex(), row);
    }

    MIXER_DEVICE void fetch(int chunk, int place, bool with_C)
    {
        const int steps = stepsOf(chunk);
        constexpr int kFloats = kPack * int(sizeof(T)) / 4;
        const auto rowOf = [&](int r) { return rows().readInt(place * W::chunk(m_plan.shape, kSteps) + r); };
        if (m_fetches_inputs)
            forEachPack([&](int, int pack, int r, int c) {
                if (r >= steps || c + kPack > m_view.lanes)
                    return;
                const int row = rowOf(r);
                rawU().template copyAsync<kFloats>(pack * kFloats, u(row, c));
                rawDelta().template copyAsync<kFloats>(pack * kFloats, delta(row, c));
                if (m_dout && with_C)
                    rawDout().template copyAsync<kFloats>(pack * kFloats, dout(row, c));
            });
        if constexpr (W::kPadded == 1) {
            const int r = device::threadIndex();
            const bool exists = r < steps;
            m_single_B = exists ? toFloat(*B(rowOf(r), 0)) : 0.0F;
            if (with_C)
                m_single_C = exists ? toFloat(*C(rowOf(r), 0)) : 0.0F;
        } else if (m_fetches_states) {
            forEachStatePack(with_C, [&](bool of_C, int pack, int r, int n) {
                if (r < steps)
                    rawStates(of_C).template copyAsync<kFloats>(pack * kFloats, states(of_C, rowOf(r), n));
            });
        }
    }

    // visit(of C instead of B, pack, r, n) for the thread's own packs: states n to n + kPack of step r.
    template <class Visitor> MIXER_DEVICE void forEachStatePack(bool with_C, const Visitor& visit) const
    {
        constexpr int kPerStep = W::kPadded / kPack;
        const int packs = W::chunk(m_plan.shape, kSteps) * kPerStep;
        const int end = with_C ? 2 * packs : packs;
        constexpr int kRounds = (2 * kSteps * kPerStep + W::kBlockThreads - 1) / W::kBlockThreads;
        constexpr bool kEveryThread = W::kOneTile && kRounds * W::kBlockThreads == 2 * kSteps * kPerStep;
        const auto visitPack = [&](int i) {
            const bool of_C = with_C && i >= packs;
            const int pack = of_C ? i - packs : i;
            if ((kEveryThread && with_C) || i < end)
                visit(of_C, pack, pack / kPerStep, pack % kPerStep * kPack);
        };
        if constexpr (W::kOneTile) {
#pragma unroll
            for (int round = 0; round < kRounds; ++round)
                visitPack(device::threadIndex() + round * W::kBlockThreads);
        } else {
#pragma unroll 1
            for (int i = device::threadIndex(); i < end; i += m_plan.shape.threads)
                visitPack(i);
        }
    }

    MIXER_DEVICE void convertStatePack(bool of_C, int pack, int r, int n, bool exists) const
    {
        float values[kPack] = {};
        if (exists && m_fetches_states)
            loadRaw<T>(rawStates(of_C), pack, values);
        else if (exists && !kWhole)
            loadPacked(states(of_C, row(r), n), m_plan.vector_states, static_cast<int>(m_p.dstate) - n, values);
        depositStates(shared(of_C ? m_plan.shared.C : m_plan.shared.B), pack, r, n, values);
    }

    MIXER_DEVICE static void depositStates(device::SharedFloats to, int pack, int r, int n,
                                           const float (&values)[kPack])
    {
        if constexpr (StatesByStep) {
            const int first = (r / kSteps * W::kPadded + n / kPack) * kStride + r % kSteps;
#pragma unroll
            for (int i = 0; i < kPack; ++i)
                to.write(first + i * W::kGroups * kStride, values[i]);
        } else {
            to.write4(pack * kPack, values);
        }
    }

    const DeviceScan& m_p;
    const Plan& m_plan;
    const ScanView<T>& m_view;
    const T *m_u, *m_delta, *m_B, *m_C, *m_dout;
    int m_dout_step;
    bool m_fetches_inputs, m_fetches_states;
    int m_chunk = 0, m_step = 1, m_left = 0, m_now = 0, m_next_row = 0;
    float m_single_B = 0.0F, m_single_C = 0.0F;
};

}  // namespace mixer::kernels::cuda
