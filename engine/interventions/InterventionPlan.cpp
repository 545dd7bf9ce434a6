// SPDX-License-Identifier: MIT
#include "engine/interventions/InterventionPlan.h"

#include "engine/core/Error.h"
#include "engine/scan/ScanOrder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

namespace mixer {

namespace {

bool contains(const std::vector<int>& sorted, int value)
{
    return std::binary_search(sorted.begin(), sorted.end(), value);
}

std::vector<int> joinedSets(const std::vector<int>& a, const std::vector<int>& b)
{
    std::set<int> all(a.begin(), a.end());
    all.insert(b.begin(), b.end());
    return {all.begin(), all.end()};
}

/// Names of what a scan of a mixer can be called: its scan set, or its directions.
std::vector<std::string> scanNames(const MixerRecord& record)
{
    if (!record.id.isChannelMixer)
        return record.routing.scans;
    return {"forward", "backward"};  // a quasi-separable mixer's one scan is the first
}

at::Tensor boolTensor(const std::vector<bool>& values)
{
    at::Tensor tensor = at::empty({static_cast<std::int64_t>(values.size())}, at::kBool);
    std::copy(values.begin(), values.end(), tensor.data_ptr<bool>());
    return tensor;
}

/// (positions) of the mixer; its class tokens are meant only where all tokens are.
at::Tensor tokenMask(const TokenMask& mask, const MixerRecord& record)
{
    std::vector<bool> on = mask.on(record.height, record.width);
    for (const int place : record.classTokens)
        on.insert(on.begin() + place, mask.isAll());
    return boolTensor(on);
}

}  // namespace

void MixerEdits::choose(ScanChoice& choice, std::int64_t images) const
{
    const bool chooses = !m_forced.empty() || !m_forbidden.empty();
    if (!chooses && m_weights.empty())
        return;
    const auto scanCount = static_cast<std::int64_t>(choice.scans->size());
    const bool hasRouter = choice.logits.defined();
    const at::Device device = hasRouter ? choice.logits.device() : at::Device(at::kCPU);
    const auto sameForAll = [&](const std::vector<int>& ids) {
        return at::tensor(ids, at::kInt).to(device).expand({images, static_cast<std::int64_t>(ids.size())});
    };

    std::vector<int> allowed;
    for (int scan = 0; scan < static_cast<int>(scanCount); ++scan)
        if ((m_forced.empty() || contains(m_forced, scan)) && !contains(m_forbidden, scan))
            allowed.push_back(scan);
    const auto count = static_cast<std::int64_t>(allowed.size());
    if (!m_forced.empty() || !hasRouter) {
        choice.ids = sameForAll(allowed);
    } else if (!m_forbidden.empty()) {
        // The router's own rule over what is left: the largest logits, equal ones in the order of the scan set.
        const at::Tensor left = choice.logits.index_select(1, at::tensor(allowed, at::kLong).to(device));
        const at::Tensor byLogit = std::get<1>(at::sort(left, /*stable=*/true, 1, /*descending=*/true));
        const std::int64_t chosen = std::min(count, choice.ids.size(1));
        const at::Tensor places = std::get<0>(at::sort(byLogit.narrow(1, 0, chosen), 1));
        choice.ids = at::tensor(allowed, at::kInt).to(device).index_select(0, places.flatten()).view(places.sizes());
    }
    if (!hasRouter) {
        choice.weights = choice.weights.defined()
            ? choice.weights.index_select(1, at::tensor(allowed, at::kLong).to(device))
            : at::ones({images, count}, at::TensorOptions(device).dtype(at::kDouble));
    } else if (chooses) {
        const at::Tensor p = choice.probabilities.gather(1, choice.ids.to(at::kLong));
        choice.weights = p / p.sum(1, /*keepdim=*/true);
    }
    for (const auto& [scan, weight] : m_weights)
        choice.weights = at::where(choice.ids == scan, at::full_like(choice.weights, weight), choice.weights);
}

void MixerEdits::apply(ScanSet& set, int firstScan) const
{
    if (!m_orders.empty()) {
        const std::int64_t scans = std::max<std::int64_t>(set.scans(), set.orders.defined() ? set.orders.size(0) : 1);
        at::Tensor table = set.orders.defined()
            ? set.orders.expand({scans, set.steps()}).clone()
            : at::arange(set.steps(), set.u.options().dtype(at::kInt)).repeat({scans, 1});
        for (std::int64_t scan = 0; scan < scans; ++scan)
            if (const auto order = orderOf(firstScan + static_cast<int>(scan)))
                table[scan].copy_(at::from_blob(const_cast<std::int32_t*>(order->data()), {set.steps()}, at::kInt));
        set.orders = table;
    }
    if (m_scales.empty())
        return;
    // From here on Delta is what the scans step by, one for each slot.
    const std::int64_t images = set.images();
    const std::int64_t slots = set.slots();
    at::Tensor delta = stepSizes(set);
    const at::Tensor ids = set.scanIds.defined()
        ? set.scanIds
        : at::arange(firstScan, firstScan + slots, set.u.options().dtype(at::kInt)).expand({images, slots});
    for (const Scale& scale : m_scales) {
        at::Tensor where = scale.area.defined() ? scale.area : at::ones({1, 1}, at::kBool);
        where = where.to(delta.device()).expand({1, 1, where.size(0), where.size(1)});
        if (scale.scan >= 0)
            where = where.logical_and((ids == scale.scan).unsqueeze(2).unsqueeze(3));
        delta = at::where(where, delta * scale.factor, delta);
    }
    set.delta = delta.contiguous();
    set.deltaBias = at::Tensor();
    set.deltaSoftplus = false;
}

at::Tensor MixerEdits::hold(const at::Tensor& gated) const
{
    at::Tensor result = gated;
    for (const Hold& hold : m_holds) {
        const at::Tensor ids = hold.channels.to(gated.device());
        const at::Tensor own = result.index_select(2, ids);
        const at::Tensor held = hold.at == HoldChannels::At::Zero ? at::zeros_like(own)
            : hold.at == HoldChannels::At::Mean                   ? own.mean(1, /*keepdim=*/true).expand_as(own)
                                                                  : own * hold.factor;
        result = result.index_copy(2, ids, held);
    }
    return m_factors.defined() ? result * m_factors : result;
}

at::Tensor MixerEdits::patch(const at::Tensor& output) const
{
    at::Tensor result = output;
    for (const Patch& patch : m_patches)
        result = at::where(patch.mask.to(output.device()), patch.output.to(output.options()), result);
    return result;
}

std::shared_ptr<const std::vector<std::int32_t>> MixerEdits::orderOf(int scan) const
{
    for (auto order = m_orders.rbegin(); order != m_orders.rend(); ++order)
        if (order->scan == -1 || order->scan == scan)
            return order->order;
    return nullptr;
}

/// Fills a plan, edit by edit.
class PlanMaker {
public:
    PlanMaker(InterventionPlan& plan, const std::vector<MixerRecord>& mixers, const PatchedImages* images)
        : m_plan(plan)
        , m_records(mixers)
        , m_images(images)
    {
        m_plan.m_firstChanged = mixers.size();
    }

