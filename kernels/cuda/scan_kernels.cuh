// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_cuda_types.h"
#include "kernels/cuda/scan_launch.h"

#include <limits>

namespace mixer::kernels::cuda {

/// The one entry point of all kernels: a profiler shows scanKernel<ForwardScan<...>> and so on.
template <class Body>
__global__ void __launch_bounds__(Body::kBlockThreads, Body::kResidentThreads / Body::kBlockThreads)
    scanKernel(const Body body)
{
    body();
}

class StreamLauncher {
public:
    explicit StreamLauncher(cudaStream_t stream)
        : m_stream(stream)
    {
    }

    template <class Body> Status launch(const Body& body, std::int64_t blocks, int threads, int shared_floats) const
    {
        if (blocks > std::numeric_limits<std::int32_t>::max())
            return {static_cast<int>(cudaErrorInvalidValue), "batch * seqlen * dim is more than one grid holds"};
        constexpr int kDefaultLimit = 48 * 1024;
        const int bytes = shared_floats * static_cast<int>(sizeof(float));
        if (bytes > kDefaultLimit) {
            const Status status
                = statusOf(cudaFuncSetAttribute(scanKernel<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
            if (!status.ok())
                return status;
        }
        scanKernel<Body><<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads),
                           static_cast<std::size_t>(bytes), m_stream>>>(body);
        return statusOf(cudaGetLastError());
    }

private:
    cudaStream_t m_stream;
};

template <class T> Status runForward(const DeviceScan& p, const Plan& plan, bool bidirectional, cudaStream_t stream)
{
    StreamLauncher launcher(stream);
    return ScanLaunch<T, StreamLauncher>(p, launcher).forward(plan, bidirectional);
}

template <class T>
Status runBackward(const DeviceScan& p, const DeviceScanGradients& g, const Plan& plan, bool bidirectional,
                   cudaStream_t stream)
{
    StreamLauncher launcher(stream);
    return ScanLaunch<T, StreamLauncher>(p, launcher).backward(plan, g, bidirectional);
}

}  // namespace mixer::kernels::cuda

/// 2 scans x (7 forward, 3 backward), 7 for segments, and the sum of parts: 28 kernels a type.
#define MIXER_INSTANTIATE_SCANS(T)                                                                                     \
    template mixer::kernels::cuda::Status mixer::kernels::cuda::runForward<T>(                                         \
        const mixer::kernels::cuda::DeviceScan&, const mixer::kernels::cuda::Plan&, bool, cudaStream_t);               \
    template mixer::kernels::cuda::Status mixer::kernels::cuda::runBackward<T>(                                        \
        const mixer::kernels::cuda::DeviceScan&, const mixer::kernels::cuda::DeviceScanGradients&,                     \
        const mixer::kernels::cuda::Plan&, bool, cudaStream_t);
