// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/attribution/PatchEffects.h"
#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Progress.h"
#include "engine/interventions/Interventions.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"
#include "visualizers/ColorMap.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

namespace mixer {
class FeatureSpace;
class ImplicitAttention;
class RouterStatistics;
}  // namespace mixer

namespace mixer::vis {

struct RunPair;

enum class LaneSort {
    Natural,
    MeanGate,  ///< falling, like the next two
    Variance,
    Contribution,
    Cluster,  ///< lanes that do alike beside each other
};
enum class PredictionValue { Probability, Logit };
/// What the matrix of lanes shows.
enum class GateQuantity {
    Gate,        ///< g = 1 - exp(-Delta), by step
    OutputGate,  ///< SiLU(z), by position; signed
};
/// What the state's matrix shows at a step; h = kept + added.
enum class StateQuantity {
    State,      ///< h_t
    Kept,       ///< exp(Delta A) h_{t-1}
    Added,      ///< Delta u B
    Retention,  ///< exp(Delta A), 0 to 1
    Horizon,    ///< 1 / (Delta |A|), steps
    Backward,   ///< k_t of a quasi-separable scan
};
/// Which run the figures are of, when edits are active.
enum class ShownRun {
    Edited,
    Baseline,
    Difference,  ///< edited minus baseline
};

/// What a heat map over the picture shows, one value to a token.
enum class OverlayQuantity {
    None,
    Gate,         ///< token mixer: gate of the selected lane (none selected: the mean over lanes);
                  ///< channel mixer: gate of the channel visited at the selected step
    MeanGate,     ///< mean gate over the other axis
    StateNorm,    ///< token mixer: norm of the state when the token was visited;
                  ///< channel mixer: norm of each token's state at the selected step
    Attention,    ///< token mixer: implicit attention of the selected token, see AttentionOptions
    HalfLife,     ///< token mixer: steps until the influence of what was written at a token has fallen to 1/2
    Attribution,  ///< of the context's attribution map
    OutputGate,   ///< SiLU(z) of the selected lane, or the mean of its magnitude
    FeaturePca,   ///< principal components of the mixer's output, see FigureOptions::featureComponent
};

/// Which part of the implicit attention matrix is shown.
struct AttentionOptions {
    bool isColumn = false;    ///< where the token's input goes, instead of where its output comes from
    bool isMerged = false;    ///< all scans with their weights, instead of the selected one
    bool isAbsolute = false;  ///< mean of |M| over the lanes, which signs cannot cancel

    bool operator==(const AttentionOptions& o) const
    {
        return isColumn == o.isColumn && isMerged == o.isMerged && isAbsolute == o.isAbsolute;
    }
};

enum class AttributionMethod { GradientTimesInput, IntegratedGradients, GradCam, Occlusion, ReceptiveField };

/// Which attribution: all that makeAttributionMap() needs besides the run.
struct AttributionRequest {
    AttributionMethod method = AttributionMethod::IntegratedGradients;
    int classIndex = -1;  ///< -1: the predicted one
    MixerId mixer;        ///< Grad-CAM: its stage; receptive field: whose output
    int position = -1;    ///< receptive field: y * W + x of the mixer's grid; -1: to be taken from the selection
    bool withFaithfulness = false;  ///< measures it, which takes about kFaithfulnessRuns runs

    bool operator==(const AttributionRequest& o) const
    {
        return method == o.method && classIndex == o.classIndex && mixer == o.mixer && position == o.position
            && withFaithfulness == o.withFaithfulness;
    }
};

/// One value to a cell of a grid laid over what the network sees, with what there is to know about it: an attribution.
struct AttributionMap {
    AttributionRequest request;
    QString method;  ///< "integrated gradients"
    QString target;  ///< label of the class
    int height = 0;
    int width = 0;
    std::vector<float> values;  ///< height * width
    QString note;               ///< completeness gap, faithfulness; for the badge
    bool isDoubtful = false;    ///< the note is a warning
};

/// What of another image is taken over, place by place.
struct PatchEffectRequest {
    QString image;  ///< path
    PatchedPart part = PatchedPart::Output;
    int parts = 4;        ///< see PatchEffects
    int classIndex = -1;  ///< -1: the predicted one

