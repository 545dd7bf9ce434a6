// SPDX-License-Identifier: MIT
// Times the scans at ViM2-T's shapes, 224 x 224, beside the device's own copy bandwidth. Prints one table.
//   scan_cuda_bench [stage=1] [batch=64] [scans=4] [type=bf16] [data=slot] [op=s6] [once]
// Each word leaves out the rows that do not fit it; `once` calls the operation three times untimed, for a profiler.
#include "kernels/cuda/scan_cuda.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
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

void require(const Status& status)
{
    if (status.ok())
        return;
    std::fprintf(stderr, "%s\n", status.text);
    std::exit(1);
}

class Memory {
public:
    explicit Memory(std::int64_t bytes) { require(cudaMalloc(&m_data, std::max<std::size_t>(bytes, 16))); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { cudaFree(m_data); }
    template <class T> T* as() const { return static_cast<T*>(m_data); }

private:
    void* m_data = nullptr;
};

cudaStream_t stream()
{
    static cudaStream_t created = [] {
        cudaStream_t s;
        require(cudaStreamCreate(&s));
        return s;
    }();
    return created;
}

// Milliseconds of one of `count` calls, call(0) to call(count - 1), replayed as a graph so that the host's launching
// does not count; the median of several replays.
template <class Call> double timeOf(const Call& call, int count)
{
    call(0);
    cudaGraph_t graph;
    cudaGraphExec_t replay;
    require(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal));
    for (int i = 0; i < count; ++i)
        call(i);
    require(cudaStreamEndCapture(stream(), &graph));
    require(cudaGraphInstantiate(&replay, graph, 0));
    cudaEvent_t begin, end;
    require(cudaEventCreate(&begin));
    require(cudaEventCreate(&end));
    std::vector<double> times;
    for (int row = 0; row < 11; ++row) {
        require(cudaEventRecord(begin, stream()));
        require(cudaGraphLaunch(replay, stream()));
        require(cudaEventRecord(end, stream()));
        require(cudaEventSynchronize(end));
        float milliseconds = 0.0F;
        require(cudaEventElapsedTime(&milliseconds, begin, end));
        if (row >= 2)  // the first two warm up
            times.push_back(milliseconds / count);
    }
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    cudaGraphExecDestroy(replay);
    cudaGraphDestroy(graph);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

// The best of several copies of a GiB: bytes read and written, a second.
double copyBandwidth()
{
    const std::int64_t bytes = std::int64_t{1} << 30;
    const Memory from(bytes), to(bytes);
    require(cudaMemset(from.as<char>(), 1, static_cast<std::size_t>(bytes)));
    cudaEvent_t begin, end;
    require(cudaEventCreate(&begin));
    require(cudaEventCreate(&end));
    float best = 1e9F;
    for (int i = 0; i < 10; ++i) {
        float milliseconds = 0.0F;
        require(cudaEventRecord(begin, stream()));
        require(cudaMemcpyAsync(to.as<char>(), from.as<char>(), static_cast<std::size_t>(bytes),
                                cudaMemcpyDeviceToDevice, stream()));
        require(cudaEventRecord(end, stream()));
        require(cudaEventSynchronize(end));
        require(cudaEventElapsedTime(&milliseconds, begin, end));
        best = std::min(best, milliseconds);
    }
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    return 2.0 * static_cast<double>(bytes) / (static_cast<double>(best) * 1e-3);
}

// Random values in the element type, by the upper half of a float for bfloat16.
void fill(const Memory& memory, ElementType type, std::int64_t count, float low, float high)
{
    static std::mt19937 engine(7);
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
    const std::int64_t size = type == ElementType::Float32 ? 4 : 2;
    const auto block = static_cast<std::int64_t>(pattern.size());
    const void* source = size == 4 ? static_cast<const void*>(pattern.data()) : halves.data();
    for (std::int64_t done = 0; done < count; done += block)
        require(cudaMemcpy(memory.as<char>() + done * size, source, std::min(block, count - done) * size,
                           cudaMemcpyHostToDevice));
}

struct Row {
    std::string stage;
    std::int64_t tokens, lanes, steps;  ///< token mixers: lanes are channels; the channel mixer: lanes are tokens
    std::int64_t batch, scans, dstate;
    ElementType type;
    bool data_per_slot, channel_mixer;
};

// Raster, columns, and both backwards; the channel mixer: along and against.
std::vector<std::int32_t> ordersOf(const Row& row)
{
    const std::int64_t L = row.steps;
    std::int64_t side = 1;
    while (side * side < L)
        ++side;
    std::vector<std::int32_t> orders(static_cast<std::size_t>(4 * L));
    for (std::int64_t t = 0; t < L; ++t) {
        const std::int64_t columns = row.channel_mixer ? L - 1 - t : t % side * side + t / side;
        const auto at = [&](std::int64_t i) -> std::int32_t& { return orders[static_cast<std::size_t>(i)]; };
        at(t) = static_cast<std::int32_t>(t);
        at(L + t) = static_cast<std::int32_t>(columns);
        at(3 * L - 1 - t) = static_cast<std::int32_t>(t);
        at(4 * L - 1 - t) = static_cast<std::int32_t>(columns);
    }
    return orders;
}

// One set of inputs and outputs. Calls go round over several sets, so that none finds its inputs in the cache.
class Problem {
public:
    Problem(const Row& row, const Memory& orders, const Memory& workspace, std::size_t workspace_size)
        : m_row(row)
        , u(lanes() * size())
        , delta(slots() * lanes() * size())
        , B(slots() * states() * size())
        , C(slots() * states() * size())
        , out(lanes() * size())
        , dout(lanes() * size())
        , du(lanes() * size())
        , ddelta(slots() * lanes() * size())
        , dB(slots() * states() * size())
        , dC(slots() * states() * size())
        , A(parameters() * 4)
        , dA(parameters() * 4)
        , skip(4 * perLaneOrRow())
        , dskip(4 * perLaneOrRow())
        , bias(4 * perLaneOrRow())
        , dbias(4 * perLaneOrRow())
        , weights(4 * row.batch * row.scans)
        , dweights(4 * row.batch * row.scans)
    {
        fillAll();
        describeScan(orders, workspace, workspace_size);
        describeGradients();
    }

