// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// A Vim network (Vision Mamba, arXiv 2401.09417): what the configurations of its public code, hustvl/Vim, can choose.
struct VimConfig {
    enum class Directions { One, SharedTwo, Two };  ///< `bimamba_type` none; v1: one set of projections; v2: two
    enum class Norm { Rms, Layer };
    enum class ClassToken { None, First, Middle, Both };  ///< Both: one at either end
    enum class Pool { Last, Mean, Max };                  ///< without a class token: which token's features are taken

    int depth = 0;
    int dim = 0;         ///< D
    int inner = 0;       ///< E
    int dState = 16;     ///< N
    int dtRank = 0;      ///< R
    int convKernel = 4;  ///< of the causal convolution along the tokens
    bool convBias = true;
    bool projBias = false;  ///< of in_proj and out_proj
    Directions directions = Directions::Two;
    bool halved = true;       ///< `if_divide_out`: the two directions' mean instead of their sum
    bool layerScale = false;  ///< a factor for each channel of a block's output, `gamma`
    Norm norm = Norm::Rms;
    int patchSize = 16;
    int stride = 16;  ///< below patchSize: patches overlap
    /// False: `stride` is a guess, and gives way to one that makes a picture's grid fit the position embedding.
    bool strideKnown = false;
    ClassToken classToken = ClassToken::Middle;
    Pool pool = Pool::Mean;
    bool hasPosEmbed = true;
    int gridHeight = 0, gridWidth = 0;  ///< tokens that the position embedding was trained for; 0: unknown

    std::string familyName() const { return "Vim"; }
    /// "tiny", "small", "base" by width and depth, or "".
    std::string sizeName() const;
    int classTokenCount() const;
    /// Where the class tokens lie among `tokens` others, ascending.
    std::vector<int> classTokens(int tokens) const;
    std::vector<std::string> scanNames() const;  ///< "forward", "backward"

    /// The first number out of its range, with the key of the JSON form; none: all is well.
    std::optional<std::string> problem() const;

    bool operator==(const VimConfig& other) const;
};

}  // namespace mixer
