// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: what the reader of a container hands to TensorFile.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer::checkpoint {

struct TensorContents {
    Container container = Container::Safetensors;
    std::vector<TensorInfo> tensors;
    std::map<std::string, std::string> metadata;
    std::vector<std::string> notes;
    std::vector<PickleGlobal> globals;
    std::vector<std::unique_ptr<std::byte[]>> owned;  ///< data of tensors that do not lie in the file as such
};

}  // namespace mixer::checkpoint
