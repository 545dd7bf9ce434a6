// SPDX-License-Identifier: MIT
#pragma once

// Code that is compiled once per instruction set must never leave a shared out-of-line copy behind: the linker would
// keep one of them for all. Vector types are class types of their own for each set, and what works on them is inlined.
#define MIXER_INLINE inline __attribute__((always_inline))
#define MIXER_UNROLL _Pragma("GCC unroll 16")
