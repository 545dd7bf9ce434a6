// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/variants.h"

namespace mixer::kernels {

/// Least steps times states of a sequence that is divided among threads. Two threads save a third of the time and have
/// to meet twice more: measured 80 microseconds on a busy machine, where 8192 steps of 16 states take 500 on one.
constexpr std::int64_t kLeastSplit = 131072;

/// Into how many parts at a time, 1 for none, each lane block's sequence is divided so that `threads` threads have
/// work: only where at least two (S6) or four (quasi-separable) of them are there for each lane block of each batch
/// element. A divided scan does nearly twice the work; it rounds otherwise than an undivided one, and so the last bits
/// of such scans, and of no others, depend on the number of threads.
int split_parts(const Variant& variant, const ScanParams<float>& p, bool bidirectional, int threads);

/// The scans in two rounds over parts + 1 segments of the sequence. First all segments but the last, the first one in
/// full, the others from a state of 0 for their last state alone; then, with the states carried over, the rest in full.
void split_selective_scan(const Variant& variant, const ScanParams<float>& p, int parts);
void split_quasi_separable_scan(const Variant& variant, const ScanParams<float>& p, int parts);

}  // namespace mixer::kernels
