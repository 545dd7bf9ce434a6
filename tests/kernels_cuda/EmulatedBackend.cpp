// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/cuda_emulation.h"

#include "kernels/cuda/scan_launch.h"
#include "tests/kernels_cuda/Backend.h"

#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

namespace mixer::kernels::cuda::test {
namespace {

class EmulatedLauncher {
public:
    template <class Body> Status launch(const Body& body, std::int64_t blocks, int threads, int shared_floats)
    {
        const emulation::Report report = emulation::run([&body] { body(); }, blocks, threads, shared_floats);
        if (!report.trouble.empty() && m_trouble.empty())
            m_trouble = report.trouble.front();
        return report.trouble.empty() ? Status{} : Status{1, "the emulation found trouble"};
    }

    const std::string& trouble() const { return m_trouble; }

private:
    std::string m_trouble;
};

template <class T>
std::string runTyped(const DeviceScan& p, const DeviceScanGradients* g, Operation operation, const Plan& plan)
{
    EmulatedLauncher launcher;
    ScanLaunch<T, EmulatedLauncher> launch(p, launcher);
    const Status status
        = g ? launch.backward(plan, *g, isBidirectional(operation)) : launch.forward(plan, isBidirectional(operation));
    return status.ok() ? std::string() : launcher.trouble();
}

}  // namespace

void* allocate(std::size_t bytes)
{
    // Exactly as long as asked for (ASan guards both ends); malloc aligns to 16.
    return std::malloc(bytes > 0 ? bytes : 1);
}

void release(void* memory)
{
    std::free(memory);
}

void upload(void* to, const void* from, std::size_t bytes)
{
    if (bytes > 0)
        std::memcpy(to, from, bytes);
}

void download(void* to, const void* from, std::size_t bytes)
{
    if (bytes > 0)
        std::memcpy(to, from, bytes);
}

bool isEmulated()
{
    return true;
}

std::string runOperation(DeviceScan p, const DeviceScanGradients* g, Operation operation, int multiprocessors)
{
    if (const char* problem = g ? check(p, *g, operation) : check(p, operation))
        return problem;
    // A large device has room to fetch ahead, a small one (compute capability 7.5) has not.
    const DeviceLimits device = limitsOf(multiprocessors);
    const Plan plan = g ? makePlan(p, *g, operation, device) : makePlan(p, operation, device);
    const auto floats = static_cast<std::size_t>(plan.workspace.size);
    void* workspace = allocate(floats * sizeof(float));
    const std::vector<float> poison(floats, std::numeric_limits<float>::quiet_NaN());
    upload(workspace, poison.data(), floats * sizeof(float));
    p.workspace = workspace;
    p.workspace_size = floats * sizeof(float);
    std::string trouble;
    switch (p.type) {
    case ElementType::Float32:
        trouble = runTyped<float>(p, g, operation, plan);
        break;
    case ElementType::BFloat16:
        trouble = runTyped<BFloat16>(p, g, operation, plan);
        break;
    case ElementType::Float16:
        trouble = runTyped<Float16>(p, g, operation, plan);
        break;
    }
    release(workspace);
    return trouble;
}

}  // namespace mixer::kernels::cuda::test
