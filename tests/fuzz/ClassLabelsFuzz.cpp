// SPDX-License-Identifier: MIT
// libFuzzer: any text as names of classes. The first byte chooses the kind of file and the number of classes.
#include "engine/checkpoint/ClassLabels.h"
#include "engine/core/Error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    static const std::string names[] = {"labels.txt", "labels.json", "labels.csv"};
    const int classes = 1 + data[0] / 3 % 16;
    try {
        const auto labels
            = mixer::parseLabels({reinterpret_cast<const char*>(data + 1), size - 1}, names[data[0] % 3], classes);
        if (labels.size() != static_cast<std::size_t>(classes))
            std::abort();
    } catch (const mixer::Error&) {
    }
    return 0;
}
