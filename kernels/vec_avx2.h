// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/storage.h"
#include "kernels/vec_inline.h"

#include <immintrin.h>

#include <cstdint>

namespace mixer::kernels {

/// Eight floats in an AVX register. Only for sources compiled with -mavx2 -mfma.
struct Avx2 {
    static constexpr int kLanes = 8;
    static constexpr bool kSweepsTogether = true;  ///< enough registers for two tiles of states at a time
    static constexpr int kPowerParts = 1;          ///< no table of powers of two: see vector_math.h
    static constexpr int kChains = 4;  ///< dependent chains of operations that fill the pipes and fit the registers
    __m256 v;

    Avx2() = default;
    MIXER_INLINE Avx2(__m256 x)
        : v(x)
    {
    }
    MIXER_INLINE Avx2(float x)
        : v(_mm256_set1_ps(x))
    {
    }

    static MIXER_INLINE Avx2 load(const float* p) { return _mm256_loadu_ps(p); }
    static MIXER_INLINE Avx2 broadcast(const float* p) { return _mm256_broadcast_ss(p); }
    MIXER_INLINE void store(float* p) const { _mm256_storeu_ps(p, v); }

    static MIXER_INLINE Avx2 load(const BFloat16* p)
    {
        const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
        return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
    }
    MIXER_INLINE void store(BFloat16* p) const
    {
        const __m256i bits = _mm256_castps_si256(v);
        const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
        const __m256i nearest
            = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
        const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
        const __m256i wide = _mm256_blendv_epi8(nearest, _mm256_set1_epi32(0x7fc0), is_nan);
        const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(wide, wide), 0x08);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
    }
    static MIXER_INLINE Avx2 load(const Float16* p)
    {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    MIXER_INLINE void store(Float16* p) const
    {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
    }

    /// The first `count` lanes; the others read as 0 and are not touched in memory.
    static MIXER_INLINE Avx2 load_first(const float* p, int count) { return _mm256_maskload_ps(p, mask(count)); }
    MIXER_INLINE void store_first(float* p, int count) const { _mm256_maskstore_ps(p, mask(count), v); }

    friend MIXER_INLINE Avx2 operator+(Avx2 a, Avx2 b) { return _mm256_add_ps(a.v, b.v); }
    friend MIXER_INLINE Avx2 operator-(Avx2 a, Avx2 b) { return _mm256_sub_ps(a.v, b.v); }
    friend MIXER_INLINE Avx2 operator*(Avx2 a, Avx2 b) { return _mm256_mul_ps(a.v, b.v); }
    friend MIXER_INLINE Avx2 operator/(Avx2 a, Avx2 b) { return _mm256_div_ps(a.v, b.v); }

    /// a*b + c, a*b - c, rounded once.
    friend MIXER_INLINE Avx2 fma(Avx2 a, Avx2 b, Avx2 c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
    friend MIXER_INLINE Avx2 fms(Avx2 a, Avx2 b, Avx2 c) { return _mm256_fmsub_ps(a.v, b.v, c.v); }

    /// The larger or smaller of a bound and x; NaN stays NaN (the instruction gives its second operand then).
    friend MIXER_INLINE Avx2 at_least(float bound, Avx2 x) { return _mm256_max_ps(_mm256_set1_ps(bound), x.v); }
    friend MIXER_INLINE Avx2 at_most(float bound, Avx2 x) { return _mm256_min_ps(_mm256_set1_ps(bound), x.v); }
    friend MIXER_INLINE Avx2 abs(Avx2 x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x.v); }

    /// max(a, |x|); an x that is not a number is passed over.
    friend MIXER_INLINE Avx2 max_magnitude(Avx2 a, Avx2 x) { return _mm256_max_ps(abs(x).v, a.v); }

    /// Lane by lane a where x < 0, b elsewhere.
    friend MIXER_INLINE Avx2 select_negative(Avx2 x, Avx2 a, Avx2 b) { return _mm256_blendv_ps(b.v, a.v, x.v); }

    /// p * 2^(n / 2^23) for p near 1, n a multiple of 2^23: adds n to the bits of p.
    friend MIXER_INLINE Avx2 scale_by_power(Avx2 p, Avx2 n)
    {
        return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p.v), _mm256_cvtps_epi32(n.v)));
    }

    /// to[j] += the sum of the lanes of x[j], for eight vectors.
    friend MIXER_INLINE void add_lane_sums(const Avx2* x, float* to)
    {
        const __m256 low = _mm256_hadd_ps(_mm256_hadd_ps(x[0].v, x[1].v), _mm256_hadd_ps(x[2].v, x[3].v));
        const __m256 high = _mm256_hadd_ps(_mm256_hadd_ps(x[4].v, x[5].v), _mm256_hadd_ps(x[6].v, x[7].v));
        const __m256 sums
            = _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31));
        _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sums));
    }

    /// x[i] lane j becomes x[j] lane i.
    static MIXER_INLINE void transpose(Avx2* x)
    {
        __m256 pairs[8], quads[8];
        MIXER_UNROLL
        for (int i = 0; i < 8; i += 2) {
            pairs[i] = _mm256_unpacklo_ps(x[i].v, x[i + 1].v);
            pairs[i + 1] = _mm256_unpackhi_ps(x[i].v, x[i + 1].v);
        }
        MIXER_UNROLL
        for (int i = 0; i < 8; i += 4) {
            quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
            quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
            quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
            quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
        }
        MIXER_UNROLL
        for (int i = 0; i < 4; ++i) {
            x[i].v = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
            x[i + 4].v = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
        }
    }

private:
    static MIXER_INLINE __m256i mask(int count)
    {
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
};

}  // namespace mixer::kernels
