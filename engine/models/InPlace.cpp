// SPDX-License-Identifier: MIT
#include "engine/models/InPlace.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace mixer {

at::Tensor multiplied(const at::Tensor& a, const at::Tensor& b)
{
    return at::GradMode::is_enabled() ? a * b : a.mul_(b);
}

at::Tensor siluOf(const at::Tensor& a)
{
    if (at::GradMode::is_enabled())
        return at::silu(a);
    at::Tensor temporary = a;
    return at::silu_(temporary);
}

}  // namespace mixer
