// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Error.h"
#include "engine/trace/Trace.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace mixer {

/// One scan over random numbers, with its implicit matrix and everything that follows from it in plain double loops.
class MadeDetail : public MixerDetail {
public:
    struct Options {
        int lanes = 3;
        int positions = 70;
        int states = 5;
        bool quasiSeparable = false;
        bool perPosition = false;  ///< like a channel mixer: A shared, D by position
        float largestDelta = 0.2F;
        unsigned seed = 1;
    };

    explicit MadeDetail(const Options& options)
        : m_options(options)
        , m_order(static_cast<std::size_t>(options.positions))
    {
        m_record.id.isChannelMixer = options.perPosition;
        std::mt19937 generator(options.seed);
        std::normal_distribution<float> normal;
        std::uniform_real_distribution<float> uniform(0.01F, 1);
        std::iota(m_order.begin(), m_order.end(), 0);
        std::shuffle(m_order.begin(), m_order.end(), generator);
        const auto filled = [&](std::int64_t rows, std::int64_t columns, auto& distribution, float scale) {
            Array array({rows, columns});
            for (float& value : array.values)
                value = scale * distribution(generator);
            return array;
        };
        m_delta = filled(options.lanes, options.positions, uniform, options.largestDelta);
        m_A = filled(options.perPosition ? 1 : options.lanes, options.states, uniform, -8);
        m_B = filled(options.positions, options.states, normal, 1);
        m_C = filled(options.positions, options.states, normal, 1);
        m_u = filled(options.lanes, options.positions, normal, 1);
        m_D = options.perPosition ? filled(1, options.positions, normal, 1) : filled(options.lanes, 1, normal, 1);
    }

    int scanCount() const override { return 1; }
    std::string scanName(int) const override { return "made"; }
    bool isQuasiSeparable() const override { return m_options.quasiSeparable; }
    int laneCount() const override { return m_options.lanes; }
    int positionCount() const override { return m_options.positions; }
    int stateSize() const override { return m_options.states; }
    int positionAt(int, int step) const override { return m_order.at(static_cast<std::size_t>(step)); }
    int stepOf(int, int position) const override
    {
        return static_cast<int>(std::find(m_order.begin(), m_order.end(), position) - m_order.begin());
    }
    const Array& delta(int) const override { return m_delta; }
    Array gate(int) const override { return {}; }
    Array meanGate(int) const override { return {}; }
    Array laneGate(int) const override { return {}; }
    const Array& outputGate() const override { return m_delta; }
    Array input(int) const override { return m_u; }
    Array skip(int) const override { return m_D; }
    Array inputMatrix(int) const override { return m_B; }
    Array outputMatrix(int) const override { return m_C; }
    const Array& stateMatrix(int) const override { return m_A; }
    Array state(int, int, int, int, Direction) const override { return {}; }
    const Array& stateNorm(int, Direction) const override { return m_delta; }
    Array stateNorm(int, int, int, Direction) const override { return {}; }
    Array output(int) const override
    {
        Array y({m_options.lanes, m_options.positions});
        for (int lane = 0; lane < m_options.lanes; ++lane)
            for (int to = 0; to < m_options.positions; ++to) {
                double sum = 0;
                for (int from = 0; from < m_options.positions; ++from)
                    sum += element(lane, to, from) * static_cast<double>(m_u.at(lane, from));
                y.at(lane, to) = static_cast<float>(sum);
            }
        return y;
    }

    /// M[to, from] of a lane, by position: the products of the definition, factor by factor.
    double element(int lane, int to, int from) const { return element(*this, 0, lane, to, from); }

    static double element(const MixerDetail& detail, int scan, int lane, int to, int from)
    {
        const Array& delta = detail.delta(scan);
        const Array& A = detail.stateMatrix(scan);
        const Array B = detail.inputMatrix(scan);
        const Array C = detail.outputMatrix(scan);
        const Array D = detail.skip(scan);
        const int t = detail.stepOf(scan, to);
        const int s = detail.stepOf(scan, from);
        if (s > t && !detail.isQuasiSeparable())
            return 0;
        double sum = s == t ? static_cast<double>(D.size(1) == 1 ? D.at(lane, 0) : D.at(0, to)) : 0;
        for (int n = 0; n < detail.stateSize(); ++n) {
            const double a = static_cast<double>(A.at(A.size(0) == 1 ? 0 : lane, n));
            double product = static_cast<double>(C.at(to, n)) * static_cast<double>(B.at(from, n))
                * static_cast<double>(delta.at(lane, from));
            for (int m = s + 1; m <= t; ++m)  // lower triangle
                product *= std::exp(a * static_cast<double>(delta.at(lane, detail.positionAt(scan, m))));
            for (int m = t; m < s; ++m)  // upper triangle
                product *= std::exp(a * static_cast<double>(delta.at(lane, detail.positionAt(scan, m))));
            sum += product;
        }
        return sum;
    }

private:
    Options m_options;
    std::vector<int> m_order;
    Array m_delta, m_A, m_B, m_C, m_u, m_D;
};

}  // namespace mixer
