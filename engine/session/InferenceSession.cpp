// SPDX-License-Identifier: MIT
#include "engine/session/InferenceSession.h"

#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/Runtime.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>

#include <mutex>

namespace mixer {

namespace {

/// Turns LibTorch's and the allocator's own exceptions into ours: the one place where they are caught.
template <typename Work> auto guarded(const std::string& what, Work&& work)
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, what + ": out of memory; try a smaller image or model");
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::Memory, what + " failed inside LibTorch: " + error.what_without_backtrace());
    }
}

class NetworkSession : public InferenceSession {
public:
    NetworkSession(Checkpoint checkpoint, const SessionOptions& options, const CancelToken& cancel)
        : m_checkpoint(std::move(checkpoint))
        , m_threads(resolveThreads(options.threads))
    {
        // No inference mode here: autograd refuses weights that were made in one.
        const at::NoGradGuard noGradients;
        useThreads(m_threads);
        const at::ScalarType type = options.precision == Precision::Float64 ? at::kDouble : at::kFloat;
        m_network = makeNetwork(m_checkpoint, type, cancel);
    }

    const Checkpoint& checkpoint() const override { return m_checkpoint; }
    const LoadReceipt& receipt() const override { return m_network->receipt(); }
    RuntimeInfo runtime() const override { return runtimeInfo(m_threads); }
    std::vector<MixerRecord> mixers() const override { return m_network->mixers(); }
    std::int64_t parameterCount(const MixerId& id) const override { return m_network->parameterCount(id); }

    std::shared_ptr<const Trace> run(const PreparedImage& image, const ProgressCallback& progress,
                                     const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            const std::lock_guard<std::mutex> lock(m_mutex);
            const c10::InferenceMode inference;
            useThreads(m_threads);
            return traceImage(m_network, image, m_threads, progress, cancel);
        });
    }

    Array logits(const Array& batch, const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            const std::lock_guard<std::mutex> lock(m_mutex);
            const c10::InferenceMode inference;
            useThreads(m_threads);
            ForwardContext context;
            context.cancel = cancel;
            const at::Tensor result = m_network->forward(asTensor(batch), context).to(at::kFloat).contiguous();
            Array array;
            array.shape = result.sizes().vec();
            array.values.assign(result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
            return array;
        });
    }

private:
    Checkpoint m_checkpoint;
    int m_threads;
    std::shared_ptr<const Network> m_network;
    mutable std::mutex m_mutex;
};

void requireDevice(const std::string& device)
{
    if (device == "auto" || device == "cpu")
        return;
    if (device.rfind("cuda", 0) == 0)
        throw Error(ErrorKind::Usage,
                    "device '" + device + "': this version runs networks on the CPU; use 'auto' or 'cpu'");
    throw Error(ErrorKind::Usage, "unknown device '" + device + "'; expected 'auto' or 'cpu'");
}

}  // namespace

std::shared_ptr<const InferenceSession> InferenceSession::open(const std::string& path, const SessionOptions& options,
                                                               const ProgressCallback& progress,
                                                               const CancelToken& cancel)
{
    requireDevice(options.device);
    if (progress)
        progress("reading the checkpoint", 0.0);
    Checkpoint checkpoint = Checkpoint::open(path);
    cancel.check();
    if (progress)
        progress("building the network", 0.2);
    auto session
        = guarded(path, [&] { return std::make_shared<const NetworkSession>(std::move(checkpoint), options, cancel); });
    if (progress)
        progress("ready", 1.0);
    return session;
}

PreprocessOptions InferenceSession::preprocessing() const
{
    PreprocessOptions options;
    options.height = config().imageHeight;
    options.width = config().imageWidth;
    options.mean = config().mean;
    options.std = config().std;
    return options;
}

}  // namespace mixer