    void add(const Edit& edit)
    {
        m_edit = &edit;
        if (const auto* weight = std::get_if<SetMixWeight>(&edit.change))
            return addMixWeight(*weight);
        for (const MixerId& id : edit.mixers)
            if (std::none_of(m_records.begin(), m_records.end(), [&](const MixerRecord& r) { return r.id == id; }))
                fail("this network has no mixer " + id.name());
        bool applied = false;
        for (std::size_t i = 0; i < m_records.size(); ++i) {
            if (!edit.appliesTo(m_records[i].id))
                continue;
            m_record = &m_records[i];
            MixerEdits& mixer = m_plan.m_mixers[m_record->id.name()];
            std::visit([&](const auto& change) { addTo(mixer, change); }, edit.change);
            m_plan.m_firstChanged = std::min(m_plan.m_firstChanged, i);
            applied = true;
        }
        if (!applied)
            fail("it applies to none of the mixers that it names (the scan set is the token mixers')");
    }

private:
    [[noreturn]] void fail(const std::string& problem) const
    {
        throw Error(ErrorKind::Usage, "the edit '" + m_edit->description() + "' cannot be made: " + problem);
    }

    int scanIndex(const std::string& name) const
    {
        const std::vector<std::string> names = scanNames(*m_record);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end())
            return static_cast<int>(found - names.begin());
        std::string known;
        for (const std::string& each : names)
            known += (known.empty() ? "" : ", ") + each;
        fail("the scans of " + m_record->id.name() + " are " + known + "; '" + name + "' is none of them");
    }

    std::vector<int> scanIndices(const std::vector<std::string>& names) const
    {
        std::set<int> ids;
        for (const std::string& name : names)
            ids.insert(scanIndex(name));
        return {ids.begin(), ids.end()};
    }

