// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: configurations from names and shapes of tensors.
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/checkpoint/TensorShapes.h"

#include <map>
#include <string>
#include <vector>

namespace mixer::checkpoint {

/// What neither shapes nor the file's own settings tell.
struct Guess {
    std::string key;   ///< of the configuration's JSON form, which may tell it after all
    std::string text;  ///< "the shapes do not tell ...; assuming ..."
};

struct Inferred {
    ModelConfig config;
    std::vector<Guess> guesses;
};

/// Settings that lie beside the tensors, see TensorFile::metadata(): `config` of VMamba's training script, `args` of
/// Vim's. What they tell is no guess.
using Settings = std::map<std::string, std::string>;

/// Throw Error(Model) when the shapes fit no network of the family, or leave open what it must know.
Inferred inferMixer(const TensorShapes& shapes);
Inferred inferVMamba(const TensorShapes& shapes, const Settings& settings);
Inferred inferVim(const TensorShapes& shapes, const Settings& settings);

/// The parts of VMamba's forward type, e.g. "v05_noz" or "v2_oact_onsoftmax". False when it is one that is not known
/// here; throws Error(Model), its message beginning with `origin`, when it is known and does not run here.
bool readForwardType(const std::string& text, const std::string& origin, VMambaConfig& config);

}  // namespace mixer::checkpoint
