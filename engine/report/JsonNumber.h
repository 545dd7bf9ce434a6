// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cmath>

namespace mixer {

/// The double whose shortest decimal is the float's shortest decimal: 0.1F is written 0.1, not 0.10000000149011612,
/// and reads back as the same float.
inline double shortest(float value)
{
    if (!std::isfinite(value))
        return value;
    char text[32];
    const char* end = std::to_chars(text, text + sizeof text, value).ptr;
    double result = 0;
    std::from_chars(text, end, result);
    return result;
}
inline double shortest(double value)
{
    return value;
}

}  // namespace mixer
