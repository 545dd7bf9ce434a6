// SPDX-License-Identifier: MIT
#include "engine/trace/NetworkTrace.h"

#include "engine/core/Error.h"
#include "engine/session/Runtime.h"
#include "engine/trace/ScanDetail.h"

#include <ATen/ATen.h>

#include <chrono>
#include <map>
#include <mutex>

namespace mixer {

namespace {

double relativeDistance(const at::Tensor& x, const at::Tensor& reference)
{
    if (x.is_same(reference))
        return 0;
    const double size = reference.norm().item<double>();
    const double distance = (x - reference).norm().item<double>();
    return size > 0 ? distance / size : distance;
}

class NetworkTrace : public Trace, public Recorder {
public:
    NetworkTrace(std::shared_ptr<SessionRuntime> runtime, Array image, const ImageGeometry& geometry)
        : m_geometry(geometry)
    {
        m_run.runtime = std::move(runtime);
        m_run.image = std::move(image);
    }

    const ImageGeometry& geometry() const override { return m_geometry; }
    const std::vector<float>& logits() const override { return m_logits; }
    const std::vector<float>& probabilities() const override { return m_probabilities; }
    const std::vector<MixerRecord>& mixers() const override { return m_records; }
    double milliseconds() const override { return m_milliseconds; }
    std::size_t recordedBytes() const override;
    std::shared_ptr<const MixerDetail> detail(const MixerId& id, const CancelToken& cancel) const override;
    const Interventions& interventions() const override { return m_run.interventions; }
    std::shared_ptr<const Trace> baseline() const override { return m_baseline; }
    const std::vector<double>& departure() const override { return m_departure; }
    const TracedRun* tensors() const override { return &m_run; }

    void record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                const ScanChoice& choice) override;
    /// What this run departs from and by what.
    void departFrom(std::shared_ptr<const Trace> baseline, const Interventions& interventions,
                    std::shared_ptr<const InterventionPlan> plan);
    void run(const ProgressCallback& progress, const CancelToken& cancel);

private:
    std::shared_ptr<const MixerDetail> compute(std::size_t index, const CancelToken& cancel) const;
    /// The number of mixers, from the first, that are the baseline's.
    std::size_t sharedCount() const { return m_baseline ? m_run.plan->firstChanged() : 0; }

    TracedRun m_run;
    ImageGeometry m_geometry;
    std::vector<float> m_logits, m_probabilities;
    std::vector<MixerRecord> m_records;
    double m_milliseconds = 0;
    std::shared_ptr<const Trace> m_baseline;
    std::vector<double> m_departure;

    mutable std::mutex m_detailMutex;
    mutable std::shared_ptr<const MixerDetail> m_lastDetail;
};

void NetworkTrace::record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                          const ScanChoice& choice)
{
    const std::size_t index = m_records.size();
    m_records.push_back(mixer);
    m_run.inputs.push_back(index < sharedCount() ? m_baseline->tensors()->inputs[index] : input);
    m_run.outputs.push_back(output);
    m_run.choices.push_back(choice);
}

void NetworkTrace::departFrom(std::shared_ptr<const Trace> baseline, const Interventions& interventions,
                              std::shared_ptr<const InterventionPlan> plan)
{
    m_baseline = std::move(baseline);
    m_run.interventions = interventions;
    m_run.plan = std::move(plan);
}

