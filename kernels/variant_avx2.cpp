// SPDX-License-Identifier: MIT
// Compiled with -mavx2 -mfma; runs only where variants.cpp has found both.
#include "kernels/make_variant.h"
#include "kernels/vec_avx2.h"

namespace mixer::kernels {

constexpr Variant kRow = VariantOf<Avx2>::row("avx2");
const Variant kAvx2Variant = kRow;

}  // namespace mixer::kernels
