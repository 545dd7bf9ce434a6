// SPDX-License-Identifier: MIT
#if defined(__GNUC__) && !defined(__clang__)
// As in kernels/variant_avx512.cpp.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include "kernels/vec_avx512.h"
#include "tests/benchmark/limits_of.h"

namespace mixer::kernels {

Limits avx512_limits()
{
    return LimitsOf<Avx512>::measure();
}

}  // namespace mixer::kernels
