// SPDX-License-Identifier: MIT
// Attributions that follow gradients.
#include "engine/attribution/NetworkRunner.h"
#include "engine/core/Error.h"
#include "engine/models/ScanInput.h"
#include "engine/ops/ScanSet.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <limits>
#include <utility>

namespace mixer {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

AttributionResult resultFor(const NetworkRunner& runner)
{
    AttributionResult result;
    result.classIndex = runner.classIndex();
    result.referenceLogit = result.completenessGap = kNone;
    return result;
}

std::size_t indexOf(const Trace& trace, const MixerId& id)
{
    const MixerRecord* record = trace.find(id);
    if (!record)
        throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    return static_cast<std::size_t>(record - trace.mixers().data());
}

void setCells(AttributionResult& result, const TracedRun& run)
{
    result.cellHeight = static_cast<double>(run.image.size(1)) / static_cast<double>(result.values.size(0));
    result.cellWidth = static_cast<double>(run.image.size(2)) / static_cast<double>(result.values.size(1));
}

void requireToken(const MixerRecord& record, int token)
{
    if (token < 0 || token >= record.tokenCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + record.id.name() + " has positions 0 to " + std::to_string(record.tokenCount() - 1)
                        + "; asked for " + std::to_string(token));
}

/// One scan of one image as a set of its own; `isCausal`: only what comes from before and from the step itself.
at::Tensor scanOutput(const ScanInput& input, bool isCausal)
{
    ScanSet set;
    set.u = input.u.unsqueeze(0);
    set.delta = input.deltaRaw.unsqueeze(0).unsqueeze(0);
    set.A = input.A.unsqueeze(0);
    set.B = input.B.unsqueeze(0).unsqueeze(0);
    set.C = input.C.unsqueeze(0).unsqueeze(0);
    const auto parameter = [&](const at::Tensor& x) { return input.perPosition ? x.view({1, -1, 1}) : x.unsqueeze(0); };
    set.D = parameter(input.D);
    if (input.deltaBias.defined())
        set.deltaBias = parameter(input.deltaBias);
    if (input.order)
        set.orders = at::tensor(*input.order, at::kInt).unsqueeze(0);
    set.deltaSoftplus = input.deltaSoftplus;
    set.quasiSeparable = input.quasiSeparable && !isCausal;
    return scanSet(set)[0];
}

/// What each direction of a mixer hands on at a token, its weight included: (lanes or channels).
std::vector<std::pair<std::string, at::Tensor>> directionsAt(const MixerParts& parts, const MixerRecord& record,
                                                             int token)
{
    std::vector<std::pair<std::string, at::Tensor>> result;
    const std::vector<double>& weights = record.routing.weights;
    for (std::size_t i = 0; i < parts.scans.size(); ++i) {
        const ScanInput& input = parts.scans[i];
        if (!input.jumps.empty())
            throw Error(ErrorKind::Usage,
                        "receptive fields by direction are not known while a state of " + record.id.name()
                            + " is taken over from another image: switch that edit off");
        const double weight = !record.id.isChannelMixer && i < weights.size() ? weights[i] : 1;
        const auto at = [&](const at::Tensor& y) {
            return weight * (record.id.isChannelMixer ? y.select(1, token) : y[record.positionOf(token)]);
        };
        const at::Tensor causal = at(scanOutput(input, true));
        if (!input.quasiSeparable) {
            result.emplace_back(parts.names[i], causal);
            continue;
        }
        const std::string prefix = record.id.isChannelMixer ? "" : parts.names[i] + " ";
        result.emplace_back(prefix + "forward", causal);
        result.emplace_back(prefix + "backward", at(scanOutput(input, false)) - causal);
    }
    return result;
}

/// Tokens of a mixer's output on its grid, class tokens left out: (H*W, D).
at::Tensor gridTokens(const at::Tensor& output, const MixerRecord& record)
{
    const at::Tensor tokens = output.dim() == 4 ? output[0].flatten(0, 1) : output[0];
    if (record.classTokens.empty())
        return tokens;
    std::vector<std::int64_t> onGrid;
    for (int token = 0; token < record.height * record.width; ++token)
        onGrid.push_back(record.positionOf(token));
    return tokens.index_select(0, at::tensor(onGrid, tokens.options().dtype(at::kLong).requires_grad(false)));
}

}  // namespace

AttributionResult gradientTimesInput(const Trace& trace, const AttributionOptions& options)
{
    const NetworkRunner runner(trace, options);
    AttributionResult result = resultFor(runner);
    runner.locked(true, [&] {
        const at::Tensor image = runner.image().requires_grad_(true);
        const at::Tensor logit = runner.logits(image).select(1, runner.classIndex());
        result.logit = logit.item<double>();
        result.values = hostArray((gradientOf(logit, image) * image)[0].sum(0));
    });
    runner.progress(1);
    return result;
}

