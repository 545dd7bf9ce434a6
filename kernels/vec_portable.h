// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/storage.h"
#include "kernels/vec_inline.h"

#include <cstdint>
#include <cstring>

namespace mixer::kernels {

/// Four floats in the compiler's generic vectors: SSE2 on x86-64, NEON on ARM, plain code elsewhere.
struct Portable {
    using Floats = float __attribute__((vector_size(16)));
    using Ints = std::int32_t __attribute__((vector_size(16)));

    static constexpr int kLanes = 4;
    static constexpr bool kSweepsTogether = false;  ///< enough registers for two tiles of states at a time
    static constexpr int kPowerParts = 1;           ///< no table of powers of two: see vector_math.h
    static constexpr int kChains = 4;  ///< dependent chains of operations that fill the pipes and fit the registers
    Floats v;

    Portable() = default;
    MIXER_INLINE Portable(Floats x)
        : v(x)
    {
    }
    MIXER_INLINE Portable(float x)
        : v(Floats{x, x, x, x})
    {
    }

    static MIXER_INLINE Portable load(const float* p)
    {
        Floats x;
        std::memcpy(&x, p, sizeof x);
        return x;
    }
    static MIXER_INLINE Portable broadcast(const float* p) { return *p; }
    MIXER_INLINE void store(float* p) const { std::memcpy(p, &v, sizeof v); }

    template <class S> static MIXER_INLINE Portable load(const S* p)
    {
        return Floats{to_float(p[0]), to_float(p[1]), to_float(p[2]), to_float(p[3])};
    }
    template <class S> MIXER_INLINE void store(S* p) const
    {
        for (int i = 0; i < kLanes; ++i)
            from_float(v[i], p[i]);
    }

    /// The first `count` lanes; the others read as 0 and are not touched in memory.
    static MIXER_INLINE Portable load_first(const float* p, int count)
    {
        Floats x{};
        for (int i = 0; i < count; ++i)
            x[i] = p[i];
        return x;
    }
    MIXER_INLINE void store_first(float* p, int count) const
    {
        for (int i = 0; i < count; ++i)
            p[i] = v[i];
    }

    friend MIXER_INLINE Portable operator+(Portable a, Portable b) { return a.v + b.v; }
    friend MIXER_INLINE Portable operator-(Portable a, Portable b) { return a.v - b.v; }
    friend MIXER_INLINE Portable operator*(Portable a, Portable b) { return a.v * b.v; }
    friend MIXER_INLINE Portable operator/(Portable a, Portable b) { return a.v / b.v; }

    /// a*b + c, a*b - c, rounded twice.
    friend MIXER_INLINE Portable fma(Portable a, Portable b, Portable c) { return a.v * b.v + c.v; }
    friend MIXER_INLINE Portable fms(Portable a, Portable b, Portable c) { return a.v * b.v - c.v; }

    /// The larger or smaller of a bound and x; NaN stays NaN.
    friend MIXER_INLINE Portable at_least(float bound, Portable x)
    {
        const Floats b = Portable(bound).v;
        return select(b > x.v, b, x.v);
    }
    friend MIXER_INLINE Portable at_most(float bound, Portable x)
    {
        const Floats b = Portable(bound).v;
        return select(b < x.v, b, x.v);
    }

    /// max(a, |x|); an x that is not a number is passed over.
    friend MIXER_INLINE Portable max_magnitude(Portable a, Portable x)
    {
        const Floats magnitude = abs(x).v;
        return select(magnitude > a.v, magnitude, a.v);
    }
    friend MIXER_INLINE Portable abs(Portable x) { return fromBits(bits(x.v) & 0x7fffffff); }

    /// Lane by lane a where x < 0, b elsewhere.
    friend MIXER_INLINE Portable select_negative(Portable x, Portable a, Portable b)
    {
        return select(x.v < Floats{}, a.v, b.v);
    }

