// SPDX-License-Identifier: MIT
#include "engine/session/Runtime.h"

#include "engine/session/Device.h"

#include "kernels/parallel.h"
#include "kernels/scan.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/Device.h>
#include <torch/version.h>

#include <dlfcn.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <functional>

namespace mixer {

namespace {

/// What the loaded BLAS says of itself. OpenBLAS names its version, target and threading; the reference BLAS of some
/// distributions, 30 times slower, says nothing.
std::string blasName()
{
    using GetConfig = char* (*)();
    if (const auto openblas = reinterpret_cast<GetConfig>(dlsym(RTLD_DEFAULT, "openblas_get_config")))
        return openblas();
    return at::show_config().find("MKL") != std::string::npos ? "MKL" : "unknown (is OpenBLAS installed?)";
}

#if defined(_OPENMP) && !defined(__SANITIZE_THREAD__)
/// The threads of LibTorch's operations and of OpenBLAS: a pool of our own beside them would fight for the cores.
void onTorchThreads(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body)
{
    at::parallel_for(0, count, grain, body);
}
#endif

}  // namespace

int resolveThreads(int requested)
{
    static const int cores = kernels::num_threads();
    return requested == 0 ? cores : std::clamp(requested, 1, 1024);
}

void keepFreedMemory()
{
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

void useThreads(int threads)
{
#if defined(__SANITIZE_THREAD__)
    // libgomp is not instrumented for TSan: LibTorch keeps to one thread there, the kernels to their own pool.
    at::set_num_threads(1);
#else
    if (at::get_num_threads() != threads)
        at::set_num_threads(threads);
#if defined(_OPENMP)
    kernels::set_parallel_backend(onTorchThreads);
#endif
#endif
    kernels::set_num_threads(threads);
}

RuntimeInfo runtimeInfo(int threads, const c10::Device& device)
{
    RuntimeInfo info;
    info.device = deviceName(device);
    info.kernel = device.is_cuda() ? "cuda" : kernels::selected_variant();
    info.torchVersion = TORCH_VERSION;
    info.blas = blasName();
    info.threads = threads;
    return info;
}

}  // namespace mixer
