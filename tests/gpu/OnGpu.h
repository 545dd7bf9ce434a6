// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <random>

namespace mixer::test {

/// Fresh inputs in every run; the seed is printed, so that a failure can be looked at again (MIXERSCOPE_TEST_SEED).
inline unsigned freshSeed()
{
    static const unsigned seed = [] {
        const char* given = std::getenv("MIXERSCOPE_TEST_SEED");
        const unsigned chosen = given ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
        std::printf("MIXERSCOPE_TEST_SEED=%u\n", chosen);
        at::manual_seed(chosen);
        return chosen;
    }();
    return seed;
}

/// Uniform, rounded to what `type` holds, as float64 on the CPU.
inline at::Tensor uniform(at::IntArrayRef shape, double low, double high, at::ScalarType type)
{
    freshSeed();
    return (at::rand(shape, at::kDouble) * (high - low) + low).to(type).to(at::kDouble);
}

/// Largest difference over the largest magnitude; infinite where the shapes differ or anything is no number.
inline double relativeError(const at::Tensor& found, const at::Tensor& wanted)
{
    if (found.sizes() != wanted.sizes())
        return std::numeric_limits<double>::infinity();
    const at::Tensor a = found.detach().to(at::kCPU, at::kDouble), b = wanted.detach().to(at::kCPU, at::kDouble);
    const double scale = std::max(b.abs().max().item<double>(), std::numeric_limits<double>::min());
    const double error = (a - b).abs().max().item<double>() / scale;
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

}  // namespace mixer::test
