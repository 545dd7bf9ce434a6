// SPDX-License-Identifier: MIT
#include "engine/attribution/PatchEffects.h"

#include "engine/attribution/NetworkRunner.h"
#include "engine/core/Error.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer {

namespace {

/// What the scans of a mixer are called in an edit: "both" of a quasi-separable channel mixer starts forward.
std::string editedScan(const std::string& name)
{
    return name == "both" ? "forward" : name;
}

/// The scan of the largest weight that both details have; -1: none.
int sharedScan(const MixerDetail& own, const MixerDetail& other)
{
    const std::vector<double>& weights = own.record().routing.weights;
    int best = -1;
    double largest = 0;
    for (int scan = 0; scan < own.scanCount(); ++scan) {
        bool isShared = false;
        for (int i = 0; i < other.scanCount(); ++i)
            isShared = isShared || other.scanName(i) == own.scanName(scan);
        const auto place = static_cast<std::size_t>(scan);
        const double weight = place < weights.size() ? weights[place] : 1;
        if (isShared && (best < 0 || weight > largest)) {
            best = scan;
            largest = weight;
        }
        if (own.record().id.isChannelMixer)  // only what begins at the first channel is patched
            break;
    }
    return best;
}

int scanNamed(const MixerDetail& detail, const std::string& name)
{
    int scan = 0;
    while (detail.scanName(scan) != name)
        ++scan;
    return scan;
}

/// Number of a scan in the mixer's scan set, as StatePatch wants it.
int placeInSet(const MixerRecord& record, const std::string& scan)
{
    if (record.id.isChannelMixer)
        return 0;
    const auto& names = record.routing.scans;
    return static_cast<int>(std::find(names.begin(), names.end(), scan) - names.begin());
}

/// The block's tokens, (H, W, 1), or (tokens, 1) where class tokens lie among them; undefined: it holds none.
at::Tensor blockMask(const MixerRecord& record, int parts, int block)
{
    std::vector<bool> on = TokenMask{parts, parts, {block}}.on(record.height, record.width);
    if (std::find(on.begin(), on.end(), true) == on.end())
        return {};
    for (const int place : record.classTokens)
        on.insert(on.begin() + place, false);
    at::Tensor mask = at::empty({static_cast<std::int64_t>(on.size()), 1}, at::kBool);
    std::copy(on.begin(), on.end(), mask.data_ptr<bool>());
    return mask;
}

class EffectMap {
public:
    EffectMap(const Trace& trace, const Trace& other, PatchedPart part, int parts, const AttributionOptions& options)
        : m_trace(trace)
        , m_other(other)
        , m_runner(trace, options)
    {
        m_result.part = part;
        m_result.parts = parts;
        m_result.classIndex = m_runner.classIndex();
        for (const MixerRecord& record : trace.mixers())
            m_result.mixers.push_back(record.id);
        const std::int64_t rows = m_result.rows();
        m_result.logit = m_result.probability = Array({rows, m_result.columns()});
        const float none = std::numeric_limits<float>::quiet_NaN();
        std::fill(m_result.logit.values.begin(), m_result.logit.values.end(), none);
        m_result.probability = m_result.logit;
        const auto c = static_cast<std::size_t>(m_result.classIndex);
        m_result.ownLogit = static_cast<double>(trace.logits()[c]);
        m_result.otherLogit = static_cast<double>(other.logits()[c]);
        m_result.ownProbability = static_cast<double>(trace.probabilities()[c]);
        m_result.otherProbability = static_cast<double>(other.probabilities()[c]);
        if (part == PatchedPart::State) {
            m_result.scans.resize(m_result.mixers.size());
            m_result.steps.resize(m_result.mixers.size() * static_cast<std::size_t>(m_result.columns()), 0);
        }
    }

    PatchEffects make()
    {
        for (int row = 0; row < m_result.rows(); ++row)
            m_result.part == PatchedPart::Output ? patchOutputs(row) : patchStates(row);
        return std::move(m_result);
    }

private:
    const MixerRecord& record(int row) const { return m_trace.mixers()[static_cast<std::size_t>(row)]; }

    void patchOutputs(int row)
    {
        const auto index = static_cast<std::size_t>(row);
        const at::Tensor& own = m_runner.run().outputs[index];
        const at::Tensor& theirs = m_other.tensors()->outputs[index];
        if (own.sizes() != theirs.sizes())
            throw Error(ErrorKind::Usage,
                        "the other image has another grid of tokens in " + record(row).id.name()
                            + "; choose one that is seen at the same size");
        std::vector<int> columns;
        std::vector<at::Tensor> masks;
        for (int block = 0; block < m_result.columns(); ++block) {
            const at::Tensor mask = blockMask(record(row), m_result.parts, block);
            if (!mask.defined())
                continue;
            columns.push_back(block);
            masks.push_back(own.dim() == 4 ? mask.view({own.size(1), own.size(2), 1}) : mask);
        }
        measure(row, columns, [&](std::size_t i) {
            const at::Tensor mask = masks[i].to(own.device());
            return at::where(mask, theirs.to(own.options()), own);
        });
    }

