// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: configurations from names and shapes of tensors.
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/checkpoint/TensorShapes.h"

#include <nlohmann/json_fwd.hpp>

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

/// "the shapes do not tell `what`; assuming `assumed`".
Guess unknown(std::string key, const std::string& what, const std::string& assumed);
/// The settings that lie under `key`; null where there are none or they are no JSON.
nlohmann::json settingsUnder(const Settings& settings, const std::string& key);
/// parent[key]; null where there is none.
nlohmann::json entryOf(const nlohmann::json& parent, const char* key);
/// Take a picture's side in pixels, a crop's share of it, from settings; false where `value` is no such number.
bool readImageSide(const nlohmann::json& value, ModelConfig& config);
bool readCrop(const nlohmann::json& value, ModelConfig& config);
/// The centre crop that VMamba and Vim are evaluated with: 0.875 for pictures above 32 pixels.
void takeEvaluationCrop(ModelConfig& config);
/// That it was.
Guess unknownCrop(const ModelConfig& config);

/// Throw Error(Model) when the shapes fit no network of the family, or leave open what it must know.
Inferred inferMixer(const TensorShapes& shapes);
Inferred inferVMamba(const TensorShapes& shapes, const Settings& settings);
Inferred inferVim(const TensorShapes& shapes, const Settings& settings);

/// The parts of VMamba's forward type, e.g. "v05_noz" or "v2_oact_onsoftmax". False when it is one that is not known
/// here; throws Error(Model), its message beginning with `origin`, when it is known and does not run here.
bool readForwardType(const std::string& text, const std::string& origin, VMambaConfig& config);

}  // namespace mixer::checkpoint
