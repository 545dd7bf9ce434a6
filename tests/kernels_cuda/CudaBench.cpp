// SPDX-License-Identifier: MIT
// Times the scans at ViM2-T's shapes, 224 x 224, beside the device's own copy bandwidth. Prints one table.
#include "kernels/cuda/scan_cuda.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

namespace {

using namespace mixer::kernels::cuda;

void require(cudaError_t error)
{
    if (error == cudaSuccess)
        return;
    std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
    std::exit(1);
}

class Memory {
public:
    explicit Memory(std::size_t bytes) { require(cudaMalloc(&m_data, std::max<std::size_t>(bytes, 16))); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { cudaFree(m_data); }
    template <class T> T* as() const { return static_cast<T*>(m_data); }

private:
    void* m_data = nullptr;
};

// Milliseconds of one of many calls in a row; the median of several rows.
template <class Call> double timeOf(const Call& call, int in_a_row)
{
    cudaEvent_t begin, end;
    require(cudaEventCreate(&begin));
    require(cudaEventCreate(&end));
    std::vector<double> times;
    for (int row = 0; row < 9; ++row) {
        require(cudaEventRecord(begin));
        for (int i = 0; i < in_a_row; ++i)
            call();
        require(cudaEventRecord(end));
        require(cudaEventSynchronize(end));
        float milliseconds = 0.0F;
        require(cudaEventElapsedTime(&milliseconds, begin, end));
        times.push_back(milliseconds / in_a_row);
    }
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    // The first two rows warm up.
    std::sort(times.begin() + 2, times.end());
    return times[2 + (times.size() - 2) / 2];
}

double copyBandwidth()
{
    const std::size_t bytes = std::size_t{1} << 30;
    const Memory from(bytes), to(bytes);
    require(cudaMemset(from.as<char>(), 1, bytes));
    const auto copy
        = [&] { require(cudaMemcpyAsync(to.as<char>(), from.as<char>(), bytes, cudaMemcpyDeviceToDevice)); };
    return 2.0 * static_cast<double>(bytes) / (timeOf(copy, 5) * 1e-3);
}

// Random values in the element type, by the upper half of a float for bfloat16.
void fill(const Memory& memory, ElementType type, std::size_t count, float low, float high)
{
    std::mt19937 engine(7);
    std::uniform_real_distribution<float> distribution(low, high);
    std::vector<float> pattern(1 << 16);
    for (float& x : pattern)
        x = distribution(engine);
    std::vector<std::uint16_t> halves(pattern.size());
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        std::uint32_t bits;
        std::memcpy(&bits, &pattern[i], sizeof bits);
        halves[i] = static_cast<std::uint16_t>(bits >> 16);
    }
    const std::size_t size = type == ElementType::Float32 ? 4 : 2;
    const void* source = size == 4 ? static_cast<const void*>(pattern.data()) : halves.data();
    for (std::size_t done = 0; done < count; done += pattern.size())
        require(cudaMemcpy(memory.as<char>() + done * size, source, std::min(pattern.size(), count - done) * size,
                           cudaMemcpyHostToDevice));
}

struct Shape {
    const char* name;
    std::int64_t side, dim;
};

// Raster, columns, and both backwards.
std::vector<std::int32_t> crossScan(std::int64_t side)
{
    const auto tokens = static_cast<std::size_t>(side * side);
    std::vector<std::int32_t> orders(4 * tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto w = static_cast<std::size_t>(side);
        orders[t] = static_cast<std::int32_t>(t);
        orders[tokens + t] = static_cast<std::int32_t>(t % w * w + t / w);
        orders[3 * tokens - 1 - t] = orders[t];
        orders[4 * tokens - 1 - t] = orders[tokens + t];
    }
    return orders;
}

struct Row {
    Shape shape;
    std::int64_t batch, scans, dstate;
    ElementType type;
};

void measure(const Row& row, double bandwidth)
{
    const std::int64_t L = row.shape.side * row.shape.side, D = row.shape.dim, N = row.dstate;
    const auto lanes = static_cast<std::size_t>(row.batch * L * D);
    const auto states = static_cast<std::size_t>(row.batch * L * N);
    const std::size_t size = row.type == ElementType::Float32 ? 4 : 2;
    const Memory u(lanes * size), delta(lanes * size), B(states * size), C(states * size), out(lanes * size);
    const Memory dout(lanes * size), du(lanes * size), ddelta(lanes * size), dB(states * size), dC(states * size);
    const auto parameters = static_cast<std::size_t>(D * N);
    const Memory A(parameters * 4), dA(parameters * 4), skip(4 * D), dskip(4 * D), bias(4 * D), dbias(4 * D);
    const Memory weights(4 * row.batch * row.scans), dweights(4 * row.batch * row.scans);
    fill(u, row.type, lanes, -1, 1);
    fill(delta, row.type, lanes, -5, 0);
    fill(B, row.type, states, -1, 1);
    fill(C, row.type, states, -1, 1);
    fill(dout, row.type, lanes, -1, 1);
    fill(A, ElementType::Float32, parameters, -16, -1);
    fill(skip, ElementType::Float32, static_cast<std::size_t>(D), -1, 1);
    fill(bias, ElementType::Float32, static_cast<std::size_t>(D), -1, 0);
    fill(weights, ElementType::Float32, static_cast<std::size_t>(row.batch * row.scans), 0, 1);
    const std::vector<std::int32_t> orders = crossScan(row.shape.side);
    const Memory device_orders(orders.size() * 4);
    require(cudaMemcpy(device_orders.as<void>(), orders.data(), orders.size() * 4, cudaMemcpyHostToDevice));

    DeviceScan p;
    p.type = row.type;
    p.batch = row.batch;
    p.scans = row.scans;
    p.scan_count = 4;
    p.dim = D;
    p.seqlen = L;
    p.dstate = N;
    p.u = u.as<void>();
    p.delta = delta.as<void>();
    p.u_batch_stride = p.delta_batch_stride = p.out_batch_stride = L * D;
    p.u_step_stride = p.delta_step_stride = p.out_step_stride = D;
    p.B = B.as<void>();
    p.C = C.as<void>();
    p.B_batch_stride = p.C_batch_stride = L * N;
    p.B_step_stride = p.C_step_stride = N;
    p.A = A.as<float>();
    p.A_dim_stride = N;
    p.D = skip.as<float>();
    p.delta_bias = bias.as<float>();
    p.orders = device_orders.as<std::int32_t>();
    p.order_stride = L;
    p.weights = weights.as<float>();
    p.out = out.as<void>();

    DeviceScanGradients g;
    g.dout = dout.as<void>();
    g.dout_batch_stride = L * D;
    g.dout_step_stride = D;
    g.du = du.as<void>();
    g.ddelta = ddelta.as<void>();
    g.dB = dB.as<void>();
    g.dC = dC.as<void>();
    g.dA = dA.as<float>();
    g.dD = dskip.as<float>();
    g.ddelta_bias = dbias.as<float>();
    g.dweights = dweights.as<float>();

    std::size_t workspace_size = 0;
    for (const Operation operation : {Operation::SelectiveScan, Operation::QuasiSeparableScan,
                                      Operation::SelectiveScanBackward, Operation::QuasiSeparableScanBackward}) {
        std::size_t bytes = 0;
        if (!workspace_bytes(p, operation, &bytes).ok())
            std::exit(1);
        workspace_size = std::max(workspace_size, bytes);
    }
    const Memory workspace(workspace_size);
    p.workspace = workspace.as<void>();
    p.workspace_size = workspace_size;

    const auto timed = [&](auto&& operation) {
        const auto call = [&] {
            const Status status = operation();
            if (!status.ok()) {
                std::fprintf(stderr, "%s\n", status.text);
                std::exit(1);
            }
        };
        return timeOf(call, row.batch == 1 ? 20 : 3);
    };
    const double s6 = timed([&] { return selective_scan(p, nullptr); });
    const double qs = timed([&] { return quasi_separable_scan(p, nullptr); });
    const double s6_back = timed([&] { return selective_scan_backward(p, g, nullptr); });
    const double qs_back = timed([&] { return quasi_separable_scan_backward(p, g, nullptr); });
    // Every input read once and the output written once, however many scans share them.
    const double bytes
        = static_cast<double>(size) * (3.0 * static_cast<double>(lanes) + 2.0 * static_cast<double>(states));
    const double floor = bytes / bandwidth * 1e3;
    const double exps = static_cast<double>(lanes) * static_cast<double>(row.scans * N);
    std::printf("%-8s %4ld %2ld %3ld %-5s %9.4f %9.4f %6.1f%% %8.2f %9.4f %6.2f %9.4f %6.2f %9.4f\n", row.shape.name,
                static_cast<long>(row.batch), static_cast<long>(row.scans), static_cast<long>(N),
                size == 4 ? "f32" : "bf16", floor, s6, 100.0 * floor / s6, exps / s6 * 1e-9, qs, 2.0 * s6 / qs, s6_back,
                s6_back / s6, qs_back);
}

}  // namespace

