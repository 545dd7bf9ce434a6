// SPDX-License-Identifier: MIT
#pragma once

#include "engine/ops/ScanSet.h"
#include "engine/scan/ScanOrder.h"
#include "kernels/scan.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

namespace mixer {

/// One scan of one image, ready for the kernels: a closer look at what a ScanSet computes of many at once. Rows are
/// positions (tokens, or a channel mixer's channels), columns are lanes. All tensors are float32 or all are float64.
struct ScanInput {
    at::Tensor u;          ///< (positions, lanes), lanes contiguous
    at::Tensor deltaRaw;   ///< (positions, lanes), lanes contiguous: before bias and softplus
    at::Tensor A;          ///< (lanes, N), or (1, N) shared by all lanes; negative
    at::Tensor B;          ///< (positions, N), N contiguous
    at::Tensor C;          ///< (positions, N), N contiguous
    at::Tensor D;          ///< (lanes) or, with perPosition, (positions)
    at::Tensor deltaBias;  ///< like D
    bool perPosition = false;
    bool quasiSeparable = false;
    /// Position at each step; null: the natural order.
    std::shared_ptr<const std::vector<std::int32_t>> order;

    std::int64_t positions() const { return u.size(0); }
    std::int64_t lanes() const { return u.size(1); }
    std::int64_t stateSize() const { return A.size(1); }

    /// The kernels' view of this scan, without output. Valid while this value lives.
    template <typename T> kernels::ScanParams<T> params() const;

    /// out (positions, lanes, lanes contiguous) = weight * y, or += with `accumulate`. Where given, the chunk states
    /// are allocated and filled: (1, chunks, lanes, N), see kernels::ScanParams.
    void run(const at::Tensor& out, double weight, bool accumulate, at::Tensor* chunkStates = nullptr,
             at::Tensor* backwardChunkStates = nullptr) const;

    /// Delta after bias and softplus: (positions, lanes).
    at::Tensor delta() const;
};

/// One image and slot of a scan set, brought to the CPU. `scan`: which of its scans runs there.
ScanInput scanInput(const ScanSet& set, std::int64_t image, std::int64_t slot, std::int64_t scan,
                    std::shared_ptr<const std::vector<std::int32_t>> order);

/// Shares ownership of the order with its ScanOrder.
std::shared_ptr<const std::vector<std::int32_t>> orderOf(const std::shared_ptr<const ScanOrder>& scan);

}  // namespace mixer
