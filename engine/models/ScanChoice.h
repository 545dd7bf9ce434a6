// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// Which scans the images of a batch take, where the network runs: reading it costs a copy to the host.
struct ScanChoice {
    std::shared_ptr<const std::vector<std::string>> scans;  ///< the scan set, S names; null: nothing is chosen here
    at::Tensor logits;                                      ///< (B, S); undefined without a router
    at::Tensor probabilities;  ///< float64 (B, S), softmax of the logits, with gradients; undefined without a router
    at::Tensor ids;            ///< int32 (B, K), in the order of the scan set; undefined: every scan
    at::Tensor weights;        ///< float64 (B, K), omega, with gradients; undefined: 1 each

    bool hasRouter() const { return logits.defined(); }
};

/// Throws Error(Model) when a router's logits are no finite numbers.
void requireFiniteLogits(const std::vector<double>& logits);
/// The choice for one image, on the host. Throws Error(Model) when a router's logits are no finite numbers.
Routing routingOf(const ScanChoice& choice, std::int64_t image);
/// The way back, as a batch of one.
ScanChoice choiceOf(const Routing& routing, const at::Device& device);

}  // namespace mixer
