// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// What a person wants otherwise than the configuration of the network says.
struct PreprocessOverrides {
    struct Size {
        int height = 0, width = 0;
    };
    std::optional<Size> size;
    std::optional<std::array<float, 3>> mean, std;
    std::optional<double> cropFraction;  ///< of the centre crop; implies ResizeMode::Crop
    std::optional<ResizeMode> mode;
    std::optional<int> maxSide;

    bool isEmpty() const;
    PreprocessOptions applyTo(PreprocessOptions configured) const;
};

/// "256" or "256x192" (height x width), sides from 4 to 16384. Throws Error(Usage).
PreprocessOverrides::Size parseSize(const std::string& text);
/// "0.875": from 0.1 to 1. Throws Error(Usage).
double parseCropFraction(const std::string& text);
/// "0.485,0.456,0.406": finite; above 0 where `positive`. Throws Error(Usage) that begins with `name`.
std::array<float, 3> parseChannels(const std::string& text, const std::string& name, bool positive);

/// Where `used` differs from `configured`, for people: "size 256 x 256 (configuration: 224 x 224)" ...
std::vector<std::string> preprocessDifferences(const PreprocessOptions& used, const PreprocessOptions& configured);

}  // namespace mixer
