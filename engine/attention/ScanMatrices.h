// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/Trace.h"

#include <mutex>
#include <vector>

namespace mixer {

/// One scan of a MixerDetail, laid out for walks along its steps: rows of N padded to whole vectors of four.
struct ScanMatrices {
    ScanMatrices(const MixerDetail& detail, int scan);

    const float* deltaOf(int lane) const { return delta->values.data() + std::int64_t{lane} * positions; }
    const float* ratesOf(int lane) const { return rates.data() + (sharedRates ? 0 : std::int64_t{lane} * padded); }
    float slowestOf(int lane) const { return slowest[sharedRates ? 0 : static_cast<std::size_t>(lane)]; }
    const float* bOf(int position) const { return B.data() + std::int64_t{position} * padded; }
    const float* cOf(int position) const { return C.data() + std::int64_t{position} * padded; }
    float skipOf(int lane, int position) const
    {
        return skip.values[static_cast<std::size_t>(skip.size(1) == 1 ? lane : position)];
    }
    /// Inputs and outputs of the scan, (lanes, positions), fetched when first asked for.
    const Array& input() const;
    const Array& output() const;

    int lanes = 0;
    int positions = 0;
    int states = 0;
    int padded = 0;  ///< N rounded up to a multiple of 4; B, C are 0 and rates -1 there
    bool quasiSeparable = false;
    bool sharedRates = false;
    double weight = 1;                 ///< omega of the scan in the mixer's sum
    std::vector<std::int32_t> order;   ///< position at each step
    std::vector<std::int32_t> stepOf;  ///< its inverse
    const Array* delta = nullptr;      ///< (lanes, positions); lives as long as the detail
    std::vector<float> B, C;           ///< (positions, padded)
    std::vector<float> rates;          ///< (lanes or 1, padded): A in units of the vector exponential
    std::vector<float> slowest;        ///< (lanes or 1): the smallest |A_n|
    Array skip;

private:
    const MixerDetail* m_detail;
    int m_scan;
    mutable std::once_flag m_inputOnce, m_outputOnce;
    mutable Array m_input, m_output;
};

/// sum_n products[n] exp(distance A_n). `padded` a multiple of 4, distance >= 0.
float decayedSum(const float* products, const float* rates, int padded, float distance);

/// state = exp(delta A) . state (padded) and returns <c, state>.
float decayState(float* state, const float* c, const float* rates, int padded, float delta);
/// state += write * b.
void writeState(float* state, const float* b, int padded, float write);

/// Lanes [first, first + count) of a request: one, or all with -1. Throws Error(Usage) naming the mixer's lanes.
struct LaneRange {
    int first = 0;
    int count = 0;
};
LaneRange laneRange(const MixerDetail& detail, int lane);
void requireScan(const MixerDetail& detail, int scan);
void requirePosition(const MixerDetail& detail, int position);

}  // namespace mixer
