// SPDX-License-Identifier: MIT
// One table of the scans on all shapes of ViM2-T: every variant on one and two threads beside PyTorch's loop, two scans
// for a quasi-separable one, chunk states, gradients, and the limits of this machine. All contenders of a shape take
// turns; a row gives its median. scan_table [ROUNDS [SHAPE]]
//
//   of arithmetic  9 multiply-adds for each vector of steps (of 16 lanes, 8 or 4), at the rate measured at the start,
//                  as a share of the time; counted for S6 and quasi-separable alike
//   of memory      the shape's inputs read and its output written by a plain loop, as a share of the time
//   error          largest difference from double precision, as a share of the largest |y|
#include "kernels/parallel.h"
#include "tests/benchmark/Limits.h"
#include "tests/benchmark/MixerScans.h"
#include "tests/benchmark/TorchLoop.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

namespace mixer::kernels {
namespace {

constexpr int kThreadCounts[] = {1, 2};
constexpr double kMultiplyAdds = 9.0;  // of one step: exponent 7, state 1 and a half, output a half, roughly
constexpr double kLeastMilliseconds = 2.0;

double milliseconds(const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0.0 : values[values.size() / 2];
}

struct Row {
    std::string name;
    std::function<void()> work;
    double peak = 0;     ///< multiply-adds a second on one thread, 0: not compared with it
    double error = -1;   ///< below 0: not measured
    std::string before;  ///< the row that this one is compared with
    int most_rounds = 1 << 20;
    std::vector<double> times[2];
};

double error_of(Mixer& mixer, void (*scan)(const Variant&, const ScanParams<float>&), const Variant& variant,
                void (*exact)(const ScanParams<double>&))
{
    ScanParams<float> p = mixer.params(0);
    scan(variant, p);
    const auto wide
        = [](const std::vector<float>& values) { return std::vector<double>(values.begin(), values.end()); };
    const std::vector<double> u = wide(mixer.u), delta = wide(mixer.delta), A = wide(mixer.A), B = wide(mixer.B),
                              C = wide(mixer.C), D = wide(mixer.D), bias = wide(mixer.bias);
    std::vector<double> out(mixer.out.size());
    ScanParams<double> q;
    q.dim = p.dim, q.seqlen = p.seqlen, q.dstate = p.dstate;
    q.u = u.data(), q.delta = delta.data(), q.A = A.data(), q.B = B.data(), q.C = C.data(), q.D = D.data();
    q.delta_bias = bias.data(), q.out = out.data();
    q.u_step_stride = q.delta_step_stride = q.out_step_stride = p.dim;
    q.A_dim_stride = p.A_dim_stride, q.B_step_stride = p.B_step_stride, q.C_step_stride = p.C_step_stride;
    q.D_dim_stride = p.D_dim_stride, q.D_step_stride = p.D_step_stride;
    q.bias_dim_stride = p.bias_dim_stride, q.bias_step_stride = p.bias_step_stride;
    exact(q);
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
        largest = std::max(largest, std::abs(out[i]));
        error = std::max(error, std::abs(out[i] - double(mixer.out[i])));
    }
    return error / largest;
}

void encode(float x, BFloat16& to)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    to.bits = static_cast<std::uint16_t>(bits >> 16);
}

void encode(float x, Float16& to)
{
    std::uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    const std::uint32_t half = magnitude < 0x38800000U ? 0 : (magnitude - 0x38000000U) >> 13;
    to.bits = static_cast<std::uint16_t>(half | (bits >> 16 & 0x8000U));
}

// The same scans over 16-bit floats, cut off.
template <typename Stored> class StoredMixer {
public:
    explicit StoredMixer(std::shared_ptr<Mixer> mixer)
        : m_mixer(std::move(mixer))
        , m_out(m_mixer->out.size())
    {
        const std::vector<float>* from[] = {&m_mixer->u, &m_mixer->delta, &m_mixer->B, &m_mixer->C};
        for (int i = 0; i < 4; ++i) {
            m_in[i].resize(from[i]->size());
            for (std::size_t j = 0; j < from[i]->size(); ++j)
                encode((*from[i])[j], m_in[i][j]);
        }
    }

    template <typename Scan> void run(Scan scan)
    {
        m_mixer->run([&](const ScanParams<float>& p) {
            ScanParams<float, Stored> q;
            q.dim = p.dim, q.seqlen = p.seqlen, q.dstate = p.dstate;
            q.u = m_in[0].data(), q.delta = m_in[1].data(), q.B = m_in[2].data(), q.C = m_in[3].data();
            q.u_step_stride = q.delta_step_stride = q.out_step_stride = p.dim;
            q.A = p.A, q.A_dim_stride = p.A_dim_stride, q.B_step_stride = q.C_step_stride = p.dstate;
            q.D = p.D, q.D_dim_stride = p.D_dim_stride, q.D_step_stride = p.D_step_stride;
            q.delta_bias = p.delta_bias, q.bias_dim_stride = p.bias_dim_stride;
            q.bias_step_stride = p.bias_step_stride;
            q.order = p.order, q.accumulate = p.accumulate, q.out = m_out.data();
            scan(q);
        });
    }

private:
    std::shared_ptr<Mixer> m_mixer;
    std::vector<Stored> m_in[4], m_out;
};

