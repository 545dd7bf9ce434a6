// SPDX-License-Identifier: MIT
#include "engine/session/InferenceSession.h"

#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/Device.h"
#include "engine/session/Runtime.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <mutex>
#include <type_traits>

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
        const c10::NoGradGuard noGradients;
        useThreads(m_threads);
        const at::ScalarType type = scalarType(options.precision);
        m_device = chooseDevice(wantedDevice(options), bytesOnDevice(m_checkpoint, type));
        if (m_device.is_cpu() && at::elementSize(type) < 4)
            throw Error(ErrorKind::Usage, "16-bit precision runs on a GPU only; use float32 on the CPU");
        m_runtime = runtimeInfo(m_threads, m_device);
        m_network = onDevice([&] {
            const at::TensorOptions gpu = at::TensorOptions().dtype(type).device(m_device);
            return makeNetwork(m_checkpoint, m_device.is_cpu() && at::elementSize(type) < 4 ? at::kFloat : gpu, cancel);
        });
    }

    const Checkpoint& checkpoint() const override { return m_checkpoint; }
    const LoadReceipt& receipt() const override { return network()->receipt(); }
    RuntimeInfo runtime() const override
    {
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        return m_runtime;
    }
    std::vector<MixerRecord> mixers() const override { return network()->mixers(); }
    std::int64_t parameterCount(const MixerId& id) const override { return network()->parameterCount(id); }

    std::shared_ptr<const Trace> run(const PreparedImage& image, const ProgressCallback& progress,
                                     const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            const std::lock_guard<std::mutex> lock(m_mutex);
            const c10::InferenceMode inference;
            useThreads(m_threads);
            return onDevice([&] { return traceImage(network(), image, m_threads, progress, cancel); });
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
            const at::Tensor result = onDevice(
                [&] { return network()->forward(asTensor(batch), context).to(at::kCPU, at::kFloat).contiguous(); });
            Array array;
            array.shape = result.sizes().vec();
            array.values.assign(result.data_ptr<float>(), result.data_ptr<float>() + result.numel());
            return array;
        });
    }

private:
    static at::ScalarType scalarType(Precision precision)
    {
        switch (precision) {
        case Precision::Float64:
            return at::kDouble;
        case Precision::BFloat16:
            return at::kBFloat16;
        case Precision::Float16:
            return at::kHalf;
        case Precision::Float32:
            break;
        }
        return at::kFloat;
    }

    /// The GPU's scans know no float64.
    static std::string wantedDevice(const SessionOptions& options)
    {
        if (options.precision != Precision::Float64)
            return options.device;
        if (options.device != "auto" && options.device != "cpu")
            throw Error(ErrorKind::Usage, "float64 runs on the CPU only; use float32, bfloat16 or float16 on a GPU");
        return "cpu";
    }

    /// The weights, and room to work in.
    static std::size_t bytesOnDevice(const Checkpoint& checkpoint, at::ScalarType type)
    {
        constexpr std::size_t kWorkspace = std::size_t(512) << 20;
        return static_cast<std::size_t>(checkpoint.parameterCount()) * at::elementSize(type) + kWorkspace;
    }

    std::shared_ptr<const Network> network() const
    {
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        return m_network;
    }

    /// Does the work; once more on the CPU when the GPU's memory runs out.
    template <typename Work> std::invoke_result_t<Work> onDevice(const Work& work) const
    {
        try {
            return work();
        } catch (const c10::OutOfMemoryError&) {
            if (m_device.is_cpu())
                throw;
        }
        moveToCpu();
        return work();
    }

    /// For good: what did not fit once will not fit the next time.
    void moveToCpu() const
    {
        const c10::Device gpu = m_device;
        std::shared_ptr<const Network> network;
        if (m_network) {
            const c10::InferenceMode normal(false);
            const c10::NoGradGuard noGradients;
            network = makeNetwork(m_checkpoint, at::kFloat);
        }
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        m_network = network;
        m_device = c10::DeviceType::CPU;
        m_runtime = runtimeInfo(m_threads, m_device);
        m_runtime.device = "CPU (out of memory on " + deviceName(gpu) + ")";
        m_runtime.notice = "the memory of " + deviceName(gpu)
            + " ran out: running on the CPU in float32 from here on; a smaller image needs less";
        releaseCachedMemory(gpu);
    }

    Checkpoint m_checkpoint;
    int m_threads;
    mutable std::mutex m_mutex;  ///< one forward pass at a time

    mutable std::mutex m_stateMutex;  ///< of what moveToCpu() changes
    mutable c10::Device m_device{c10::DeviceType::CPU};
    mutable RuntimeInfo m_runtime;
    mutable std::shared_ptr<const Network> m_network;
};

}  // namespace

std::shared_ptr<const InferenceSession> InferenceSession::open(const std::string& path, const SessionOptions& options,
                                                               const ProgressCallback& progress,
                                                               const CancelToken& cancel)
{
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
