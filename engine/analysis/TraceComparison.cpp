// SPDX-License-Identifier: MIT
#include "engine/analysis/TraceComparison.h"

#include "engine/core/Error.h"
#include "engine/trace/TracedRun.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>
#include <set>

namespace mixer {

namespace {

template <class Number> Discrepancy discrepancy(const Number* a, const Number* b, std::size_t count)
{
    Discrepancy result;
    if (count == 0)
        return result;
    double size = 0, distance = 0, largest = 0, sumA = 0, sumB = 0;
    bool isNumber = true;
    for (std::size_t i = 0; i < count; ++i) {
        const double x = static_cast<double>(a[i]);
        const double y = static_cast<double>(b[i]);
        size += x * x;
        distance += (y - x) * (y - x);
        largest = std::max(largest, std::abs(y - x));
        isNumber = isNumber && !std::isnan(y - x);
        sumA += x;
        sumB += y;
    }
    result.relative = size > 0 ? std::sqrt(distance) / std::sqrt(size) : std::sqrt(distance);
    result.largest = isNumber ? largest : std::numeric_limits<double>::quiet_NaN();
    // Around the means, in a second pass: the sums of squares of values far from zero would cancel.
    const double meanA = sumA / static_cast<double>(count);
    const double meanB = sumB / static_cast<double>(count);
    double together = 0, alone = 0, other = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double x = static_cast<double>(a[i]) - meanA;
        const double y = static_cast<double>(b[i]) - meanB;
        together += x * y;
        alone += x * x;
        other += y * y;
    }
    if (alone > 0 && other > 0)
        result.correlation = together / std::sqrt(alone) / std::sqrt(other);
    return result;
}

std::string shapeText(const at::Tensor& tensor)
{
    std::string text;
    for (const std::int64_t side : tensor.sizes())
        text += (text.empty() ? "" : " x ") + std::to_string(side);
    return text;
}

/// Why two outputs cannot be subtracted.
std::string shapeProblem(const MixerRecord& a, const MixerRecord& b, const at::Tensor& x, const at::Tensor& y)
{
    if (a.height != b.height || a.width != b.width)
        return std::to_string(a.height) + " x " + std::to_string(a.width) + " tokens in A, " + std::to_string(b.height)
            + " x " + std::to_string(b.width) + " in B";
    if (a.channels != b.channels)
        return std::to_string(a.channels) + " channels in A, " + std::to_string(b.channels) + " in B";
    return "outputs of shape " + shapeText(x) + " in A, " + shapeText(y) + " in B";
}

std::set<std::string> chosenNames(const Routing& routing)
{
    std::set<std::string> names;
    for (const int scan : routing.chosen)
        names.insert(routing.scans.at(static_cast<std::size_t>(scan)));
    return names;
}

const TracedRun& tensorsOf(const Trace& trace)
{
    if (!trace.tensors())
        throw Error(ErrorKind::Usage, "a run that was not made by a session has no outputs to compare");
    return *trace.tensors();
}

at::Tensor onHost(const at::Tensor& tensor)
{
    return tensor.to(at::kCPU, at::kDouble).contiguous();
}

/// Relative difference of the outputs that each arithmetic may make of a network some forty mixers deep. Rounding to u
/// per operation grows with depth by about a hundred u in the demonstration networks.
double roundingOf(Precision precision)
{
    switch (precision) {
    case Precision::Float64:
        return 1e-12;
    case Precision::Float32:
        return 1e-5;
    case Precision::Float16:
        return 1e-2;
    case Precision::BFloat16:
        break;
    }
    return 5e-2;
}

ClassPair pairOf(const std::string& label, std::size_t i, std::size_t j, const Trace& a, const Trace& b)
{
    return {label,         static_cast<int>(i), static_cast<int>(j), a.probabilities()[i], b.probabilities()[j],
            a.logits()[i], b.logits()[j]};
}

}  // namespace

Discrepancy discrepancyOf(const float* a, const float* b, std::size_t count)
{
    return discrepancy(a, b, count);
}

Discrepancy discrepancyOf(const double* a, const double* b, std::size_t count)
{
    return discrepancy(a, b, count);
}

int TraceComparison::firstParting() const
{
    // Not a number is no agreement.
    const auto parts = [&](const MixerDifference& m) { return m.problem.empty() && !(m.output.relative <= tolerance); };
    const auto first = std::find_if(mixers.begin(), mixers.end(), parts);
    return first == mixers.end() ? -1 : static_cast<int>(first - mixers.begin());
}

int TraceComparison::firstOtherChoice() const
{
    const auto first
        = std::find_if(mixers.begin(), mixers.end(), [](const MixerDifference& m) { return !m.choseAlike; });
    return first == mixers.end() ? -1 : static_cast<int>(first - mixers.begin());
}

const MixerDifference* TraceComparison::find(const MixerId& id) const
{
    const auto found = std::find_if(mixers.begin(), mixers.end(), [&](const MixerDifference& m) { return m.id == id; });
    return found == mixers.end() ? nullptr : &*found;
}

