// SPDX-License-Identifier: MIT
#include "engine/session/BatchResult.h"

#include "engine/models/Network.h"
#include "engine/session/GateWatch.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>

#include <optional>

namespace mixer {

namespace {

template <typename T> std::vector<T> valuesOf(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.to(at::kCPU, c10::CppTypeToScalarType<T>::value).contiguous();
    return {host.data_ptr<T>(), host.data_ptr<T>() + host.numel()};
}

/// Keeps what it is told as it is: reading it waits for the device.
class BatchRecorder : public Recorder {
public:
    explicit BatchRecorder(bool gates)
    {
        if (gates)
            m_watch.emplace();
    }

    void record(const MixerRecord& mixer, const at::Tensor&, const at::Tensor&, const ScanChoice& choice) override
    {
        if (choice.hasRouter())
            m_choices.emplace_back(mixer.id, choice);
        if (m_watch)
            m_gates.emplace_back(mixer.id, m_watch->take());
    }

    void read(BatchResult& result) const
    {
        for (const auto& [mixer, choice] : m_choices)
            result.routers.push_back({mixer, *choice.scans, static_cast<int>(choice.ids.size(1)),
                                      valuesOf<int>(choice.ids), valuesOf<double>(choice.logits),
                                      valuesOf<double>(choice.probabilities)});
        for (const auto& [mixer, seen] : m_gates) {
            std::vector<GateSummary> images = seen.summaries();
            if (!images.empty())
                result.gates.push_back({mixer, std::move(images)});
        }
    }

private:
    std::vector<std::pair<MixerId, ScanChoice>> m_choices;
    std::optional<GateWatch> m_watch;
    std::vector<std::pair<MixerId, GateWatch::Seen>> m_gates;
};

}  // namespace

Routing BatchResult::Router::routing(std::size_t image) const
{
    const auto count = static_cast<std::ptrdiff_t>(scans.size());
    const auto row = [&](const std::vector<double>& table) {
        const auto first = table.begin() + static_cast<std::ptrdiff_t>(image) * count;
        return std::vector<double>(first, first + count);
    };
    Routing routing;
    routing.scans = scans;
    routing.hasRouter = true;
    routing.logits = row(logits);
    requireFiniteLogits(routing.logits);
    routing.probabilities = row(probabilities);
    const auto first = chosen.begin() + static_cast<std::ptrdiff_t>(image) * topK;
    routing.chosen.assign(first, first + topK);
    return routing;
}

BatchResult runBatch(const Network& network, const Array& images, const CancelToken& cancel, bool gates)
{
    BatchRecorder recorder(gates);
    ForwardContext context;
    context.recorder = &recorder;
    context.cancel = cancel;
    const at::Tensor logits = network.forward(asTensor(images), context).to(at::kCPU, at::kDouble);
    BatchResult result;
    result.logits.shape = logits.sizes().vec();
    result.logits.values = valuesOf<float>(logits);
    result.probabilities = valuesOf<float>(at::softmax(logits, 1));
    recorder.read(result);
    return result;
}

}  // namespace mixer
