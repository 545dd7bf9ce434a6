// SPDX-License-Identifier: MIT
#include "engine/attention/ScanMatrices.h"

#include "engine/core/Error.h"
#include "kernels/vec_portable.h"
#include "kernels/vector_math.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer {

namespace {

using Vector = kernels::Portable;
constexpr int kWidth = Vector::kLanes;

std::vector<float> padRows(const Array& matrix, int padded, float filler)
{
    const std::int64_t rows = matrix.size(0);
    const std::int64_t columns = matrix.size(1);
    std::vector<float> result(static_cast<std::size_t>(rows * padded), filler);
    for (std::int64_t row = 0; row < rows; ++row)
        std::copy_n(matrix.values.data() + row * columns, columns, result.data() + row * padded);
    return result;
}

float sumOf(Vector v)
{
    float lane[kWidth];
    v.store(lane);
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

}  // namespace

ScanMatrices::ScanMatrices(const MixerDetail& detail, int scan)
    : lanes(detail.laneCount())
    , positions(detail.positionCount())
    , states(detail.stateSize())
    , padded((states + kWidth - 1) / kWidth * kWidth)
    , quasiSeparable(detail.isQuasiSeparable())
    , order(static_cast<std::size_t>(positions))
    , stepOf(static_cast<std::size_t>(positions))
    , delta(&detail.delta(scan))
    , B(padRows(detail.inputMatrix(scan), padded, 0))
    , C(padRows(detail.outputMatrix(scan), padded, 0))
    , skip(detail.skip(scan))
    , m_detail(&detail)
    , m_scan(scan)
{
    const std::vector<double>& weights = detail.record().routing.weights;
    if (static_cast<std::size_t>(scan) < weights.size())
        weight = weights[static_cast<std::size_t>(scan)];
    for (int step = 0; step < positions; ++step) {
        const int position = detail.positionAt(scan, step);
        order[static_cast<std::size_t>(step)] = position;
        stepOf[static_cast<std::size_t>(position)] = step;
    }
    const Array& A = detail.stateMatrix(scan);
    sharedRates = A.size(0) == 1;
    rates = padRows(A, padded, -1);
    for (std::int64_t row = 0; row < A.size(0); ++row) {
        const float* values = A.values.data() + row * states;
        slowest.push_back(-*std::max_element(values, values + states));
    }
    for (float& rate : rates)
        rate *= kernels::kScaledLog2e;
}

const Array& ScanMatrices::input() const
{
    std::call_once(m_inputOnce, [&] { m_input = m_detail->input(m_scan); });
    return m_input;
}

const Array& ScanMatrices::output() const
{
    std::call_once(m_outputOnce, [&] { m_output = m_detail->output(m_scan); });
    return m_output;
}

float decayedSum(const float* products, const float* rates, int padded, float distance)
{
    const Vector d(distance);
    Vector sum(0.0F);
    int n = 0;
    for (; n + 4 * kWidth <= padded; n += 4 * kWidth) {
        Vector rate[4], decay[4];
        for (int j = 0; j < 4; ++j)
            rate[j] = Vector::load(rates + n + j * kWidth);
        kernels::exp2_products<true, 4>(d, rate, decay);
        for (int j = 0; j < 4; ++j)
            sum = fma(Vector::load(products + n + j * kWidth), decay[j], sum);
    }
    for (; n < padded; n += kWidth) {
        const Vector rate = Vector::load(rates + n);
        Vector decay;
        kernels::exp2_products<true, 1>(d, &rate, &decay);
        sum = fma(Vector::load(products + n), decay, sum);
    }
    return sumOf(sum);
}

float decayState(float* state, const float* c, const float* rates, int padded, float delta)
{
    const Vector d(delta);
    Vector sum(0.0F);
    for (int n = 0; n < padded; n += kWidth) {
        const Vector rate = Vector::load(rates + n);
        Vector decay;
        kernels::exp2_products<true, 1>(d, &rate, &decay);
        const Vector h = decay * Vector::load(state + n);
        h.store(state + n);
        sum = fma(Vector::load(c + n), h, sum);
    }
    return sumOf(sum);
}

void writeState(float* state, const float* b, int padded, float write)
{
    for (int n = 0; n < padded; n += kWidth)
        fma(Vector(write), Vector::load(b + n), Vector::load(state + n)).store(state + n);
}

LaneRange laneRange(const MixerDetail& detail, int lane)
{
    if (lane < -1 || lane >= detail.laneCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + detail.record().id.name() + " has lanes 0 to " + std::to_string(detail.laneCount() - 1)
                        + "; asked for " + std::to_string(lane));
    return lane < 0 ? LaneRange{0, detail.laneCount()} : LaneRange{lane, 1};
}

void requireScan(const MixerDetail& detail, int scan)
{
    if (scan < 0 || scan >= detail.scanCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + detail.record().id.name() + " ran " + std::to_string(detail.scanCount())
                        + " scans here; number " + std::to_string(scan) + " does not exist");
}

void requirePosition(const MixerDetail& detail, int position)
{
    if (position < 0 || position >= detail.positionCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + detail.record().id.name() + " has positions 0 to "
                        + std::to_string(detail.positionCount() - 1) + "; asked for " + std::to_string(position));
}

}  // namespace mixer
