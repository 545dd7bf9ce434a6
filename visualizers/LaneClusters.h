// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Array.h"

#include <vector>

namespace mixer::vis {

/// The rows of a matrix (rows, columns) in an order that puts those beside each other that rise and fall together,
/// however high they are: each is taken with mean 0 and length 1, then all are divided in two along the direction in
/// which they differ most, again and again (principal direction divisive partitioning: Boley, Data Mining and Knowledge
/// Discovery 2, 1998). Columns are averaged in at most kClusterBins bins before. A permutation, the same one each time;
/// values that are not finite count as 0.
std::vector<int> clusteredRows(const Array& matrix);
constexpr int kClusterBins = 64;

}  // namespace mixer::vis
