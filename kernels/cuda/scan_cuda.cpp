// SPDX-License-Identifier: MIT
#include "kernels/cuda/scan_cuda.h"

#include "kernels/cuda/element.h"
#include "kernels/cuda/scan_cuda_types.h"
#include "kernels/cuda/scan_plan.h"

namespace mixer::kernels::cuda {
namespace {

Status invalid(const char* text)
{
    return {static_cast<int>(cudaErrorInvalidValue), text};
}

// Queries of the driver's cached properties: no synchronisation.
Status readLimits(DeviceLimits* limits)
{
    int device = 0;
    Status status = statusOf(cudaGetDevice(&device));
    if (status.ok())
        status = statusOf(cudaDeviceGetAttribute(&limits->multiprocessors, cudaDevAttrMultiProcessorCount, device));
    if (status.ok())
        status = statusOf(
            cudaDeviceGetAttribute(&limits->shared_bytes, cudaDevAttrMaxSharedMemoryPerMultiprocessor, device));
    return status;
}

Status checkWorkspace(const DeviceScan& p, const Plan& plan)
{
    const auto needed = static_cast<std::size_t>(plan.workspace.size) * sizeof(float);
    return needed == 0 || (p.workspace && p.workspace_size >= needed)
        ? Status{}
        : invalid("the workspace is smaller than workspace_bytes() says");
}

Status dispatchForward(const DeviceScan& p, Operation operation, cudaStream_t stream)
{
    if (const char* problem = check(p, operation))
        return invalid(problem);
    DeviceLimits limits;
    if (const Status status = readLimits(&limits); !status.ok())
        return status;
    const Plan plan = makePlan(p, operation, limits);
    if (const Status status = checkWorkspace(p, plan); !status.ok())
        return status;
    const bool bidirectional = isBidirectional(operation);
    switch (p.type) {
    case ElementType::Float32:
        return runForward<float>(p, plan, bidirectional, stream);
    case ElementType::BFloat16:
        return runForward<BFloat16>(p, plan, bidirectional, stream);
    case ElementType::Float16:
        return runForward<Float16>(p, plan, bidirectional, stream);
    }
    return invalid("unknown element type");
}

Status dispatchBackward(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, cudaStream_t stream)
{
    if (const char* problem = check(p, g, operation))
        return invalid(problem);
    DeviceLimits limits;
    if (const Status status = readLimits(&limits); !status.ok())
        return status;
    const Plan plan = makePlan(p, g, operation, limits);
    if (const Status status = checkWorkspace(p, plan); !status.ok())
        return status;
    const bool bidirectional = isBidirectional(operation);
    switch (p.type) {
    case ElementType::Float32:
        return runBackward<float>(p, g, plan, bidirectional, stream);
    case ElementType::BFloat16:
        return runBackward<BFloat16>(p, g, plan, bidirectional, stream);
    case ElementType::Float16:
        return runBackward<Float16>(p, g, plan, bidirectional, stream);
    }
    return invalid("unknown element type");
}

}  // namespace

Status workspace_bytes(const DeviceScan& p, Operation operation, std::size_t* bytes)
{
    *bytes = 0;
    if (const char* problem = check(p, operation))
        return invalid(problem);
    DeviceLimits limits;
    const Status status = readLimits(&limits);
    if (status.ok())
        *bytes = static_cast<std::size_t>(makePlan(p, operation, limits).workspace.size) * sizeof(float);
    return status;
}

Status selective_scan(const DeviceScan& p, CUstream_st* stream)
{
    return dispatchForward(p, Operation::SelectiveScan, stream);
}

Status quasi_separable_scan(const DeviceScan& p, CUstream_st* stream)
{
    return dispatchForward(p, Operation::QuasiSeparableScan, stream);
}

Status selective_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream)
{
    return dispatchBackward(p, g, Operation::SelectiveScanBackward, stream);
}

Status quasi_separable_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream)
{
    return dispatchBackward(p, g, Operation::QuasiSeparableScanBackward, stream);
}

}  // namespace mixer::kernels::cuda
