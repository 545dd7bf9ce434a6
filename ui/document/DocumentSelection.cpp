// SPDX-License-Identifier: GPL-3.0-or-later
// What of an InspectionDocument is pointed at, and the details that are computed for it.
#include "ui/document/InspectionDocument.h"

#include <algorithm>

namespace mixer::ui {

namespace {

const QString kDetailTag = QStringLiteral("detail");

}  // namespace

void InspectionDocument::select(const Selection& wish)
{
    if (!detail())
        return;
    if (wish.mixer != selection().mixer) {
        requestDetail(wish.mixer, wish, WishIs::Exact);
        return;
    }
    State next = m_state;
    next.selection = reconciled(wish, *trace(), *detail());
    commit(std::move(next));
}

void InspectionDocument::requestMixer(const MixerId& id)
{
    if (!trace() || !trace()->find(id) || id == requestedMixer())
        return;
    Selection wish = selection();
    wish.lane = -1;
    wish.state = -1;
    requestDetail(id, wish, WishIs::Carried);
}

void InspectionDocument::stepMixer(int by)
{
    if (!trace())
        return;
    const std::vector<MixerRecord>& mixers = trace()->mixers();
    const MixerId from = requestedMixer();
    const auto here = std::find_if(mixers.begin(), mixers.end(), [&](const MixerRecord& r) { return r.id == from; });
    const auto index = (here - mixers.begin()) + by;
    if (index >= 0 && index < static_cast<std::ptrdiff_t>(mixers.size()))
        requestMixer(mixers[static_cast<std::size_t>(index)].id);
}

void InspectionDocument::requestDetail(const MixerId& id, const Selection& wish, WishIs kind)
{
    setRequestedMixer(id);
    struct Details {
        std::shared_ptr<const MixerDetail> shown, baseline;
        std::shared_ptr<const ImplicitAttention> attention;
    };
    const bool withBaseline = m_state.inspection.baselineDetail != nullptr;
    const auto work = [of = trace(), base = withBaseline ? baseline() : nullptr, id](const JobContext& context) {
        context.progress("Looking into the mixer", -1);
        Details details;
        details.shown = of->detail(id, context.cancel);
        if (base)
            details.baseline = base->detail(id, context.cancel);
        details.attention = std::make_shared<const ImplicitAttention>(details.shown);
        return details;
    };
    const QString title = tr("Computing %1").arg(QString::fromStdString(id.shortName()));
    m_worker.submit<Details>(kDetailTag, title, work, [this, of = trace(), wish, kind](JobOutcome<Details> outcome) {
        if (outcome.end == JobEnd::Failed)
            report(outcome.message);
        if (outcome.end == JobEnd::Finished && of == trace()) {
            State next = m_state;
            const MixerDetail& shown = *outcome.value.shown;
            next.inspection.detail = outcome.value.shown;
            next.inspection.baselineDetail = outcome.value.baseline;
            next.inspection.attention = outcome.value.attention;
            next.selection = kind == WishIs::Exact ? wish : carried(selection(), detail().get(), shown);
            next.selection.lane = wish.lane;
            next.selection.state = wish.state;
            next.selection = reconciled(next.selection, *of, shown);
            m_lastMixer = next.selection.mixer;
            commit(std::move(next));
        }
        if (!m_worker.isPending(kDetailTag)) {
            setRequestedMixer(std::nullopt);
            // The run was changed meanwhile: the wish is met in the new one.
            if (outcome.end == JobEnd::Finished && of != trace() && trace() && trace()->find(wish.mixer))
                requestDetail(wish.mixer, wish, kind);
        }
    });
}

void InspectionDocument::setRequestedMixer(const std::optional<MixerId>& id)
{
    const MixerId before = requestedMixer();
    m_requestedMixer = id;
    if (requestedMixer() != before)
        Q_EMIT requestedMixerChanged();
}

void InspectionDocument::setScan(int scan)
{
    if (!detail() || scan < 0 || scan >= detail()->scanCount())
        return;
    Selection next = selection();
    next.step = detail()->stepOf(scan, detail()->positionAt(next.scan, next.step));
    next.scan = scan;
    select(next);
}

void InspectionDocument::setStep(int step)
{
    Selection next = selection();
    next.step = step;
    select(next);
}

void InspectionDocument::setLane(int lane)
{
    Selection next = selection();
    next.lane = lane;
    select(next);
}

void InspectionDocument::setState(int state)
{
    Selection next = selection();
    next.state = state;
    select(next);
}

void InspectionDocument::setClass(int classIndex)
{
    Selection next = selection();
    next.classIndex = classIndex;
    select(next);
}

}  // namespace mixer::ui
