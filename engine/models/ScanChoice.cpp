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

Routing routingOf(const ScanChoice& choice, std::int64_t image)
{
    Routing routing;
    routing.scans = *choice.scans;
    routing.hasRouter = choice.hasRouter();
    if (!routing.hasRouter) {
        routing.chosen.resize(routing.scans.size());
        std::iota(routing.chosen.begin(), routing.chosen.end(), 0);
        routing.weights.assign(routing.scans.size(), 1.0);
        return routing;
    }
    routing.logits = rowOf(choice.logits, image);
    for (const double logit : routing.logits) {
        if (!std::isfinite(logit))
            throw Error(ErrorKind::Model,
                        "a router's logits are not finite numbers: the network overflows on this input");
    }
    routing.probabilities = rowOf(choice.probabilities, image);
    for (const double id : rowOf(choice.ids, image))
        routing.chosen.push_back(static_cast<int>(id));
    routing.weights = rowOf(choice.weights, image);
    return routing;
}

ScanChoice choiceOf(const Routing& routing, const at::Device& device)
{
    ScanChoice choice;
    choice.scans = std::make_shared<const std::vector<std::string>>(routing.scans);
    if (!routing.hasRouter)
        return choice;
    const auto row
        = [&](const std::vector<double>& values) { return at::tensor(values, at::kDouble).to(device).unsqueeze(0); };
    choice.logits = row(routing.logits);
    choice.probabilities = row(routing.probabilities);
    choice.weights = row(routing.weights);
    choice.ids = at::tensor(routing.chosen, at::kInt).to(device).unsqueeze(0);
    return choice;
}

}  // namespace mixer
