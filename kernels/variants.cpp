// SPDX-License-Identifier: MIT
#include "kernels/variants.h"

#include <cstdlib>
#include <cstring>

#if defined(MIXER_KERNELS_X86)
#include <cpuid.h>
#endif

namespace mixer::kernels {
namespace {

#if defined(MIXER_KERNELS_X86)
// Clang 14's __builtin_cpu_supports does not know it. Its registers are AVX's, which the other questions ask about.
bool hasF16c()
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

std::vector<Variant> findVariants()
{
    std::vector<Variant> found{kPortableVariant};
#if defined(MIXER_KERNELS_X86)
    // These ask the operating system too (XGETBV): a register set that it does not save counts as missing.
    const bool fma = __builtin_cpu_supports("fma");
    if (fma && __builtin_cpu_supports("avx2") && hasF16c())
        found.push_back(kAvx2Variant);
    if (fma && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        found.push_back(kAvx512Variant);
#endif
    return found;
}

// The variant that the environment asks for, null for none.
const Variant* forcedVariant()
{
    const char* wanted = std::getenv("MIXERSCOPE_KERNEL");
    for (const Variant& variant : usable_variants()) {
        if (wanted && std::strcmp(variant.name, wanted) == 0)
            return &variant;
    }
    return nullptr;
}

const Variant& narrowestVector(std::int64_t dim)
{
    const std::vector<Variant>& usable = usable_variants();
    for (std::size_t i = 1; i < usable.size(); ++i) {
        if (usable[i].lanes >= dim)
            return usable[i];
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
    static const Variant* const forced = forcedVariant();
    return forced ? *forced : usable_variants().back();
}

const Variant& scan_variant(std::int64_t dim)
{
    static const Variant* const forced = forcedVariant();
    return forced ? *forced : narrowestVector(dim);
}

const char* selected_variant()
{
    return active_variant().name;
}

}  // namespace mixer::kernels
