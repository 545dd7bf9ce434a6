// SPDX-License-Identifier: MIT
#include "engine/training/InitialValues.h"

#include "engine/training/CounterRandom.h"

#include <ATen/ATen.h>

#include <cmath>

namespace mixer {

namespace {

bool endsWith(const std::string& text, const std::string& ending)
{
    return text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

/// FNV-1a: the same on every machine, which std::hash does not promise.
std::uint64_t hashOf(const std::string& text)
{
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash;
}

template <typename Draw> at::Tensor filled(at::IntArrayRef shape, Draw&& draw)
{
    at::Tensor tensor = at::empty(shape, at::kDouble);
    double* data = tensor.data_ptr<double>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
        data[i] = draw();
    return tensor;
}

double truncatedNormal(CounterRandom& random)
{
    double value = random.normal();
    while (std::abs(value) > 2)
        value = random.normal();
    return value;
}

at::Tensor plainResidual(const std::string& name, at::IntArrayRef shape)
{
    const at::Tensor matrix = at::zeros(shape, at::kDouble);
    const bool isTheta = endsWith(name, ".theta");
    if (isTheta || endsWith(name, ".beta"))
        matrix.diagonal(isTheta ? 1 : 0).fill_(1);
    return matrix;
}

}  // namespace

at::Tensor initialValue(const std::string& name, at::IntArrayRef shape, std::uint64_t seed)
{
    CounterRandom random(seed, {static_cast<std::uint64_t>(RandomUse::Weights), hashOf(name)});
    const auto uniform = [&](double bound) { return filled(shape, [&] { return random.uniform(-bound, bound); }); };
    if (name.find(".mix.") != std::string::npos)
        return plainResidual(name, shape);
    if (endsWith(name, "dt_proj.bias") || endsWith(name, ".dt_bias"))
        return filled(shape, [&] {
            const double step = std::exp(random.uniform(std::log(0.001), std::log(0.1)));
            return step + std::log(-std::expm1(-step));
        });
    if (endsWith(name, ".A_log"))
        return at::arange(1, shape.back() + 1, at::kDouble).log().expand(shape).clone();
    if (endsWith(name, ".D") || (endsWith(name, ".weight") && shape.size() == 1))
        return at::ones(shape, at::kDouble);
    if (endsWith(name, ".bias") || endsWith(name, ".w_v"))
        return at::zeros(shape, at::kDouble);
    if (endsWith(name, ".w_r"))
        return uniform(0.5);
    if (endsWith(name, "dt_proj.weight"))
        return uniform(1 / std::sqrt(static_cast<double>(shape.back())));
    if (endsWith(name, "out_proj.weight") || endsWith(name, "reduction.weight") || endsWith(name, "head.fc.weight"))
        return filled(shape, [&] { return 0.02 * truncatedNormal(random); });
    if (name == "stem.proj.weight" || name.find("conv") != std::string::npos) {
        double fanIn = 1;
        for (const std::int64_t n : shape.slice(1))
            fanIn *= static_cast<double>(n);
        return uniform(1 / std::sqrt(fanIn));
    }
    return uniform(std::sqrt(3.0 / static_cast<double>(shape.back())));
}

}  // namespace mixer
