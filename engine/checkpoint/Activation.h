// SPDX-License-Identifier: MIT
#pragma once

namespace mixer {

enum class Activation { Silu, Gelu, Relu, Sigmoid };  ///< Gelu: the exact one, by erf

}  // namespace mixer
