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

/// To nearest, ties to even. By integers: compute capability 7.5 has no instruction for it.
template <> MIXER_DEVICE BFloat16 fromFloat<BFloat16>(float x)
{
    const std::uint32_t bits = device::floatBits(x);
    if (x != x)
        return {static_cast<std::uint16_t>(0x7fffU)};
    return {static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16)};
}

template <> MIXER_DEVICE Float16 fromFloat<Float16>(float x)
{
    return {device::floatToHalf(x)};
}

/// 16 bytes: what one thread moves in one access.
template <class T> struct alignas(16) Packed {
    static constexpr int kCount = 16 / sizeof(T);
    T values[kCount];
};

/// Packed<T>::kCount neighbours, as float. `whole`: in one access (the address is a multiple of 16); otherwise one by
/// one, and those from `count` on are 0.
template <class T> MIXER_DEVICE void loadPacked(const T* from, bool whole, int count, float* to)
{
    if (whole) {
        const Packed<T> packed = *reinterpret_cast<const Packed<T>*>(from);
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; ++i)
            to[i] = toFloat(packed.values[i]);
    } else {
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; ++i)
            to[i] = i < count ? toFloat(from[i]) : 0.0F;
    }
}

/// The same from four words of shared memory.
MIXER_DEVICE void unpack(const float (&words)[4], float (&to)[4])
{
#pragma unroll
    for (int i = 0; i < 4; ++i)
        to[i] = words[i];
}

template <class T> MIXER_DEVICE void unpackHalves(const float (&words)[4], float (&to)[8])
{
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const std::uint32_t bits = device::floatBits(words[i]);
        to[2 * i] = toFloat(T{static_cast<std::uint16_t>(bits & 0xffffU)});
        to[2 * i + 1] = toFloat(T{static_cast<std::uint16_t>(bits >> 16)});
    }
}

template <class T> MIXER_DEVICE void loadRaw(device::SharedFloats from, int index, float (&to)[Packed<T>::kCount])
{
    float words[4];
    from.read4(index, words);
    if constexpr (sizeof(T) == 4)
        unpack(words, to);
    else
        unpackHalves<T>(words, to);
}

template <class T> MIXER_DEVICE void storePacked(T* to, bool whole, int count, const float* from)
{
    if (whole) {
        Packed<T> packed;
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; ++i)
            packed.values[i] = fromFloat<T>(from[i]);
        *reinterpret_cast<Packed<T>*>(to) = packed;
    } else {
#pragma unroll
        for (int i = 0; i < Packed<T>::kCount; ++i)
            if (i < count)
                to[i] = fromFloat<T>(from[i]);
    }
}

/// log(1 + e^x) also where e^x is tiny; x itself above 20.
MIXER_DEVICE float softplus(float x)
{
    return x > 20.0F ? x : log1pf(expf(x));
}

}  // namespace mixer::kernels::cuda
