// SPDX-License-Identifier: MIT
#pragma once

#include "engine/trace/MixerId.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace mixer {

/// Tokens that a person painted, on a grid of their own. A mixer whose grid is another takes for its token (y,x) the
/// cell that the token's centre falls into, so that one stroke reaches every stage. No tokens: all of them.
struct TokenMask {
    int height = 0;
    int width = 0;
    std::vector<std::int32_t> tokens;  ///< y*width + x, rising

    bool isAll() const { return tokens.empty(); }
    /// For each token of the grid whether it is meant.
    std::vector<bool> on(int gridHeight, int gridWidth) const;
    bool operator==(const TokenMask& o) const { return height == o.height && width == o.width && tokens == o.tokens; }
};

/// Exactly these scans run, of the mixer's scan set; omega is the router's probability renormalized over them (1 each
/// without a router).
struct ForceScans {
    std::vector<std::string> scans;
    bool operator==(const ForceScans& o) const { return scans == o.scans; }
};

/// These scans never run: the router chooses its K among the others.
struct ForbidScans {
    std::vector<std::string> scans;
    bool operator==(const ForbidScans& o) const { return scans == o.scans; }
};

/// Omega of a scan, where it runs, is set to `weight`; the others keep theirs (their sum is then not 1; LN follows it).
struct WeighScan {
    std::string scan;
    double weight = 1;
    bool operator==(const WeighScan& o) const { return scan == o.scan && weight == o.weight; }
};

/// A scan visits the tokens in another order and keeps its parameters: that of a named scan, for any grid, or one drawn
/// by hand or loaded. A drawn order must be a permutation of a grid of exactly the mixer's size; it is refused
/// elsewhere, for there is no meaning in stretching it.
struct ReplaceOrder {
    std::string scan;  ///< of the scan set; empty: every scan that runs
    std::string name;  ///< of a scan (ScanOrder), or empty
    int height = 0;    ///< of the drawn order
    int width = 0;
    std::vector<std::int32_t> order;  ///< y*width + x at each step
    bool operator==(const ReplaceOrder& o) const
    {
        return scan == o.scan && name == o.name && height == o.height && width == o.width && order == o.order;
    }
};

/// What inner channels (of E in a token mixer, P in a channel mixer) hand on, LN(y) . SiLU(z), is held: at zero, at its
/// mean over this image's tokens, or times a factor.
struct HoldChannels {
    enum class At { Zero, Mean, Factor };
    std::vector<int> channels;  ///< rising
    At at = At::Zero;
    double factor = 1;  ///< of At::Factor
    bool operator==(const HoldChannels& o) const { return channels == o.channels && at == o.at && factor == o.factor; }
};

/// Delta times a factor, after softplus: 0 makes a scan step over a token (it writes nothing and forgets nothing), a
/// large one makes it start afresh there.
struct ScaleDelta {
    double factor = 1;
    std::string scan;           ///< of the scan set or a direction's name; empty: every scan
    std::vector<int> channels;  ///< rising, of E or P; empty: all
    TokenMask tokens;
    bool operator==(const ScaleDelta& o) const
    {
        return factor == o.factor && scan == o.scan && channels == o.channels && tokens == o.tokens;
    }
};

/// The mixer hands its input on as it is.
struct SkipMixer {
    bool operator==(const SkipMixer&) const { return true; }
};

/// One weight of the averaging of earlier features (MambaMixer section 3.2), named as in the checkpoint:
/// stages.<stage>.mix.<matrix>[row][column], row 0 for the stage's first block.
struct SetMixWeight {
    enum class Matrix { Alpha, Beta, Theta, Gamma };
    int stage = 0;
    Matrix matrix = Matrix::Alpha;
    int row = 0;
    int column = 0;
    double value = 0;
    bool operator==(const SetMixWeight& o) const
    {
        return stage == o.stage && matrix == o.matrix && row == o.row && column == o.column && value == o.value;
    }
};

/// The mixer's output is, at the tokens of the mask, what it was for another image. `image` is how the caller names
/// that image (its path); the run is given its trace.
struct PatchOutput {
    std::string image;
    TokenMask tokens;
    bool operator==(const PatchOutput& o) const { return image == o.image && tokens == o.tokens; }
};

/// The hidden state after a step is what it was for another image, in all lanes; the scan goes on from there.
struct PatchState {
    std::string image;
    std::string scan;  ///< of the scan set or a direction's name
    int step = 0;
    bool operator==(const PatchState& o) const { return image == o.image && scan == o.scan && step == o.step; }
};

using Change = std::variant<ForceScans, ForbidScans, WeighScan, ReplaceOrder, HoldChannels, ScaleDelta, SkipMixer,
                            SetMixWeight, PatchOutput, PatchState>;

/// One entry of the stack: a change, where it applies, and whether it is switched on.
struct Edit {
    Change change;
    /// Mixers that are changed; empty: all that the change can apply to (scans: token mixers). Unused by SetMixWeight.
    std::vector<MixerId> mixers;
    bool enabled = true;

    bool appliesTo(const MixerId& id) const;
    /// "S1 B1 T1: only hilbert", for lists and captions.
    std::string description() const;
    bool operator==(const Edit& o) const { return change == o.change && mixers == o.mixers && enabled == o.enabled; }
};

/// What is done differently from the network as it was trained. Pure data: nothing here knows a network; whether it
/// fits one is found when it runs (InterventionPlan). Entries are applied in order, a later one on top of an earlier
/// one. The empty list is the baseline.
struct Interventions {
    std::vector<Edit> edits;

    int activeCount() const;
    bool isBaseline() const { return activeCount() == 0; }

    std::string toJson() const;
    /// Throws Error(Format) that names `origin` (a file) and the entry for text that is not what toJson() writes: an
    /// unknown key or kind, numbers out of range, an order that is no permutation, lists beyond kMaxListed.
    static Interventions fromJson(const std::string& text, const std::string& origin);
    static Interventions load(const std::string& path);

    static constexpr std::size_t kMaxEdits = 10000;
    static constexpr std::size_t kMaxListed = 1 << 24;

    bool operator==(const Interventions& o) const { return edits == o.edits; }
    bool operator!=(const Interventions& o) const { return !(*this == o); }
};

/// Throws Error(Format) when `order` does not visit each of the height * width tokens once; the message names the first
/// step that is wrong, and begins with `what`.
void requirePermutation(const std::vector<std::int32_t>& order, int height, int width, const std::string& what);

}  // namespace mixer
