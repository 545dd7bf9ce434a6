// SPDX-License-Identifier: MIT
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mixer::kernels {

/// While it lives, numbers below 1.2e-38 count as 0 on this thread: states that fade over many steps without input
/// would otherwise pass through the subnormal range, where each operation costs a hundred cycles.
class FlushDenormals {
public:
#if defined(__SSE2__)
    FlushDenormals()
        : m_saved(_mm_getcsr())
    {
        constexpr unsigned flush_results = 0x8000;
        constexpr unsigned inputs_are_zero = 0x0040;
        _mm_setcsr(m_saved | flush_results | inputs_are_zero);
    }
    ~FlushDenormals()
    {
        _mm_setcsr(m_saved);
    }

private:
    unsigned m_saved;

public:
#else
    FlushDenormals() { }
#endif
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace mixer::kernels
