// SPDX-License-Identifier: MIT
#include "engine/trace/NetworkTrace.h"

#include "engine/core/Error.h"
#include "engine/session/Runtime.h"
#include "engine/trace/ScanDetail.h"

#include <ATen/ATen.h>

#include <chrono>
#include <mutex>

namespace mixer {

namespace {

class NetworkTrace : public Trace, public Recorder {
public:
    NetworkTrace(std::shared_ptr<const Network> network, const ImageGeometry& geometry, int threads)
        : m_network(std::move(network))
        , m_geometry(geometry)
        , m_threads(threads)
    {
    }

    const ImageGeometry& geometry() const override { return m_geometry; }
    const std::vector<float>& logits() const override { return m_logits; }
    const std::vector<float>& probabilities() const override { return m_probabilities; }
    const std::vector<MixerRecord>& mixers() const override { return m_records; }
    double milliseconds() const override { return m_milliseconds; }
    std::size_t recordedBytes() const override;
    std::shared_ptr<const MixerDetail> detail(const MixerId& id, const CancelToken& cancel) const override;

    void record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor& output,
                const ScanChoice& choice) override;
    void run(const PreparedImage& image, const ProgressCallback& progress, const CancelToken& cancel);

private:
    std::shared_ptr<const MixerDetail> compute(std::size_t index, const CancelToken& cancel) const;

    std::shared_ptr<const Network> m_network;
    ImageGeometry m_geometry;
    int m_threads;
    std::vector<float> m_logits, m_probabilities;
    std::vector<MixerRecord> m_records;
    std::vector<at::Tensor> m_inputs;   ///< of each record, for one image
    std::vector<ScanChoice> m_choices;  ///< of each record, while the network runs
    double m_milliseconds = 0;

    mutable std::mutex m_detailMutex;
    mutable std::shared_ptr<const MixerDetail> m_lastDetail;
};

void NetworkTrace::record(const MixerRecord& mixer, const at::Tensor& input, const at::Tensor&,
                          const ScanChoice& choice)
{
    m_records.push_back(mixer);
    m_choices.push_back(choice);
    m_inputs.push_back(input);
}

void NetworkTrace::run(const PreparedImage& image, const ProgressCallback& progress, const CancelToken& cancel)
{
    ForwardContext context;
    context.recorder = this;
    context.progress = progress;
    context.cancel = cancel;
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor logits
        = m_network->forward(asTensor(image.tensor).unsqueeze(0), context)[0].to(at::kCPU, at::kDouble);
    // Only now: reading a choice waits for the device.
    for (std::size_t i = 0; i < m_records.size(); ++i) {
        if (m_choices[i].scans)
            m_records[i].routing = routingOf(m_choices[i], 0);
    }
    m_choices.clear();
    const at::Tensor probabilities = at::softmax(logits, 0).to(at::kFloat);
    const at::Tensor single = logits.to(at::kFloat).contiguous();
    m_milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    m_logits.assign(single.data_ptr<float>(), single.data_ptr<float>() + single.numel());
    m_probabilities.assign(probabilities.data_ptr<float>(), probabilities.data_ptr<float>() + probabilities.numel());
}

std::size_t NetworkTrace::recordedBytes() const
{
    std::size_t bytes = 0;
    for (const at::Tensor& input : m_inputs)
        bytes += input.nbytes();
    return bytes;
}

std::shared_ptr<const MixerDetail> NetworkTrace::compute(std::size_t index, const CancelToken& cancel) const
{
    const MixerRecord& record = m_records[index];
    MixerParts parts = m_network->parts(record.id, m_inputs[index], record.routing);
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
        useThreads(m_threads);
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

std::shared_ptr<const Trace> traceImage(const std::shared_ptr<const Network>& network, const PreparedImage& image,
                                        int threads, const ProgressCallback& progress, const CancelToken& cancel)
{
    auto trace = std::make_shared<NetworkTrace>(network, image.geometry, threads);
    trace->run(image, progress, cancel);
    return trace;
}

at::Tensor asTensor(const Array& array)
{
    return at::from_blob(const_cast<float*>(array.values.data()), array.shape, at::kFloat);
}

}  // namespace mixer
