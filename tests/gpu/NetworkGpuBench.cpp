// SPDX-License-Identifier: MIT
// Whole networks on a GPU: network_gpu_bench CHECKPOINT… prints a table (make_random_checkpoint.py writes checkpoints
// to measure on). Graph: the forward pass at batch 1 captured once and replayed.
#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/Device.h"
#include "tests/gpu/KernelTimes.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <vector>

namespace {

using namespace mixer;

void require(cudaError_t error)
{
    if (error != cudaSuccess)
        throw std::runtime_error(cudaGetErrorString(error));
}

/// Median of several, by the wall: what a caller waits for.
double milliseconds(const c10::Device& device, int rows, const std::function<void()>& call)
{
    std::vector<double> times;
    for (int i = 0; i < rows + 2; ++i) {
        synchronize(device);
        const auto start = std::chrono::steady_clock::now();
        call();
        synchronize(device);
        if (i >= 2)
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

/// The same of a captured graph; negative where capturing fails.
double graphMilliseconds(const c10::Device& device, const std::function<void()>& call)
{
    try {
        const c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool(true, device.index());
        const c10::cuda::CUDAStreamGuard guard(stream);
        for (int i = 0; i < 3; ++i)
            call();
        synchronize(device);
        cudaGraph_t graph;
        cudaGraphExec_t replay;
        require(cudaStreamBeginCapture(stream.stream(), cudaStreamCaptureModeRelaxed));
        try {
            call();
        } catch (...) {
            cudaStreamEndCapture(stream.stream(), &graph);
            throw;
        }
        require(cudaStreamEndCapture(stream.stream(), &graph));
        require(cudaGraphInstantiate(&replay, graph, 0));
        const double time = milliseconds(device, 15, [&] { require(cudaGraphLaunch(replay, stream.stream())); });
        cudaGraphExecDestroy(replay);
        cudaGraphDestroy(graph);
        return time;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "no graph: %.200s\n", error.what());
        cudaGetLastError();
        return -1;
    }
}

struct Part {
    double scans = 0, products = 0, convolutions = 0, all = 0;
    long launches = 0;
};

bool mentions(const std::string& name, std::initializer_list<const char*> words)
{
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return name.find(word) != std::string::npos; });
}

Part partsOf(const std::function<void()>& call, bool list)
{
    call();
    test::startKernelTimes();
    call();
    const auto times = test::stopKernelTimes();
    Part part;
    std::vector<std::pair<double, std::string>> rows;
    for (const auto& [name, time] : times) {
        part.all += time.milliseconds;
        part.launches += time.count;
        if (mentions(name, {"mixer7kernels4cuda"}))
            part.scans += time.milliseconds;
        else if (mentions(name, {"gemm", "cutlass", "splitK", "nvjet", "xmma"}))
            part.products += time.milliseconds;
        else if (mentions(name, {"conv", "depthwise", "Conv"}))
            part.convolutions += time.milliseconds;
        rows.push_back({time.milliseconds, std::to_string(time.count) + " x " + name});
    }
    std::sort(rows.rbegin(), rows.rend());
    for (std::size_t i = 0; list && i < std::min<std::size_t>(rows.size(), 14); ++i)
        std::fprintf(stderr, "  %8.3f ms  %.170s\n", rows[i].first, rows[i].second.c_str());
    return part;
}

void measure(const std::string& path, const Checkpoint& checkpoint, at::ScalarType type, const c10::Device& device)
{
    const std::size_t slash = path.rfind('/');
    const std::string name = path.substr(slash == std::string::npos ? 0 : slash + 1);
    const auto network = makeNetwork(checkpoint, at::TensorOptions().dtype(type).device(device));
    for (const std::int64_t side : {224, 1024}) {
        for (const std::int64_t batch : {1, 64}) {
            try {
                const c10::InferenceMode inference;
                releaseCachedMemory(device);
                const at::Tensor images
                    = at::randn({batch, 3, side, side}, at::TensorOptions().device(device)).to(type);
                const auto call = [&] { network->forward(images); };
                resetPeakMemory(device);
                const std::size_t before = peakMemory(device);
                call();
                synchronize(device);
                const double peak = static_cast<double>(peakMemory(device)) / (1 << 20);
                const double weights = static_cast<double>(before) / (1 << 20);
                const double time = milliseconds(device, batch == 1 ? 15 : side == 1024 ? 1 : 5, call);
                const Part part = partsOf(call, batch == 64 && side == 224);
                const double graph = batch == 1 ? graphMilliseconds(device, call) : 0;
                std::printf("%-22s %4ld %3ld %-5s %9.3f %9.1f %9.3f %7.1f%% %7.1f%% %7.1f%% %6ld %9.3f %8.0f %8.0f\n",
                            name.c_str(), static_cast<long>(side), static_cast<long>(batch),
                            type == at::kFloat ? "f32" : "bf16", time, 1e3 * static_cast<double>(batch) / time,
                            part.all, 100 * part.scans / part.all, 100 * part.products / part.all,
                            100 * part.convolutions / part.all, part.launches, graph, peak - weights, weights);
            } catch (const c10::OutOfMemoryError&) {
                std::printf("%-22s %4ld %3ld %-5s out of memory\n", name.c_str(), static_cast<long>(side),
                            static_cast<long>(batch), type == at::kFloat ? "f32" : "bf16");
            }
            std::fflush(stdout);
        }
    }
}

void compareWithCpu(const std::string& path, const Checkpoint& checkpoint, const c10::Device& device)
{
    const c10::InferenceMode inference;
    const at::Tensor images = at::randn({2, 3, 224, 224});
    const at::Tensor wanted = makeNetwork(checkpoint, at::kDouble)->forward(images);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
        const at::Tensor found
            = makeNetwork(checkpoint, at::TensorOptions().dtype(type).device(device))->forward(images.to(device));
        const double error
            = ((found.to(at::kCPU, at::kDouble) - wanted).abs().max() / wanted.abs().max()).item<double>();
        std::printf("%s: logits of the GPU in %s against float64 on the CPU: %.2g of the largest\n", path.c_str(),
                    c10::toString(type), error);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        const c10::Device device = chooseDevice("cuda", 0);
        std::printf("%s. Times in ms; shares of the GPU's busy time; memory in MiB above the weights.\n",
                    deviceName(device).c_str());
        std::printf("%-22s %4s %3s %-5s %9s %9s %9s %8s %8s %8s %6s %9s %8s %8s\n", "network", "side", "B", "type",
                    "time", "images/s", "GPU busy", "scans", "products", "convs", "kernels", "graph", "memory",
                    "weights");
        for (int i = 1; i < argc; ++i) {
            const Checkpoint checkpoint = Checkpoint::open(argv[i]);
            if (i == 1 || std::string(argv[i]).find("viqs") != std::string::npos)
                compareWithCpu(argv[i], checkpoint, device);
            for (const at::ScalarType type : {at::kBFloat16, at::kFloat})
                measure(argv[i], checkpoint, type, device);
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
