// SPDX-License-Identifier: MIT
#pragma once

#include "tests/benchmark/MixerScans.h"

namespace mixer::kernels {

/// All scans of a mixer at once, as models without kernels of their own run them: PyTorch operations in a loop over the
/// steps, after the plain reference in the Mamba paper's code. The result is thrown away.
void torch_loop(Mixer& mixer);

/// Its threads.
void set_torch_threads(int threads);

}  // namespace mixer::kernels
