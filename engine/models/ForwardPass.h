// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/ForwardContext.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace mixer {

/// One run through a network: between mixers it tells the recorder, reports progress and looks for cancellation.
class ForwardPass {
public:
    ForwardPass(const ForwardContext& context, std::size_t mixerCount)
        : m_context(context)
        , m_mixerCount(mixerCount)
    {
    }

    /// Runs `work(choice)`, which returns the mixer's output. Of `mixer` the recorder is given a copy with the
    /// milliseconds that this took.
    template <typename Work> at::Tensor run(MixerRecord mixer, const at::Tensor& input, Work&& work)
    {
        m_context.cancel.check();
        const auto start = std::chrono::steady_clock::now();
        ScanChoice choice;
        at::Tensor output = std::forward<Work>(work)(choice);
        mixer.milliseconds
            = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        finish(mixer, input, output, choice);
        return output;
    }

private:
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
