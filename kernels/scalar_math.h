// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace mixer::kernels {

/// log(1 + e^x), x itself above 20, accurate also where e^x is tiny.
inline double softplus(double x)
{
    return x > 20.0 ? x : std::log1p(std::exp(x));
}

inline double silu(double x)
{
    return x / (1.0 + std::exp(-x));
}

}  // namespace mixer::kernels
