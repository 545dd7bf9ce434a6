// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

namespace mixer {

/// A small landscape, 512 x 384, drawn by arithmetic alone: something to look at where no photo can be had. The same
/// pixels on every machine.
RgbImage drawSamplePicture();

/// The same as a PNG file, replaced in one step. Throws Error(File).
void writeSamplePicture(const std::string& path);

}  // namespace mixer
