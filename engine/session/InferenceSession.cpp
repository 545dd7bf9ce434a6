// SPDX-License-Identifier: MIT
#include "engine/session/InferenceSession.h"

#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/Device.h"
#include "engine/session/Runtime.h"
#include "engine/trace/NetworkTrace.h"

#include "kernels/parallel.h"

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

void requireOwn(const Trace& trace, const SessionRuntime& runtime, const std::string& image)
{
    if (!trace.tensors() || trace.tensors()->runtime.get() != &runtime)
        throw Error(ErrorKind::Usage, "the run of " + image + " belongs to another network; run it with this one");
}

class OtherRuns : public PatchedImages {
public:
    OtherRuns(const PatchSources& sources, const SessionRuntime& runtime)
        : m_sources(sources)
        , m_runtime(runtime)
    {
    }

    at::Tensor output(const std::string& image, const MixerId& mixer) const override
    {
        const Trace& trace = find(image);
        return trace.tensors()->outputs.at(static_cast<std::size_t>(trace.find(mixer) - trace.mixers().data()));
    }

    at::Tensor state(const std::string& image, const MixerId& mixer, const std::string& scan, int step) const override
    {
        const auto detail = find(image).detail(mixer);
        for (int i = 0; i < detail->scanCount(); ++i) {
            // The one scan of a quasi-separable channel mixer is "both"; its forward state is meant.
            if (detail->scanName(i) == scan || (detail->scanName(i) == "both" && scan == "forward"))
                return asTensor(detail->state(i, 0, detail->laneCount(), step)).clone();
        }
        throw Error(ErrorKind::Usage,
                    "for " + image + " the mixer " + mixer.name() + " did not run the scan '" + scan + "'");
    }

private:
    const Trace& find(const std::string& image) const
    {
        const auto source = m_sources.find(image);
        if (source == m_sources.end())
            throw Error(ErrorKind::Usage,
                        "an edit takes over what happened in '" + image + "', but that image was not run");
        requireOwn(*source->second, m_runtime, image);
        return *source->second;
    }

    const PatchSources& m_sources;
    const SessionRuntime& m_runtime;
};

class NetworkSession : public InferenceSession {
public:
    NetworkSession(Checkpoint checkpoint, const SessionOptions& options, const CancelToken& cancel)
        : m_checkpoint(std::move(checkpoint))
        , m_preprocess(options.preprocess)
        , m_threads(resolveThreads(options.threads))
    {
        // No inference mode here: autograd refuses weights that were made in one.
        const c10::NoGradGuard noGradients;
        useThreads(m_threads);
        const at::ScalarType type = scalarType(options.precision);
        m_device = chooseDevice(wantedDevice(options), bytesOnDevice(m_checkpoint, type));
        if (m_device.is_cpu() && at::elementSize(type) < 4)
            throw Error(ErrorKind::Usage, "16-bit precision runs on a GPU only; use float32 on the CPU");
        m_info = runtimeInfo(m_threads, m_device);
        try {
            m_runtime = makeRuntime(at::TensorOptions().dtype(type).device(m_device), cancel);
        } catch (const c10::OutOfMemoryError&) {
            if (m_device.is_cpu())
                throw;
            moveToCpu();
        }
        keepFreedMemory();
    }

    const Checkpoint& checkpoint() const override { return m_checkpoint; }
    const LoadReceipt& receipt() const override { return current()->network->receipt(); }
    PreprocessOptions preprocessing() const override { return m_preprocess.applyTo(configuredPreprocessing()); }
    RuntimeInfo runtime() const override
    {
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        return m_info;
    }
    std::vector<MixerRecord> mixers() const override { return current()->network->mixers(); }
    std::int64_t parameterCount(const MixerId& id) const override { return current()->network->parameterCount(id); }

