// SPDX-License-Identifier: MIT
#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <string>

namespace mixer {

/// Where a network runs. `wanted`: "cpu"; "cuda" or "cuda:i", a GPU that must be there; "auto": the first GPU with
/// `bytes` of free memory, or the CPU. Throws Error(Usage) for other words and for GPUs that are not there, saying why.
c10::Device chooseDevice(const std::string& wanted, std::size_t bytes);

/// "CPU", "NVIDIA H100 80GB HBM3 (cuda:0)".
std::string deviceName(const c10::Device& device);

/// Gives memory that LibTorch keeps for later back to the device. Nothing for the CPU.
void releaseCachedMemory(const c10::Device& device);

/// Most bytes that LibTorch's tensors took on the device since resetPeakMemory(). 0 for the CPU.
std::size_t peakMemory(const c10::Device& device);
void resetPeakMemory(const c10::Device& device);

/// Waits until the device has done all that was asked of it. Nothing for the CPU.
void synchronize(const c10::Device& device);

}  // namespace mixer
