// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Array.h"
#include "engine/core/Progress.h"
#include "engine/image/Image.h"
#include "engine/interventions/Interventions.h"
#include "engine/scan/ScanOrder.h"
#include "engine/trace/MixerId.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

class MixerDetail;
struct TracedRun;

/// What the Switch of Scans did in one token mixer for one image.
struct Routing {
    std::vector<std::string> scans;     ///< the scan set, S names
    bool hasRouter = false;             ///< false: `sos` is null; all scans, weight 1 each, no probabilities
    std::vector<double> logits;         ///< S, empty without a router
    std::vector<double> probabilities;  ///< S, sums to 1, empty without a router
    std::vector<int> chosen;            ///< K indices into `scans`, in the order of the scan set
    std::vector<double> weights;        ///< K, omega: weight of each chosen scan in the sum
};

/// A lane is always open when its gate is at least this at every step, always shut when it is at most that.
constexpr float kOpenGate = 0.5F;
constexpr float kShutGate = 0.01F;

/// The cheap facts that every forward pass records of a mixer.
struct MixerRecord {
    MixerId id;
    int height = 0;  ///< token grid of the stage
    int width = 0;
    TokenCell cell;                ///< of a token; side 0: that of ViM2's stages, see tokenCell()
    std::vector<int> classTokens;  ///< Vim: positions of its class tokens among the scanned ones, ascending
    int channels = 0;              ///< D
    int inner = 0;                 ///< E (token mixer) or P (channel mixer)
    Routing routing;               ///< token mixers only
    double milliseconds = 0;

    int tokenCount() const { return height * width; }
    TokenCell tokenCell() const { return cell.side > 0 ? cell : TokenCell{ImageGeometry::tokenPixels(id.stage), 0}; }
    /// The token y*width + x at a scanned position of a token mixer; -1 for a class token.
    int tokenAt(int position) const;
    /// The scanned position of a token y*width + x.
    int positionOf(int token) const;
};

/// One image through one network: the prediction, what every mixer recorded, and the way to look closer.
/// Immutable; any thread. Holds the input of every mixer (tokens x channels x mixers floats), nothing larger.
class Trace {
public:
    virtual ~Trace() = default;

    virtual const ImageGeometry& geometry() const = 0;
    virtual const std::vector<float>& logits() const = 0;         ///< one per class
    virtual const std::vector<float>& probabilities() const = 0;  ///< softmax of the logits
    virtual const std::vector<MixerRecord>& mixers() const = 0;   ///< in forward order
    virtual double milliseconds() const = 0;                      ///< whole forward pass
    virtual std::size_t recordedBytes() const = 0;

    /// Computes one mixer again from its recorded input, with everything large. The last one asked for is kept, so
    /// asking again is free. Throws Error(Usage) for a mixer that this network has not, Cancelled.
    virtual std::shared_ptr<const MixerDetail> detail(const MixerId& id, const CancelToken& cancel = {}) const = 0;

    /// What was done differently in this run (InferenceSession::edit); the empty list for a baseline.
    virtual const Interventions& interventions() const;
    /// The run that an edited one departs from; null for a baseline.
    virtual std::shared_ptr<const Trace> baseline() const { return nullptr; }
    /// Of an edited run, for each mixer: ||output - baseline's output|| / ||baseline's output||. Exactly 0 up to the
    /// first mixer that an edit reaches. Empty for a baseline.
    virtual const std::vector<double>& departure() const;
    /// Index into mixers() of the first whose output differs from the baseline's; -1: none does.
    int firstDeparture() const;

    /// For the engine: the tensors behind. Null where there are none (a trace made up in a test).
    virtual const TracedRun* tensors() const { return nullptr; }

    /// The record of a mixer; null when there is none.
    const MixerRecord* find(const MixerId& id) const;
    /// Class indices by falling probability (ties: the lower index first), at most `count`.
    std::vector<int> topClasses(int count) const;
};

/// Indices of the largest of `count` logits (ties: the lower index first), best first, at most `most`.
std::vector<int> largestLogits(const float* logits, std::size_t count, int most);

/// How an edited run changed the chances of a class.
struct ClassChange {
    int classIndex = 0;
    float probabilityBefore = 0;
    float probabilityAfter = 0;
    float logitBefore = 0;
    float logitAfter = 0;
};
/// Every class of an edited run, largest change of probability first. Empty for a baseline.
std::vector<ClassChange> classChanges(const Trace& edited);

/// One token or channel mixer in full, for one image.
///
/// Words: a *lane* is one thing that scans beside the others (a token mixer's channel e of E; a channel mixer's token
/// l of L). A *position* is a place on the scanned axis in its natural order (a token y*W+x; a channel c of P). A
/// *step* is when the scan visits a position: `positionAt(scan, step)`. A *scan* here is one of the K chosen scans of a
/// token mixer, in `Routing::chosen`'s order, or one of the Q directions of a channel mixer (0 forward, 1 backward).
/// Immutable; any thread.
class MixerDetail {
public:
    virtual ~MixerDetail() = default;

    const MixerRecord& record() const { return m_record; }
    virtual int scanCount() const = 0;                 ///< K or Q
    virtual std::string scanName(int scan) const = 0;  ///< "hilbert"; channel mixers: "forward", "backward", "both"
    virtual bool isQuasiSeparable() const = 0;
    virtual int laneCount() const = 0;
    virtual int positionCount() const = 0;  ///< = number of steps
    virtual int stateSize() const = 0;      ///< N
    virtual int positionAt(int scan, int step) const = 0;
    virtual int stepOf(int scan, int position) const = 0;

    /// Step size Delta, after softplus: (lanes, positions).
    virtual const Array& delta(int scan) const = 0;
    /// The gate g = 1 - exp(-Delta), 0 to 1: (lanes, positions).
    virtual Array gate(int scan) const = 0;
    /// Mean gate over all lanes for each position: (positions).
    virtual Array meanGate(int scan) const = 0;
    /// Mean gate of each lane over all positions: (lanes).
    virtual Array laneGate(int scan) const = 0;
    /// SiLU(z), the output gate in natural axes: token mixer (E, tokens), channel mixer (tokens, P). Empty where a
    /// mixer has none.
    virtual const Array& outputGate() const = 0;
    /// What is scanned, u: (lanes, positions), and the skip D of y = ... + D u: (lanes, 1), of a channel mixer
    /// (1, positions).
    virtual Array input(int scan) const = 0;
    virtual Array skip(int scan) const = 0;
    /// B and C of the scan: (positions, N).
    virtual Array inputMatrix(int scan) const = 0;
    virtual Array outputMatrix(int scan) const = 0;
    /// A, negative: (lanes, N); of a channel mixer (1, N), shared by all lanes.
    virtual const Array& stateMatrix(int scan) const = 0;

    enum class Direction { Forward, Backward };
    /// Hidden state after `step`, lanes [firstLane, firstLane + count): (count, N). Backward: the state k of a
    /// quasi-separable scan at that step; throws Error(Usage) for a causal one. At most one chunk is computed again.
    virtual Array state(int scan, int firstLane, int count, int step,
                        Direction direction = Direction::Forward) const = 0;
    /// ||h_t|| over all lanes and states, by step: (steps). Computed at the first request, then kept.
    virtual const Array& stateNorm(int scan, Direction direction = Direction::Forward) const = 0;
    /// The same by lane subset, not kept: (steps).
    virtual Array stateNorm(int scan, int firstLane, int count, Direction direction) const = 0;
    /// Output y of the scan before weighting: (lanes, positions).
    virtual Array output(int scan) const = 0;

protected:
    MixerRecord m_record;
};

}  // namespace mixer
