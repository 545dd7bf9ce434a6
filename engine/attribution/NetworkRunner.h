// SPDX-License-Identifier: MIT
#pragma once

#include "engine/attribution/Attribution.h"
#include "engine/trace/TracedRun.h"

#include <ATen/core/Tensor.h>

#include <functional>

namespace mixer {

/// Runs the network of a trace, with its interventions, on other pictures of the same size.
class NetworkRunner {
public:
    /// Throws Error(Usage) for a trace without a network, or a class that does not exist.
    NetworkRunner(const Trace& trace, const AttributionOptions& options);

    int classIndex() const { return m_class; }
    const TracedRun& run() const { return m_run; }
    /// The picture of the trace, (1,3,h,w), in the network's type.
    at::Tensor image() const;

    /// How many pictures go into one batch within the memory budget.
    std::int64_t batchSize(bool withGradients) const;

    /// work() under the session's lock, with its threads, gradients recorded or not, our errors for LibTorch's.
    void locked(bool withGradients, const std::function<void()>& work) const;

    /// Logits (B, classes) of pictures (B,3,h,w); within locked(). `plan`: in place of the trace's.
    at::Tensor logits(const at::Tensor& images, Recorder* recorder = nullptr, const RecordedMixers* recorded = nullptr,
                      const InterventionPlan* plan = nullptr) const;

    /// What one mixer of the picture puts out, (1, ...), with another plan; nothing behind it runs. Within locked().
    at::Tensor outputOf(std::size_t mixer, const RecordedMixers& recorded, const InterventionPlan& plan) const;

    /// The class's logit of `count` pictures, made batch by batch: make(first, count) gives (count,3,h,w).
    std::vector<double> classLogits(std::int64_t count,
                                    const std::function<at::Tensor(std::int64_t, std::int64_t)>& make,
                                    bool asProbability = false) const;

    void progress(double fraction) const
    {
        if (m_options.progress)
            m_options.progress("explaining the prediction", fraction);
    }
    const CancelToken& cancel() const { return m_options.cancel; }

private:
    const Trace& m_trace;
    const TracedRun& m_run;
    AttributionOptions m_options;
    int m_class;
};

/// Stops a pass behind one mixer, what goes into it and comes out of it kept.
class KeepMixer : public Recorder {
public:
    struct Reached { };

    explicit KeepMixer(std::size_t index)
        : m_index(index)
    {
    }
    void record(const MixerRecord&, const at::Tensor& from, const at::Tensor& to, const ScanChoice&) override
    {
        if (m_count++ != m_index)
            return;
        input = from;
        output = to;
        throw Reached();
    }
    at::Tensor input, output;

private:
    std::size_t m_index;
    std::size_t m_count = 0;
};

/// Gradient of the sum of `y` for x: of the shape of x, zeros where y does not depend on it. `keep`: what y was
/// computed with stays, for another gradient.
at::Tensor gradientOf(const at::Tensor& y, const at::Tensor& x, bool keep = false);

Array hostArray(const at::Tensor& tensor);

}  // namespace mixer