    DeviceScan p;
    DeviceScanGradients g;

private:
    std::int64_t size() const { return m_row.type == ElementType::Float32 ? 4 : 2; }
    std::int64_t lanes() const { return m_row.batch * m_row.steps * m_row.lanes; }
    std::int64_t states() const { return m_row.batch * m_row.steps * m_row.dstate; }
    std::int64_t slots() const { return m_row.data_per_slot ? m_row.scans : 1; }
    std::int64_t sets() const { return m_row.channel_mixer ? 4 : 1; }
    std::int64_t parameters() const { return sets() * (m_row.channel_mixer ? 1 : m_row.lanes) * m_row.dstate; }
    std::int64_t perLaneOrRow() const { return sets() * (m_row.channel_mixer ? m_row.steps : m_row.lanes); }

    void fillAll()
    {
        fill(u, m_row.type, lanes(), -1, 1);
        fill(delta, m_row.type, slots() * lanes(), -5, 0);
        fill(B, m_row.type, slots() * states(), -1, 1);
        fill(C, m_row.type, slots() * states(), -1, 1);
        fill(dout, m_row.type, lanes(), -1, 1);
        fill(A, ElementType::Float32, parameters(), -16, -1);
        fill(skip, ElementType::Float32, perLaneOrRow(), -1, 1);
        fill(bias, ElementType::Float32, perLaneOrRow(), -1, 0);
        fill(weights, ElementType::Float32, m_row.batch * m_row.scans, 0, 1);
    }

