// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: resources/labels/imagenet-1k.txt, compiled in.
#pragma once

namespace mixer::checkpoint {

/// One name to a line.
extern const char* const kImageNetNames;

}  // namespace mixer::checkpoint
