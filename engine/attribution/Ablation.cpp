// SPDX-License-Identifier: MIT
#include "engine/attribution/Ablation.h"

#include "engine/attribution/NetworkRunner.h"
#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <numeric>

namespace mixer {

namespace {

struct Part {
    AblationScore score;
    Change change;
};

std::vector<AblationScore> measure(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                   std::vector<Part> parts, const AttributionOptions& options,
                                   const PatchSources& sources)
{
    const NetworkRunner runner(*trace, options);
    const auto c = static_cast<std::size_t>(runner.classIndex());
    std::vector<AblationScore> scores;
    for (Part& part : parts) {
        Interventions edits = trace->interventions();
        edits.edits.push_back({std::move(part.change), {part.score.mixer}, true});
        const auto without = session.edit(trace, edits, sources, {}, options.cancel);
        part.score.logitDrop = static_cast<double>(trace->logits()[c]) - static_cast<double>(without->logits()[c]);
        part.score.probabilityDrop
            = static_cast<double>(trace->probabilities()[c]) - static_cast<double>(without->probabilities()[c]);
        scores.push_back(part.score);
        runner.progress(static_cast<double>(scores.size()) / static_cast<double>(parts.size()));
    }
    return scores;
}

}  // namespace

std::vector<AblationScore> ablateMixers(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                        const AttributionOptions& options, const PatchSources& sources)
{
    std::vector<Part> parts;
    for (const MixerRecord& record : trace->mixers()) {
        Part part{{}, SkipMixer{}};
        part.score.mixer = record.id;
        parts.push_back(part);
    }
    return measure(session, trace, std::move(parts), options, sources);
}

std::vector<AblationScore> ablateScans(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                       const AttributionOptions& options, const PatchSources& sources)
{
    std::vector<Part> parts;
    for (const MixerRecord& record : trace->mixers()) {
        for (const int scan : record.routing.chosen) {
            Part part{{}, WeighScan{record.routing.scans[static_cast<std::size_t>(scan)], 0}};
            part.score.mixer = record.id;
            part.score.scan = scan;
            parts.push_back(part);
        }
    }
    return measure(session, trace, std::move(parts), options, sources);
}

std::vector<AblationScore> ablateChannels(const InferenceSession& session, const std::shared_ptr<const Trace>& trace,
                                          const MixerId& mixer, const std::vector<int>& channels,
                                          const AttributionOptions& options, const PatchSources& sources)
{
    const MixerRecord* record = trace->find(mixer);
    if (!record)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + mixer.name() + "'");
    std::vector<int> wanted = channels;
    if (wanted.empty()) {
        wanted.resize(static_cast<std::size_t>(record->inner));
        std::iota(wanted.begin(), wanted.end(), 0);
    }
    std::vector<Part> parts;
    for (const int channel : wanted) {
        Part part{{}, HoldChannels{{channel}, HoldChannels::At::Zero, 1}};
        part.score.mixer = mixer;
        part.score.channel = channel;
        parts.push_back(part);
    }
    return measure(session, trace, std::move(parts), options, sources);
}

Array channelContributions(const Trace& trace, const MixerId& mixer, const AttributionOptions& options)
{
    const NetworkRunner runner(trace, options);
    const MixerRecord* record = trace.find(mixer);
    if (!record)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + mixer.name() + "'");
    Array result;
    runner.locked(true, [&] {
        // What came before is taken from the trace; only what follows is run and differentiated.
        RecordedMixers recorded;
        recorded.count = static_cast<std::size_t>(record - trace.mixers().data());
        recorded.choices = runner.run().choices;
        for (std::size_t i = 0; i < recorded.count; ++i)
            recorded.outputs.push_back(runner.run().outputs[i].clone());
        const at::Tensor image = runner.image();
        const at::Tensor factors = at::ones({record->inner}, image.options()).requires_grad_(true);
        const auto plan = InterventionPlan::withFactors(runner.run().plan.get(), mixer, factors);
        const at::Tensor logit = runner.logits(image, nullptr, &recorded, plan.get()).select(1, runner.classIndex());
        result = hostArray(gradientOf(logit, factors));
    });
    runner.progress(1);
    return result;
}

}  // namespace mixer
