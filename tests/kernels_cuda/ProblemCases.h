// SPDX-License-Identifier: MIT
#pragma once

#include "tests/kernels_cuda/ScanProblem.h"

namespace mixer::kernels::cuda::test {

/// One case for each reason to fail that we know of, and some at random.
std::vector<ProblemOptions> forwardCases();
std::vector<ProblemOptions> backwardCases();

/// Allowed error of an output, of the largest sum of magnitudes: for 16 bits half a unit in the last place (2^-8,
/// 2^-11) and a little, since inputs are exact and sums are float32.
double forwardTolerance(ElementType type);
/// The same for gradients, of the largest gradient of its kind.
double gradientTolerance(ElementType type);

/// max |got - wanted|; infinity where a value is not finite or the sizes differ.
double largestError(const std::vector<double>& got, const std::vector<double>& wanted);
/// The same divided by max |wanted|.
double relativeError(const std::vector<double>& got, const std::vector<double>& wanted);

}  // namespace mixer::kernels::cuda::test
