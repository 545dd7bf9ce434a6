// SPDX-License-Identifier: MIT
#include "engine/session/Device.h"

#include "engine/core/Error.h"
#include "engine/session/InferenceSession.h"

#include <ATen/Context.h>

#if defined(MIXERSCOPE_HAS_CUDA)
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#endif

#include <mutex>

namespace mixer {

namespace {

#if defined(MIXERSCOPE_HAS_CUDA)

constexpr int kOldestCapability = 75;

/// LibTorch's own GPU code is half a gigabyte with ten libraries behind it: loaded when a GPU is there, and not needed
/// to start. Empty, or why there is no GPU to run on.
std::string loadCuda()
{
    int count = 0;
    if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess || count == 0)
        return error != cudaSuccess ? std::string("CUDA says: ") + cudaGetErrorString(error) : "there is no NVIDIA GPU";
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL))
        return std::string("LibTorch's GPU part does not load: ") + dlerror();
    // Products of float32 matrices are float32: routers must choose alike on every device.
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    return {};
}

const std::string& cudaProblem()
{
    static const std::string problem = loadCuda();
    return problem;
}

int cudaCount()
{
    return cudaProblem().empty() ? c10::cuda::device_count() : 0;
}

bool isNewEnough(int index)
{
    int major = 0, minor = 0;
    return cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index) == cudaSuccess
        && cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, index) == cudaSuccess
        && 10 * major + minor >= kOldestCapability;
}

bool hasFree(int index, std::size_t bytes)
{
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
    std::size_t free = 0, total = 0;
    return cudaMemGetInfo(&free, &total) == cudaSuccess && free >= bytes;
}

#else

std::string cudaProblem()
{
    return "this program was built without CUDA (./setup.sh build --cuda)";
}

int cudaCount()
{
    return 0;
}

bool isNewEnough(int)
{
    return false;
}

bool hasFree(int, std::size_t)
{
    return false;
}

#endif

c10::Device cuda(int index)
{
    return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

/// The i of "cuda:i", 0 for "cuda", -1 for what is neither.
int cudaIndex(const std::string& wanted)
{
    if (wanted == "cuda")
        return 0;
    const std::string digits = wanted.rfind("cuda:", 0) == 0 ? wanted.substr(5) : std::string();
    const bool number
        = !digits.empty() && digits.size() <= 3 && digits.find_first_not_of("0123456789") == std::string::npos;
    return number ? std::stoi(digits) : -1;
}

}  // namespace

int gpuCount()
{
    return cudaCount();
}

c10::Device chooseDevice(const std::string& wanted, std::size_t bytes)
{
    if (wanted == "cpu") {
        // LibTorch looks for its GPU part once, at its first work: loaded later, for a run to compare with this one, it
        // would not be found any more.
        static_cast<void>(cudaProblem());
        return c10::DeviceType::CPU;
    }
    if (wanted == "auto") {
        for (int index = 0; index < cudaCount(); ++index)
            if (isNewEnough(index) && hasFree(index, bytes))
                return cuda(index);
        return c10::DeviceType::CPU;
    }
    const int index = cudaIndex(wanted);
    if (index < 0)
        throw Error(ErrorKind::Usage, "unknown device '" + wanted + "'; expected 'auto', 'cpu', 'cuda' or 'cuda:0'");
    if (const std::string problem = cudaProblem(); !problem.empty())
        throw Error(ErrorKind::Usage, "device '" + wanted + "': " + problem + "; use 'auto' or 'cpu'");
    if (index >= cudaCount())
        throw Error(ErrorKind::Usage,
                    "device '" + wanted + "': there are " + std::to_string(cudaCount()) + " GPUs, counted from 0");
    if (!isNewEnough(index))
        throw Error(ErrorKind::Usage,
                    "device '" + wanted + "': " + deviceName(cuda(index))
                        + " is older than compute capability 7.5; use 'cpu'");
    return cuda(index);
}

#if defined(MIXERSCOPE_HAS_CUDA)

std::string deviceName(const c10::Device& device)
{
    if (device.is_cpu())
        return "CPU";
    cudaDeviceProp properties;
    const bool known = cudaGetDeviceProperties(&properties, device.index()) == cudaSuccess;
    return (known ? std::string(properties.name) : "GPU") + " (" + device.str() + ")";
}

void releaseCachedMemory(const c10::Device& device)
{
    if (device.is_cuda())
        c10::cuda::CUDACachingAllocator::emptyCache();
}

std::size_t peakMemory(const c10::Device& device)
{
    if (!device.is_cuda())
        return 0;
    return static_cast<std::size_t>(
        c10::cuda::CUDACachingAllocator::getDeviceStats(device.index()).allocated_bytes[0].peak);
}

void resetPeakMemory(const c10::Device& device)
{
    if (device.is_cuda())
        c10::cuda::CUDACachingAllocator::resetPeakStats(device.index());
}

void synchronize(const c10::Device& device)
{
    if (!device.is_cuda())
        return;
    const c10::cuda::CUDAGuard guard(device);
    c10::cuda::device_synchronize();
}

#else

std::string deviceName(const c10::Device&)
{
    return "CPU";
}

void releaseCachedMemory(const c10::Device&) { }

std::size_t peakMemory(const c10::Device&)
{
    return 0;
}

void resetPeakMemory(const c10::Device&) { }

void synchronize(const c10::Device&) { }

#endif

}  // namespace mixer
