// SPDX-License-Identifier: MIT
#pragma once

// All that kernel bodies may use of the device. A body includes this header only, so the same source runs on the CPU:
// tests/kernels_cuda/cuda_emulation.h defines MIXER_CUDA_EMULATION and gives every name below a twin.
#if !defined(MIXER_CUDA_EMULATION)

#include <cuda_fp16.h>

#include <cstdint>

#define MIXER_DEVICE __device__ __forceinline__

namespace mixer::kernels::cuda::device {

MIXER_DEVICE int threadIndex()
{
    return static_cast<int>(threadIdx.x);
}

/// Grids are one-dimensional.
MIXER_DEVICE std::int64_t blockIndex()
{
    return blockIdx.x;
}

MIXER_DEVICE void barrier()
{
    __syncthreads();
}

/// Warp operations are called by all 32 threads of a warp.
MIXER_DEVICE float shuffleXor(float value, int mask)
{
    return __shfl_xor_sync(0xffffffffU, value, mask);
}

MIXER_DEVICE bool anyInWarp(bool condition)
{
    return __any_sync(0xffffffffU, condition) != 0;
}

/// Keeps the compiler from working the pointer out anew wherever it is used: in a loop that costs a dozen instructions
/// every time, for two registers saved.
template <class T> MIXER_DEVICE void pin(T*& pointer)
{
    asm("" : "+l"(pointer));
}

/// 2^x by one instruction: relative error below 2^-22, exactly 1 at 0 (a bias there would grow along the scan);
/// results below 2^-126 are 0.
MIXER_DEVICE float fastExp2(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/// a * b + c, rounded once.
MIXER_DEVICE float fusedMultiplyAdd(float a, float b, float c)
{
    return __fmaf_rn(a, b, c);
}

MIXER_DEVICE float halfToFloat(std::uint16_t bits)
{
    return __half2float(__ushort_as_half(bits));
}

MIXER_DEVICE std::uint16_t floatToHalf(float x)
{
    return __half_as_ushort(__float2half_rn(x));
}

MIXER_DEVICE std::uint32_t floatBits(float x)
{
    return __float_as_uint(x);
}

MIXER_DEVICE float floatFromBits(std::uint32_t bits)
{
    return __uint_as_float(bits);
}

/// To nearest, ties to even; compute capability 7.5 has no instruction for it.
MIXER_DEVICE std::uint16_t floatToBFloat16(float x)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    std::uint16_t bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
#else
    const std::uint32_t bits = __float_as_uint(x);
    return static_cast<std::uint16_t>(x != x ? 0x7fffU : (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
#endif
}

/// Floats in shared memory. Bodies touch shared memory through this type only: its twin looks for races.
class SharedFloats {
public:
    MIXER_DEVICE explicit SharedFloats(float* data = nullptr)
        : m_data(data)
    {
    }
    MIXER_DEVICE SharedFloats from(int offset) const { return SharedFloats(m_data + offset); }
    MIXER_DEVICE float read(int i) const { return m_data[i]; }
    MIXER_DEVICE void write(int i, float value) const { m_data[i] = value; }
    /// Four floats in one access; i is a multiple of 4.
    MIXER_DEVICE void read4(int i, float* to) const
    {
        const float4 v = *reinterpret_cast<const float4*>(m_data + i);
        to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
    }
    MIXER_DEVICE void write4(int i, const float* v) const
    {
        *reinterpret_cast<float4*>(m_data + i) = make_float4(v[0], v[1], v[2], v[3]);
    }

    /// Two floats in one access; i is a multiple of 2.
    MIXER_DEVICE void read2(int i, float* to) const
    {
        const float2 v = *reinterpret_cast<const float2*>(m_data + i);
        to[0] = v.x, to[1] = v.y;
    }
    MIXER_DEVICE int readInt(int i) const { return reinterpret_cast<const int*>(m_data)[i]; }
    MIXER_DEVICE void writeInt(int i, int value) const { reinterpret_cast<int*>(m_data)[i] = value; }

    /// Begins to copy Count floats' worth (2 or 4) of global memory here, without a register in between; both addresses
    /// are multiples of that. The thread itself may read them after waitForCopies(), others after a barrier as well.
    /// Compute capability 7.5 has no such copy and takes the way through registers.
    template <int Count> MIXER_DEVICE void copyAsync(int i, const void* from) const
    {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
        const auto to = static_cast<unsigned>(__cvta_generic_to_shared(m_data + i));
        if constexpr (Count == 4)
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
        else
            asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(to), "l"(from) : "memory");
#else
        if constexpr (Count == 4)
            *reinterpret_cast<float4*>(m_data + i) = *static_cast<const float4*>(from);
        else
            *reinterpret_cast<float2*>(m_data + i) = *static_cast<const float2*>(from);
#endif
    }

private:
    float* m_data;
};

MIXER_DEVICE void waitForCopies()
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

MIXER_DEVICE SharedFloats sharedMemory()
{
    extern __shared__ float4 shared_bytes[];
    return SharedFloats(reinterpret_cast<float*>(shared_bytes));
}

}  // namespace mixer::kernels::cuda::device

#endif
