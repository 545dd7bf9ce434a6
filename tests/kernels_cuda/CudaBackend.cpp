// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/Backend.h"

#include <cuda_runtime_api.h>

#include <stdexcept>

namespace mixer::kernels::cuda::test {
namespace {

void require(cudaError_t error)
{
    if (error != cudaSuccess)
        throw std::runtime_error(cudaGetErrorString(error));
}

Status run(const DeviceScan& p, const DeviceScanGradients* g, Operation operation)
{
    switch (operation) {
    case Operation::SelectiveScan:
        return selective_scan(p, nullptr);
    case Operation::QuasiSeparableScan:
        return quasi_separable_scan(p, nullptr);
    case Operation::SelectiveScanBackward:
        return selective_scan_backward(p, *g, nullptr);
    case Operation::QuasiSeparableScanBackward:
        return quasi_separable_scan_backward(p, *g, nullptr);
    }
    return {1, "unknown operation"};
}

}  // namespace

void* allocate(std::size_t bytes)
{
    void* memory = nullptr;
    require(cudaMalloc(&memory, bytes > 0 ? bytes : 1));
    return memory;
}

void release(void* memory)
{
    cudaFree(memory);
}

void upload(void* to, const void* from, std::size_t bytes)
{
    require(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
}

void download(void* to, const void* from, std::size_t bytes)
{
    require(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost));
}

// The device's own number of multiprocessors decides; the cases' is for the emulation.
bool isEmulated()
{
    return false;
}

std::string runOperation(DeviceScan p, const DeviceScanGradients* g, Operation operation, int /*multiprocessors*/)
{
    if (const Status status = workspace_bytes(p, operation, &p.workspace_size); !status.ok())
        return status.text;
    p.workspace = allocate(p.workspace_size);
    require(cudaMemset(p.workspace, 0xff, p.workspace_size));
    const Status status = run(p, g, operation);
    const cudaError_t error = cudaDeviceSynchronize();
    release(p.workspace);
    if (!status.ok())
        return status.text;
    return error == cudaSuccess ? std::string() : cudaGetErrorString(error);
}

}  // namespace mixer::kernels::cuda::test
