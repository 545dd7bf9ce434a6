// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mixer::kernels::cuda::test {

// The 16-bit formats by their definition, in double arithmetic: apart from the conversions under test.
std::uint16_t toBFloat16(double x);
double fromBFloat16(std::uint16_t bits);
std::uint16_t toFloat16(double x);
double fromFloat16(std::uint16_t bits);

}  // namespace mixer::kernels::cuda::test
