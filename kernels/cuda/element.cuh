// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/element.h"

#include <cmath>
#include <cstdint>

namespace mixer::kernels::cuda {

MIXER_DEVICE float toFloat(float x)
{
    return x;
}

MIXER_DEVICE float toFloat(BFloat16 x)
{
    return device::floatFromBits(static_cast<std::uint32_t>(x.bits) << 16);
}

MIXER_DEVICE float toFloat(Float16 x)
{
    return device::halfToFloat(x.bits);
}

template <class T> MIXER_DEVICE T fromFloat(float x);

template <> MIXER_DEVICE float fromFloat<float>(float x)
{
    return x;
}

template <> MIXER_DEVICE BFloat16 fromFloat<BFloat16>(float x)
{
    return {device::floatToBFloat16(x)};
}

template <> MIXER_DEVICE Float16 fromFloat<Float16>(float x)
{
    return {device::floatToHalf(x)};
}

constexpr int kPack = 4;  ///< neighbours that a thread moves in one access: 16 bytes of float32, 8 of a 16-bit type

template <class T> struct alignas(kPack * sizeof(T)) Packed {
    T values[kPack];
};

/// kPack neighbours, as float. `whole`: in one access (the address is a multiple of its size); otherwise one by one,
/// and those from `count` on are 0.
template <class T> MIXER_DEVICE void loadPacked(const T* from, bool whole, int count, float (&to)[kPack])
{
    if (whole) {
        const Packed<T> packed = *reinterpret_cast<const Packed<T>*>(from);
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            to[i] = toFloat(packed.values[i]);
    } else {
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            to[i] = i < count ? toFloat(from[i]) : 0.0F;
    }
}

/// The same from shared memory, as it came from global memory: pack number `pack` after `from`.
template <class T> MIXER_DEVICE void loadRaw(device::SharedFloats from, int pack, float (&to)[kPack])
{
    if constexpr (sizeof(T) == 4) {
        from.read4(pack * 4, to);
    } else {
        float words[2];
        from.read2(pack * 2, words);
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const std::uint32_t bits = device::floatBits(words[i]);
            to[2 * i] = toFloat(T{static_cast<std::uint16_t>(bits & 0xffffU)});
            to[2 * i + 1] = toFloat(T{static_cast<std::uint16_t>(bits >> 16)});
        }
    }
}

template <class T> MIXER_DEVICE void storePacked(T* to, bool whole, int count, const float (&from)[kPack])
{
    if (whole) {
        Packed<T> packed;
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            packed.values[i] = fromFloat<T>(from[i]);
        *reinterpret_cast<Packed<T>*>(to) = packed;
    } else {
#pragma unroll
        for (int i = 0; i < kPack; ++i)
            if (i < count)
                to[i] = fromFloat<T>(from[i]);
    }
}

/// log(1 + e^x) = max(x, 0) + log(1 + z) with z = e^-|x|: relative error below 3e-7 for all x, also where the result is
/// tiny. The exponent is kept to twice float's precision; log(1 + z) / z is a polynomial fitted on [0, 1].
MIXER_DEVICE float softplus(float x)
{
    constexpr float kLog2E = 1.44269504088896341F, kLog2EBelow = 1.925963033e-8F, kLn2 = 0.693147180559945309F;
    const float magnitude = fabsf(x);
    const float t = magnitude * kLog2E;
    const float below = device::fusedMultiplyAdd(magnitude, kLog2E, -t) + magnitude * kLog2EBelow;
    float z = device::fastExp2(-t);
    z -= z * (below * kLn2);
    float p = 0.0051058258066F;
    p = p * z - 0.0289919562638F;
    p = p * z + 0.0773807391524F;
    p = p * z - 0.1359059959650F;
    p = p * z + 0.1907130926847F;
    p = p * z - 0.2483394593000F;
    p = p * z + 0.3331793546677F;
    p = p * z - 0.4999943673611F;
    p = p * z + 0.9999999403954F;
    return (x > 0.0F ? x : 0.0F) + p * z;
}

/// The slope of softplus where its value is `value`: 1 - e^-value, also where that is tiny.
MIXER_DEVICE float softplusSlope(float value)
{
    const float series = value
        * (1.0F + value * (-1.0F / 2 + value * (1.0F / 6 + value * (-1.0F / 24 + value * (1.0F / 120 - value / 720)))));
    return value < 0.25F ? series : 1.0F - device::fastExp2(value * -1.44269504088896341F);
}

}  // namespace mixer::kernels::cuda
