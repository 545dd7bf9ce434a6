// SPDX-License-Identifier: MIT
#pragma once

#include "engine/interventions/Interventions.h"
#include "engine/interventions/StatePatch.h"
#include "engine/models/ScanChoice.h"
#include "engine/ops/ScanSet.h"
#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// All that the active edits do to one mixer, ready to be applied while the network runs. A mixer asks it at four
/// places: choose() behind the router, apply() before the scans, patchStates() behind them, hold() before the
/// projection out.
class MixerEdits {
public:
    bool skip = false;

    /// Force, forbid and weigh scans, of a batch of that many images.
    void choose(ScanChoice& choice, std::int64_t images) const;
    /// Orders and step sizes. `firstScan`: number, in the mixer, of the set's first scan, where its scans are spread
    /// over several sets.
    void apply(ScanSet& set, int firstScan = 0) const;
    /// y (B, L, E), the sum over the scans of the set, after states were taken over from other images.
    at::Tensor patchStates(const ScanSet& set, const at::Tensor& y) const
    {
        return mixer::patchStates(set, m_states, y);
    }
    /// What that does to one image and slot.
    std::vector<StateJump> jumpsOf(const ScanSet& set, std::int64_t image, std::int64_t slot) const
    {
        return m_states.empty() ? std::vector<StateJump>() : stateJumps(set, image, slot, m_states);
    }
    /// What the inner channels hand on: (B, tokens, channels), perhaps written to.
    at::Tensor hold(const at::Tensor& gated) const;
    /// The mixer's output, (B,H,W,D) or (B,tokens,D), with what was taken over from other images.
    at::Tensor patch(const at::Tensor& output) const;

    /// The order that replaces that of a scan (its index in the scan set); null: its own.
    std::shared_ptr<const std::vector<std::int32_t>> orderOf(int scan) const;

private:
    friend class PlanMaker;
    friend class InterventionPlan;
    struct Order {
        int scan;  ///< -1: every scan
        std::shared_ptr<const std::vector<std::int32_t>> order;
    };
    struct Hold {
        at::Tensor channels;  ///< int64
        HoldChannels::At at;
        double factor;
    };
    struct Scale {
        double factor;
        int scan;         ///< -1: every scan or direction
        at::Tensor area;  ///< bool, broadcastable to (steps, lanes); undefined: everywhere
    };
    struct Patch {
        at::Tensor mask;  ///< bool (H, W, 1) or (tokens, 1)
        at::Tensor output;
    };

    std::vector<int> m_forced;     ///< rising; empty: the router chooses
    std::vector<int> m_forbidden;  ///< rising
    std::map<int, double> m_weights;
    std::vector<Order> m_orders;
    std::vector<Scale> m_scales;
    std::vector<Hold> m_holds;
    std::vector<Patch> m_patches;
    std::vector<StatePatch> m_states;
    at::Tensor m_factors;  ///< (channels) on top of all holds; undefined: none
};

/// The runs of other images, by the names that PatchOutput and PatchState give them.
class PatchedImages {
public:
    virtual ~PatchedImages() = default;
    /// What a mixer put out. Throws Error(Usage) for a name it does not know, or a trace of another network.
    virtual at::Tensor output(const std::string& image, const MixerId& mixer) const = 0;
    /// The forward state of a scan after a step, (lanes, N). Throws also when that image did not run the scan, or has
    /// no such step.
    virtual at::Tensor state(const std::string& image, const MixerId& mixer, const std::string& scan,
                             int step) const = 0;
};

/// The active edits of a list, checked against one network and one image's grids.
class InterventionPlan {
public:
    /// `mixers`: the records of a run of the network on an image of the same size. `images` may be null where no edit
    /// takes over from any. Throws Error(Usage) that names the
    /// edit and what the network has instead: an unknown mixer, scan, channel, mixing weight; all scans forbidden; a
    /// drawn order of another grid.
    static std::shared_ptr<const InterventionPlan>
    make(const Interventions& interventions, const std::vector<MixerRecord>& mixers, const PatchedImages* images);

    /// `plan` (null: nothing) and on top of it what one mixer's inner channels hand on times `factors` (channels): 1
    /// each changes nothing, and the gradient for them is what each channel contributes.
    static std::shared_ptr<const InterventionPlan> withFactors(const InterventionPlan* plan, const MixerId& id,
                                                               const at::Tensor& factors);

    /// `plan` (null: nothing) and on top of it one more state of a mixer that is taken over, of a scan that runs.
    static std::shared_ptr<const InterventionPlan> withState(const InterventionPlan* plan, const MixerId& id,
                                                             const StatePatch& patch);

    /// Null for a mixer that nothing is done to.
    const MixerEdits* find(const MixerId& id) const;
    std::optional<double> mixWeight(int stage, SetMixWeight::Matrix matrix, std::size_t row, std::size_t column) const;
    /// Index into the records of the first mixer whose input or computation changes; their number when nothing does.
    std::size_t firstChanged() const { return m_firstChanged; }

private:
    friend class PlanMaker;
    std::map<std::string, MixerEdits> m_mixers;
    std::vector<SetMixWeight> m_mixWeights;
    std::size_t m_firstChanged = 0;
};

}  // namespace mixer
