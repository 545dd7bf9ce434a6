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
    NetworkTrace(std::shared_ptr<const MixerNetwork> network, const ImageGeometry& geometry, int threads)
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

    void record(const MixerId& id, const at::Tensor& input, const at::Tensor& output,
                const std::vector<Routing>& routings, double milliseconds) override;
    void run(const PreparedImage& image, const ProgressCallback& progress, const CancelToken& cancel);

private:
    std::shared_ptr<const MixerDetail> compute(std::size_t index, const CancelToken& cancel) const;

    std::shared_ptr<const MixerNetwork> m_network;
    ImageGeometry m_geometry;
    int m_threads;
    std::vector<float> m_logits, m_probabilities;
    std::vector<MixerRecord> m_records;
    std::vector<at::Tensor> m_inputs;  ///< (1,H,W,D) of each record
    double m_milliseconds = 0;

    mutable std::mutex m_detailMutex;
    mutable std::shared_ptr<const MixerDetail> m_lastDetail;
};

void NetworkTrace::record(const MixerId& id, const at::Tensor& input, const at::Tensor& output,
                          const std::vector<Routing>& routings, double milliseconds)
{
    MixerRecord record;
    record.id = id;
    record.height = static_cast<int>(input.size(1));
    record.width = static_cast<int>(input.size(2));
    record.channels = static_cast<int>(output.size(3));
    record.inner = m_network->innerWidth(id);
    if (!routings.empty())
        record.routing = routings.front();
    record.milliseconds = milliseconds;
    m_records.push_back(std::move(record));
    m_inputs.push_back(input);
}

void NetworkTrace::run(const PreparedImage& image, const ProgressCallback& progress, const CancelToken& cancel)
{
    ForwardContext context;
    context.recorder = this;
    context.progress = progress;
    context.cancel = cancel;
    const auto start = std::chrono::steady_clock::now();
    const at::Tensor logits = m_network->forward(asTensor(image.tensor).unsqueeze(0), context)[0];
    const at::Tensor probabilities = at::softmax(logits.to(at::kDouble), 0).to(at::kFloat);
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
    const at::Tensor& input = m_inputs[index];
    std::vector<std::string> names;
    if (const SelectiveTokenMixer* tokenMixer = m_network->tokenMixer(record.id)) {
        auto parts = tokenMixer->parts(input, record.routing);
        for (const int scan : record.routing.chosen)
            names.push_back(record.routing.scans[static_cast<std::size_t>(scan)]);
        return std::make_shared<ScanDetail>(record, std::move(parts.scans), std::move(names), parts.outputGate, cancel);
    }
    auto parts = m_network->channelMixer(record.id)->parts(input);
    if (parts.scans.front().quasiSeparable)
        names = {"both"};
    else
        names = {"forward", "backward"};
    return std::make_shared<ScanDetail>(record, std::move(parts.scans), std::move(names), parts.outputGate, cancel);
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

std::shared_ptr<const Trace> traceImage(const std::shared_ptr<const MixerNetwork>& network, const PreparedImage& image,
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
