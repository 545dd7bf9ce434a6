// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan.h"

namespace mixer::kernels {

/// The reference for lanes [first_lane, last_lane) of one batch element; `Bidirectional`: the quasi-separable scan.
template <typename T, bool Bidirectional>
void reference_lanes(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t last_lane);

/// chunk_state() in double arithmetic, for any T.
template <typename T>
void reference_chunk_state(const ScanParams<T>& p, std::int64_t batch_id, std::int64_t first_lane, std::int64_t lanes,
                           std::int64_t step, bool backward, const T* start, T* state);

}  // namespace mixer::kernels
