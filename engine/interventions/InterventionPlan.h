// SPDX-License-Identifier: MIT
#pragma once

#include "engine/interventions/Interventions.h"
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

/// All that the active edits do to one mixer, ready to be applied while the network runs. A mixer asks it at three
/// places: choose() behind the router, apply() before the scans, hold() before the projection out.
class MixerEdits {
public:
    bool skip = false;

    /// Force, forbid and weigh scans.
    void choose(ScanChoice& choice) const;
    /// Orders and step sizes.
    void apply(ScanSet& set) const;
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
    at::Tensor m_factors;  ///< (channels) on top of all holds; undefined: none
};

/// Finds what a mixer put out for another image, by the name that PatchOutput gives it. Throws Error(Usage) for a name
/// it does not know, or a trace of another network.
using FindOutput = std::function<at::Tensor(const std::string& image, const MixerId& mixer)>;

/// The active edits of a list, checked against one network and one image's grids.
class InterventionPlan {
public:
    /// `mixers`: the records of a run of the network on an image of the same size. Throws Error(Usage) that names the
    /// edit and what the network has instead: an unknown mixer, scan, channel, mixing weight; all scans forbidden; a
    /// drawn order of another grid.
    static std::shared_ptr<const InterventionPlan>
    make(const Interventions& interventions, const std::vector<MixerRecord>& mixers, const FindOutput& findOutput);

    /// `plan` (null: nothing) and on top of it what one mixer's inner channels hand on times `factors` (channels): 1
    /// each changes nothing, and the gradient for them is what each channel contributes.
    static std::shared_ptr<const InterventionPlan> withFactors(const InterventionPlan* plan, const MixerId& id,
                                                               const at::Tensor& factors);

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
