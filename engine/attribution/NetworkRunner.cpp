// SPDX-License-Identifier: MIT
#include "engine/attribution/NetworkRunner.h"

#include "engine/core/Error.h"
#include "engine/session/Runtime.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

namespace mixer {

namespace {

const TracedRun& tensorsOf(const Trace& trace)
{
    if (!trace.tensors())
        throw Error(ErrorKind::Usage, "this trace has no network behind it that could be run again");
    return *trace.tensors();
}

/// Bytes that one picture takes while it runs. With gradients every mixer's intermediate tensors stay: about ten of
/// tokens x inner channels, and for each scan step sizes and states; without, those of the largest mixer.
std::size_t bytesOfOne(const Trace& trace, bool withGradients, std::size_t elementSize)
{
    std::size_t sum = 0;
    std::size_t largest = 0;
    for (const MixerRecord& mixer : trace.mixers()) {
        const std::size_t tokens = static_cast<std::size_t>(mixer.height) * static_cast<std::size_t>(mixer.width);
        const std::size_t scans = std::max<std::size_t>(mixer.routing.chosen.size(), 2);
        const std::size_t bytes = tokens * static_cast<std::size_t>(mixer.inner) * (10 + 2 * scans) * elementSize;
        sum += bytes;
        largest = std::max(largest, bytes);
    }
    return std::max<std::size_t>(withGradients ? sum : largest, 1);
}

}  // namespace

NetworkRunner::NetworkRunner(const Trace& trace, const AttributionOptions& options)
    : m_trace(trace)
    , m_run(tensorsOf(trace))
    , m_options(options)
    , m_class(options.classIndex < 0 ? trace.topClasses(1).front() : options.classIndex)
{
    const auto classes = static_cast<int>(trace.logits().size());
    if (m_class >= classes)
        throw Error(ErrorKind::Usage,
                    "class " + std::to_string(m_class) + " does not exist; expected 0 to "
                        + std::to_string(classes - 1));
}

at::Tensor NetworkRunner::image() const
{
    return asTensor(m_run.image).unsqueeze(0).to(m_run.runtime->network->type()).clone();
}

std::int64_t NetworkRunner::batchSize(bool withGradients) const
{
    constexpr std::size_t kMost = 32;
    const std::size_t elementSize = m_run.runtime->network->type() == at::kDouble ? 8 : 4;
    const std::size_t fitting = m_options.memoryBytes / bytesOfOne(m_trace, withGradients, elementSize);
    return static_cast<std::int64_t>(std::clamp<std::size_t>(fitting, 1, kMost));
}

void NetworkRunner::locked(bool withGradients, const std::function<void()>& work) const
{
    m_options.cancel.check();
    try {
        const std::lock_guard<std::mutex> lock(m_run.runtime->mutex);
        const c10::AutoGradMode gradients(withGradients);
        useThreads(m_run.runtime->threads);
        work();
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, "explaining the prediction: out of memory; try a smaller image");
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::Memory,
                    std::string("explaining the prediction failed inside LibTorch: ") + error.what_without_backtrace());
    }
}

at::Tensor NetworkRunner::logits(const at::Tensor& images, Recorder* recorder, const RecordedMixers* recorded,
                                 const InterventionPlan* plan) const
{
    ForwardContext context;
    context.cancel = m_options.cancel;
    context.recorder = recorder;
    context.plan = plan ? plan : m_run.plan.get();
    context.recorded = recorded;
    return m_run.runtime->network->forward(images, context);
}

std::vector<double> NetworkRunner::classLogits(std::int64_t count,
                                               const std::function<at::Tensor(std::int64_t, std::int64_t)>& make,
                                               bool asProbability) const
{
    std::vector<double> result;
    const std::int64_t size = batchSize(false);
    for (std::int64_t first = 0; first < count; first += size) {
        locked(false, [&] {
            at::Tensor all = logits(make(first, std::min(size, count - first))).to(at::kCPU, at::kDouble);
            if (asProbability)
                all = at::softmax(all, 1);
            const at::Tensor column = all.select(1, m_class).contiguous();
            result.insert(result.end(), column.data_ptr<double>(), column.data_ptr<double>() + column.numel());
        });
        progress(static_cast<double>(result.size()) / static_cast<double>(count));
    }
    return result;
}

at::Tensor NetworkRunner::outputOf(std::size_t mixer, const RecordedMixers& recorded,
                                   const InterventionPlan& plan) const
{
    KeepMixer keep(mixer);
    try {
        logits(image(), &keep, &recorded, &plan);
    } catch (const KeepMixer::Reached&) {
    }
    return keep.output;
}

at::Tensor gradientOf(const at::Tensor& y, const at::Tensor& x, bool keep)
{
    if (!y.requires_grad())
        return at::zeros_like(x);
    const at::Tensor gradient = torch::autograd::grad({y.sum()}, {x}, /*grad_outputs=*/{}, /*retain_graph=*/keep,
                                                      /*create_graph=*/false, /*allow_unused=*/true)
                                    .front();
    return gradient.defined() ? gradient : at::zeros_like(x);
}

Array hostArray(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
    Array array;
    array.shape = host.sizes().vec();
    array.values.assign(host.data_ptr<float>(), host.data_ptr<float>() + host.numel());
    return array;
}

}  // namespace mixer
