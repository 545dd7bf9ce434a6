// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureContext.h"
#include "visualizers/FigureStyle.h"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

// What the values of figure options are called on the command line and in recipes, in the order of their enumerations.
namespace mixer::vis {

template <std::size_t N> using OptionNames = std::array<const char*, N>;

inline constexpr OptionNames<5> kLaneSortNames = {"natural", "mean-gate", "variance", "contribution", "cluster"};
inline constexpr OptionNames<2> kPredictionValueNames = {"probability", "logit"};
inline constexpr OptionNames<2> kGateQuantityNames = {"gate", "output-gate"};
inline constexpr OptionNames<6> kStateQuantityNames = {"state", "kept", "added", "retention", "horizon", "backward"};
inline constexpr OptionNames<3> kShownRunNames = {"edited", "baseline", "difference"};
inline constexpr OptionNames<9> kOverlayNames = {"none",      "gate",        "mean-gate",   "state-norm", "attention",
                                                 "half-life", "attribution", "output-gate", "feature-pca"};
/// Axes of features are fitted on at most so many images: their runs are kept.
inline constexpr int kMostFeatureImages = 16;
/// By their number; the first is all three.
inline constexpr OptionNames<4> kFeatureComponentNames = {"rgb", "1", "2", "3"};
inline constexpr OptionNames<5> kAttributionNames
    = {"gradient-x-input", "integrated-gradients", "grad-cam", "occlusion", "receptive-field"};
inline constexpr OptionNames<2> kPatchedPartNames = {"output", "state"};
/// Of CompareChoice::With.
inline constexpr OptionNames<5> kCompareNames = {"nothing", "model", "image", "arithmetic", "baseline"};
/// Of Precision.
inline constexpr OptionNames<4> kPrecisionNames = {"float32", "float64", "bfloat16", "float16"};
inline constexpr OptionNames<2> kThemeNames = {"light", "dark"};

template <class Enum, std::size_t N> std::string nameOf(const OptionNames<N>& names, Enum value)
{
    return names.at(static_cast<std::size_t>(value));
}

/// The value of that name; -1 for none.
template <std::size_t N> int indexOf(const OptionNames<N>& names, const std::string& name)
{
    for (std::size_t i = 0; i < N; ++i)
        if (name == names[i])
            return static_cast<int>(i);
    return -1;
}

template <std::size_t N> std::vector<std::string> namesOf(const OptionNames<N>& names)
{
    return {names.begin(), names.end()};
}

}  // namespace mixer::vis
