// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/vec_inline.h"

// exp, softplus and SiLU over a vector type V (vec_avx512.h, vec_avx2.h, vec_portable.h). Exponents are carried in
// units of 2^-23
// ("scaled"): rounding one to a whole number then gives the very bits that an IEEE float's exponent field has to grow
// by.
namespace mixer::kernels {

constexpr float kExponentUnit = 8388608.0F;  ///< 2^23
constexpr float kLog2e = 1.44269504088896340736F;
constexpr float kScaledLog2e = kLog2e * kExponentUnit;

/// Adding and subtracting this rounds a scaled exponent to a multiple of kExponentUnit.
constexpr float kScaledRounder = 1.5F * kExponentUnit * kExponentUnit;

/// Largest scaled magnitude that exp2_scaled() takes without clamping.
constexpr float kUnclampedLimit = 126.0F * kExponentUnit;

/// 2^f for |f| <= 1/2, f scaled: degree 5, minimax with the constant term 1 exactly (a decay of a long memory must not
/// drift), relative error < 2e-7 in exact arithmetic.
template <class V> MIXER_INLINE V exp2_fraction(V f)
{
    constexpr double unit = 1.0 / 8388608.0;
    constexpr float c1 = float(6.931469776e-01 * unit);
    constexpr float c2 = float(2.402224208e-01 * unit * unit);
    constexpr float c3 = float(5.550733744e-02 * unit * unit * unit);
    constexpr float c4 = float(9.671512786e-03 * unit * unit * unit * unit);
    constexpr float c5 = float(1.326472725e-03 * unit * unit * unit * unit * unit);
    V p = fma(V(c5), f, V(c4));
    p = fma(p, f, V(c3));
    p = fma(p, f, V(c2));
    p = fma(p, f, V(c1));
    return fma(p, f, V(1.0F));
}

/// 2^f for |f| <= 1/32, f scaled: degree 3, the first terms of the series, so that what a decay near 1 loses in a step
/// is right to 6e-7 of itself. Relative error < 1e-8 in exact arithmetic.
template <class V> MIXER_INLINE V exp2_small_slope(V f)
{
    constexpr double unit = 1.0 / 8388608.0;
    constexpr float c1 = float(6.931471806e-01 * unit);
    constexpr float c2 = float(2.402265070e-01 * unit * unit);
    constexpr float c3 = float(5.550410866e-02 * unit * unit * unit);
    return fma(fma(V(c3), f, V(c2)), f, V(c1));
}

/// decay[j] = 2^(delta * rate[j] / 2^23). With `kClamp` any argument is right (0 and infinity at the ends); without,
/// the product's magnitude must not exceed kUnclampedLimit. The loops go stage by stage so that the chains of all
/// vectors are in flight together.
template <bool kClamp, int kCount, class V> MIXER_INLINE void exp2_products(V delta, const V* rate, V* decay)
{
    constexpr float rounder = kScaledRounder / V::kPowerParts;
    V rounded[kCount], fraction[kCount];
    MIXER_UNROLL
    for (int j = 0; j < kCount; ++j) {
        if constexpr (kClamp) {
            const V x = at_most(128.0F * kExponentUnit, at_least(-127.0F * kExponentUnit, delta * rate[j]));
            rounded[j] = x + V(rounder);
            fraction[j] = x - (rounded[j] - V(rounder));
        } else {
            rounded[j] = fma(delta, rate[j], V(rounder));
            fraction[j] = fms(delta, rate[j], rounded[j] - V(rounder));
        }
    }
    MIXER_UNROLL
    for (int j = 0; j < kCount; ++j) {
        if constexpr (V::kPowerParts == 1) {
            decay[j] = scale_by_power(exp2_fraction(fraction[j]), rounded[j] - V(rounder));
        } else {
            const V power = power_of_parts(rounded[j]), slope = exp2_small_slope(fraction[j]);
            // Infinity times 1 is infinity; times a fraction of 0 it would be no number.
            decay[j] = kClamp ? power * fma(slope, fraction[j], V(1.0F)) : fma(power, slope * fraction[j], power);
        }
    }
}

/// e^x, x clamped to [-87.3, 88.7] (the normal floats); NaN stays NaN. ln 2 is split in two so that the reduced
/// argument keeps its last bits.
template <class V> MIXER_INLINE V exp(V x)
{
    constexpr float ln2_high = 0.693359375F / kExponentUnit;
    constexpr float ln2_low = -2.12194440e-4F / kExponentUnit;
    x = at_most(88.7F, at_least(-87.3F, x));
    const V whole = fma(x, V(kScaledLog2e), V(kScaledRounder)) - V(kScaledRounder);
    const V reduced = fma(whole, V(-ln2_low), fma(whole, V(-ln2_high), x));
    return scale_by_power(exp2_fraction(reduced * V(kScaledLog2e)), whole);
}

/// log(1 + e^x) = max(x, 0) + log1p(e^-|x|) of kCount vectors: relative error < 4e-7 from -87 up, 0 or at most 1.3e-38
/// below. With `slope`, its derivative 1 / (1 + e^-x) = e^min(x, 0) / (1 + e^-|x|) too, small but not 0 far below 0.
/// One vector's operations wait for each other; kCount chains fill the pipes.
template <int kCount, class V> MIXER_INLINE void softplus(V* x, V* slope = nullptr)
{
    V z[kCount], p[kCount];
    MIXER_UNROLL
    for (int j = 0; j < kCount; ++j)
        z[j] = exp(V(0.0F) - abs(x[j]));
    if (slope) {
        MIXER_UNROLL
        for (int j = 0; j < kCount; ++j)
            slope[j] = select_negative(x[j], z[j], V(1.0F)) / (V(1.0F) + z[j]);
    }
    // log1p(z) / z on [0, 1], minimax with the constant term 1.
    constexpr float factors[] = {1.985142002e-02F,  -5.695945326e-02F, 1.060364643e-01F,
                                 -1.530558735e-01F, 1.967593732e-01F,  -2.495413323e-01F,
                                 3.332996237e-01F,  -4.999990242e-01F, 1.0F};
    MIXER_UNROLL
    for (int j = 0; j < kCount; ++j)
        p[j] = V(-3.244015883e-03F);
    MIXER_UNROLL
    for (int k = 0; k < 9; ++k) {
        MIXER_UNROLL
        for (int j = 0; j < kCount; ++j)
            p[j] = fma(p[j], z[j], V(factors[k]));
    }
    MIXER_UNROLL
    for (int j = 0; j < kCount; ++j)
        x[j] = fma(p[j], z[j], at_least(0.0F, x[j]));
}

template <class V> MIXER_INLINE V silu(V x)
{
    return x / (V(1.0F) + exp(V(0.0F) - x));
}

}  // namespace mixer::kernels
