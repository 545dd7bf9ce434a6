// SPDX-License-Identifier: MIT
#include "kernels/scan_reference.h"

#include "kernels/scalar_math.h"

#include <algorithm>
#include <vector>

namespace mixer::kernels {
namespace {

// One lane of one batch element, its inputs by step and as double.
template <typename T> class Lane {
public:
    Lane(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t lane)
        : m_p(p)
        , m_batch(batch_id)
        , m_lane(lane)
    {
    }

    std::int64_t row(std::int64_t t) const { return m_p.order ? m_p.order[t] : t; }

    double u(std::int64_t t) const
    {
        return m_p.u[m_batch * m_p.u_batch_stride + row(t) * m_p.u_step_stride + m_lane * m_p.u_dim_stride];
    }

    double delta(std::int64_t t) const
    {
        double x = m_p.delta[m_batch * m_p.delta_batch_stride + row(t) * m_p.delta_step_stride
                             + m_lane * m_p.delta_dim_stride];
        if (m_p.delta_bias)
            x += m_p.delta_bias[row(t) * m_p.bias_step_stride + m_lane * m_p.bias_dim_stride];
        return m_p.delta_softplus ? softplus(x) : x;
    }

    double skip(std::int64_t t) const
    {
        return m_p.D ? double(m_p.D[row(t) * m_p.D_step_stride + m_lane * m_p.D_dim_stride]) * u(t) : 0.0;
    }

    const T* A() const { return m_p.A + m_lane * m_p.A_dim_stride; }
    const T* B(std::int64_t t) const { return m_p.B + m_batch * m_p.B_batch_stride + row(t) * m_p.B_step_stride; }
    const T* C(std::int64_t t) const { return m_p.C + m_batch * m_p.C_batch_stride + row(t) * m_p.C_step_stride; }

    void write(std::int64_t t, double y) const
    {
        T& out = m_p.out[m_batch * m_p.out_batch_stride + row(t) * m_p.out_step_stride + m_lane * m_p.out_dim_stride];
        const double weighted = double(m_p.weight) * y;
        out = static_cast<T>(m_p.accumulate ? double(out) + weighted : weighted);
    }

    T* chunkState(T* states, std::int64_t t) const
    {
        const std::int64_t chunk = m_batch * chunk_count(m_p.seqlen) + t / kChunkLength;
        return states + (chunk * m_p.dim + m_lane) * m_p.dstate;
    }

    // h <- exp(delta_t A) . h + delta_t u_t B_t, the same for both directions
    void advance(std::int64_t t, std::vector<double>& state) const
    {
        const double step = delta(t);
        const double input = step * u(t);
        for (std::int64_t n = 0; n < m_p.dstate; ++n)
            state[n] = std::exp(step * double(A()[n])) * state[n] + input * double(B(t)[n]);
    }

    double readOut(std::int64_t t, const std::vector<double>& state) const
    {
        double y = 0.0;
        for (std::int64_t n = 0; n < m_p.dstate; ++n)
            y += double(C(t)[n]) * state[n];
        return y;
    }

private:
    const ScanParams<T>& m_p;
    std::int64_t m_batch, m_lane;
};

template <typename T> void copyState(const std::vector<double>& state, T* out)
{
    std::transform(state.begin(), state.end(), out, [](double x) { return static_cast<T>(x); });
}

template <typename T> void forwardLane(const ScanParams<T>& p, const Lane<T>& lane, std::vector<double>& y)
{
    std::vector<double> state(p.dstate, 0.0);
    for (std::int64_t t = 0; t < p.seqlen; ++t) {
        if (p.chunk_states && t % kChunkLength == 0)
            copyState(state, lane.chunkState(p.chunk_states, t));
        lane.advance(t, state);
        y[t] = lane.readOut(t, state) + lane.skip(t);
    }
}

// Adds <C_t, exp(delta_t A) . k_{t+1}>: the backward state without the step's own input, which the forward pass
// counted.
template <typename T> void backwardLane(const ScanParams<T>& p, const Lane<T>& lane, std::vector<double>& y)
{
    std::vector<double> state(p.dstate, 0.0);
    for (std::int64_t t = p.seqlen - 1; t >= 0; --t) {
        const bool last_of_chunk = t == p.seqlen - 1 || (t + 1) % kChunkLength == 0;
        if (p.backward_chunk_states && last_of_chunk)
            copyState(state, lane.chunkState(p.backward_chunk_states, t));
        const double step = lane.delta(t);
        const double input = step * lane.u(t);
        for (std::int64_t n = 0; n < p.dstate; ++n) {
            const double decayed = std::exp(step * double(lane.A()[n])) * state[n];
            y[t] += double(lane.C(t)[n]) * decayed;
            state[n] = decayed + input * double(lane.B(t)[n]);
        }
    }
}

}  // namespace

template <typename T, bool Bidirectional>
void reference_lanes(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t last_lane)
{
    std::vector<double> y(p.seqlen);
    for (std::int64_t id = first_lane; id < last_lane; ++id) {
        const Lane<T> lane(p, batch_id, id);
        forwardLane(p, lane, y);
        if constexpr (Bidirectional)
            backwardLane(p, lane, y);
        for (std::int64_t t = 0; t < p.seqlen; ++t)
            lane.write(t, y[t]);
    }
}

template <typename T>
void reference_chunk_state(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t lanes,
                           std::int64_t step, bool backward, const T* start, T* state)
{
    const std::int64_t chunk_begin = step / kChunkLength * kChunkLength;
    const std::int64_t chunk_last = std::min(chunk_begin + kChunkLength, p.seqlen) - 1;
    for (std::int64_t i = 0; i < lanes; ++i) {
        const Lane<T> lane(p, batch_id, first_lane + i);
        std::vector<double> h(start + i * p.dstate, start + (i + 1) * p.dstate);
        if (backward) {
            for (std::int64_t t = chunk_last; t >= step; --t)
                lane.advance(t, h);
        } else {
            for (std::int64_t t = chunk_begin; t <= step; ++t)
                lane.advance(t, h);
        }
        copyState(h, state + i * p.dstate);
    }
}

template <typename T> void selective_scan_reference(const ScanParams<T>& p)
{
    for (std::int64_t b = 0; b < p.batch; ++b)
        reference_lanes<T, false>(p, b, 0, p.dim);
}

template <typename T> void quasi_separable_scan_reference(const ScanParams<T>& p)
{
    for (std::int64_t b = 0; b < p.batch; ++b)
        reference_lanes<T, true>(p, b, 0, p.dim);
}

template void reference_lanes<double, false>(const ScanParams<double>&, std::int64_t, std::int64_t, std::int64_t);
template void reference_lanes<double, true>(const ScanParams<double>&, std::int64_t, std::int64_t, std::int64_t);
template void reference_chunk_state(const ScanParams<float>&, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                    bool, const float*, float*);
template void reference_chunk_state(const ScanParams<double>&, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                                    bool, const double*, double*);
template void selective_scan_reference(const ScanParams<float>&);
template void selective_scan_reference(const ScanParams<double>&);
template void quasi_separable_scan_reference(const ScanParams<float>&);
template void quasi_separable_scan_reference(const ScanParams<double>&);

}  // namespace mixer::kernels