// Reads what each scan reads, writes what it writes.
void stream(Mixer& mixer)
{
    mixer.run([&](const ScanParams<float>& p) {
        parallel_for(p.dim * p.seqlen, 4096, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i)
                p.out[i] = p.u[i] + p.delta[i];
        });
    });
}

std::vector<Row> rows_of(const Shape& shape, const std::vector<Limits>& limits)
{
    const auto plain = std::make_shared<Mixer>(shape, false);
    const auto traced = std::make_shared<Mixer>(shape, true);
    const auto gradients = std::make_shared<Gradients>(shape);
    const auto reversed = std::make_shared<std::vector<std::int32_t>>(shape.seqlen);
    const std::vector<Variant>& variants = usable_variants();
    std::vector<Row> rows;
    const auto add
        = [&](const std::string& name, std::function<void()> work, std::size_t variant, const std::string& before) {
              Row row;
              row.name = name, row.work = std::move(work), row.before = before;
              row.peak = limits[variant].multiply_adds;
              rows.push_back(std::move(row));
          };
    Row loop;
    loop.name = "PyTorch loop", loop.most_rounds = 3;
    loop.work = [plain] { torch_loop(*plain); };
    rows.push_back(loop);
    Row memory;
    memory.name = "memory", memory.work = [plain] { stream(*plain); };
    rows.push_back(memory);
    for (std::size_t i = 0; i < variants.size(); ++i) {
        const Variant* v = &variants[i];
        const std::string name = v->name;
        add(
            "S6 " + name, [=] { plain->run([=](const ScanParams<float>& p) { selective_scan(*v, p); }); }, i,
            "PyTorch loop");
        rows.back().error = error_of(*plain, selective_scan, *v, selective_scan);
        if (i == 0)
            continue;
        const auto bfloat16 = std::make_shared<StoredMixer<BFloat16>>(plain);
        const auto float16 = std::make_shared<StoredMixer<Float16>>(plain);
        add(
            "  bfloat16 in memory", [=] { bfloat16->run([=](const auto& p) { selective_scan(*v, p); }); }, i,
            "S6 " + name);
        add(
            "  float16 in memory", [=] { float16->run([=](const auto& p) { selective_scan(*v, p); }); }, i,
            "S6 " + name);
        add(
            "  with chunk states", [=] { traced->run([=](const ScanParams<float>& p) { selective_scan(*v, p); }); }, i,
            "S6 " + name);
        add(
            "  backward",
            [=] {
                traced->run([=](const ScanParams<float>& p) { selective_scan_backward(*v, gradients->params(p)); });
            },
            i, "S6 " + name);
        add(
            "  there and back", [=] { plain->run([=](const ScanParams<float>& p) { twoScans(*v, p, *reversed); }); }, i,
            "S6 " + name);
        add(
            "quasi-separable " + name,
            [=] { plain->run([=](const ScanParams<float>& p) { quasi_separable_scan(*v, p); }); }, i,
            "  there and back");
        rows.back().error = error_of(*plain, quasi_separable_scan, *v, quasi_separable_scan);
        add(
            "  with chunk states ",
            [=] { traced->run([=](const ScanParams<float>& p) { quasi_separable_scan(*v, p); }); }, i,
            "quasi-separable " + name);
        add(
            "  backward ",
            [=] {
                traced->run(
                    [=](const ScanParams<float>& p) { quasi_separable_scan_backward(*v, gradients->params(p)); });
            },
            i, "quasi-separable " + name);
    }
    return rows;
}

void measure(std::vector<Row>& rows, int rounds)
{
    std::vector<int> calls;
    for (Row& row : rows)
        calls.push_back(std::max(1, int(kLeastMilliseconds / milliseconds(row.work))));
    for (int round = 0; round < rounds; ++round) {
        for (int t = 0; t < 2; ++t) {
            set_num_threads(kThreadCounts[t]);
            set_torch_threads(kThreadCounts[t]);
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (round >= rows[i].most_rounds)
                    continue;
                rows[i].times[t].push_back(milliseconds([&] {
                                               for (int call = 0; call < calls[i]; ++call)
                                                   rows[i].work();
                                           })
                                           / calls[i]);
            }
        }
    }
}

