// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/Elements.h"

#include <algorithm>
#include <cmath>

namespace mixer::kernels::cuda::test {
namespace {

struct Format {
    int fraction_bits, exponent_bits;

    int bias() const { return (1 << (exponent_bits - 1)) - 1; }
};

constexpr Format kBFloat16{7, 8};
constexpr Format kFloat16{10, 5};

// Finite values within the format's range only, as the tests use.
std::uint16_t encode(Format format, double x)
{
    if (x == 0.0)
        return 0;
    const int exponent = std::max(std::ilogb(x), 1 - format.bias());
    auto units = static_cast<long>(std::nearbyint(std::ldexp(std::abs(x), format.fraction_bits - exponent)));
    const long biased = exponent + format.bias() - 1;
    return static_cast<std::uint16_t>((x < 0.0 ? 0x8000L : 0L) | ((biased << format.fraction_bits) + units));
}

double decode(Format format, std::uint16_t bits)
{
    const int exponent = (bits & 0x7fff) >> format.fraction_bits;
    const int fraction = bits & ((1 << format.fraction_bits) - 1);
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == (1 << format.exponent_bits) - 1)
        return sign * (fraction ? NAN : INFINITY);
    const int units = exponent ? fraction + (1 << format.fraction_bits) : fraction;
    return sign * std::ldexp(units, std::max(exponent, 1) - format.bias() - format.fraction_bits);
}

}  // namespace

std::uint16_t toBFloat16(double x)
{
    return encode(kBFloat16, x);
}

double fromBFloat16(std::uint16_t bits)
{
    return decode(kBFloat16, bits);
}

std::uint16_t toFloat16(double x)
{
    return encode(kFloat16, x);
}

double fromFloat16(std::uint16_t bits)
{
    return decode(kFloat16, bits);
}

}  // namespace mixer::kernels::cuda::test
