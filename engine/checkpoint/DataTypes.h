// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the element types of the safetensors format and what torch and numpy call them.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace mixer::checkpoint {

struct NamedType {
    std::string_view name;  ///< of the safetensors format; where that has none, one like it
    DataType type;
    std::uint64_t bytes;       ///< per element
    std::string_view storage;  ///< torch's typed storage without "Storage"; empty: it has none
    std::string_view torch;    ///< torch's dtype
    std::string_view numpy;    ///< kind and size; empty: numpy has no such type
    bool inSafetensors;
};

// The first rows, down to Bool, are in the order of DataType.
inline constexpr std::array<NamedType, 20> kTypes{{
    {"F64", DataType::Float64, 8, "Double", "float64", "f8", true},
    {"F32", DataType::Float32, 4, "Float", "float32", "f4", true},
    {"F16", DataType::Float16, 2, "Half", "float16", "f2", true},
    {"BF16", DataType::BFloat16, 2, "BFloat16", "bfloat16", "", true},
    {"I64", DataType::Int64, 8, "Long", "int64", "i8", true},
    {"I32", DataType::Int32, 4, "Int", "int32", "i4", true},
    {"I16", DataType::Int16, 2, "Short", "int16", "i2", true},
    {"I8", DataType::Int8, 1, "Char", "int8", "i1", true},
    {"U8", DataType::UInt8, 1, "Byte", "uint8", "u1", true},
    {"BOOL", DataType::Bool, 1, "Bool", "bool", "b1", true},
    {"U64", DataType::Opaque, 8, "", "uint64", "u8", true},
    {"U32", DataType::Opaque, 4, "", "uint32", "u4", true},
    {"U16", DataType::Opaque, 2, "", "uint16", "u2", true},
    {"C64", DataType::Opaque, 8, "ComplexFloat", "complex64", "c8", true},
    {"F8_E4M3", DataType::Opaque, 1, "", "float8_e4m3fn", "", true},
    {"F8_E5M2", DataType::Opaque, 1, "", "float8_e5m2", "", true},
    {"C128", DataType::Opaque, 16, "ComplexDouble", "complex128", "c16", false},
    {"QI8", DataType::Opaque, 1, "QInt8", "qint8", "", false},
    {"QU8", DataType::Opaque, 1, "QUInt8", "quint8", "", false},
    {"QI32", DataType::Opaque, 4, "QInt32", "qint32", "", false},
}};

/// The row whose `column` is this text; null when there is none. An empty text names nothing.
inline const NamedType* findType(std::string_view text, std::string_view NamedType::*column)
{
    const auto* const found
        = std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& row) { return row.*column == text; });
    return text.empty() || found == kTypes.end() ? nullptr : found;
}

/// Product of the sides, none negative; none when it does not fit 63 bits. A zero side makes it 0, however large the
/// others are.
inline std::optional<std::uint64_t> checkedProduct(const std::vector<std::int64_t>& shape)
{
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        return 0;
    std::uint64_t product = 1;
    for (const std::int64_t side : shape) {
        if (product > kMax / static_cast<std::uint64_t>(side))
            return std::nullopt;
        product *= static_cast<std::uint64_t>(side);
    }
    return product;
}

}  // namespace mixer::checkpoint
