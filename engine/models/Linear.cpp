// SPDX-License-Identifier: MIT
#include "engine/models/Linear.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>

namespace mixer {

namespace {

constexpr std::int64_t kRowsPerThread = 64;  // below, a product's columns are the better ones to divide

bool hasRowsToDivide(const at::Tensor& x, std::int64_t rows)
{
#if defined(_OPENMP)
    return x.is_cpu() && !at::GradMode::is_enabled() && at::get_num_threads() > 1 && !at::in_parallel_region()
        && rows >= kRowsPerThread * at::get_num_threads();
#else
    static_cast<void>(x), static_cast<void>(rows);
    return false;  // at::parallel_for is serial then
#endif
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight)
{
    const std::int64_t rows = x.numel() / x.size(-1);
    if (!hasRowsToDivide(x, rows))
        return at::linear(x, weight);
    RECORD_FUNCTION("mixer::linear", {});
    const at::Tensor in = x.reshape({rows, x.size(-1)});
    const at::Tensor factor = weight.t();
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = weight.size(0);
    const at::Tensor result = at::empty(shape, x.options());
    const at::Tensor out = result.view({rows, weight.size(0)});
    const bool inference = c10::InferenceMode::is_enabled();
    at::parallel_for(0, rows, kRowsPerThread, [&](std::int64_t begin, std::int64_t end) {
        // Each thread has modes of its own.
        const c10::InferenceMode mode(inference);
        const c10::NoGradGuard noGradients;
        at::Tensor part = out.narrow(0, begin, end - begin);
        at::mm_out(part, in.narrow(0, begin, end - begin), factor);
    });
    return result;
}

}  // namespace mixer
