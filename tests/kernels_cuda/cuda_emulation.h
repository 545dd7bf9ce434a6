// SPDX-License-Identifier: MIT
#pragma once

// A twin of kernels/cuda/device.cuh for machines without a GPU. Include it before any .cuh. Blocks run one after
// another; the threads of a block are fibers that change hands at barriers and warp operations, so a missing barrier is
// not hidden by luck: shared memory remembers who touched what since the last one.
#if defined(MIXER_CUDA_EMULATION)
#error "cuda_emulation.h must come before kernels/cuda/device.cuh"
#endif
#define MIXER_CUDA_EMULATION
#define MIXER_DEVICE inline

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace mixer::kernels::cuda::emulation {

/// One kernel launch: runs `body` once per thread. `trouble` names what went wrong: threads that touched the same
/// shared float between two barriers, at least one writing; reads of floats that nothing wrote; accesses outside;
/// threads that wait for each other at different places, or leave while others wait.
struct Report {
    std::vector<std::string> trouble;
    std::int64_t barriers = 0;
    std::int64_t warp_operations = 0;  ///< per warp
};
Report run(const std::function<void()>& body, std::int64_t blocks, int threads, int shared_floats);

// What the device layer is made of; to be called from inside a body only.
int threadIndex();
std::int64_t blockIndex();
void barrier();
float shuffleXor(float value, int mask);
bool anyInWarp(bool condition);
float* sharedData();
/// Notes the access; false if it lies outside (and must not happen).
bool noteRead(const float* at, int count);
bool noteWrite(const float* at, int count);

/// Copies happen as late as they may: when the thread waits for them.
void copyAsync(float* to, const void* from, int count);
void waitForCopies();

float halfToFloat(std::uint16_t bits);
std::uint16_t floatToHalf(float x);

}  // namespace mixer::kernels::cuda::emulation

namespace mixer::kernels::cuda::device {

using emulation::anyInWarp;
using emulation::barrier;
using emulation::blockIndex;
using emulation::floatToHalf;
using emulation::halfToFloat;
using emulation::shuffleXor;
using emulation::threadIndex;
using emulation::waitForCopies;

template <class T> void pin(T*& /*pointer*/) { }

inline float fastExp2(float x)
{
    return std::exp2(x);
}

inline float fusedMultiplyAdd(float a, float b, float c)
{
    return std::fma(a, b, c);
}

inline std::uint32_t floatBits(float x)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

inline float floatFromBits(std::uint32_t bits)
{
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

inline std::uint16_t floatToBFloat16(float x)
{
    const std::uint32_t bits = floatBits(x);
    return static_cast<std::uint16_t>(x != x ? 0x7fffU : (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

class SharedFloats {
public:
    explicit SharedFloats(float* data = nullptr)
        : m_data(data)
    {
    }
    SharedFloats from(int offset) const { return SharedFloats(m_data + offset); }
    float read(int i) const { return emulation::noteRead(m_data + i, 1) ? m_data[i] : 0.0F; }
    void write(int i, float value) const
    {
        if (emulation::noteWrite(m_data + i, 1))
            m_data[i] = value;
    }
    void read4(int i, float* to) const
    {
        if (emulation::noteRead(m_data + i, 4))
            std::memcpy(to, m_data + i, 4 * sizeof(float));
    }
    void write4(int i, const float* v) const
    {
        if (emulation::noteWrite(m_data + i, 4))
            std::memcpy(m_data + i, v, 4 * sizeof(float));
    }

    void read2(int i, float* to) const
    {
        if (emulation::noteRead(m_data + i, 2))
            std::memcpy(to, m_data + i, 2 * sizeof(float));
    }
    int readInt(int i) const
    {
        int value = 0;
        if (emulation::noteRead(m_data + i, 1))
            std::memcpy(&value, m_data + i, sizeof value);
        return value;
    }
    void writeInt(int i, int value) const
    {
        if (emulation::noteWrite(m_data + i, 1))
            std::memcpy(m_data + i, &value, sizeof value);
    }

    template <int Count> void copyAsync(int i, const void* from) const
    {
        emulation::copyAsync(m_data + i, from, Count);
    }

private:
    float* m_data;
};

inline SharedFloats sharedMemory()
{
    return SharedFloats(emulation::sharedData());
}

}  // namespace mixer::kernels::cuda::device
