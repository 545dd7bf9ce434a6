// SPDX-License-Identifier: MIT
#include "kernels/scan_backward.h"

#include "kernels/flush_denormals.h"
#include "kernels/parallel.h"
#include "kernels/scratch.h"
#include "kernels/variants.h"

#include <algorithm>

namespace mixer::kernels {
namespace {

// A unit is a range of lane blocks of one batch element with sums of its own. Into how many the blocks are divided
// depends on the shape alone: so do the order of all additions, and the memory that the sums take.
constexpr std::int64_t kUnits = 8;

template <typename T> bool isByStep(const T* values, std::int64_t stepStride)
{
    return values && stepStride != 0;
}

// One backward pass over lane blocks: the units' sums, and the gradients that come of them.
class BackwardPass {
public:
    BackwardPass(const Variant& variant, const ScanBackwardParams<float>& p)
        : m_variant(variant)
        , m_p(p)
        , m_s(p.scan)
        , m_chunks(chunk_count(p.scan.seqlen))
        , m_blocks((p.scan.dim + variant.lanes - 1) / variant.lanes)
        , m_units(std::min(m_blocks, (kUnits + m_s.batch - 1) / m_s.batch))
        , m_chunkSums(backward_sums_size(m_s.dstate))
        , m_unitSums(m_chunks * m_chunkSums)
        , m_stateSize(m_s.dstate * variant.lanes)
        , m_stepSums(m_s.seqlen * variant.lanes)
        , m_skipByStep(isByStep(m_s.D, m_s.D_step_stride))
        , m_biasByStep(isByStep(m_s.delta_bias, m_s.bias_step_stride))
    {
        const std::int64_t units = m_s.batch * m_units, blocks = m_s.batch * m_blocks;
        const std::int64_t parts[] = {units * m_unitSums,
                                      blocks * m_stateSize,
                                      blocks * variant.lanes,
                                      blocks * variant.lanes,
                                      m_skipByStep ? units * m_stepSums : 0,
                                      m_biasByStep ? units * m_stepSums : 0};
        std::int64_t size = 0;
        for (const std::int64_t part : parts)
            size += part;
        // Each unit clears its own part.
        float* at = call_scratch(static_cast<std::size_t>(size));
        float** const places[] = {&m_dBC, &m_dA, &m_dD, &m_dbias, &m_dDSteps, &m_dbiasSteps};
        for (int i = 0; i < 6; ++i) {
            *places[i] = at;
            at += parts[i];
        }
    }

    ~BackwardPass() { release_large_call_scratch(); }
    BackwardPass(const BackwardPass&) = delete;
    BackwardPass& operator=(const BackwardPass&) = delete;

    void run(Variant::Backward backward, Variant::BackwardScratchSize scratchSize)
    {
        parallel_for(m_s.batch * m_units, 1, [&](std::int64_t begin, std::int64_t end) {
            const FlushDenormals flush;
            for (std::int64_t unit = begin; unit < end; ++unit)
                runUnit(backward, scratchSize, unit);
            release_large_scratch();
        });
        parallel_for(m_s.batch * m_chunks, 8, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                writeChunk(i / m_chunks, i % m_chunks);
        });
        writeA();
        writeLanes(m_p.dD, m_skipByStep, m_dD, m_dDSteps);
        writeLanes(m_p.ddelta_bias, m_biasByStep, m_dbias, m_dbiasSteps);
    }

private:
    std::int64_t firstBlock(std::int64_t unit) const { return unit % m_units * m_blocks / m_units; }
    std::int64_t lastBlock(std::int64_t unit) const { return (unit % m_units + 1) * m_blocks / m_units; }

    void runUnit(Variant::Backward backward, Variant::BackwardScratchSize scratchSize, std::int64_t unit)
    {
        const std::int64_t batch_id = unit / m_units, first = firstBlock(unit), count = lastBlock(unit) - first;
        const std::int64_t block = batch_id * m_blocks + first;
        const int lanes = m_variant.lanes;
        const auto cleared = [](float* at, std::int64_t size) {
            std::fill(at, at + size, 0.0F);
            return at;
        };
        BackwardSums sums;
        sums.dBC = m_dBC + unit * m_unitSums;
        sums.dA = cleared(m_dA + block * m_stateSize, count * m_stateSize);
        sums.dD = cleared(m_dD + block * lanes, count * lanes);
        sums.dbias = cleared(m_dbias + block * lanes, count * lanes);
        sums.dD_steps = m_skipByStep ? cleared(m_dDSteps + unit * m_stepSums, m_stepSums) : nullptr;
        sums.dbias_steps = m_biasByStep ? cleared(m_dbiasSteps + unit * m_stepSums, m_stepSums) : nullptr;
        backward(m_p, batch_id, first, first + count, sums, thread_scratch(scratchSize(m_p, count)));
    }

    std::int64_t rowOf(std::int64_t t) const { return m_s.order ? m_s.order[t] : t; }

    // dB and dC of one chunk: all units' shares, out of the tiles' layout (ScanLanes::pack).
    void writeChunk(std::int64_t batch_id, std::int64_t chunk)
    {
        float* sum = m_dBC + batch_id * m_units * m_unitSums + chunk * m_chunkSums;
        for (std::int64_t unit = 1; unit < m_units; ++unit) {
            const float* share = sum + unit * m_unitSums;
            for (std::int64_t i = 0; i < m_chunkSums; ++i)
                sum[i] += share[i];
        }
        constexpr std::int64_t tile = 4;
        const std::int64_t steps = std::min(kChunkLength, m_s.seqlen - chunk * kChunkLength);
        for (std::int64_t n = 0; n < m_s.dstate; n += tile) {
            const std::int64_t states = std::min(tile, m_s.dstate - n);
            for (std::int64_t t = 0; t < steps; ++t) {
                const std::int64_t row = rowOf(chunk * kChunkLength + t);
                const float* from = sum + 2 * (n * kChunkLength + t * states);
                if (m_p.dB)
                    std::copy_n(from, states, m_p.dB + batch_id * m_p.dB_batch_stride + row * m_p.dB_step_stride + n);
                if (m_p.dC)
                    std::copy_n(from + states, states,
                                m_p.dC + batch_id * m_p.dC_batch_stride + row * m_p.dC_step_stride + n);
            }
        }
    }

