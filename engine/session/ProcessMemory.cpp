// SPDX-License-Identifier: MIT
#include "engine/session/ProcessMemory.h"

#include <algorithm>
#include <fstream>
#include <string>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace mixer {

namespace {

/// A line of a file like /proc/self/status, "VmRSS:   1234 kB", in bytes.
std::int64_t kilobyteLine(const char* path, const std::string& key)
{
    std::ifstream status(path);
    for (std::string name; status >> name;) {
        std::int64_t kilobytes = 0;
        if (name == key + ":" && status >> kilobytes)
            return kilobytes * 1024;
        std::getline(status, name);
    }
    return -1;
}

/// The one number of a file; -1 for a missing file or a word ("max").
std::int64_t numberIn(const char* path)
{
    std::ifstream file(path);
    std::int64_t value = -1;
    return file >> value ? value : -1;
}

constexpr const char* kStatus = "/proc/self/status";

}  // namespace

std::int64_t residentBytes()
{
    return kilobyteLine(kStatus, "VmRSS");
}

std::int64_t peakResidentBytes()
{
    return kilobyteLine(kStatus, "VmHWM");
}

std::int64_t availableBytes()
{
    const std::int64_t free = kilobyteLine("/proc/meminfo", "MemAvailable");
    // Of a container; a process of a control group further down sees the whole machine's here, which is no limit.
    const std::int64_t limit = numberIn("/sys/fs/cgroup/memory.max");
    const std::int64_t used = numberIn("/sys/fs/cgroup/memory.current");
    if (limit < 0 || used < 0)
        return free;
    const std::int64_t left = std::max<std::int64_t>(0, limit - used);
    return free < 0 ? left : std::min(free, left);
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
