// SPDX-License-Identifier: MIT
#include <QString>
#include <torch/torch.h>
