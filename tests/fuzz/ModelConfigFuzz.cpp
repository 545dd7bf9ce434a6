// SPDX-License-Identifier: MIT
// libFuzzer: any text as a network's configuration.
#include "engine/checkpoint/ModelConfig.h"
#include "engine/core/Error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        mixer::Remarks remarks;
        mixer::ModelConfig::fromJson(std::string(reinterpret_cast<const char*>(data), size), "fuzz", &remarks);
    } catch (const mixer::Error&) {
    }
    return 0;
}
