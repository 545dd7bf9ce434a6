// SPDX-License-Identifier: MIT
#include "tests/benchmark/TorchLoop.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace mixer::kernels {

namespace {

at::Tensor view(std::vector<float>& values, at::IntArrayRef shape)
{
    return at::from_blob(values.data(), shape);
}

}  // namespace

void torch_loop(Mixer& mixer)
{
    const c10::InferenceMode inference;
    const Shape& s = mixer.shape();
    // (scans, lanes, steps): every scan with inputs of its own, as after a gather into scan order.
    const auto by_lane = [&](std::vector<float>& values) {
        return view(values, {1, s.seqlen, s.dim}).transpose(1, 2).expand({s.scans, s.dim, s.seqlen}).contiguous();
    };
    const at::Tensor u = by_lane(mixer.u);
    const at::Tensor bias = s.channel_mixer ? view(mixer.bias, {s.seqlen}) : view(mixer.bias, {s.dim, 1});
    const at::Tensor delta = at::softplus(by_lane(mixer.delta) + bias);
    const at::Tensor A = view(mixer.A, {s.channel_mixer ? 1 : s.dim, 1, s.dstate});
    const at::Tensor B = view(mixer.B, {s.seqlen, s.dstate});
    const at::Tensor C = view(mixer.C, {s.seqlen, s.dstate});
    const at::Tensor decay = at::exp(delta.unsqueeze(3) * A);  // (scans, lanes, steps, N)
    const at::Tensor input = (delta * u).unsqueeze(3) * B;     // the same
    at::Tensor h = at::zeros({s.scans, s.dim, s.dstate});
    std::vector<at::Tensor> ys;
    for (std::int64_t t = 0; t < s.seqlen; ++t) {
        h = decay.select(2, t) * h + input.select(2, t);
        ys.push_back(at::matmul(h, C[t]));
    }
    const at::Tensor skip = s.channel_mixer ? view(mixer.D, {s.seqlen}) : view(mixer.D, {s.dim, 1});
    const at::Tensor y = at::stack(ys, 2) + u * skip;
    static_cast<void>(y.sum(0));
}

void set_torch_threads(int threads)
{
    at::set_num_threads(threads);
}

}  // namespace mixer::kernels