    void describeScan(const Memory& orders, const Memory& workspace, std::size_t workspace_size)
    {
        const std::int64_t L = m_row.steps, D = m_row.lanes, N = m_row.dstate;
        const std::int64_t slot = m_row.data_per_slot ? 1 : 0;
        p.type = m_row.type;
        p.batch = m_row.batch, p.scans = m_row.scans, p.scan_count = 4;
        p.dim = D, p.seqlen = L, p.dstate = N;
        p.u = u.as<void>(), p.delta = delta.as<void>(), p.B = B.as<void>(), p.C = C.as<void>();
        p.u_batch_stride = p.out_batch_stride = L * D;
        p.u_step_stride = p.delta_step_stride = p.out_step_stride = D;
        p.delta_scan_stride = slot * L * D, p.delta_batch_stride = slots() * L * D;
        p.B_scan_stride = p.C_scan_stride = slot * L * N, p.B_batch_stride = p.C_batch_stride = slots() * L * N;
        p.B_step_stride = p.C_step_stride = N;
        p.A = A.as<float>(), p.D = skip.as<float>(), p.delta_bias = bias.as<float>();
        p.A_dim_stride = N;
        if (m_row.channel_mixer) {
            p.A_dim_stride = 0, p.A_scan_stride = N;
            p.D_dim_stride = p.bias_dim_stride = 0, p.D_step_stride = p.bias_step_stride = 1;
            p.D_scan_stride = p.bias_scan_stride = L;
        }
        p.orders = orders.as<std::int32_t>(), p.order_stride = L;
        p.weights = weights.as<float>();
        p.out = out.as<void>();
        p.workspace = workspace.as<void>(), p.workspace_size = workspace_size;
    }

    void describeGradients()
    {
        g.dout = dout.as<void>();
        g.dout_batch_stride = m_row.steps * m_row.lanes, g.dout_step_stride = m_row.lanes;
        g.du = du.as<void>(), g.ddelta = ddelta.as<void>(), g.dB = dB.as<void>(), g.dC = dC.as<void>();
        g.dA = dA.as<float>(), g.dD = dskip.as<float>(), g.ddelta_bias = dbias.as<float>();
        g.dweights = dweights.as<float>();
    }