std::optional<MixerId> counterpart(const Trace& b, const MixerId& id)
{
    if (b.find(id))
        return id;
    // Vim counts its mixers through: its eighth has no stage to stand in.
    if (id.family == MixerId::Family::Vim)
        return std::nullopt;
    for (const MixerRecord& record : b.mixers()) {
        MixerId renamed = record.id;
        renamed.family = id.family;
        if (renamed == id && record.id.family != MixerId::Family::Vim)
            return record.id;
    }
    return std::nullopt;
}

TraceComparison compareTraces(const Trace& a, const Trace& b, double tolerance, const ProgressCallback& progress,
                              const CancelToken& cancel)
{
    const TracedRun& runA = tensorsOf(a);
    const TracedRun& runB = tensorsOf(b);
    const c10::InferenceMode inference;
    TraceComparison result;
    result.tolerance = tolerance;
    std::vector<bool> isMet(b.mixers().size());
    for (std::size_t i = 0; i < a.mixers().size(); ++i) {
        cancel.check();
        const MixerRecord& record = a.mixers()[i];
        if (progress)
            progress("Comparing " + record.id.shortName(),
                     static_cast<double>(i) / static_cast<double>(a.mixers().size()));
        MixerDifference difference;
        difference.id = record.id;
        difference.other = counterpart(b, record.id);
        if (!difference.other) {
            difference.problem = "B has no such mixer";
            result.mixers.push_back(std::move(difference));
            continue;
        }
        const MixerRecord& other = *b.find(*difference.other);
        const auto j = static_cast<std::size_t>(&other - b.mixers().data());
        isMet[j] = true;
        difference.hasRouters = record.routing.hasRouter && other.routing.hasRouter;
        difference.choseAlike = !difference.hasRouters || chosenNames(record.routing) == chosenNames(other.routing);
        const at::Tensor& x = runA.outputs[i];
        const at::Tensor& y = runB.outputs[j];
        if (x.sizes() != y.sizes()) {
            difference.problem = shapeProblem(record, other, x, y);
        } else {
            const at::Tensor first = onHost(x);
            // Shared by an edited run and its baseline up to the first edit: the same without a look.
            const at::Tensor second = y.is_same(x) ? first : onHost(y);
            difference.output = discrepancyOf(first.data_ptr<double>(), second.data_ptr<double>(),
                                              static_cast<std::size_t>(first.numel()));
            ++result.comparable;
        }
        result.mixers.push_back(std::move(difference));
    }
    for (std::size_t j = 0; j < isMet.size(); ++j)
        if (!isMet[j])
            result.onlyInB.push_back(b.mixers()[j].id);
    return result;
}

Array tokenDistances(const Trace& traceA, const MixerId& a, const Trace& traceB, const MixerId& b)
{
    const MixerRecord* first = traceA.find(a);
    const MixerRecord* second = traceB.find(b);
    if (!first || !second)
        throw Error(ErrorKind::Usage, "there is no mixer " + (first ? b : a).name() + " to compare");
    const c10::InferenceMode inference;
    const at::Tensor& x = tensorsOf(traceA).outputs[static_cast<std::size_t>(first - traceA.mixers().data())];
    const at::Tensor& y = tensorsOf(traceB).outputs[static_cast<std::size_t>(second - traceB.mixers().data())];
    if (x.sizes() != y.sizes())
        throw Error(ErrorKind::Usage, "no difference to show: " + shapeProblem(*first, *second, x, y));
    const at::Tensor distances = (onHost(y) - onHost(x)).norm(2, -1).flatten().to(at::kFloat).contiguous();
    Array result({first->height, first->width});
    const float* values = distances.data_ptr<float>();
    for (int token = 0; token < first->tokenCount(); ++token)
        result.values[static_cast<std::size_t>(token)] = values[first->positionOf(token)];
    return result;
}

double roundingTolerance(const Arithmetic& a, const Arithmetic& b)
{
    return a == b ? 0 : std::max(roundingOf(a.precision), roundingOf(b.precision));
}

std::vector<ClassPair> compareClasses(const Trace& a, const ModelConfig& configA, const Trace& b,
                                      const ModelConfig& configB)
{
    std::vector<ClassPair> pairs;
    const bool isByIndex = a.logits().size() == b.logits().size()
        && (configA.labels == configB.labels || configA.labels.empty() || configB.labels.empty());
    if (isByIndex) {
        const ModelConfig& named = configA.labels.empty() ? configB : configA;
        for (std::size_t i = 0; i < a.logits().size(); ++i)
            pairs.push_back(pairOf(named.label(static_cast<int>(i)), i, i, a, b));
    } else {
        std::map<std::string, std::size_t> inB;
        for (std::size_t j = 0; j < configB.labels.size() && j < b.logits().size(); ++j)
            inB.emplace(configB.labels[j], j);
        for (std::size_t i = 0; i < configA.labels.size() && i < a.logits().size(); ++i) {
            const auto found = inB.find(configA.labels[i]);
            if (found != inB.end())
                pairs.push_back(pairOf(configA.labels[i], i, found->second, a, b));
        }
    }
    std::stable_sort(pairs.begin(), pairs.end(), [](const ClassPair& x, const ClassPair& y) {
        return std::abs(x.change()) > std::abs(y.change());
    });
    return pairs;
}

}  // namespace mixer
