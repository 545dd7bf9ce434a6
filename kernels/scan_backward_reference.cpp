// SPDX-License-Identifier: MIT
#include "kernels/parallel.h"
#include "kernels/scalar_math.h"
#include "kernels/scan_backward.h"

#include <cmath>
#include <vector>

namespace mixer::kernels {
namespace {

// The gradients of one batch element that are sums over lanes or batch elements.
struct Sums {
    std::vector<double> dA;         ///< (D, N)
    std::vector<double> dB, dC;     ///< (L, N) by step
    std::vector<double> dD, dbias;  ///< (D) or (L), by lane or by row
};

// One lane of one batch element; everything by step.
template <typename T> class LaneGradients {
public:
    LaneGradients(const ScanBackwardParams<T>& p, std::int64_t batch_id, std::int64_t lane, bool bidirectional)
        : m_p(p)
        , m_s(p.scan)
        , m_batch(batch_id)
        , m_lane(lane)
        , m_bidirectional(bidirectional)
        , m_L(p.scan.seqlen)
        , m_N(p.scan.dstate)
    {
        for (std::vector<double>* values : {&m_u, &m_delta, &m_gate, &m_dy, &m_driven, &m_ddelta})
            values->assign(m_L, 0.0);
    }

    void run(Sums& sums)
    {
        readInputs();
        for (std::int64_t n = 0; n < m_N; ++n)
            runState(n, sums);
        writeLane(sums);
    }

private:
    std::int64_t row(std::int64_t t) const { return m_s.order ? m_s.order[t] : t; }
    double B(std::int64_t t, std::int64_t n) const
    {
        return m_s.B[m_batch * m_s.B_batch_stride + row(t) * m_s.B_step_stride + n];
    }
    double C(std::int64_t t, std::int64_t n) const
    {
        return m_s.C[m_batch * m_s.C_batch_stride + row(t) * m_s.C_step_stride + n];
    }
    double D(std::int64_t t) const
    {
        return m_s.D ? double(m_s.D[row(t) * m_s.D_step_stride + m_lane * m_s.D_dim_stride]) : 0.0;
    }

    void readInputs()
    {
        for (std::int64_t t = 0; t < m_L; ++t) {
            const std::int64_t r = row(t);
            m_u[t] = m_s.u[m_batch * m_s.u_batch_stride + r * m_s.u_step_stride + m_lane * m_s.u_dim_stride];
            m_dy[t] = double(m_s.weight)
                * double(m_p.dout[m_batch * m_p.dout_batch_stride + r * m_p.dout_step_stride
                                  + m_lane * m_p.dout_dim_stride]);
            double x = m_s.delta[m_batch * m_s.delta_batch_stride + r * m_s.delta_step_stride
                                 + m_lane * m_s.delta_dim_stride];
            if (m_s.delta_bias)
                x += double(m_s.delta_bias[r * m_s.bias_step_stride + m_lane * m_s.bias_dim_stride]);
            m_delta[t] = m_s.delta_softplus ? softplus(x) : x;
            m_gate[t] = m_s.delta_softplus ? 1.0 / (1.0 + std::exp(-x)) : 1.0;
        }
    }

    // States h (from the past) and k (from the future), and their adjoints, each with the step's own input or adjoint.
    void runState(std::int64_t n, Sums& sums)
    {
        const double A = m_s.A[m_lane * m_s.A_dim_stride + n];
        const auto input = [&](std::int64_t t) { return m_delta[t] * m_u[t] * B(t, n); };
        const auto output = [&](std::int64_t t) { return C(t, n) * m_dy[t]; };
        std::vector<double> decay(m_L), h(m_L), k(m_L), dh(m_L), dk(m_L);
        for (std::int64_t t = 0; t < m_L; ++t) {
            decay[t] = std::exp(m_delta[t] * A);
            h[t] = input(t) + (t > 0 ? decay[t] * h[t - 1] : 0.0);
            dk[t] = output(t) + (t > 0 ? decay[t - 1] * dk[t - 1] : 0.0);
        }
        for (std::int64_t t = m_L - 1; t >= 0; --t) {
            const bool last = t == m_L - 1;
            k[t] = input(t) + (last ? 0.0 : decay[t] * k[t + 1]);
            dh[t] = output(t) + (last ? 0.0 : decay[t + 1] * dh[t + 1]);
        }
        for (std::int64_t t = 0; t < m_L; ++t) {
            double state = h[t], dinput = dh[t], ddecay = t > 0 ? dh[t] * h[t - 1] : 0.0;
            if (m_bidirectional) {
                state += k[t] - input(t);
                dinput += dk[t] - output(t);
                ddecay += t + 1 < m_L ? dk[t] * k[t + 1] : 0.0;
            }
            sums.dC[t * m_N + n] += m_dy[t] * state;
            sums.dB[t * m_N + n] += m_delta[t] * m_u[t] * dinput;
            sums.dA[m_lane * m_N + n] += m_delta[t] * decay[t] * ddecay;
            m_driven[t] += dinput * B(t, n);
            m_ddelta[t] += A * decay[t] * ddecay;
        }
    }

    void writeLane(Sums& sums)
    {
        for (std::int64_t t = 0; t < m_L; ++t) {
            const std::int64_t r = row(t);
            const double ddelta = (m_ddelta[t] + m_driven[t] * m_u[t]) * m_gate[t];
            if (m_p.du) {
                m_p.du[m_batch * m_p.du_batch_stride + r * m_p.du_step_stride + m_lane * m_p.du_dim_stride]
                    = static_cast<T>(D(t) * m_dy[t] + m_driven[t] * m_delta[t]);
            }
            if (m_p.ddelta) {
                m_p.ddelta[m_batch * m_p.ddelta_batch_stride + r * m_p.ddelta_step_stride
                           + m_lane * m_p.ddelta_dim_stride]
                    = static_cast<T>(ddelta);
            }
            if (m_p.dD)
                sums.dD[m_s.D_step_stride ? r : m_lane] += m_dy[t] * m_u[t];
            if (m_p.ddelta_bias)
                sums.dbias[m_s.bias_step_stride ? r : m_lane] += ddelta;
        }
    }

    const ScanBackwardParams<T>& m_p;
    const ScanParams<T>& m_s;
    std::int64_t m_batch, m_lane;
    bool m_bidirectional;
    std::int64_t m_L, m_N;
    std::vector<double> m_u, m_delta, m_gate, m_dy;
    std::vector<double> m_driven, m_ddelta;  ///< sums over the states: <dinput, B>, <ddecay, A decay>
};

// All lanes of one batch element, one after the other.
template <typename T>
void runElement(const ScanBackwardParams<T>& p, std::int64_t batch_id, bool bidirectional, Sums& sums)
{
    const ScanParams<T>& s = p.scan;
    sums.dA.assign(s.dim * s.dstate, 0.0);
    sums.dB.assign(s.seqlen * s.dstate, 0.0);
    sums.dC = sums.dB;
    sums.dD.assign(s.D_step_stride ? s.seqlen : s.dim, 0.0);
    sums.dbias.assign(s.bias_step_stride ? s.seqlen : s.dim, 0.0);
    for (std::int64_t lane = 0; lane < s.dim; ++lane)
        LaneGradients<T>(p, batch_id, lane, bidirectional).run(sums);
    for (std::int64_t t = 0; t < s.seqlen; ++t) {
        const std::int64_t row = s.order ? s.order[t] : t;
        for (std::int64_t n = 0; n < s.dstate; ++n) {
            if (p.dB)
                p.dB[batch_id * p.dB_batch_stride + row * p.dB_step_stride + n]
                    = static_cast<T>(sums.dB[t * s.dstate + n]);
            if (p.dC)
                p.dC[batch_id * p.dC_batch_stride + row * p.dC_step_stride + n]
                    = static_cast<T>(sums.dC[t * s.dstate + n]);
        }
    }
}

// Sums over the batch elements, and for an A that all lanes share over those (`period` N instead of D * N).
template <typename T>
void writeSum(const std::vector<Sums>& elements, std::vector<double> Sums::*member, std::size_t period, T* gradient)
{
    if (!gradient)
        return;
    std::vector<double> total(period, 0.0);
    for (const Sums& element : elements) {
        const std::vector<double>& values = element.*member;
        for (std::size_t i = 0; i < values.size(); ++i)
            total[i % period] += values[i];
    }
    for (std::size_t i = 0; i < period; ++i)
        gradient[i] = static_cast<T>(total[i]);
}

}  // namespace

template <typename T> void scan_backward_reference(const ScanBackwardParams<T>& p, bool quasi_separable)
{
    const ScanParams<T>& s = p.scan;
    std::vector<Sums> elements(s.batch);
    parallel_for(s.batch, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t b = begin; b < end; ++b)
            runElement(p, b, quasi_separable, elements[b]);
    });
    writeSum(elements, &Sums::dA, s.A_dim_stride ? s.dim * s.dstate : s.dstate, p.dA);
    writeSum(elements, &Sums::dD, s.D_step_stride ? s.seqlen : s.dim, p.dD);
    writeSum(elements, &Sums::dbias, s.bias_step_stride ? s.seqlen : s.dim, p.ddelta_bias);
}

template void scan_backward_reference(const ScanBackwardParams<float>&, bool);
template void scan_backward_reference(const ScanBackwardParams<double>&, bool);

}  // namespace mixer::kernels
