// SPDX-License-Identifier: MIT
// Compiled with -mavx512f -mavx512dq -mfma; runs only where variants.cpp has found all of them.
#include "kernels/make_variant.h"
#include "kernels/vec_avx512.h"

namespace mixer::kernels {

constexpr Variant kRow = VariantOf<Avx512>::row("avx512");
const Variant kAvx512Variant = kRow;

}  // namespace mixer::kernels
