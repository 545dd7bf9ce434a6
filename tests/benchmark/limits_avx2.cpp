// SPDX-License-Identifier: MIT
#include "kernels/vec_avx2.h"
#include "tests/benchmark/limits_of.h"

namespace mixer::kernels {

Limits avx2_limits()
{
    return LimitsOf<Avx2>::measure();
}

}  // namespace mixer::kernels
