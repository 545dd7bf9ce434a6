// SPDX-License-Identifier: MIT
#include "tests/gpu/KernelTimes.h"

#include <cuda_runtime_api.h>
#include <cupti.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace mixer::test {
namespace {

std::mutex s_mutex;
std::map<std::string, KernelTime> s_times;

void require(CUptiResult result)
{
    if (result == CUPTI_SUCCESS)
        return;
    const char* text = "";
    cuptiGetResultString(result, &text);
    std::fprintf(stderr, "CUPTI: %s\n", text);
    std::exit(1);
}

void CUPTIAPI giveBuffer(std::uint8_t** buffer, std::size_t* size, std::size_t* records)
{
    *size = std::size_t{8} << 20;
    *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(8, *size));
    *records = 0;
}

void CUPTIAPI takeBuffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid)
{
    const std::lock_guard<std::mutex> lock(s_mutex);
    CUpti_Activity* record = nullptr;
    while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
        if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL)
            continue;
        // The newest layouts begin like this one as far as these members go.
        const auto* kernel = reinterpret_cast<const CUpti_ActivityKernel9*>(record);
        KernelTime& time = s_times[kernel->name];
        ++time.count;
        time.milliseconds += static_cast<double>(kernel->end - kernel->start) * 1e-6;
    }
    std::free(buffer);
}

}  // namespace

void startKernelTimes()
{
    static const bool once = [] {
        require(cuptiActivityRegisterCallbacks(giveBuffer, takeBuffer));
        return true;
    }();
    static_cast<void>(once);
    cudaDeviceSynchronize();
    {
        const std::lock_guard<std::mutex> lock(s_mutex);
        s_times.clear();
    }
    require(cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL));
}

std::map<std::string, KernelTime> stopKernelTimes()
{
    cudaDeviceSynchronize();
    require(cuptiActivityDisable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL));
    require(cuptiActivityFlushAll(0));
    const std::lock_guard<std::mutex> lock(s_mutex);
    return s_times;
}

}  // namespace mixer::test
