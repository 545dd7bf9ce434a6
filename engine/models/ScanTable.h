// SPDX-License-Identifier: MIT
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace mixer {

/// The orders of several scans on an H x W grid as one tensor where the network runs: int32 (scans, H*W), see
/// ScanOrder. The last used ones are kept, at most 64 MiB. Any thread. Throws what ScanOrder::get throws.
at::Tensor scanTable(const std::vector<std::string>& scans, int height, int width, const at::Device& device);

}  // namespace mixer
