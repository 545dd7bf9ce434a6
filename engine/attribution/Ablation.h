// SPDX-License-Identifier: MIT
#pragma once

#include "engine/attribution/Attribution.h"
#include "engine/session/InferenceSession.h"

#include <vector>

namespace mixer {

/// What a class loses when one part of the network is taken out, measured by running it without (Interventions).
struct AblationScore {
    MixerId mixer;
    int scan = -1;               ///< index into the mixer's scan set; -1: not a scan
    int channel = -1;            ///< of E or P; -1: not a channel
    double logitDrop = 0;        ///< logit with the part minus logit without: positive speaks for the class
    double probabilityDrop = 0;  ///< the same of its probability
};

/// Each mixer skipped in turn, in forward order. On top of the trace's own interventions, whose patches need `sources`.
/// Throws Error, Cancelled.
std::vector<AblationScore> ablateMixers(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                        const AttributionOptions& options = {}, const PatchSources& sources = {});
/// Each chosen scan of each token mixer in turn with its weight omega at 0; the others keep theirs.
std::vector<AblationScore> ablateScans(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                       const AttributionOptions& options = {}, const PatchSources& sources = {});
/// Channels of one mixer, each in turn held at zero; none named: all of them. One run from that mixer on for each.
std::vector<AblationScore> ablateChannels(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                          const MixerId& mixer, const std::vector<int>& channels = {},
                                          const AttributionOptions& options = {}, const PatchSources& sources = {});

/// What each inner channel of a mixer contributes to the class, to first order: gradient of the logit times what the
/// channel hands on, summed over the tokens: (E or P). One forward and one backward pass for all of them; what
/// ablateChannels() measures exactly, estimated.
Array channelContributions(const Trace& trace, const MixerId& mixer, const AttributionOptions& options = {});

}  // namespace mixer
