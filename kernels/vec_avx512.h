// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/vec_inline.h"

#include <immintrin.h>

#include <cstdint>

namespace mixer::kernels {

/// Sixteen floats in an AVX-512 register. Only for sources compiled with -mavx512f -mavx512dq.
struct Avx512 {
    static constexpr int kLanes = 16;
    __m512 v;

    Avx512() = default;
    MIXER_INLINE Avx512(__m512 x)
        : v(x)
    {
    }
    MIXER_INLINE Avx512(float x)
        : v(_mm512_set1_ps(x))
    {
    }

    static MIXER_INLINE Avx512 load(const float* p) { return _mm512_loadu_ps(p); }
    static MIXER_INLINE Avx512 broadcast(const float* p) { return _mm512_set1_ps(*p); }
    MIXER_INLINE void store(float* p) const { _mm512_storeu_ps(p, v); }

    /// The first `count` lanes; the others read as 0 and are not touched in memory.
    static MIXER_INLINE Avx512 load_first(const float* p, int count) { return _mm512_maskz_loadu_ps(mask(count), p); }
    MIXER_INLINE void store_first(float* p, int count) const { _mm512_mask_storeu_ps(p, mask(count), v); }

    friend MIXER_INLINE Avx512 operator+(Avx512 a, Avx512 b) { return _mm512_add_ps(a.v, b.v); }
    friend MIXER_INLINE Avx512 operator-(Avx512 a, Avx512 b) { return _mm512_sub_ps(a.v, b.v); }
    friend MIXER_INLINE Avx512 operator*(Avx512 a, Avx512 b) { return _mm512_mul_ps(a.v, b.v); }
    friend MIXER_INLINE Avx512 operator/(Avx512 a, Avx512 b) { return _mm512_div_ps(a.v, b.v); }

    /// a*b + c, a*b - c, rounded once.
    friend MIXER_INLINE Avx512 fma(Avx512 a, Avx512 b, Avx512 c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
    friend MIXER_INLINE Avx512 fms(Avx512 a, Avx512 b, Avx512 c) { return _mm512_fmsub_ps(a.v, b.v, c.v); }

    /// The larger or smaller of a bound and x; NaN stays NaN (the instruction gives its second operand then).
    friend MIXER_INLINE Avx512 at_least(float bound, Avx512 x) { return _mm512_max_ps(_mm512_set1_ps(bound), x.v); }
    friend MIXER_INLINE Avx512 at_most(float bound, Avx512 x) { return _mm512_min_ps(_mm512_set1_ps(bound), x.v); }
    friend MIXER_INLINE Avx512 abs(Avx512 x) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0F), x.v); }

    /// max(a, |x|); an x that is not a number is passed over.
    friend MIXER_INLINE Avx512 max_magnitude(Avx512 a, Avx512 x) { return _mm512_max_ps(abs(x).v, a.v); }

    /// p * 2^(n / 2^23) for p near 1, n a multiple of 2^23: adds n to the bits of p.
    friend MIXER_INLINE Avx512 scale_by_power(Avx512 p, Avx512 n)
    {
        return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p.v), _mm512_cvtps_epi32(n.v)));
    }

private:
    static MIXER_INLINE __mmask16 mask(int count) { return static_cast<__mmask16>((1U << count) - 1U); }
};

}  // namespace mixer::kernels