    void requireChannels(const std::vector<int>& channels) const
    {
        for (const int channel : channels)
            if (channel < 0 || channel >= m_record->inner)
                fail("the inner channels of " + m_record->id.name() + " are 0 to " + std::to_string(m_record->inner - 1)
                     + "; there is no " + std::to_string(channel));
    }

    void requireAnyScan(const MixerEdits& mixer) const
    {
        const auto count = static_cast<int>(m_record->routing.scans.size());
        for (int scan = 0; scan < count; ++scan)
            if ((mixer.m_forced.empty() || contains(mixer.m_forced, scan)) && !contains(mixer.m_forbidden, scan))
                return;
        fail("it leaves " + m_record->id.name() + " no scan at all");
    }

    void addTo(MixerEdits& mixer, const ForceScans& change) const
    {
        mixer.m_forced = scanIndices(change.scans);
        requireAnyScan(mixer);
    }
    void addTo(MixerEdits& mixer, const ForbidScans& change) const
    {
        mixer.m_forbidden = joinedSets(mixer.m_forbidden, scanIndices(change.scans));
        requireAnyScan(mixer);
    }
    void addTo(MixerEdits& mixer, const WeighScan& change) const
    {
        mixer.m_weights[scanIndex(change.scan)] = change.weight;
    }

    void addTo(MixerEdits& mixer, const ReplaceOrder& change) const
    {
        const int scan = change.scan.empty() ? -1 : scanIndex(change.scan);
        if (!m_record->classTokens.empty())
            fail("the scans of " + m_record->id.name() + " run through a class token that lies outside the grid");
        if (!change.name.empty()) {
            const auto order = ScanOrder::get(change.name, m_record->height, m_record->width);
            mixer.m_orders.push_back({scan, {order, &order->order()}});
            return;
        }
        if (change.height != m_record->height || change.width != m_record->width)
            fail("it was drawn on a grid of " + std::to_string(change.height) + " x " + std::to_string(change.width)
                 + " tokens, and " + m_record->id.name() + " has " + std::to_string(m_record->height) + " x "
                 + std::to_string(m_record->width) + "; draw one for that grid, or name the mixers that it fits");
        requirePermutation(change.order, change.height, change.width, "a drawn order");
        mixer.m_orders.push_back({scan, std::make_shared<const std::vector<std::int32_t>>(change.order)});
    }

    void addTo(MixerEdits& mixer, const HoldChannels& change) const
    {
        requireChannels(change.channels);
        const std::vector<std::int64_t> channels(change.channels.begin(), change.channels.end());
        mixer.m_holds.push_back({at::tensor(channels, at::kLong), change.at, change.factor});
    }

    void addTo(MixerEdits& mixer, const ScaleDelta& change) const
    {
        requireChannels(change.channels);
        MixerEdits::Scale scale{change.factor, change.scan.empty() ? -1 : scanIndex(change.scan), {}};
        if (!change.channels.empty() || !change.tokens.isAll()) {
            std::vector<bool> on(static_cast<std::size_t>(m_record->inner), change.channels.empty());
            for (const int channel : change.channels)
                on[static_cast<std::size_t>(channel)] = true;
            const at::Tensor channels = boolTensor(on);
            const at::Tensor tokens = tokenMask(change.tokens, *m_record);
            // A token mixer scans along the tokens, a channel mixer along the channels.
            scale.area = m_record->id.isChannelMixer ? at::logical_and(channels.unsqueeze(1), tokens.unsqueeze(0))
                                                     : at::logical_and(tokens.unsqueeze(1), channels.unsqueeze(0));
        }
        mixer.m_scales.push_back(std::move(scale));
    }

    void addTo(MixerEdits& mixer, const SkipMixer&) const { mixer.skip = true; }
    void addTo(MixerEdits&, const SetMixWeight&) const { }

    void addTo(MixerEdits& mixer, const PatchOutput& change) const
    {
        const at::Tensor output = otherImages(change.image).output(change.image, m_record->id);
        const std::int64_t height = m_record->height;
        const std::int64_t width = m_record->width;
        const bool onGrid = output.dim() == 4;
        const std::int64_t tokens = height * width + static_cast<std::int64_t>(m_record->classTokens.size());
        const bool fits = onGrid ? output.size(1) == height && output.size(2) == width : output.size(1) == tokens;
        if (!fits)
            fail("for " + change.image + " the grid of " + m_record->id.name() + " is another one");
        at::Tensor mask = tokenMask(change.tokens, *m_record);
        mask = onGrid ? mask.view({height, width, 1}) : mask.unsqueeze(1);
        mixer.m_patches.push_back({mask, output});
    }

