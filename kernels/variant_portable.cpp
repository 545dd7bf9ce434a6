// SPDX-License-Identifier: MIT
#include "kernels/make_variant.h"
#include "kernels/vec_portable.h"

namespace mixer::kernels {

constexpr Variant kRow = VariantOf<Portable>::row("portable");
const Variant kPortableVariant = kRow;

}  // namespace mixer::kernels
