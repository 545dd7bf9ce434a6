// SPDX-License-Identifier: MIT
#include "engine/models/ScanChoice.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numeric>

namespace mixer {

namespace {

std::vector<double> rowOf(const at::Tensor& table, std::int64_t row)
{
    const at::Tensor host = table[row].to(at::kCPU, at::kDouble).contiguous();
    return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

}  // namespace

void requireFiniteLogits(const std::vector<double>& logits)
{
    for (const double logit : logits)
        if (!std::isfinite(logit))
            throw Error(ErrorKind::Model,
                        "a router's logits are not finite numbers: the network overflows on this input");
}

Routing routingOf(const ScanChoice& choice, std::int64_t image)
{
    Routing routing;
    routing.scans = *choice.scans;
    routing.hasRouter = choice.hasRouter();
    if (choice.ids.defined()) {
        for (const double id : rowOf(choice.ids, image))
            routing.chosen.push_back(static_cast<int>(id));
        routing.weights = rowOf(choice.weights, image);
    } else {
        routing.chosen.resize(routing.scans.size());
        std::iota(routing.chosen.begin(), routing.chosen.end(), 0);
        routing.weights
            = choice.weights.defined() ? rowOf(choice.weights, image) : std::vector<double>(routing.scans.size(), 1.0);
    }
    if (!routing.hasRouter)
        return routing;
    routing.logits = rowOf(choice.logits, image);
    requireFiniteLogits(routing.logits);
    routing.probabilities = rowOf(choice.probabilities, image);
    return routing;
}

ScanChoice choiceOf(const Routing& routing, const at::Device& device)
{
    ScanChoice choice;
    choice.scans = std::make_shared<const std::vector<std::string>>(routing.scans);
    const auto row
        = [&](const std::vector<double>& values) { return at::tensor(values, at::kDouble).to(device).unsqueeze(0); };
    if (routing.hasRouter) {
        choice.logits = row(routing.logits);
        choice.probabilities = row(routing.probabilities);
    }
    choice.weights = row(routing.weights);
    choice.ids = at::tensor(routing.chosen, at::kInt).to(device).unsqueeze(0);
    return choice;
}

}  // namespace mixer
