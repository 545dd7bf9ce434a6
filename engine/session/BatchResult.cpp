// SPDX-License-Identifier: MIT
#include "engine/session/BatchResult.h"

#include "engine/models/Network.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>

namespace mixer {

namespace {

class ChoiceRecorder : public Recorder {
public:
    explicit ChoiceRecorder(std::vector<BatchResult::Router>& routers)
        : m_routers(routers)
    {
    }

    void record(const MixerRecord& mixer, const at::Tensor&, const at::Tensor&, const ScanChoice& choice) override
    {
        if (!choice.hasRouter())
            return;
        BatchResult::Router router{mixer.id, *choice.scans, static_cast<int>(choice.ids.size(1)), {}};
        const at::Tensor ids = choice.ids.to(at::kCPU, at::kInt).contiguous();
        router.chosen.assign(ids.data_ptr<int>(), ids.data_ptr<int>() + ids.numel());
        m_routers.push_back(std::move(router));
    }

private:
    std::vector<BatchResult::Router>& m_routers;
};

}  // namespace

BatchResult runBatch(const Network& network, const Array& images, const CancelToken& cancel)
{
    BatchResult result;
    ChoiceRecorder recorder(result.routers);
    ForwardContext context;
    context.recorder = &recorder;
    context.cancel = cancel;
    const at::Tensor logits = network.forward(asTensor(images), context).to(at::kCPU, at::kFloat).contiguous();
    result.logits.shape = logits.sizes().vec();
    result.logits.values.assign(logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
    return result;
}

}  // namespace mixer
