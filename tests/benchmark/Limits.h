// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mixer::kernels {

/// What one thread can do with data in its first-level cache, in floats a second.
struct Limits {
    double multiply_adds;  ///< independent fused multiply-adds
    double exponentials;   ///< exp(delta * A) as the scans compute it
    double softplus;
};

/// Measured now, for the instruction set of a variant ("avx512", "avx2", "portable").
Limits measure_limits(const std::string& variant);

Limits portable_limits();
Limits avx2_limits();
Limits avx512_limits();

}  // namespace mixer::kernels
