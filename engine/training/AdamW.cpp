// SPDX-License-Identifier: MIT
#include "engine/training/AdamW.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace mixer {

AdamW::AdamW(const ParameterSet& parameters, const AdamWOptions& options)
    : m_options(options)
{
    for (const Parameter& parameter : parameters.all()) {
        if (!parameter.isTrained)
            continue;
        const double factor = parameter.isHead() ? 1 : options.bodyFactor;
        const double decay = parameter.decays() ? options.decay : 0;
        auto group = std::find_if(m_groups.begin(), m_groups.end(),
                                  [&](const Group& g) { return g.factor == factor && g.decay == decay; });
        if (group == m_groups.end())
            group = m_groups.insert(m_groups.end(), {factor, decay, {}});
        group->members.push_back(m_values.size());
        m_values.push_back(parameter.value.detach());  // shares memory, records nothing
        m_means.push_back(at::zeros_like(m_values.back()));
        m_squares.push_back(at::zeros_like(m_values.back()));
    }
}

void AdamW::step(const std::vector<at::Tensor>& gradients, double rate)
{
    const c10::NoGradGuard noGradients;
    ++m_steps;
    const double count = static_cast<double>(m_steps);
    const double meanCorrection = 1 - std::pow(m_options.beta1, count);
    const double rootCorrection = std::sqrt(1 - std::pow(m_options.beta2, count));
    for (const Group& group : m_groups) {
        std::vector<at::Tensor> values, means, squares, given;
        for (const std::size_t i : group.members) {
            values.push_back(m_values[i]);
            means.push_back(m_means[i]);
            squares.push_back(m_squares[i]);
            given.push_back(gradients[i].defined() ? gradients[i] : at::zeros_like(m_values[i]));
        }
        const double groupRate = rate * group.factor;
        at::_foreach_mul_(means, m_options.beta1);
        at::_foreach_add_(means, given, 1 - m_options.beta1);
        at::_foreach_mul_(squares, m_options.beta2);
        at::_foreach_addcmul_(squares, given, given, 1 - m_options.beta2);
        std::vector<at::Tensor> roots = at::_foreach_sqrt(squares);
        at::_foreach_div_(roots, rootCorrection);
        at::_foreach_add_(roots, m_options.epsilon);
        if (group.decay > 0)
            at::_foreach_mul_(values, 1 - groupRate * group.decay);
        at::_foreach_addcdiv_(values, means, roots, -groupRate / meanCorrection);
    }
}

double clipGradients(std::vector<at::Tensor>& gradients, double limit)
{
    const c10::NoGradGuard noGradients;
    std::vector<at::Tensor> norms;
    std::vector<at::Tensor> defined;
    for (const at::Tensor& gradient : gradients) {
        if (!gradient.defined())
            continue;
        defined.push_back(gradient);
        norms.push_back(gradient.norm().to(at::kDouble));
    }
    if (norms.empty())
        return 0;
    const double norm = at::stack(norms).norm().item<double>();
    if (limit > 0 && norm > limit)
        at::_foreach_mul_(defined, limit / norm);
    return norm;
}

void updateAverages(const std::vector<at::Tensor>& averages, const std::vector<at::Tensor>& values, double keep)
{
    const c10::NoGradGuard noGradients;
    at::_foreach_mul_(averages, keep);
    at::_foreach_add_(averages, values, 1 - keep);
}

double averageKeep(std::int64_t step, double decay)
{
    const double n = static_cast<double>(step);
    return std::min(decay, (1 + n) / (10 + n));
}

double scheduledRate(std::int64_t step, std::int64_t steps, double peak, double warmup, double last)
{
    const double total = static_cast<double>(std::max<std::int64_t>(steps, 1));
    const double rise = std::floor(warmup * total);
    const double at = static_cast<double>(step);
    if (at < rise)
        return peak * (at + 1) / (rise + 1);
    const double progress = std::min(1.0, (at - rise) / std::max(1.0, total - rise));
    return peak * (last + (1 - last) * 0.5 * (1 + std::cos(3.141592653589793 * progress)));
}

}  // namespace mixer
