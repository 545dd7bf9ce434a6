// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mixer::kernels {

/// 16-bit floats as they lie in memory; arithmetic is float. Values are rounded to the nearest, ties to even; what is
/// too large becomes infinity, NaN stays NaN.
struct BFloat16 {
    std::uint16_t bits;
};
struct Float16 {
    std::uint16_t bits;
};

}  // namespace mixer::kernels
