// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/LoadReceipt.h"
#include "engine/core/Progress.h"
#include "engine/image/Image.h"
#include "engine/image/PreprocessOverrides.h"
#include "engine/session/BatchResult.h"
#include "engine/trace/Trace.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// Of weights and arithmetic. BFloat16 and Float16: on a GPU only; scans, routers and sums stay float32 there.
enum class Precision { Float32, Float64, BFloat16, Float16 };

struct SessionOptions {
    int threads = 0;  ///< 0: one for each core this process may use
    /// "cpu"; "cuda" or "cuda:i": a GPU that must be there; "auto": the first GPU that the weights fit on (Float64:
    /// none), otherwise the CPU. When a GPU's memory runs out later, the session goes on on the CPU and says so.
    std::string device = "auto";
    Precision precision = Precision::Float32;
    std::string labels;              ///< file with the names of the classes; empty: those of the checkpoint
    PreprocessOverrides preprocess;  ///< of pictures, instead of the configuration's values
};

/// Facts about the machine and libraries, for `-v`, the status bar and the About box.
struct RuntimeInfo {
    std::string device;  ///< "CPU", "NVIDIA H100 80GB HBM3 (cuda:0)"
    std::string notice;  ///< what people should know of it, e.g. why the CPU took over; empty mostly
    std::string kernel;  ///< "avx512", "avx2", "portable" or "cuda": the scan kernel chosen at run time
    std::string torchVersion;
    std::string blas;  ///< what multiplies matrices: "OpenBLAS ...", "MKL", "unknown"
    int threads = 0;
};

/// GPUs that `device` may name. The first call loads LibTorch's part for them, where there is one.
int gpuCount();

/// Runs of other images, by the names that edits give them.
using PatchSources = std::map<std::string, std::shared_ptr<const Trace>>;

/// A checkpoint with its network built, ready to run. The one way to a prediction: window, command line and tests use
/// it. Methods are const; any thread. Calls run one after the other; not runBatch() on a CPU in a kernels::SerialScope.
class InferenceSession {
public:
    /// Opens the file, builds the network and checks every tensor: missing, unexpected, wrong shape and non-finite ones
    /// are LoadErrors that name them. Throws Error, Cancelled.
    static std::shared_ptr<const InferenceSession> open(const std::string& path, const SessionOptions& options = {},
                                                        const ProgressCallback& progress = {},
                                                        const CancelToken& cancel = {});
    virtual ~InferenceSession() = default;

    virtual const Checkpoint& checkpoint() const = 0;
    const ModelConfig& config() const { return checkpoint().config; }
    /// What became of every tensor of the file, and what was guessed.
    virtual const LoadReceipt& receipt() const = 0;
    virtual RuntimeInfo runtime() const = 0;
    /// Every mixer in forward order, before anything ran (grid sizes 0, no routing).
    virtual std::vector<MixerRecord> mixers() const = 0;
    /// Parameters of a mixer; of the whole network: checkpoint().parameterCount().
    virtual std::int64_t parameterCount(const MixerId& id) const = 0;

    /// Prepares nothing, records everything that Trace promises. Input (3,h,w), h and w >= 4. Throws Error, Cancelled.
    virtual std::shared_ptr<const Trace> run(const PreparedImage& image, const ProgressCallback& progress = {},
                                             const CancelToken& cancel = {}) const = 0;
    /// The image of `baseline` once more, with something done differently: from the first changed mixer on, so that a
    /// prediction can follow a slider. `baseline`: a run of this session; of an edited one, what it departs from.
    /// `sources`: a run of this session for every image that PatchOutput and PatchState name. Throws Error(Usage) for
    /// edits that do not fit the network (InterventionPlan), Cancelled.
    virtual std::shared_ptr<const Trace> edit(const std::shared_ptr<const Trace>& baseline,
                                              const Interventions& interventions, const PatchSources& sources = {},
                                              const ProgressCallback& progress = {},
                                              const CancelToken& cancel = {}) const = 0;
    /// Logits alone of a batch (B,3,h,w): (B, classes). Records nothing. Same numbers as run().
    virtual Array logits(const Array& batch, const CancelToken& cancel = {}) const = 0;
    /// The same with what the routers chose and, with `gates`, what the gates did.
    virtual BatchResult runBatch(const Array& batch, const CancelToken& cancel = {}, bool gates = false) const = 0;

    /// How a picture is prepared for this network: as its configuration says, but for SessionOptions::preprocess.
    virtual PreprocessOptions preprocessing() const = 0;
    /// As the configuration says.
    PreprocessOptions configuredPreprocessing() const;
    /// Where the two differ, for people; empty: nowhere.
    std::vector<std::string> preprocessDifferences() const
    {
        return mixer::preprocessDifferences(preprocessing(), configuredPreprocessing());
    }
};

}  // namespace mixer
