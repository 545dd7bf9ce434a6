// SPDX-License-Identifier: MIT
#include "kernels/variants.h"

#include <cstdlib>
#include <cstring>

namespace mixer::kernels {
namespace {

std::vector<Variant> findVariants()
{
    std::vector<Variant> found{kPortableVariant};
#if defined(MIXER_KERNELS_X86)
    // These ask the operating system too (XGETBV): a register set that it does not save counts as missing.
    const bool fma = __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx2"))
        found.push_back(kAvx2Variant);
    if (fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        found.push_back(kAvx512Variant);
#endif
    return found;
}

const Variant& chooseVariant()
{
    const std::vector<Variant>& usable = usable_variants();
    if (const char* wanted = std::getenv("MIXERSCOPE_KERNEL")) {
        for (const Variant& variant : usable) {
            if (std::strcmp(variant.name, wanted) == 0)
                return variant;
        }
    }
    return usable.back();
}

}  // namespace

const std::vector<Variant>& usable_variants()
{
    static const std::vector<Variant> variants = findVariants();
    return variants;
}

const Variant& active_variant()
{
    static const Variant& chosen = chooseVariant();
    return chosen;
}

const char* selected_variant()
{
    return active_variant().name;
}

}  // namespace mixer::kernels
