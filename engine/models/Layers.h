// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Activation.h"
#include "engine/models/WeightReader.h"
#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mixer {

// Small layers that several families share. Maps are channels last: (B,H,W,C).

/// A linear layer's weight (out,in), also where it is stored as a 1x1 convolution's, (out,in,1,1).
at::Tensor takeLinear(const WeightReader& weights, const std::string& name, std::int64_t out, std::int64_t in);

at::Tensor activated(const at::Tensor& x, Activation activation);

/// Non-overlapping patches as tokens: images (B,3,h,w), weight (D,3,k,k), bias (D), to (B,h/k,w/k,D). Rows and columns
/// that do not fill a patch are dropped. The convolution's stride equals its size, so it is one matrix product.
at::Tensor patchesOf(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias, std::int64_t patch);

/// The 2x2 neighbourhoods of x (B,H,W,C) in the order (0,0),(1,0),(0,1),(1,1) as (row,column), zeros beyond an odd
/// edge: (B,ceil(H/2),ceil(W/2),4C).
at::Tensor mergedNeighbours(const at::Tensor& x);

/// Throws Error(Image) unless images are (B,3,h,w) with sides of at least `smallest` pixels.
void requireImages(const at::Tensor& images, std::int64_t smallest);

/// Elements of the tensors below each mixer's name.
std::map<std::string, std::int64_t> countParameters(const Checkpoint& checkpoint,
                                                    const std::vector<MixerRecord>& mixers);

}  // namespace mixer
