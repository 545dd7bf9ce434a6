// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/vector_math.h"
#include "tests/benchmark/Limits.h"

#include <chrono>

namespace mixer::kernels {

/// Compiled once for each instruction set.
template <class V> struct LimitsOf {
    static constexpr int W = V::kLanes;
    static constexpr int kSteps = 64, kStates = 4, kChains = 12, kTurns = 20;

    template <class Work> static double floats_per_second(double floats, Work work)
    {
        double best = 0;
        for (int trial = 0; trial < 30; ++trial) {
            const auto start = std::chrono::steady_clock::now();
            for (int turn = 0; turn < kTurns; ++turn) {
                work();
                __asm__ volatile("" ::: "memory");
            }
            const double rate
                = floats * kTurns / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            best = rate > best ? rate : best;
        }
        return best;
    }

    static Limits measure()
    {
        alignas(64) static float in[kSteps * W], out[kSteps * kStates * W], rates[kStates * W];
        for (int i = 0; i < kSteps * W; ++i)
            in[i] = 0.01F * float(i % 50);
        for (int i = 0; i < kStates * W; ++i)
            rates[i] = -(1.0F + float(i / W)) * kScaledLog2e;
        Limits limits{};
        limits.multiply_adds = floats_per_second(double(kSteps) * kChains * W, [] {
            const V factor = V::load(in), term = V::load(in + W);
            V x[kChains];
            MIXER_UNROLL
            for (int i = 0; i < kChains; ++i)
                x[i] = V::load(in + i * W);  // all different, or the compiler makes one of them
            for (int t = 0; t < kSteps; ++t) {
                MIXER_UNROLL
                for (int i = 0; i < kChains; ++i)
                    x[i] = fma(x[i], factor, term);
            }
            MIXER_UNROLL
            for (int i = 0; i < kChains; ++i)
                x[i].store(out + i * W);
        });
        limits.exponentials = floats_per_second(double(kSteps) * kStates * W, [] {
            V rate[kStates];
            MIXER_UNROLL
            for (int j = 0; j < kStates; ++j)
                rate[j] = V::load(rates + j * W);
            for (int t = 0; t < kSteps; ++t) {
                V decay[kStates];
                exp2_products<false, kStates>(V::load(in + t * W), rate, decay);
                MIXER_UNROLL
                for (int j = 0; j < kStates; ++j)
                    decay[j].store(out + (kStates * t + j) * W);
            }
        });
        limits.softplus = floats_per_second(double(kSteps) * W, [] {
            for (int t = 0; t < kSteps; t += kStates) {
                V x[kStates];
                MIXER_UNROLL
                for (int j = 0; j < kStates; ++j)
                    x[j] = V::load(in + (t + j) * W);
                softplus<kStates>(x);
                MIXER_UNROLL
                for (int j = 0; j < kStates; ++j)
                    x[j].store(out + (t + j) * W);
            }
        });
        return limits;
    }
};

}  // namespace mixer::kernels
