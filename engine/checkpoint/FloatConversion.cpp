// SPDX-License-Identifier: MIT
#include "engine/checkpoint/FloatConversion.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace mixer::checkpoint {

namespace {

/// IEEE 754's binary16, and bfloat16.
struct Half {
    static constexpr int kExponentBits = 5, kFractionBits = 10;
    std::uint16_t bits;
};
struct Brain {
    static constexpr int kExponentBits = 8, kFractionBits = 7;
    std::uint16_t bits;
};

double widened(double value)
{
    return value;
}
double widened(float value)
{
    return value;
}

// Every number of the narrow types is a double.
template <typename Narrow> double widened(Narrow value)
{
    constexpr int kBias = (1 << (Narrow::kExponentBits - 1)) - 1;
    const int exponent = value.bits >> Narrow::kFractionBits & ((1 << Narrow::kExponentBits) - 1);
    const int fraction = value.bits & ((1 << Narrow::kFractionBits) - 1);
    double result = 0;
    if (exponent == (1 << Narrow::kExponentBits) - 1)
        result = fraction == 0 ? HUGE_VAL : std::nan("");
    else if (exponent == 0)
        result = std::ldexp(fraction, 1 - kBias - Narrow::kFractionBits);
    else
        result = std::ldexp(fraction + (1 << Narrow::kFractionBits), exponent - kBias - Narrow::kFractionBits);
    return (value.bits & 0x8000) != 0 ? -result : result;
}

void narrow(double value, float* result)
{
    *result = static_cast<float>(value);
}

template <typename Narrow> void narrow(double value, Narrow* result)
{
    constexpr int kBias = (1 << (Narrow::kExponentBits - 1)) - 1;
    constexpr int kInfinity = ((1 << Narrow::kExponentBits) - 1) << Narrow::kFractionBits;
    const int sign = std::signbit(value) ? 0x8000 : 0;
    int bits = 0;
    if (std::isnan(value)) {
        bits = kInfinity | 1 << (Narrow::kFractionBits - 1);
    } else if (std::isinf(value)) {
        bits = kInfinity;
    } else if (value != 0) {
        // The value in units of the last place that it will have; nearbyint rounds ties to even, as the default is.
        const int place = std::max(std::ilogb(value), 1 - kBias) - Narrow::kFractionBits;
        const int units = static_cast<int>(std::nearbyint(std::ldexp(std::fabs(value), -place)));
        // A carry out of the fraction moves into the exponent by itself.
        bits = ((place + Narrow::kFractionBits + kBias - 1) << Narrow::kFractionBits) + units;
        bits = std::min(bits, kInfinity);
    }
    result->bits = static_cast<std::uint16_t>(sign | bits);
}

template <typename From, typename To> bool convert(const std::byte* source, std::uint64_t count, std::byte* target)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        From from;
        To to;
        std::memcpy(&from, source + i * sizeof from, sizeof from);
        const double value = widened(from);
        narrow(value, &to);
        if (std::isfinite(value) && !std::isfinite(widened(to)))
            return false;
        std::memcpy(target + i * sizeof to, &to, sizeof to);
    }
    return true;
}

template <typename From> bool convertFrom(const std::byte* source, DataType to, std::uint64_t count, std::byte* target)
{
    switch (to) {
    case DataType::Float32:
        return convert<From, float>(source, count, target);
    case DataType::Float16:
        return convert<From, Half>(source, count, target);
    default:
        assert(to == DataType::BFloat16);
        return convert<From, Brain>(source, count, target);
    }
}

}  // namespace

bool convertFloats(const std::byte* source, DataType from, DataType to, std::uint64_t count, std::byte* target)
{
    switch (from) {
    case DataType::Float64:
        return convertFrom<double>(source, to, count, target);
    case DataType::Float32:
        return convertFrom<float>(source, to, count, target);
    case DataType::Float16:
        return convertFrom<Half>(source, to, count, target);
    default:
        assert(from == DataType::BFloat16);
        return convertFrom<Brain>(source, to, count, target);
    }
}

}  // namespace mixer::checkpoint
