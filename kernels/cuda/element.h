// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mixer::kernels::cuda {

/// The 16-bit types as they are stored; arithmetic is float32.
struct BFloat16 {
    std::uint16_t bits;
};
struct Float16 {
    std::uint16_t bits;
};

}  // namespace mixer::kernels::cuda
