// SPDX-License-Identifier: MIT
// Compiled with -mavx512f -mavx512dq -mfma; runs only where variants.cpp has found all of them.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's avx512fintrin.h begins unused operands with themselves, and warns about it where they are inlined.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include "kernels/make_variant.h"
#include "kernels/vec_avx512.h"

namespace mixer::kernels {

constexpr Variant kRow = VariantOf<Avx512>::row("avx512");
const Variant kAvx512Variant = kRow;

}  // namespace mixer::kernels
