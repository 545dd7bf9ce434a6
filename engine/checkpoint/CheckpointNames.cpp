// SPDX-License-Identifier: MIT
#include "engine/checkpoint/CheckpointNames.h"

#include <algorithm>
#include <cctype>

namespace mixer {

bool isCheckpointName(const std::string& path)
{
    const auto isSame = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    return std::any_of(kCheckpointEndings.begin(), kCheckpointEndings.end(), [&](std::string_view ending) {
        return path.size() > ending.size()
            && std::equal(ending.begin(), ending.end(), path.end() - static_cast<std::ptrdiff_t>(ending.size()),
                          [&](char known, char found) { return isSame(found, known); });
    });
}

}  // namespace mixer