    /// p * 2^(n / 2^23) for p near 1, n a multiple of 2^23: adds n to the bits of p.
    friend MIXER_INLINE Portable scale_by_power(Portable p, Portable n)
    {
        using Unsigned = std::uint32_t __attribute__((vector_size(16)));
        Unsigned p_bits;
        std::memcpy(&p_bits, &p.v, sizeof p_bits);
        const Unsigned sum = p_bits + reinterpret_cast<Unsigned>(__builtin_convertvector(n.v, Ints));
        Floats result;
        std::memcpy(&result, &sum, sizeof result);
        return result;
    }

    /// to[j] += the sum of the lanes of x[j], for eight vectors.
    friend MIXER_INLINE void add_lane_sums(const Portable* x, float* to)
    {
        for (int j = 0; j < 8; ++j)
            to[j] += (x[j].v[0] + x[j].v[1]) + (x[j].v[2] + x[j].v[3]);
    }

    /// x[i] lane j becomes x[j] lane i.
    static MIXER_INLINE void transpose(Portable* x)
    {
        const Floats a = x[0].v, b = x[1].v, c = x[2].v, d = x[3].v;
        MIXER_UNROLL
        for (int j = 0; j < 4; ++j)
            x[j].v = Floats{a[j], b[j], c[j], d[j]};
    }

private:
    static MIXER_INLINE float to_float(BFloat16 x) { return as_float(std::uint32_t{x.bits} << 16); }
    static MIXER_INLINE void from_float(float value, BFloat16& x)
    {
        const std::uint32_t bits = as_bits(value);
        const bool is_nan = (bits & 0x7fffffffU) > 0x7f800000U;
        x.bits = static_cast<std::uint16_t>(is_nan ? 0x7fc0U : (bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
    }
    static MIXER_INLINE float to_float(Float16 x)
    {
        const std::uint32_t sign = (x.bits & 0x8000U) << 16, magnitude = (x.bits & 0x7fffU) << 13;
        if (magnitude >= 0x0f800000U)  // infinity and NaN
            return as_float(magnitude | 0x7f800000U | sign);
        if (magnitude >= 0x00800000U)
            return as_float((magnitude + 0x38000000U) | sign);
        return as_float(as_bits(as_float(magnitude + 0x38800000U) - 0x1p-14F)
                        | sign);  // never through a subnormal float
    }
    static MIXER_INLINE void from_float(float value, Float16& x)
    {
        const std::uint32_t bits = as_bits(value), sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7fffffffU;
        std::uint32_t half;
        if (magnitude > 0x7f800000U)
            half = 0x7e00U;
        else if (magnitude >= 0x477ff000U)  // from 65520 on
            half = 0x7c00U;
        else if (magnitude < 0x38800000U)  // subnormal: the sum's rounding leaves multiples of 2^-24 in the last bits
            half = as_bits(as_float(magnitude) + 0.5F) - as_bits(0.5F);
        else
            half = (magnitude - 0x38000000U + 0x0fffU + (magnitude >> 13 & 1U)) >> 13;
        x.bits = static_cast<std::uint16_t>(half | sign);
    }
    static MIXER_INLINE float as_float(std::uint32_t bits)
    {
        float value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
    static MIXER_INLINE std::uint32_t as_bits(float value)
    {
        std::uint32_t bits;
        std::memcpy(&bits, &value, sizeof bits);
        return bits;
    }
    static MIXER_INLINE Ints bits(Floats x)
    {
        Ints i;
        std::memcpy(&i, &x, sizeof i);
        return i;
    }
    static MIXER_INLINE Floats fromBits(Ints i)
    {
        Floats x;
        std::memcpy(&x, &i, sizeof x);
        return x;
    }
    static MIXER_INLINE Floats select(Ints where, Floats a, Floats b)
    {
        return fromBits((where & bits(a)) | (~where & bits(b)));
    }
};

}  // namespace mixer::kernels
