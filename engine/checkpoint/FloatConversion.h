// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: floating-point numbers of files from one type to another.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <cstddef>
#include <cstdint>

namespace mixer::checkpoint {

constexpr bool isFloat(DataType type)
{
    return type == DataType::Float64 || type == DataType::Float32 || type == DataType::Float16
        || type == DataType::BFloat16;
}

/// Converts `count` numbers of the float type `from`, little-endian and unaligned, to Float32, Float16 or BFloat16:
/// rounded once, to nearest, ties to even; infinities and NaNs stay. False when a finite number is beyond the range of
/// `to`; `target` is then incomplete.
bool convertFloats(const std::byte* source, DataType from, DataType to, std::uint64_t count, std::byte* target);

}  // namespace mixer::checkpoint
