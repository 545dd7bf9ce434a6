// SPDX-License-Identifier: MIT
#include "engine/attention/HalfLife.h"

#include "engine/attention/ScanMatrices.h"
#include "engine/core/Error.h"
#include "kernels/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer {

namespace {

/// The half-lives of one lane, by step.
class HalfLives {
public:
    /// `delta`: by step in the direction of the state; A: the rates that count, negative.
    HalfLives(const std::vector<double>& delta, const float* A, int states)
        : m_A(A, A + states)
        , m_sum(delta.size() + 1)
    {
        for (std::size_t t = 0; t < delta.size(); ++t)
            m_sum[t + 1] = m_sum[t] + delta[t];
    }

    /// Delta that has to pass until the mean influence of the states is 1/2: the same at every step.
    double halvingDistance() const
    {
        double low = 0;
        double high = std::log(2.0) / -static_cast<double>(*std::max_element(m_A.begin(), m_A.end()));
        if (m_A.size() == 1 || !std::isfinite(high))
            return high;
        for (int i = 0; i < 60 && high - low > 1e-12 * high; ++i) {
            const double middle = 0.5 * (low + high);
            (influence(middle) > 0.5 ? low : high) = middle;
        }
        return high;
    }

    std::vector<float> all() const
    {
        const double distance = halvingDistance();
        const std::size_t steps = m_sum.size() - 1;
        std::vector<float> result(steps, std::numeric_limits<float>::infinity());
        std::size_t end = 1;
        for (std::size_t t = 0; t < steps; ++t) {
            // What step t wrote decays from step t+1 on: m_sum[end] - m_sum[t+1] has passed after step end-1.
            const double target = m_sum[t + 1] + distance;
            end = std::max(end, t + 1);
            while (end < steps && m_sum[end] < target)
                ++end;
            if (m_sum[end] < target)
                break;  // all later ones outlive the scan too
            const double last = m_sum[end] - m_sum[end - 1];
            const double over = last > 0 && end > t + 1 ? (m_sum[end] - target) / last : 0;
            result[t] = static_cast<float>(static_cast<double>(end - t - 1) - over);
        }
        return result;
    }

private:
    double influence(double distance) const
    {
        double sum = 0;
        for (const float a : m_A)
            sum += std::exp(static_cast<double>(a) * distance);
        return sum / static_cast<double>(m_A.size());
    }

    std::vector<float> m_A;
    std::vector<double> m_sum;  ///< of Delta up to a step, not with it
};

/// The middle value of each column (of two, the lower).
std::vector<float> medians(const Array& table)
{
    std::vector<float> result;
    std::vector<float> column(static_cast<std::size_t>(table.size(0)));
    const auto middle = column.begin() + static_cast<std::ptrdiff_t>((column.size() - 1) / 2);
    for (std::int64_t c = 0; c < table.size(1); ++c) {
        for (std::size_t r = 0; r < column.size(); ++r)
            column[r] = table.at(static_cast<std::int64_t>(r), c);
        std::nth_element(column.begin(), middle, column.end());
        result.push_back(*middle);
    }
    return result;
}

}  // namespace

Array halfLife(const MixerDetail& detail, int scan, int lane, int state, MixerDetail::Direction direction,
               const CancelToken& cancel)
{
    requireScan(detail, scan);
    const LaneRange lanes = laneRange(detail, lane);
    if (state < -1 || state >= detail.stateSize())
        throw Error(ErrorKind::Usage,
                    "mixer " + detail.record().id.name() + " has states 0 to " + std::to_string(detail.stateSize() - 1)
                        + "; asked for " + std::to_string(state));
    const bool backward = direction == MixerDetail::Direction::Backward;
    if (backward && !detail.isQuasiSeparable())
        throw Error(ErrorKind::Usage,
                    "scan '" + detail.scanName(scan)
                        + "' has no backward state; only quasi-separable scans (ViQS) have one");
    const Array& delta = detail.delta(scan);
    const Array& A = detail.stateMatrix(scan);
    const int positions = detail.positionCount();
    std::vector<std::int32_t> order(static_cast<std::size_t>(positions));
    for (int step = 0; step < positions; ++step)
        order[static_cast<std::size_t>(backward ? positions - 1 - step : step)] = detail.positionAt(scan, step);

    Array all({lanes.count, positions});
    kernels::parallel_for(lanes.count, 1, [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> steps(order.size());
        for (std::int64_t i = begin; i < end && !cancel.isCancelled(); ++i) {
            const std::int64_t l = lanes.first + i;
            for (std::size_t t = 0; t < order.size(); ++t)
                steps[t] = static_cast<double>(delta.at(l, order[t]));
            const float* rates = A.values.data() + (A.size(0) == 1 ? 0 : l * A.size(1));
            const HalfLives lives(steps, state < 0 ? rates : rates + state, state < 0 ? detail.stateSize() : 1);
            const std::vector<float> found = lives.all();
            for (std::size_t t = 0; t < order.size(); ++t)
                all.at(i, order[t]) = found[t];
        }
    });
    cancel.check();
    Array result({positions});
    result.values = lanes.count == 1 ? all.values : medians(all);
    return result;
}

}  // namespace mixer
