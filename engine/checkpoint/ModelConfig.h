// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/MixerConfig.h"
#include "engine/checkpoint/Remark.h"
#include "engine/checkpoint/VMambaConfig.h"
#include "engine/checkpoint/VimConfig.h"

#include <array>
#include <string>
#include <variant>
#include <vector>

namespace mixer {

namespace checkpoint {
struct Inferred;
}

/// Says all that a network is: a value, read from JSON or inferred from tensor shapes (see Checkpoint). The network of
/// its family, and what all families have in common: pictures and classes.
/// The JSON form is the key `mixer_config` of a checkpoint; see README "Checkpoints".
struct ModelConfig {
    std::variant<MixerConfig, VMambaConfig, VimConfig> network;
    int numClasses = 0;
    int imageHeight = 224;
    int imageWidth = 224;
    std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
    std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
    double cropFraction = 1;          ///< of the resized picture's side that the centre crop keeps
    std::vector<std::string> labels;  ///< empty, or one per class

    /// "ViM2", "ViQS", "VMamba" or "Vim".
    std::string familyName() const;
    /// The label of a class, or "class 7" where there is none.
    std::string label(int classIndex) const;

    /// Every number within its range, lists of equal length, scans known and distinct, 1 <= K <= S.
    /// Throws Error(Model) that names the key, what was expected and what was found.
    void validate() const;

    /// From JSON text; `origin` (file and place) begins every message. Unknown keys (Ignored), values taken from the
    /// family's defaults and what is listed under `guesses` (Guess) are appended to `remarks`. With `inferred`, what
    /// the tensors' shapes told, keys may be left out that they tell (VMamba, Vim). Throws Error(Format or Model). The
    /// result is validated.
    static ModelConfig fromJson(const std::string& text, const std::string& origin, Remarks* remarks,
                                const checkpoint::Inferred* inferred = nullptr);
    std::string toJson(int indent = -1) const;

    /// Where this differs from the defaults of its family: "d_state is 4; the default of ViM2 is 16" ...
    std::vector<std::string> deviations() const;

    bool operator==(const ModelConfig& other) const;
};

}  // namespace mixer
