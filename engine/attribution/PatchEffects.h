// SPDX-License-Identifier: MIT
#pragma once

#include "engine/attribution/Attribution.h"

#include <string>
#include <vector>

namespace mixer {

/// What is taken over from another image, one place at a time.
enum class PatchedPart {
    Output,  ///< of a mixer, in one block of tokens
    State,   ///< of a scan of a mixer, after one step
};

/// What a class gains or loses when one thing alone is what it was for another image: activation patching (Vig and
/// others, arXiv 2004.12265; Meng and others, arXiv 2202.05262), here over mixers x blocks of tokens or steps.
struct PatchEffects {
    PatchedPart part = PatchedPart::Output;
    int classIndex = 0;
    int parts = 1;                        ///< Output: parts x parts blocks of the token grid; State: steps of each scan
    std::vector<MixerId> mixers;          ///< of each row, in forward order
    std::vector<std::string> scans;       ///< State: of each row; empty: no scan that both images ran
    std::vector<int> steps;               ///< State: (rows x columns) steps whose state is taken over
    Array logit;                          ///< (mixers, columns): change of the class's logit; NaN: nothing to take over
    Array probability;                    ///< the same of its probability
    double ownLogit = 0, otherLogit = 0;  ///< of the class, for the image and for the other one
    double ownProbability = 0, otherProbability = 0;

    int rows() const { return static_cast<int>(mixers.size()); }
    int columns() const { return part == PatchedPart::Output ? parts * parts : parts; }
    int stepAt(int row, int column) const { return steps.at(static_cast<std::size_t>(row * columns() + column)); }
    /// There is something to take over: a block holds a token of the mixer, or both images ran the scan.
    bool isMeasured(int row, int column) const;
    /// The edit whose effect the cell is; `image`: what it calls the other image.
    Edit edit(int row, int column, const std::string& image) const;
};

/// `trace` with its own edits, patched from `other`, a run of the same network on a picture of the same size. Output:
/// patches of one mixer run side by side, from behind it on. State: of the scan with the largest weight that both ran,
/// at steps spread evenly; channel mixers: the forward scan. `parts`: 1 to kMostPatchParts. Throws Error(Usage), of
/// Vim's states too, which this version does not patch; Error(Memory), Cancelled.
PatchEffects patchEffects(const Trace& trace, const Trace& other, PatchedPart part, int parts,
                          const AttributionOptions& options = {});
constexpr int kMostPatchParts = 32;

}  // namespace mixer