    Row m_row;
    Memory u, delta, B, C, out, dout, du, ddelta, dB, dC, A, dA, skip, dskip, bias, dbias, weights, dweights;
};

const std::vector<std::pair<std::string, Operation>>& operations()
{
    static const std::vector<std::pair<std::string, Operation>> all{
        {"s6", Operation::SelectiveScan},
        {"qs", Operation::QuasiSeparableScan},
        {"s6-back", Operation::SelectiveScanBackward},
        {"qs-back", Operation::QuasiSeparableScanBackward},
    };
    return all;
}

Status run(const Problem& problem, Operation operation)
{
    switch (operation) {
    case Operation::SelectiveScan:
        return selective_scan(problem.p, stream());
    case Operation::QuasiSeparableScan:
        return quasi_separable_scan(problem.p, stream());
    case Operation::SelectiveScanBackward:
        return selective_scan_backward(problem.p, problem.g, stream());
    case Operation::QuasiSeparableScanBackward:
        return quasi_separable_scan_backward(problem.p, problem.g, stream());
    }
    return {1, "unknown operation"};
}

using Filter = std::map<std::string, std::string>;

bool fits(const Filter& filter, const std::string& key, const std::string& value)
{
    const auto found = filter.find(key);
    return found == filter.end() || found->second == value;
}

void measure(const Row& row, double bandwidth, const Filter& filter)
{
    const char* type = row.type == ElementType::Float32 ? "f32" : "bf16";
    if (!fits(filter, "stage", row.stage) || !fits(filter, "batch", std::to_string(row.batch))
        || !fits(filter, "scans", std::to_string(row.scans)) || !fits(filter, "type", type)
        || !fits(filter, "data", row.data_per_slot ? "slot" : "shared"))
        return;
    const Memory empty(16);
    std::size_t workspace_size = 0;
    {
        const Problem probe(row, empty, empty, 0);
        for (const auto& [name, operation] : operations()) {
            std::size_t bytes = 0;
            require(workspace_bytes(probe.p, operation, &bytes));
            workspace_size = std::max(workspace_size, bytes);
        }
    }
    const Memory workspace(static_cast<std::int64_t>(workspace_size));
    const std::vector<std::int32_t> order_values = ordersOf(row);
    const Memory orders(static_cast<std::int64_t>(order_values.size() * 4));
    require(cudaMemcpy(orders.as<void>(), order_values.data(), order_values.size() * 4, cudaMemcpyHostToDevice));

    const std::int64_t size = row.type == ElementType::Float32 ? 4 : 2;
    const std::int64_t slots = row.data_per_slot ? row.scans : 1;
    const std::int64_t lanes = row.batch * row.steps * row.lanes, states = row.batch * row.steps * row.dstate;
    // Every input read once and the output written once, however many scans share them.
    const std::int64_t bytes = size * ((2 + slots) * lanes + 2 * slots * states);
    // At batch 1 the inputs come from the layer before, by way of the cache, as here.
    constexpr std::int64_t kBeyondCache = std::int64_t{160} << 20;
    const std::int64_t sets = row.batch == 1 ? 1 : std::clamp<std::int64_t>((kBeyondCache + bytes - 1) / bytes, 1, 12);
    std::vector<std::unique_ptr<Problem>> problems;
    for (std::int64_t i = 0; i < sets; ++i)
        problems.push_back(std::make_unique<Problem>(row, orders, workspace, workspace_size));

    std::vector<double> times;
    for (const auto& [name, operation] : operations()) {
        const auto call
            = [&, which = operation](int i) { require(run(*problems[static_cast<std::size_t>(i % sets)], which)); };
        if (!fits(filter, "op", name)) {
            times.push_back(0.0);
        } else if (filter.count("once")) {
            for (int i = 0; i < 3; ++i)
                call(i);
            require(cudaStreamSynchronize(stream()));
            times.push_back(0.0);
        } else {
            times.push_back(timeOf(call, std::max<int>(static_cast<int>(sets), row.batch == 1 ? 20 : 4)));
        }
    }
    const double floor = static_cast<double>(bytes) / bandwidth * 1e3;
    const double exps = static_cast<double>(lanes) * static_cast<double>(row.scans * row.dstate);
    std::printf("%-8s %4ld %2ld %-6s %3ld %-5s %9.4f %9.4f %6.1f%% %7.2f %9.4f %6.2f %9.4f %6.2f %9.4f %6.2f\n",
                row.stage.c_str(), static_cast<long>(row.batch), static_cast<long>(row.scans),
                row.data_per_slot ? "slot" : "shared", static_cast<long>(row.dstate), type, floor, times[0],
                100.0 * floor / times[0], exps / times[0] * 1e-9, times[1], 2.0 * times[0] / times[1], times[2],
                times[2] / times[0], times[3], times[3] / times[1]);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv)
{
    Filter filter;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const std::size_t equals = word.find('=');
        filter[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
    }
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
        std::printf("skipped: no CUDA device\n");
        return 77;
    }
    cudaDeviceProp properties;
    require(cudaGetDeviceProperties(&properties, 0));
    const double bandwidth = filter.count("once") ? 3e12 : copyBandwidth();
    std::printf(
        "%s, %d multiprocessors, copy %.2f TB/s (read + write). Times in ms; floor: inputs once, output once.\n",
        properties.name, properties.multiProcessorCount, bandwidth * 1e-12);
    std::printf("%-8s %4s %2s %-6s %3s %-5s %9s %9s %7s %7s %9s %6s %9s %6s %9s %6s\n", "stage", "B", "K", "data", "N",
                "type", "floor", "S6", "share", "Texp/s", "QS", "2S6/QS", "S6 back", "/S6", "QS back", "/QS");
    struct Stage {
        std::int64_t tokens, inner, channels;
    };
    const Stage stages[] = {{3136, 192, 192}, {784, 384, 384}, {196, 768, 768}, {49, 1536, 768}};
    const auto each = [&](ElementType type, std::int64_t batch, std::int64_t scans, std::int64_t dstate, bool slot) {
        for (int i = 0; i < 4; ++i)
            measure({std::to_string(i + 1), stages[i].tokens, stages[i].inner, stages[i].tokens, batch, scans, dstate,
                     type, slot, false},
                    bandwidth, filter);
    };
    for (const ElementType type : {ElementType::BFloat16, ElementType::Float32}) {
        for (const std::int64_t batch : {64, 8, 1}) {
            each(type, batch, 1, 16, false);
            each(type, batch, 4, 16, false);
            each(type, batch, 4, 16, true);
        }
    }
    each(ElementType::BFloat16, 64, 1, 1, false);
    for (const std::int64_t batch : {64, 1})
        for (int i = 0; i < 4; ++i)
            measure({"c" + std::to_string(i + 1), stages[i].tokens, stages[i].tokens, stages[i].channels, batch, 2, 16,
                     ElementType::BFloat16, true, true},
                    bandwidth, filter);
    return 0;
}
