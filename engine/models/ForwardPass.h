// SPDX-License-Identifier: MIT
#pragma once

#include "engine/interventions/InterventionPlan.h"
#include "engine/models/ForwardContext.h"

#include <ATen/record_function.h>

#include <chrono>
#include <cstddef>
#include <utility>

namespace mixer {

/// The scopes in which mixers run, for LibTorch's profilers and ours (engine/session/ForwardProfile.h).
constexpr const char* kTokenMixerScope = "mixer::token_mixer";
constexpr const char* kChannelMixerScope = "mixer::channel_mixer";

/// One run through a network: between mixers it tells the recorder, reports progress and looks for cancellation; around
/// them it does what interventions ask of any mixer, and takes over what was recorded before.
class ForwardPass {
public:
    ForwardPass(const ForwardContext& context, std::size_t mixerCount)
        : m_context(context)
        , m_mixerCount(mixerCount)
    {
    }

    /// Runs `work(choice, edits)`, which returns the mixer's output and does what `edits` (null: nothing) say of its
    /// inside. Of `mixer` the recorder is given a copy with the milliseconds that this took.
    template <typename Work> at::Tensor run(MixerRecord mixer, const at::Tensor& input, Work&& work)
    {
        m_context.cancel.check();
        RECORD_USER_SCOPE(mixer.id.isChannelMixer ? kChannelMixerScope : kTokenMixerScope);
        const auto start = std::chrono::steady_clock::now();
        ScanChoice choice;
        at::Tensor output;
        const MixerEdits* edits = m_context.plan ? m_context.plan->find(mixer.id) : nullptr;
        if (isRecorded()) {
            output = m_context.recorded->outputs[m_done];
            choice = m_context.recorded->choices[m_done];
        } else if (edits && edits->skip) {
            output = edits->patch(input);
        } else {
            output = std::forward<Work>(work)(choice, edits);
            if (edits)
                output = edits->patch(output);
        }
        mixer.milliseconds
            = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        if (m_context.noise)
            output = withNoise(input, output);
        finish(mixer, input, output, choice);
        return output;
    }

    /// The interventions of this run; null: none.
    const InterventionPlan* plan() const { return m_context.plan; }

    /// For the router of the mixer that runs next on `input` (B,H,W,D); undefined: none.
    at::Tensor routerFactors(const at::Tensor& input) const
    {
        return m_context.noise ? m_context.noise->routerFactors(m_done, input.size(0), input.size(-1)) : at::Tensor();
    }

private:
    bool isRecorded() const { return m_context.recorded && m_done < m_context.recorded->count; }
    at::Tensor withNoise(const at::Tensor& input, const at::Tensor& output) const;

    void finish(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output, const ScanChoice& choice)
    {
        if (m_context.recorder)
            m_context.recorder->record(mixer, input, output, choice);
        ++m_done;
        if (m_context.progress)
            m_context.progress(mixer.id.name(), static_cast<double>(m_done) / static_cast<double>(m_mixerCount));
    }

    const ForwardContext& m_context;
    std::size_t m_mixerCount;
    std::size_t m_done = 0;
};

}  // namespace mixer