AttributionResult integratedGradients(const Trace& trace, int steps, const AttributionOptions& options)
{
    constexpr int kMostSteps = 100000;
    if (steps < 1 || steps > kMostSteps)
        throw Error(ErrorKind::Usage,
                    "integrated gradients take 1 to " + std::to_string(kMostSteps) + " steps, not "
                        + std::to_string(steps));
    const NetworkRunner runner(trace, options);
    AttributionResult result = resultFor(runner);
    const at::Tensor image = runner.image();
    const std::vector<double> ends = runner.classLogits(2, [&](std::int64_t first, std::int64_t count) {
        return at::cat({at::zeros_like(image), image}).narrow(0, first, count);
    });
    result.referenceLogit = ends[0];
    result.logit = ends[1];
    at::Tensor sum = at::zeros_like(image[0]).to(at::kDouble);
    const std::int64_t size = runner.batchSize(true);
    for (std::int64_t first = 0; first < steps; first += size) {
        const std::int64_t count = std::min<std::int64_t>(size, steps - first);
        runner.locked(true, [&] {
            const at::Tensor places = (at::arange(first, first + count, image.options()) + 0.5) / steps;
            const at::Tensor points = (places.view({count, 1, 1, 1}) * image).requires_grad_(true);
            const at::Tensor gradient = gradientOf(runner.logits(points).select(1, runner.classIndex()), points);
            const c10::NoGradGuard noGradients;
            sum += gradient.to(at::kDouble).sum(0);
        });
        runner.progress(static_cast<double>(first + count) / steps);
    }
    const at::Tensor values = (sum / steps * image[0]).sum(0);
    result.values = hostArray(values);
    const double difference = result.logit - result.referenceLogit;
    const double gap = std::abs(values.sum().item<double>() - difference);
    result.completenessGap = difference != 0 ? gap / std::abs(difference) : gap;
    return result;
}

MixerId lastMixer(const Trace& trace, int stage)
{
    const MixerRecord* last = nullptr;
    for (const MixerRecord& record : trace.mixers())
        if (record.id.stage == stage)
            last = &record;
    if (!last)
        throw Error(ErrorKind::Usage,
                    "this network has no stage " + std::to_string(stage) + "; the last is "
                        + std::to_string(trace.mixers().back().id.stage));
    return last->id;
}

AttributionResult gradCam(const Trace& trace, const MixerId& mixer, const AttributionOptions& options)
{
    const NetworkRunner runner(trace, options);
    const std::size_t index = indexOf(trace, mixer);
    const MixerRecord& record = trace.mixers()[index];
    AttributionResult result = resultFor(runner);
    runner.locked(true, [&] {
        // What came before is taken from the trace; only what follows is run and differentiated.
        RecordedMixers recorded;
        recorded.count = index + 1;
        recorded.choices = runner.run().choices;
        for (std::size_t i = 0; i <= index; ++i)
            recorded.outputs.push_back(runner.run().outputs[i].clone());  // a run's own tensors know no gradients
        const at::Tensor features = recorded.outputs.back().requires_grad_(true);
        const at::Tensor logit = runner.logits(runner.image(), nullptr, &recorded).select(1, runner.classIndex());
        result.logit = logit.item<double>();
        const at::Tensor gradient = gridTokens(gradientOf(logit, features), record);
        const at::Tensor map = at::matmul(gridTokens(features.detach(), record), gradient.mean(0));
        result.values = hostArray(map.view({record.height, record.width}));
    });
    setCells(result, runner.run());
    runner.progress(1);
    return result;
}

AttributionResult receptiveField(const Trace& trace, const MixerId& mixer, int position,
                                 const AttributionOptions& options)
{
    const NetworkRunner runner(trace, options);
    const std::size_t index = indexOf(trace, mixer);
    const MixerRecord& record = trace.mixers()[index];
    requireToken(record, position);
    AttributionResult result = resultFor(runner);
    result.logit = kNone;
    runner.locked(true, [&] {
        const at::Tensor image = runner.image().requires_grad_(true);
        KeepMixer keep(index);
        try {
            runner.logits(image, &keep);
        } catch (const KeepMixer::Reached&) {
        }
        const at::Tensor norm = gridTokens(keep.output, record)[position].norm();
        result.values = hostArray(gradientOf(norm, image)[0].abs().sum(0));
    });
    runner.progress(1);
    return result;
}

DirectionFields directionFields(const Trace& trace, const MixerId& mixer, int token, const AttributionOptions& options)
{
    const NetworkRunner runner(trace, options);
    const std::size_t index = indexOf(trace, mixer);
    const MixerRecord& record = trace.mixers()[index];
    requireToken(record, token);
    DirectionFields result;
    runner.locked(true, [&] {
        const at::Tensor image = runner.image().requires_grad_(true);
        KeepMixer keep(index);
        try {
            runner.logits(image, &keep);
        } catch (const KeepMixer::Reached&) {
        }
        const MixerParts parts
            = runner.run().runtime->network->parts(mixer, keep.input, record.routing, runner.run().edits(mixer));
        std::vector<at::Tensor> fields;
        const auto directions = directionsAt(parts, record, token);
        for (const auto& [name, y] : directions) {
            runner.cancel().check();
            result.names.push_back(name);
            fields.push_back(gradientOf(y.norm(), image, /*keep=*/true)[0].abs().sum(0));
            runner.progress(static_cast<double>(fields.size()) / static_cast<double>(directions.size()));
        }
        result.values = hostArray(at::stack(fields));
    });
    return result;
}

}  // namespace mixer
