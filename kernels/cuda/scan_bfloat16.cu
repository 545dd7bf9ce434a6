// SPDX-License-Identifier: MIT
#include "kernels/cuda/scan_kernels.cuh"

MIXER_INSTANTIATE_SCANS(mixer::kernels::cuda::BFloat16)
