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

// A query of the driver's cached properties: no synchronisation.
Status countMultiprocessors(int* count)
{
    int device = 0;
    const Status status = statusOf(cudaGetDevice(&device));
    return status.ok() ? statusOf(cudaDeviceGetAttribute(count, cudaDevAttrMultiProcessorCount, device)) : status;
}

Status checkWorkspace(const DeviceScan& p, const Plan& plan)
{
    const auto needed = static_cast<std::size_t>(plan.workspace.size) * sizeof(float);
    return needed == 0 || (p.workspace && p.workspace_size >= needed)
        ? Status{}
        : invalid("the workspace is smaller than workspace_bytes() says");
}

Status runForward(const DeviceScan& p, Operation operation, cudaStream_t stream)
{
    if (const char* problem = check(p, operation))
        return invalid(problem);
    int multiprocessors = 0;
    if (const Status status = countMultiprocessors(&multiprocessors); !status.ok())
        return status;
    const Plan plan = makePlan(p, operation, multiprocessors);
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

Status runBackward(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, cudaStream_t stream)
{
    if (const char* problem = check(p, g, operation))
        return invalid(problem);
    int multiprocessors = 0;
    if (const Status status = countMultiprocessors(&multiprocessors); !status.ok())
        return status;
    const Plan plan = makePlan(p, g, operation, multiprocessors);
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
    int multiprocessors = 0;
    const Status status = countMultiprocessors(&multiprocessors);
    if (status.ok())
        *bytes = static_cast<std::size_t>(makePlan(p, operation, multiprocessors).workspace.size) * sizeof(float);
    return status;
}

Status selective_scan(const DeviceScan& p, CUstream_st* stream)
{
    return runForward(p, Operation::SelectiveScan, stream);
}

Status quasi_separable_scan(const DeviceScan& p, CUstream_st* stream)
{
    return runForward(p, Operation::QuasiSeparableScan, stream);
}

Status selective_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream)
{
    return runBackward(p, g, Operation::SelectiveScanBackward, stream);
}

Status quasi_separable_scan_backward(const DeviceScan& p, const DeviceScanGradients& g, CUstream_st* stream)
{
    return runBackward(p, g, Operation::QuasiSeparableScanBackward, stream);
}

}  // namespace mixer::kernels::cuda
