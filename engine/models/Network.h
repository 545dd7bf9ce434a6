// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/LoadReceipt.h"
#include "engine/models/ForwardContext.h"
#include "engine/models/ScanInput.h"
#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

struct Checkpoint;
class MixerEdits;

/// What a closer look at one mixer needs, of one image: the same values that its forward pass scans.
struct MixerParts {
    std::vector<ScanInput> scans;    ///< K chosen scans of a token mixer, Q directions of a channel mixer
    std::vector<std::string> names;  ///< one for each of them: "hilbert", "backward" ...
    at::Tensor outputGate;           ///< what y is multiplied by: (tokens, E or P); undefined where there is none
};

/// A network of any family, with its weights. Immutable after construction; methods may run on any thread.
class Network {
public:
    virtual ~Network() = default;

    /// images (B,3,h,w), normalized, to logits (B, classes). Throws Error(Image) for sizes that the network cannot
    /// take, Cancelled.
    virtual at::Tensor forward(const at::Tensor& images, const ForwardContext& context = {}) const = 0;

    virtual at::ScalarType type() const = 0;
    /// What became of every tensor of the checkpoint: what WeightReader::finish() gave.
    virtual const LoadReceipt& receipt() const = 0;
    /// In forward order, as records that nothing ran through yet: grid 0 x 0, no routing.
    virtual std::vector<MixerRecord> mixers() const = 0;
    /// 0 when there is no such mixer.
    virtual std::int64_t parameterCount(const MixerId& id) const = 0;
    /// Computes a mixer's scans again. `input`: one image of what the Recorder was given, `routing` its decision,
    /// `edits` what was done differently (null: nothing).
    virtual MixerParts parts(const MixerId& id, const at::Tensor& input, const Routing& routing,
                             const MixerEdits* edits = nullptr) const = 0;
};

/// The network that the checkpoint's configuration describes. Takes every tensor, converted to the type and
/// brought to the device of `options` (float or double; float, bfloat16 or half on a GPU). Throws LoadError, Cancelled.
std::shared_ptr<const Network> makeNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options,
                                           const CancelToken& cancel = {});

}  // namespace mixer
