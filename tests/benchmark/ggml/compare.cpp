// SPDX-License-Identifier: MIT
// Four causal scans of each stage of ViM2-T at 224x224, ours and ggml's in turns; medians. ggml's adds no bias and no
// skip, has softplus inside, and computes one sequence for each scan with the same A: what fits it best.
#include "kernels/parallel.h"
#include "tests/benchmark/MixerScans.h"

#include <ggml-cpu.h>
#include <ggml.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace mixer::kernels {
namespace {

class GgmlScan {
public:
    explicit GgmlScan(const Mixer& mixer)
        : m_shape(mixer.shape())
    {
        const std::int64_t K = m_shape.scans, E = m_shape.dim, L = m_shape.seqlen, N = m_shape.dstate;
        ggml_init_params params{std::size_t(K) * (4 * E + 4 * N) * L * sizeof(float) + (256 << 20), nullptr, false};
        m_context = ggml_init(params);
        ggml_tensor* s = ggml_new_tensor_4d(m_context, GGML_TYPE_F32, N, 1, E, K);
        ggml_tensor* x = ggml_new_tensor_4d(m_context, GGML_TYPE_F32, 1, E, L, K);
        ggml_tensor* dt = ggml_new_tensor_3d(m_context, GGML_TYPE_F32, E, L, K);
        ggml_tensor* A = ggml_new_tensor_2d(m_context, GGML_TYPE_F32, N, E);
        ggml_tensor* B = ggml_new_tensor_4d(m_context, GGML_TYPE_F32, N, 1, L, K);
        ggml_tensor* C = ggml_new_tensor_4d(m_context, GGML_TYPE_F32, N, 1, L, K);
        ggml_tensor* ids = ggml_new_tensor_1d(m_context, GGML_TYPE_I32, K);
        std::memset(s->data, 0, ggml_nbytes(s));
        std::memcpy(A->data, mixer.A.data(), ggml_nbytes(A));
        for (std::int64_t k = 0; k < K; ++k) {
            static_cast<std::int32_t*>(ids->data)[k] = std::int32_t(k);
            copy(x, k, mixer.u, 0);
            copy(dt, k, mixer.delta, mixer.bias.front());
            copy(B, k, mixer.B, 0);
            copy(C, k, mixer.C, 0);
        }
        m_out = ggml_ssm_scan(m_context, s, x, dt, A, B, C, ids);
        m_graph = ggml_new_graph(m_context);
        ggml_build_forward_expand(m_graph, m_out);
    }
    ~GgmlScan() { ggml_free(m_context); }
    GgmlScan(const GgmlScan&) = delete;
    GgmlScan& operator=(const GgmlScan&) = delete;

    void run(int threads) { ggml_graph_compute_with_ctx(m_context, m_graph, threads); }
    const float* output() const { return static_cast<const float*>(m_out->data); }

private:
    static void copy(ggml_tensor* to, std::int64_t scan, const std::vector<float>& from, float add)
    {
        float* data = static_cast<float*>(to->data) + scan * std::int64_t(from.size());
        for (std::size_t i = 0; i < from.size(); ++i)
            data[i] = from[i] + add;
    }

    Shape m_shape;
    ggml_context* m_context = nullptr;
    ggml_tensor* m_out = nullptr;
    ggml_cgraph* m_graph = nullptr;
};

double milliseconds(int calls, const std::function<void()>& work)
{
    const auto start = std::chrono::steady_clock::now();
    for (int call = 0; call < calls; ++call)
        work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() / calls;
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// The first scan is in rows order and both compute it: without our skip they must agree.
double difference(Mixer& mixer, GgmlScan& ggml)
{
    ggml.run(2);
    ScanParams<float> p = mixer.params(0);
    p.D = nullptr;
    selective_scan(usable_variants().back(), p);
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < mixer.out.size(); ++i) {
        largest = std::max(largest, std::abs(double(mixer.out[i])));
        error = std::max(error, std::abs(double(mixer.out[i]) - double(ggml.output()[i])));
    }
    return error / largest;
}

void compare(const Shape& shape)
{
    Mixer mixer(shape, false);
    GgmlScan ggml(mixer);
    std::printf("%-8s outputs differ by %.1e of the largest\n", shape.name, difference(mixer, ggml));
    for (const int threads : {1, 2}) {
        set_num_threads(threads);
        const std::size_t count = usable_variants().size();
        std::vector<double> theirs;
        std::vector<std::vector<double>> ours(count);
        for (int round = 0; round < 11; ++round) {
            theirs.push_back(milliseconds(1, [&] { ggml.run(threads); }));
            for (std::size_t v = 0; v < count; ++v)
                ours[v].push_back(milliseconds(4, [&] {
                    mixer.run([&](const ScanParams<float>& p) { selective_scan(usable_variants()[v], p); });
                }));
        }
        std::printf("  %d thread%s ggml %8.2f ms", threads, threads == 1 ? "  " : "s ", median(theirs));
        for (std::size_t v = 0; v < count; ++v)
            std::printf("   %s %.2f ms, %.1f times", usable_variants()[v].name, median(ours[v]),
                        median(theirs) / median(ours[v]));
        std::printf("\n");
    }
}

}  // namespace
}  // namespace mixer::kernels

int main()
{
    for (const char* name : {"stage1", "stage2", "stage3", "stage4"})
        for (const mixer::kernels::Shape& shape : mixer::kernels::kShapes)
            if (std::strcmp(shape.name, name) == 0)
                mixer::kernels::compare(shape);
}
