// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace mixer {

/// Memory of this process in bytes; -1 where the system does not say (it is read from Linux's /proc).
std::int64_t residentBytes();
std::int64_t peakResidentBytes();

/// What this process may still take without pushing others out: what the system could free, and what is left below the
/// limit of its control group where it has one; -1 where nobody says.
std::int64_t availableBytes();

/// Gives freed memory back to the system and makes the peak start again from what is resident now. False where that
/// cannot be done: the peak is then that of the process's whole life.
bool restartPeak();

}  // namespace mixer
