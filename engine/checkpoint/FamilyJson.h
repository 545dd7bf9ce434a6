// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: what each family adds to a configuration's JSON form.
#pragma once

#include "engine/checkpoint/ConfigReader.h"
#include "engine/checkpoint/ModelConfig.h"

#include <nlohmann/json.hpp>

namespace mixer::checkpoint {

void writeJson(const MixerConfig& config, nlohmann::ordered_json& result);
void writeJson(const VMambaConfig& config, nlohmann::ordered_json& result);
void writeJson(const VimConfig& config, nlohmann::ordered_json& result);

/// Keys that are not there leave the configuration as it is: inferred from shapes, or the defaults.
void readJson(ConfigReader& reader, MixerConfig& config);
void readJson(ConfigReader& reader, VMambaConfig& config);
void readJson(ConfigReader& reader, VimConfig& config);

void addDeviations(const MixerConfig& config, Deviations& result);
void addDeviations(const VMambaConfig& config, Deviations& result);
void addDeviations(const VimConfig& config, Deviations& result);

}  // namespace mixer::checkpoint
