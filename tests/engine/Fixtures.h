// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <ATen/ATen.h>

#include <cstring>
#include <string>

namespace mixer {

/// Path of a file in tests/fixtures.
inline std::string fixture(const std::string& name)
{
    return std::string(MIXER_FIXTURES) + "/" + name;
}

/// A copy of a stored tensor: float64, float32 or int64.
inline at::Tensor tensorOf(const TensorInfo& info)
{
    const at::ScalarType type = info.type == DataType::Float64 ? at::kDouble
        : info.type == DataType::Float32                       ? at::kFloat
                                                               : at::kLong;
    at::Tensor tensor = at::empty(info.shape, at::TensorOptions().dtype(type));
    std::memcpy(tensor.data_ptr(), info.data, info.bytes);
    return tensor;
}

}  // namespace mixer