    bool operator==(const PatchEffectRequest& o) const
    {
        return image == o.image && part == o.part && parts == o.parts && classIndex == o.classIndex;
    }
};

/// A measured effect map: what it shows of a run depends on nothing that came later.
struct PatchEffectMap {
    PatchEffectRequest request;
    Interventions edits;  ///< that the run was made with
    PatchEffects effects;
};

/// Ends of an overlay's colours that were held, so that other images and models are shown on the same scale.
struct HeldRange {
    OverlayQuantity quantity = OverlayQuantity::None;  ///< of this one only
    ValueRange range;

    bool operator==(const HeldRange& o) const
    {
        return quantity == o.quantity && range.low == o.range.low && range.high == o.range.high;
    }
};

/// What a person may change about a figure; each figure reads the fields that concern it.
struct FigureOptions {
    int topCount = 5;  ///< predictions: bars, at least 1
    PredictionValue predictionValue = PredictionValue::Probability;
    LaneSort laneSort = LaneSort::Natural;
    GateQuantity gateQuantity = GateQuantity::Gate;
    StateQuantity stateQuantity = StateQuantity::State;
    AttentionOptions attention;
    ShownRun shownRun = ShownRun::Edited;  ///< Difference: figures subtract the context's baseline
    OverlayQuantity overlay = OverlayQuantity::None;
    int featureComponent = 0;                   ///< 1 to 3; 0: the first three as red, green and blue
    QStringList featureImages;                  ///< on whose principal axes features are shown; empty: their own
    double overlayOpacity = 0.6;                ///< 0 to 1
    bool cropToInput = true;                    ///< scan path: only the part of the photo that the network sees
    bool showPath = true;                       ///< scan path
    bool showAllPaths = false;                  ///< scan path: those of the other chosen scans too, faint
    bool showPatchGrid = true;                  ///< scan path
    bool isGrowing = false;                     ///< scan path: path and map only as far as the selected step
    ColorMapId colorMap = ColorMapId::Viridis;  ///< probabilities, gates, norms
    std::optional<ValueRange> range;            ///< ends of the colours of gates; none: from the data
    std::optional<HeldRange> heldRange;         ///< of overlays; none: from the data
};

/// Everything a figure is made from. `trace` is needed by all; `image` by the scan path.
struct FigureContext {
    std::shared_ptr<const Trace> trace;
    /// Of `selection.mixer`. Null: figures that need it ask the trace, which may compute for a while: in the window,
    /// ask on the worker and put it here.
    std::shared_ptr<const MixerDetail> detail;
    /// The same of the run without edits; null when nothing is edited. Predictions show both.
    std::shared_ptr<const Trace> baseline;
    std::shared_ptr<const MixerDetail> baselineDetail;
    Interventions interventions;  ///< of `trace`
    /// Of `detail`, shared by figures so that its preparation is made once; null: made anew.
    std::shared_ptr<const ImplicitAttention> attention;
    /// The axes on which features are shown, so that colours mean the same in several figures: of
    /// FigureOptions::featureImages, or of another run. Null: of the baseline of `trace`.
    std::shared_ptr<const FeatureSpace> features;
    std::shared_ptr<const AttributionMap> attribution;         ///< null: none was computed
    std::shared_ptr<const PatchEffectMap> patchEffects;        ///< null: none were measured
    std::shared_ptr<const RouterStatistics> routerStatistics;  ///< over a set of images; null: none were studied
    std::shared_ptr<const Checkpoint> checkpoint;              ///< figures of weights need it
    /// By lane of `detail`: what each contributes to the selected class; empty: not computed.
    std::vector<float> contributions;
    int trueClass = -1;  ///< known from the picture's folder; -1: not known
    ModelConfig config;
    QString modelPath;
    QString imagePath;
    std::shared_ptr<const RgbImage> image;  ///< the original, as decoded
    Selection selection;
    FigureOptions options;
    QString programVersion;  ///< "0.1.0"
    QStringList studied;     ///< paths of the images of the router statistics
    CancelToken cancel;      ///< of the making of a figure that takes a while
    /// Where pictures were prepared otherwise than the configuration says; empty: as it says.
    QStringList preprocessing;
    std::shared_ptr<const RunPair> pair;         ///< this run and another, compared; null: nothing is
    std::shared_ptr<const FigureContext> other;  ///< of that other run, its selection in the same place
};

}  // namespace mixer::vis
