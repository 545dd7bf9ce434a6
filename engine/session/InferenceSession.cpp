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
        , m_runtime(std::make_shared<SessionRuntime>())
    {
        // No inference mode here: autograd refuses weights that were made in one.
        const at::NoGradGuard noGradients;
        m_runtime->threads = resolveThreads(options.threads);
        useThreads(m_runtime->threads);
        const at::ScalarType type = options.precision == Precision::Float64 ? at::kDouble : at::kFloat;
        m_runtime->network = makeNetwork(m_checkpoint, type, cancel);
        keepFreedMemory();
    }

    const Checkpoint& checkpoint() const override { return m_checkpoint; }
    const LoadReceipt& receipt() const override { return m_runtime->network->receipt(); }
    PreprocessOptions preprocessing() const override { return m_preprocess.applyTo(configuredPreprocessing()); }
    RuntimeInfo runtime() const override { return runtimeInfo(m_runtime->threads); }
    std::vector<MixerRecord> mixers() const override { return m_runtime->network->mixers(); }
    std::int64_t parameterCount(const MixerId& id) const override { return m_runtime->network->parameterCount(id); }

    std::shared_ptr<const Trace> run(const PreparedImage& image, const ProgressCallback& progress,
                                     const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            const std::lock_guard<std::mutex> lock(m_runtime->mutex);
            const c10::InferenceMode inference;
            useThreads(m_runtime->threads);
            return traceImage(m_runtime, image, progress, cancel);
        });
    }

    std::shared_ptr<const Trace> edit(const std::shared_ptr<const Trace>& given, const Interventions& interventions,
                                      const PatchSources& sources, const ProgressCallback& progress,
                                      const CancelToken& cancel) const override
    {
        const std::shared_ptr<const Trace> before = given->baseline();
        const std::shared_ptr<const Trace>& baseline = before ? before : given;
        requireOwn(*baseline, *m_runtime, "the image itself");
        return guarded("running the network with edits", [&] {
            const OtherRuns others(sources, *m_runtime);
            auto plan = InterventionPlan::make(interventions, baseline->mixers(), &others);
            const std::lock_guard<std::mutex> lock(m_runtime->mutex);
            const c10::InferenceMode inference;
            useThreads(m_runtime->threads);
            return traceEdited(baseline, interventions, std::move(plan), progress, cancel);
        });
    }

    Array logits(const Array& batch, const CancelToken& cancel) const override
    {
        return runBatch(batch, cancel).logits;
    }

    BatchResult runBatch(const Array& batch, const CancelToken& cancel) const override
    {
        return guarded("running the network", [&] {
            const std::lock_guard<std::mutex> lock(m_runtime->mutex);
            const c10::InferenceMode inference;
            useThreads(m_runtime->threads);
            return mixer::runBatch(*m_runtime->network, batch, cancel);
        });
    }

private:
    Checkpoint m_checkpoint;
    PreprocessOverrides m_preprocess;
    std::shared_ptr<SessionRuntime> m_runtime;
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