int main()
{
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("skipped: no CUDA device\n");
        return 77;
    }
    cudaDeviceProp properties;
    require(cudaGetDeviceProperties(&properties, 0));
    const double bandwidth = copyBandwidth();
    std::printf(
        "%s, %d multiprocessors, copy %.2f TB/s (read + write). Times in ms; floor: inputs once, output once.\n",
        properties.name, properties.multiProcessorCount, bandwidth * 1e-12);
    std::printf("%-8s %4s %2s %3s %-5s %9s %9s %7s %8s %9s %6s %9s %6s %9s\n", "shape", "B", "K", "N", "type", "floor",
                "S6", "share", "Texp/s", "QS", "2S6/QS", "S6 back", "/S6", "QS back");
    const Shape stages[] = {{"stage 1", 56, 192}, {"stage 2", 28, 384}, {"stage 3", 14, 768}, {"stage 4", 7, 1536}};
    for (const ElementType type : {ElementType::BFloat16, ElementType::Float32})
        for (const std::int64_t batch : {64, 1})
            for (const std::int64_t scans : {1, 4})
                for (const Shape& shape : stages)
                    measure({shape, batch, scans, 16, type}, bandwidth);
    for (const Shape& shape : stages)
        measure({shape, 64, 1, 1, ElementType::BFloat16}, bandwidth);
    return 0;
}