    std::shared_ptr<const Trace> run(const PreparedImage& image, const ProgressCallback& progress,
                                     const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            return onDevice([&](const std::shared_ptr<SessionRuntime>& runtime) {
                const std::lock_guard<std::mutex> lock(runtime->mutex);
                const c10::InferenceMode inference;
                useThreads(runtime->threads);
                return traceImage(runtime, image, progress, cancel);
            });
        });
    }

    std::shared_ptr<const Trace> edit(const std::shared_ptr<const Trace>& given, const Interventions& interventions,
                                      const PatchSources& sources, const ProgressCallback& progress,
                                      const CancelToken& cancel) const override
    {
        const std::shared_ptr<const Trace> before = given->baseline();
        const std::shared_ptr<const Trace>& baseline = before ? before : given;
        const std::shared_ptr<SessionRuntime> runtime = current();
        requireOwn(*baseline, *runtime, "the image itself");
        return guarded("running the network with edits", [&] {
            const OtherRuns others(sources, *runtime);
            auto plan = InterventionPlan::make(interventions, baseline->mixers(), &others);
            const std::lock_guard<std::mutex> lock(runtime->mutex);
            const c10::InferenceMode inference;
            useThreads(runtime->threads);
            return traceEdited(baseline, interventions, std::move(plan), progress, cancel);
        });
    }

    Array logits(const Array& batch, const CancelToken& cancel) const override
    {
        return runBatch(batch, cancel, false).logits;
    }

    BatchResult runBatch(const Array& batch, const CancelToken& cancel, bool gates) const override
    {
        return guarded("running the network", [&] {
            return onDevice([&](const std::shared_ptr<SessionRuntime>& runtime) {
                std::unique_lock<std::mutex> lock(runtime->mutex, std::defer_lock);
                // On a CPU a caller that brings threads of its own needs neither ours nor to wait for its turn.
                const bool alone = kernels::is_serial() && isOnCpu();
                if (!alone)
                    lock.lock();
                const c10::InferenceMode inference;
                useThreads(alone ? 1 : runtime->threads);
                return mixer::runBatch(*runtime->network, batch, cancel, gates);
            });
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

    std::shared_ptr<SessionRuntime> makeRuntime(const at::TensorOptions& options, const CancelToken& cancel) const
    {
        auto runtime = std::make_shared<SessionRuntime>();
        runtime->threads = m_threads;
        runtime->network = makeNetwork(m_checkpoint, options, cancel);
        return runtime;
    }

    bool isOnCpu() const
    {
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        return m_device.is_cpu();
    }

    std::shared_ptr<SessionRuntime> current() const
    {
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        return m_runtime;
    }

    /// Does work(runtime); once more on the CPU when the GPU's memory runs out.
    template <typename Work>
    std::invoke_result_t<Work, const std::shared_ptr<SessionRuntime>&> onDevice(const Work& work) const
    {
        const std::shared_ptr<SessionRuntime> runtime = current();
        try {
            return work(runtime);
        } catch (const c10::OutOfMemoryError&) {
            const std::lock_guard<std::mutex> lock(m_stateMutex);
            if (m_device.is_cpu() && m_runtime == runtime)
                throw;
        }
        if (current() == runtime)  // otherwise another thread's call has moved it by now
            moveToCpu();
        return work(current());
    }

    /// For good: what did not fit once will not fit the next time. Traces keep the network that they were made with.
    void moveToCpu() const
    {
        const c10::InferenceMode normal(false);
        const c10::NoGradGuard noGradients;
        const auto runtime = makeRuntime(at::TensorOptions().dtype(at::kFloat), {});
        const std::lock_guard<std::mutex> lock(m_stateMutex);
        const c10::Device gpu = m_device;
        m_runtime = runtime;
        m_device = c10::DeviceType::CPU;
        m_info = runtimeInfo(m_threads, m_device);
        m_info.device = "CPU (out of memory on " + deviceName(gpu) + ")";
        m_info.notice = "the memory of " + deviceName(gpu)
            + " ran out: running on the CPU in float32 from here on; a smaller image needs less";
        releaseCachedMemory(gpu);
    }

    Checkpoint m_checkpoint;
    PreprocessOverrides m_preprocess;
    int m_threads;

    mutable std::mutex m_stateMutex;  ///< of what moveToCpu() changes
    mutable c10::Device m_device{c10::DeviceType::CPU};
    mutable RuntimeInfo m_info;
    mutable std::shared_ptr<SessionRuntime> m_runtime;
};

}  // namespace

std::shared_ptr<const InferenceSession> InferenceSession::open(const std::string& path, const SessionOptions& options,
                                                               const ProgressCallback& progress,
                                                               const CancelToken& cancel)
{
    if (progress)
        progress("reading the checkpoint", 0.0);
    Checkpoint checkpoint = Checkpoint::open(path);
    if (!options.labels.empty())
        checkpoint.useLabels(options.labels);
    cancel.check();
    if (progress)
        progress("building the network", 0.2);
    auto session
        = guarded(path, [&] { return std::make_shared<const NetworkSession>(std::move(checkpoint), options, cancel); });
    if (progress)
        progress("ready", 1.0);
    return session;
}

PreprocessOptions InferenceSession::configuredPreprocessing() const
{
    PreprocessOptions options;
    options.height = config().imageHeight;
    options.width = config().imageWidth;
    options.mean = config().mean;
    options.std = config().std;
    options.cropFraction = config().cropFraction;
    return options;
}

}  // namespace mixer
