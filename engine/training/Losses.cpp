// SPDX-License-Identifier: MIT
#include "engine/training/Losses.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace mixer {

at::Tensor smoothedCrossEntropy(const at::Tensor& logits, const at::Tensor& targets, double smoothing)
{
    const double even = smoothing / static_cast<double>(targets.size(1));
    const at::Tensor smoothed = targets * (1 - smoothing) + even;
    return (smoothed * at::log_softmax(logits.to(targets.scalar_type()), 1)).sum(1).mean().neg();
}

void BalanceLoss::record(const MixerRecord&, const at::Tensor&, const at::Tensor&, const ScanChoice& choice)
{
    if (!choice.hasRouter())
        return;
    const at::Tensor& p = choice.probabilities;
    const at::Tensor marks
        = at::zeros(p.sizes(), p.options().requires_grad(false)).scatter_(1, choice.ids.to(at::kLong), 1.0);
    const at::Tensor shares = marks.mean(0) / choice.ids.size(1);
    const at::Tensor loss = (shares * p.mean(0)).sum() * static_cast<double>(p.size(1));
    m_sum = m_sum.defined() ? m_sum + loss : loss;
    ++m_count;
}

at::Tensor BalanceLoss::mean() const
{
    return m_count > 0 ? m_sum / m_count : at::Tensor();
}

StepNoise::StepNoise(std::uint64_t seed, std::int64_t step, std::size_t mixers, double router, double drop,
                     at::TensorOptions options)
    : m_seed(seed)
    , m_step(static_cast<std::uint64_t>(step))
    , m_mixers(mixers)
    , m_router(router)
    , m_drop(drop)
    , m_options(options)
{
}

at::Tensor StepNoise::routerFactors(std::size_t mixer, std::int64_t images, std::int64_t channels)
{
    if (m_router <= 0)
        return {};
    CounterRandom random(m_seed, {static_cast<std::uint64_t>(RandomUse::RouterNoise), m_step, mixer});
    const at::Tensor factors = at::empty({images, channels}, at::kFloat);
    float* data = factors.data_ptr<float>();
    for (std::int64_t i = 0; i < factors.numel(); ++i)
        data[i] = static_cast<float>(random.uniform(1 - m_router, 1 + m_router));
    return factors.to(m_options);
}

at::Tensor StepNoise::branchFactors(std::size_t mixer, std::int64_t images)
{
    const double depth = static_cast<double>(std::max<std::size_t>(m_mixers, 2) - 1);
    const double rate = m_drop * static_cast<double>(mixer) / depth;
    if (rate <= 0)
        return {};
    CounterRandom random(m_seed, {static_cast<std::uint64_t>(RandomUse::StochasticDepth), m_step, mixer});
    const at::Tensor factors = at::empty({images}, at::kFloat);
    float* data = factors.data_ptr<float>();
    for (std::int64_t i = 0; i < images; ++i)
        data[i] = random.chance(rate) ? 0.0F : static_cast<float>(1 / (1 - rate));
    return factors.to(m_options);
}

}  // namespace mixer
