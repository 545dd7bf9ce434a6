// SPDX-License-Identifier: MIT
#include "engine/session/ProcessMemory.h"

#include <fstream>
#include <string>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace mixer {

namespace {

/// A line of /proc/self/status, "VmRSS:   1234 kB", in bytes.
std::int64_t statusBytes(const std::string& key)
{
    std::ifstream status("/proc/self/status");
    for (std::string name; status >> name;) {
        std::int64_t kilobytes = 0;
        if (name == key + ":" && status >> kilobytes)
            return kilobytes * 1024;
        std::getline(status, name);
    }
    return -1;
}

}  // namespace

std::int64_t residentBytes()
{
    return statusBytes("VmRSS");
}

std::int64_t peakResidentBytes()
{
    return statusBytes("VmHWM");
}

bool restartPeak()
{
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
    std::ofstream clear("/proc/self/clear_refs");
    return bool(clear << "5" << std::flush);
}

}  // namespace mixer
