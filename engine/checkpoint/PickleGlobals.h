// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: the names in pickles whose meaning is known here.
#pragma once

#include <string_view>

namespace mixer::checkpoint {

/// Whether importing and calling this name in Python only makes data: containers, numbers, tensors, paths. Any other
/// may run whatever code the author of the file chose.
bool isHarmless(std::string_view global);

/// Whether it is a class of objects that are little more than a dictionary of settings (argparse.Namespace, yacs'
/// CfgNode ...), shown as that dictionary. Opening them in Python imports their package.
bool isSettingsClass(std::string_view global);

/// Whether it is `name` of numpy.core, which numpy 2 calls numpy._core.
bool isNumpyCore(std::string_view global, std::string_view name);

}  // namespace mixer::checkpoint