void NetworkTrace::run(const ProgressCallback& progress, const CancelToken& cancel)
{
    ForwardContext context;
    context.recorder = this;
    context.progress = progress;
    context.cancel = cancel;
    context.plan = m_run.plan.get();
    RecordedMixers recorded;
    if (m_baseline) {
        const TracedRun& before = *m_baseline->tensors();
        recorded = {before.outputs, before.choices, sharedCount()};
        context.recorded = &recorded;
    }
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor logits
        = m_run.runtime->network->forward(asTensor(m_run.image).unsqueeze(0), context)[0].to(at::kCPU, at::kDouble);
    // Only now: reading a choice waits for the device.
    for (std::size_t i = 0; i < m_records.size(); ++i) {
        if (m_run.choices[i].scans)
            m_records[i].routing = routingOf(m_run.choices[i], 0);
        else if (m_baseline)  // skipped: a closer look shows what it would have done
            m_records[i].routing = m_baseline->mixers()[i].routing;
    }
    const at::Tensor probabilities = at::softmax(logits, 0).to(at::kFloat);
    const at::Tensor single = logits.to(at::kFloat).contiguous();
    m_milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    m_logits.assign(single.data_ptr<float>(), single.data_ptr<float>() + single.numel());
    m_probabilities.assign(probabilities.data_ptr<float>(), probabilities.data_ptr<float>() + probabilities.numel());
    for (std::size_t i = 0; m_baseline && i < m_records.size(); ++i)
        m_departure.push_back(relativeDistance(m_run.outputs[i], m_baseline->tensors()->outputs[i]));
}

std::size_t NetworkTrace::recordedBytes() const
{
    // Most outputs are the next mixer's input, and are kept once.
    std::map<const void*, std::size_t> storages;
    for (const auto* tensors : {&m_run.inputs, &m_run.outputs})
        for (const at::Tensor& tensor : *tensors)
            storages[tensor.storage().data()] = tensor.storage().nbytes();
    std::size_t bytes = m_run.image.values.size() * sizeof(float);
    for (const auto& [data, size] : storages)
        bytes += size;
    return bytes;
}

std::shared_ptr<const MixerDetail> NetworkTrace::compute(std::size_t index, const CancelToken& cancel) const
{
    const MixerRecord& record = m_records[index];
    MixerParts parts
        = m_run.runtime->network->parts(record.id, m_run.inputs[index], record.routing, m_run.edits(record.id));
    return std::make_shared<ScanDetail>(record, std::move(parts), cancel);
}

std::shared_ptr<const MixerDetail> NetworkTrace::detail(const MixerId& id, const CancelToken& cancel) const
{
    const MixerRecord* record = find(id);
    if (!record)
        throw Error(ErrorKind::Usage,
                    "this network has no mixer '" + id.name() + "'; the first is '" + m_records.front().id.name()
                        + "', the last '" + m_records.back().id.name() + "'");
    const std::lock_guard<std::mutex> lock(m_detailMutex);
    if (m_lastDetail && m_lastDetail->record().id == id)
        return m_lastDetail;
    try {
        const c10::InferenceMode inference;
        useThreads(m_run.runtime->threads);
        m_lastDetail = compute(static_cast<std::size_t>(record - m_records.data()), cancel);
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, "looking into " + id.name() + ": out of memory; try a smaller image");
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::Memory,
                    "looking into " + id.name() + " failed inside LibTorch: " + error.what_without_backtrace());
    }
    return m_lastDetail;
}

}  // namespace

std::shared_ptr<const Trace> traceImage(const std::shared_ptr<SessionRuntime>& runtime, const PreparedImage& image,
                                        const ProgressCallback& progress, const CancelToken& cancel)
{
    auto trace = std::make_shared<NetworkTrace>(runtime, image.tensor, image.geometry);
    trace->run(progress, cancel);
    return trace;
}

std::shared_ptr<const Trace> traceEdited(const std::shared_ptr<const Trace>& baseline,
                                         const Interventions& interventions,
                                         std::shared_ptr<const InterventionPlan> plan, const ProgressCallback& progress,
                                         const CancelToken& cancel)
{
    const TracedRun& before = *baseline->tensors();
    auto trace = std::make_shared<NetworkTrace>(before.runtime, before.image, baseline->geometry());
    trace->departFrom(baseline, interventions, std::move(plan));
    trace->run(progress, cancel);
    return trace;
}

at::Tensor asTensor(const Array& array)
{
    return at::from_blob(const_cast<float*>(array.values.data()), array.shape, at::kFloat);
}

}  // namespace mixer
