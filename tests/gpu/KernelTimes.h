// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace mixer::test {

struct KernelTime {
    long count = 0;
    double milliseconds = 0;
};

/// Records every kernel and copy that the GPU runs between the two calls, by (mangled) name. Slows launches down.
void startKernelTimes();
std::map<std::string, KernelTime> stopKernelTimes();

}  // namespace mixer::test
