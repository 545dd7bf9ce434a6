// SPDX-License-Identifier: MIT
#include "kernels/vec_portable.h"
#include "tests/benchmark/limits_of.h"

namespace mixer::kernels {

Limits portable_limits()
{
    return LimitsOf<Portable>::measure();
}

}  // namespace mixer::kernels