    void addTo(MixerEdits& mixer, const PatchState& change) const
    {
        // Its directions are scan sets of their own; states are patched within one.
        if (m_record->id.family == MixerId::Family::Vim)
            fail("this version does not patch the states of Vim; patch the output of " + m_record->id.name());
        const int scan = scanIndex(change.scan);
        const std::vector<int>& chosen = m_record->routing.chosen;
        const bool runs = m_record->id.isChannelMixer || std::count(chosen.begin(), chosen.end(), scan) > 0
            || contains(mixer.m_forced, scan);
        if (!runs)
            fail(m_record->id.name() + " does not run that scan for this image; force it first");
        const at::Tensor state = otherImages(change.image).state(change.image, m_record->id, change.scan, change.step);
        const int tokens = m_record->height * m_record->width + static_cast<int>(m_record->classTokens.size());
        const int lanes = m_record->id.isChannelMixer ? tokens : m_record->inner;
        const int steps = m_record->id.isChannelMixer ? m_record->inner : tokens;
        if (state.size(0) != lanes || change.step < 0 || change.step >= steps)
            fail("for " + change.image + " the grid of " + m_record->id.name() + " is another one");
        mixer.m_states.push_back({scan, change.step, state});
    }

    const PatchedImages& otherImages(const std::string& image) const
    {
        if (!m_images)
            fail("the run of " + image + " is not there");
        return *m_images;
    }

    void addMixWeight(const SetMixWeight& change)
    {
        const bool channel
            = change.matrix == SetMixWeight::Matrix::Theta || change.matrix == SetMixWeight::Matrix::Gamma;
        const int columns = change.row + (change.matrix == SetMixWeight::Matrix::Theta ? 2 : 1);
        std::size_t first = 0;
        while (first < m_records.size()
               && !(m_records[first].id.stage == change.stage && m_records[first].id.block == change.row
                    && m_records[first].id.isChannelMixer == channel))
            ++first;
        if (first == m_records.size() || change.row < 0 || change.column < 0 || change.column >= columns)
            fail(
                "no sum of this network uses that weight (row: block of the stage; columns up to the row, of theta one "
                "more)");
        m_plan.m_mixWeights.push_back(change);
        m_plan.m_firstChanged = std::min(m_plan.m_firstChanged, first);
    }

    InterventionPlan& m_plan;
    const std::vector<MixerRecord>& m_records;
    const PatchedImages* m_images;
    const Edit* m_edit = nullptr;
    const MixerRecord* m_record = nullptr;
};

std::shared_ptr<const InterventionPlan> InterventionPlan::make(const Interventions& interventions,
                                                               const std::vector<MixerRecord>& mixers,
                                                               const PatchedImages* images)
{
    auto plan = std::make_shared<InterventionPlan>();
    PlanMaker maker(*plan, mixers, images);
    for (const Edit& edit : interventions.edits)
        if (edit.enabled)
            maker.add(edit);
    return plan;
}

std::shared_ptr<const InterventionPlan> InterventionPlan::withFactors(const InterventionPlan* plan, const MixerId& id,
                                                                      const at::Tensor& factors)
{
    auto result = plan ? std::make_shared<InterventionPlan>(*plan) : std::make_shared<InterventionPlan>();
    result->m_mixers[id.name()].m_factors = factors;
    return result;
}

std::shared_ptr<const InterventionPlan> InterventionPlan::withState(const InterventionPlan* plan, const MixerId& id,
                                                                    const StatePatch& patch)
{
    auto result = plan ? std::make_shared<InterventionPlan>(*plan) : std::make_shared<InterventionPlan>();
    result->m_mixers[id.name()].m_states.push_back(patch);
    return result;
}

const MixerEdits* InterventionPlan::find(const MixerId& id) const
{
    const auto found = m_mixers.find(id.name());
    return found == m_mixers.end() ? nullptr : &found->second;
}

std::optional<double> InterventionPlan::mixWeight(int stage, SetMixWeight::Matrix matrix, std::size_t row,
                                                  std::size_t column) const
{
    for (auto weight = m_mixWeights.rbegin(); weight != m_mixWeights.rend(); ++weight)
        if (weight->stage == stage && weight->matrix == matrix && static_cast<std::size_t>(weight->row) == row
            && static_cast<std::size_t>(weight->column) == column)
            return weight->value;
    return std::nullopt;
}

}  // namespace mixer