    void writeA()
    {
        if (!m_p.dA)
            return;
        if (m_s.A_dim_stride == 0) {
            for (std::int64_t n = 0; n < m_s.dstate; ++n) {
                double sum = 0.0;
                for (std::int64_t d = 0; d < m_s.dim; ++d)
                    sum += sumA(d / m_variant.lanes, d % m_variant.lanes, n);
                m_p.dA[n] = static_cast<float>(sum);
            }
            return;
        }
        parallel_for(m_s.dim, 256, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t d = begin; d < end; ++d) {
                const std::int64_t block = d / m_variant.lanes, lane = d % m_variant.lanes;
                for (std::int64_t n = 0; n < m_s.dstate; ++n)
                    m_p.dA[d * m_s.dstate + n] = static_cast<float>(sumA(block, lane, n));
            }
        });
    }

    double sumA(std::int64_t block, std::int64_t lane, std::int64_t n) const
    {
        double sum = 0.0;
        for (std::int64_t b = 0; b < m_s.batch; ++b)
            sum += double(m_dA[(b * m_blocks + block) * m_stateSize + n * m_variant.lanes + lane]);
        return sum;
    }

    // The gradient for D or delta_bias: of `lanes` (batch, blocks * lanes), or `steps` (batch * units, L, lanes) in the
    // order of the steps.
    void writeLanes(float* gradient, bool byStep, const float* lanes, const float* steps)
    {
        if (!gradient)
            return;
        if (byStep) {
            parallel_for(m_s.seqlen, 128, [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t t = begin; t < end; ++t)
                    gradient[rowOf(t)] = static_cast<float>(sumStep(t, steps));
            });
            return;
        }
        for (std::int64_t i = 0; i < m_s.dim; ++i) {
            double sum = 0.0;
            for (std::int64_t b = 0; b < m_s.batch; ++b)
                sum += double(lanes[b * m_blocks * m_variant.lanes + i]);
            gradient[i] = static_cast<float>(sum);
        }
    }

    double sumStep(std::int64_t t, const float* steps) const
    {
        double sums[4] = {};  // side by side: one alone would wait for each addition
        for (std::int64_t unit = 0; unit < m_s.batch * m_units; ++unit) {
            const float* share = steps + unit * m_stepSums + t * m_variant.lanes;
            for (int i = 0; i < m_variant.lanes; i += 4) {
                for (int j = 0; j < 4; ++j)
                    sums[j] += double(share[i + j]);
            }
        }
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    const Variant& m_variant;
    const ScanBackwardParams<float>& m_p;
    const ScanParams<float>& m_s;
    std::int64_t m_chunks, m_blocks, m_units, m_chunkSums, m_unitSums, m_stateSize, m_stepSums;
    bool m_skipByStep, m_biasByStep;
    float *m_dBC, *m_dA, *m_dD, *m_dbias, *m_dDSteps, *m_dbiasSteps;
};

template <typename T> const char* checkScan(ScanParams<T> p)
{
    T unused;
    p.out = &unused;
    return check(p);
}

}  // namespace

template <typename T> const char* check(const ScanBackwardParams<T>& p, bool quasi_separable)
{
    const ScanParams<T>& s = p.scan;
    if (const char* reason = checkScan(s))
        return reason;
    if (!p.dout)
        return "The gradients of a scan need the gradient of its output.";
    if ((p.dD && !s.D) || (p.ddelta_bias && !s.delta_bias))
        return "A scan without D or delta_bias has no gradient for it.";
    if ((p.dD && (s.D_dim_stride != 0) == (s.D_step_stride != 0))
        || (p.ddelta_bias && (s.bias_dim_stride != 0) == (s.bias_step_stride != 0)))
        return "Gradients for D and delta_bias need one value for each lane, or one for each step.";
    if (sizeof(T) == sizeof(float) && (!s.chunk_states || (quasi_separable && !s.backward_chunk_states)))
        return "The gradients of a scan need the chunk states that it left behind.";
    return nullptr;
}

template const char* check(const ScanBackwardParams<float>&, bool);
template const char* check(const ScanBackwardParams<double>&, bool);

void selective_scan_backward(const Variant& variant, const ScanBackwardParams<float>& p)
{
    BackwardPass(variant, p).run(variant.selective_scan_backward, variant.selective_scan_backward_scratch);
}

void quasi_separable_scan_backward(const Variant& variant, const ScanBackwardParams<float>& p)
{
    BackwardPass(variant, p).run(variant.quasi_separable_scan_backward, variant.quasi_separable_scan_backward_scratch);
}

void selective_scan_backward(const ScanBackwardParams<float>& p)
{
    selective_scan_backward(scan_variant(p.scan.dim), p);
}

void quasi_separable_scan_backward(const ScanBackwardParams<float>& p)
{
    quasi_separable_scan_backward(scan_variant(p.scan.dim), p);
}

void selective_scan_backward(const ScanBackwardParams<double>& p)
{
    scan_backward_reference(p, false);
}

void quasi_separable_scan_backward(const ScanBackwardParams<double>& p)
{
    scan_backward_reference(p, true);
}

}  // namespace mixer::kernels
