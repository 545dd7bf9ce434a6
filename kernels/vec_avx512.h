// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/storage.h"
#include "kernels/vec_inline.h"

#include <immintrin.h>

#include <cstdint>

namespace mixer::kernels {

/// Sixteen floats in an AVX-512 register. Only for sources compiled with -mavx512f -mavx512dq.
struct Avx512 {
    static constexpr int kLanes = 16;
    static constexpr bool kSweepsTogether = true;  ///< enough registers for two tiles of states at a time
    static constexpr int kPowerParts = 16;         ///< a table of 2^(i/16) fits one register
    static constexpr int kChains = 8;  ///< dependent chains of operations that fill the pipes and fit the registers
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

    static MIXER_INLINE Avx512 load(const BFloat16* p)
    {
        const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
        return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
    }
    MIXER_INLINE void store(BFloat16* p) const
    {
        const __m512i bits = _mm512_castps_si512(v);
        const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
        const __m512i nearest
            = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
        const __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
        const __m512i wide = _mm512_mask_blend_epi32(is_nan, nearest, _mm512_set1_epi32(0x7fc0));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(wide));
    }
    static MIXER_INLINE Avx512 load(const Float16* p)
    {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    MIXER_INLINE void store(Float16* p) const
    {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }

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

    /// Lane by lane a where x < 0, b elsewhere.
    friend MIXER_INLINE Avx512 select_negative(Avx512 x, Avx512 a, Avx512 b)
    {
        return _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x.v)), b.v, a.v);
    }

    /// p * 2^(n / 2^23) for p near 1, n a multiple of 2^23: adds n to the bits of p.
    friend MIXER_INLINE Avx512 scale_by_power(Avx512 p, Avx512 n)
    {
        return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p.v), _mm512_cvtps_epi32(n.v)));
    }

    /// 2^(n / 2^23) for n a multiple of 2^19, given n + 1.5 * 2^42: a float of that size counts sixteenths in its last
    /// bits. The table's entries have lost what shifting the count left adds to them.
    friend MIXER_INLINE Avx512 power_of_parts(Avx512 rounded)
    {
        const __m512i table = _mm512_setr_epi32(0x3f800000, 0x3f7daac3, 0x3f7b95c2, 0x3f79c3d3, 0x3f7837f0, 0x3f76f532,
                                                0x3f75fed7, 0x3f75583f, 0x3f7504f3, 0x3f7508a4, 0x3f75672a, 0x3f76248c,
                                                0x3f7744fd, 0x3f78ccdf, 0x3f7ac0c7, 0x3f7d257d);
        const __m512i count = _mm512_castps_si512(rounded.v);
        return _mm512_castsi512_ps(
            _mm512_add_epi32(_mm512_permutexvar_epi32(count, table), _mm512_slli_epi32(count, 19)));
    }

    /// to[j] += the sum of the lanes of x[j], for eight vectors.
    friend MIXER_INLINE void add_lane_sums(const Avx512* x, float* to)
    {
        // Four partial sums of x[i] in quarter i of `low`, of x[4 + i] in quarter i of `high`.
        const __m512 low = fold_quarters(fold_halves(x[0].v, x[1].v), fold_halves(x[2].v, x[3].v));
        const __m512 high = fold_quarters(fold_halves(x[4].v, x[5].v), fold_halves(x[6].v, x[7].v));
        const __m512 pairs = _mm512_add_ps(_mm512_unpacklo_ps(low, high), _mm512_unpackhi_ps(low, high));
        const __m512 sums = _mm512_add_ps(pairs, _mm512_permute_ps(pairs, 0x4e));
        const __m512i first_of_quarters = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
        const __m256 packed = _mm512_castps512_ps256(_mm512_permutexvar_ps(first_of_quarters, sums));
        _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), packed));
    }

    /// x[i] lane j becomes x[j] lane i.
    static MIXER_INLINE void transpose(Avx512* x)
    {
        __m512 pairs[16], quads[16];
        MIXER_UNROLL
        for (int i = 0; i < 16; i += 2) {
            pairs[i] = _mm512_unpacklo_ps(x[i].v, x[i + 1].v);
            pairs[i + 1] = _mm512_unpackhi_ps(x[i].v, x[i + 1].v);
        }
        // Quarter q of quads[4 * r + j]: column 4 * q + j of the rows 4 * r to 4 * r + 3.
        MIXER_UNROLL
        for (int i = 0; i < 16; i += 4) {
            quads[i] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
            quads[i + 1] = _mm512_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
            quads[i + 2] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
            quads[i + 3] = _mm512_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
        }
        MIXER_UNROLL
        for (int j = 0; j < 4; ++j) {
            const __m512 upper_even = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0x88);
            const __m512 upper_odd = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0xdd);
            const __m512 lower_even = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0x88);
            const __m512 lower_odd = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0xdd);
            x[j].v = _mm512_shuffle_f32x4(upper_even, lower_even, 0x88);
            x[4 + j].v = _mm512_shuffle_f32x4(upper_odd, lower_odd, 0x88);
            x[8 + j].v = _mm512_shuffle_f32x4(upper_even, lower_even, 0xdd);
            x[12 + j].v = _mm512_shuffle_f32x4(upper_odd, lower_odd, 0xdd);
        }
    }

private:
    static MIXER_INLINE __m512 fold_halves(__m512 a, __m512 b)
    {
        return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    }
    static MIXER_INLINE __m512 fold_quarters(__m512 a, __m512 b)
    {
        return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
    }
    static MIXER_INLINE __mmask16 mask(int count) { return static_cast<__mmask16>((1U << count) - 1U); }
};

}  // namespace mixer::kernels