    void patchStates(int row)
    {
        const MixerId id = record(row).id;
        const auto own = m_trace.detail(id, m_runner.cancel());
        const auto theirs = m_other.detail(id, m_runner.cancel());
        if (own->positionCount() != theirs->positionCount() || own->laneCount() != theirs->laneCount())
            throw Error(ErrorKind::Usage,
                        "the other image has another grid of tokens in " + id.name()
                            + "; choose one that is seen at the same size");
        const int scan = sharedScan(*own, *theirs);
        const bool isSkipped = m_runner.run().edits(id) && m_runner.run().edits(id)->skip;
        if (scan < 0 || isSkipped)
            return finishRow(row);
        const std::string name = own->scanName(scan);
        m_result.scans[static_cast<std::size_t>(row)] = editedScan(name);
        std::vector<int> columns;
        for (int column = 0; column < m_result.columns(); ++column) {
            const std::int64_t step = std::int64_t{own->positionCount()} * (column + 1) / (m_result.columns() + 1);
            m_result.steps[static_cast<std::size_t>(row * m_result.columns() + column)] = static_cast<int>(step);
            columns.push_back(column);
        }
        const int theirScan = scanNamed(*theirs, name);
        const int place = placeInSet(record(row), name);
        measure(row, columns, [&](std::size_t i) {
            const int step = m_result.stepAt(row, columns[i]);
            const Array state = theirs->state(theirScan, 0, theirs->laneCount(), step);
            const at::Tensor values = asTensor(state).clone();
            const auto plan = InterventionPlan::withState(m_runner.run().plan.get(), id, {place, step, values});
            return m_runner.outputOf(static_cast<std::size_t>(row), before(row, 1), *plan);
        });
    }

    /// The mixers in front of one, for a batch: those that the network goes on from are copied, the others only named.
    RecordedMixers before(int row, std::int64_t count) const
    {
        RecordedMixers recorded;
        recorded.count = static_cast<std::size_t>(row);
        recorded.choices = m_runner.run().choices;
        for (std::size_t i = 0; i < recorded.count; ++i) {
            const at::Tensor& output = m_runner.run().outputs[i];
            std::vector<std::int64_t> shape = output.sizes().vec();
            shape[0] = count;
            const bool isNear = record(static_cast<int>(i)).id.stage + 1 >= record(row).id.stage;
            recorded.outputs.push_back(isNear && count > 1 ? output.expand(shape).contiguous() : output.expand(shape));
        }
        return recorded;
    }

    /// Runs on from a row's patched outputs, as many at once as there is room for. patched(i): (1, ...).
    template <class Patched> void measure(int row, const std::vector<int>& columns, Patched&& patched)
    {
        const auto size = static_cast<std::size_t>(m_runner.batchSize(false));
        const auto c = m_result.classIndex;
        for (std::size_t first = 0; first < columns.size(); first += size) {
            const std::size_t count = std::min(size, columns.size() - first);
            m_runner.locked(false, [&] {
                std::vector<at::Tensor> outputs;
                for (std::size_t i = 0; i < count; ++i)
                    outputs.push_back(patched(first + i));
                RecordedMixers recorded = before(row, static_cast<std::int64_t>(count));
                recorded.outputs.push_back(at::cat(outputs));
                recorded.count = recorded.outputs.size();
                const at::Tensor images = m_runner.image().expand({static_cast<std::int64_t>(count), -1, -1, -1});
                const at::Tensor logits
                    = m_runner.logits(images.contiguous(), nullptr, &recorded).to(at::kCPU, at::kDouble);
                const at::Tensor chances = at::softmax(logits, 1);
                for (std::size_t i = 0; i < count; ++i) {
                    const auto image = static_cast<std::int64_t>(i);
                    const int column = columns[first + i];
                    m_result.logit.at(row, column)
                        = static_cast<float>(logits[image][c].item<double>() - m_result.ownLogit);
                    m_result.probability.at(row, column)
                        = static_cast<float>(chances[image][c].item<double>() - m_result.ownProbability);
                }
            });
            m_runner.progress((row + static_cast<double>(first + count) / static_cast<double>(columns.size()))
                              / m_result.rows());
        }
    }

    void finishRow(int row) { m_runner.progress((row + 1.0) / m_result.rows()); }

    const Trace& m_trace;
    const Trace& m_other;
    NetworkRunner m_runner;
    PatchEffects m_result;
};

}  // namespace

bool PatchEffects::isMeasured(int row, int column) const
{
    return !std::isnan(logit.at(row, column));
}

Edit PatchEffects::edit(int row, int column, const std::string& image) const
{
    const MixerId& id = mixers.at(static_cast<std::size_t>(row));
    if (part == PatchedPart::Output)
        return {PatchOutput{image, TokenMask{parts, parts, {column}}}, {id}, true};
    return {PatchState{image, scans.at(static_cast<std::size_t>(row)), stepAt(row, column)}, {id}, true};
}

PatchEffects patchEffects(const Trace& trace, const Trace& other, PatchedPart part, int parts,
                          const AttributionOptions& options)
{
    if (parts < 1 || parts > kMostPatchParts)
        throw Error(ErrorKind::Usage,
                    "an effect map has 1 to " + std::to_string(kMostPatchParts) + " parts, not "
                        + std::to_string(parts));
    if (!trace.tensors() || !other.tensors() || trace.tensors()->runtime != other.tensors()->runtime)
        throw Error(ErrorKind::Usage, "an effect map needs two runs of the same network");
    if (part == PatchedPart::State && trace.mixers().front().id.family == MixerId::Family::Vim)
        throw Error(ErrorKind::Usage, "this version does not patch the states of Vim; patch the outputs of its mixers");
    return EffectMap(trace, other, part, parts, options).make();
}

}  // namespace mixer