void print(const Shape& shape, const std::vector<Row>& rows)
{
    const double steps = double(shape.scans) * shape.dim * shape.seqlen * shape.dstate;
    std::printf("\n%s: %d scans of %d lanes, %d steps, %d states; %.1f million steps\n", shape.name, int(shape.scans),
                int(shape.dim), int(shape.seqlen), int(shape.dstate), steps / 1e6);
    std::printf("%-26s%10s%10s%8s%14s%14s%12s%10s\n", "", "1 thread", "2 threads", "1 to 2", "ratio", "of arithmetic",
                "of memory", "error");
    const auto find = [&](const std::string& name, std::size_t before) -> const Row& {
        for (std::size_t i = before; i-- > 0;)
            if (rows[i].name == name)
                return rows[i];
        return rows.front();
    };
    const Row& memory = find("memory", rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        const double one = median(row.times[0]), two = median(row.times[1]);
        std::printf("%-26s%7.3f ms%7.3f ms%8.2f", row.name.c_str(), one, two, one / two);
        if (!row.before.empty()) {
            const double other = median(find(row.before, i).times[1]);
            const bool faster = row.before == "PyTorch loop" || row.before == "  there and back";
            std::printf("%14s",
                        ((faster ? std::to_string(other / two) : std::to_string(two / other)).substr(0, 5)
                         + (faster ? " faster" : " times"))
                            .c_str());
        } else {
            std::printf("%14s", "");
        }
        if (row.peak > 0) {
            std::printf("%12.0f %%%10.0f %%", 100 * kMultiplyAdds * steps / row.peak / (one / 1000),
                        100 * median(memory.times[0]) / one);
            if (row.error >= 0)
                std::printf("%12.1e", row.error);
        }
        std::printf("\n");
    }
    std::fflush(stdout);
}

// The states of all lanes of stage 1 after some step, from the border of its chunk.
void state_at_a_step()
{
    Mixer mixer(kShapes[0], true);
    const ScanParams<float> p = mixer.params(0);
    selective_scan(p);
    std::vector<float> state(p.dim * p.dstate);
    std::vector<double> times;
    set_num_threads(2);
    for (int i = 0; i < 101; ++i) {
        const std::int64_t step = (977 * i) % p.seqlen;
        const float* start = p.chunk_states + step / kChunkLength * p.dim * p.dstate;
        times.push_back(milliseconds([&] { chunk_state(p, 0, 0, p.dim, step, false, start, state.data()); }));
    }
    std::printf("\nstate of all lanes of stage 1 at a step: %.3f ms, at most %.3f ms\n", median(times),
                *std::max_element(times.begin(), times.end()));
}

int run(int rounds, const std::string& only)
{
    std::vector<Limits> limits;
    std::printf("one thread, in the first-level cache, 10^9 a second:\n%-12s%16s%16s%16s\n", "", "multiply-adds",
                "exponentials", "softplus");
    for (const Variant& variant : usable_variants()) {
        limits.push_back(measure_limits(variant.name));
        const Limits& l = limits.back();
        std::printf("%-12s%16.1f%16.2f%16.2f\n", variant.name, l.multiply_adds / 1e9, l.exponentials / 1e9,
                    l.softplus / 1e9);
    }
    for (const Shape& shape : kShapes) {
        const std::string name = shape.name;
        if ((only.empty() && (name.find("narrow") == 0 || name.find("at") != std::string::npos))
            || (!only.empty() && name != only))
            continue;
        std::vector<Row> rows = rows_of(shape, limits);
        measure(rows, rounds);
        print(shape, rows);
    }
    state_at_a_step();
    return 0;
}

}  // namespace

Limits measure_limits(const std::string& variant)
{
#if defined(MIXER_KERNELS_X86)
    if (variant == "avx512")
        return avx512_limits();
    if (variant == "avx2")
        return avx2_limits();
#endif
    static_cast<void>(variant);
    return portable_limits();
}

}  // namespace mixer::kernels

int main(int argc, char** argv)
{
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
    if (rounds < 1) {
        std::fprintf(stderr, "usage: scan_table [ROUNDS [SHAPE]]\n");
        return 2;
    }
    return mixer::kernels::run(rounds, argc > 2 ? argv[2] : "");
}
