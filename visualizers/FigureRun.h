// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "engine/report/SelectionRequest.h"
#include "engine/session/InferenceSession.h"
#include "visualizers/CompareChoice.h"
#include "visualizers/FigureContext.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mixer::vis {

/// A figure in words that outlive a run: what the command line says, what a recipe keeps.
struct FigureRequest {
    QString figure;  ///< id, see figureIds()
    FigureOptions options;
    SelectionRequest selection;
    Interventions edits;
    std::optional<AttributionRequest> attribution;   ///< of OverlayQuantity::Attribution
    std::optional<PatchEffectRequest> patchEffects;  ///< of "patch-effects"
    CompareChoice compare;                           ///< figures of comparisons; by default nothing is compared
};

/// What was computed of one picture: all that figures are made from. The window fills it from its document, the command
/// line through prepare().
struct FigureRun {
    std::shared_ptr<const InferenceSession> session;
    SessionOptions options;  ///< how it was opened; a second run is opened like that
    QString modelPath;
    QString imagePath;
    std::shared_ptr<const RgbImage> image;  ///< null: the file held a prepared tensor
    int trueClass = -1;

    std::shared_ptr<const Trace> baseline;
    std::shared_ptr<const Trace> trace;                 ///< what is shown: the run with the edits, or `baseline` itself
    std::shared_ptr<const MixerDetail> detail;          ///< of `trace`
    std::shared_ptr<const MixerDetail> baselineDetail;  ///< the baseline's, where the difference is shown; else null
    std::shared_ptr<const ImplicitAttention> attention;  ///< of `detail`
    std::shared_ptr<const FeatureSpace> features;        ///< of `baseline`
    std::shared_ptr<const FeatureSpace> heldFeatures;  ///< of `heldImages`, in place of it where the options name them
    QStringList heldImages;
    PatchSources sources;  ///< runs of the pictures that the edits take something from, by the same session
    std::shared_ptr<const AttributionMap> attribution;
    std::shared_ptr<const PatchEffectMap> patchEffects;
    std::vector<float> contributions;  ///< of each lane of `detail`
    std::shared_ptr<const RouterStatistics> routerStatistics;
    QStringList studied;  ///< paths of the images of the statistics
    QString programVersion;
    CompareChoice compared;             ///< of a second run: what it was made for
    std::shared_ptr<FigureRun> second;  ///< the run that this one is compared with; null: none was asked for
    std::shared_ptr<const RunPair> pair;
};

/// `trace` is what the edits and the shown run ask for.
bool isRunOf(const FigureRun& run, const Interventions& edits, ShownRun shown);
/// Makes `trace` from `baseline`: the run with the edits, or the baseline itself when there are none or it is to be
/// shown. Forgets what hangs on the trace. Throws Error(Usage) for edits that do not fit, Cancelled.
void showRun(FigureRun& run, const Interventions& edits, ShownRun shown, const ProgressCallback& progress = {},
             const CancelToken& cancel = {});
/// Computes a mixer of `trace` in detail, and of the baseline where the difference is shown.
void lookInto(FigureRun& run, const MixerId& mixer, ShownRun shown, const CancelToken& cancel = {});
/// The axes of some images under a model: these are read and run when they are first needed.
std::shared_ptr<const FeatureSpace> featuresOf(const std::shared_ptr<const InferenceSession>& session,
                                               const QStringList& images);
/// Sees to the axes that the options name.
void holdFeatures(FigureRun& run, const FigureOptions& options);
/// What each channel of the mixer contributes to a class (-1: the predicted one): what taking it out costs.
std::vector<float> contributionsOf(const FigureRun& run, const MixerId& mixer, int classIndex,
                                   const ProgressCallback& progress = {}, const CancelToken& cancel = {});

/// What patching `trace` from another picture changes, place by place. Runs that picture where `run` does not hold it.
std::shared_ptr<const PatchEffectMap> patchEffectsOf(const FigureRun& run, const PatchEffectRequest& request,
                                                     const ProgressCallback& progress = {},
                                                     const CancelToken& cancel = {});

/// The one way from what was computed to what figures are made from.
FigureContext contextOf(const FigureRun& run, const Selection& selection, const FigureOptions& options);

/// Computes what the request needs and `run` (session, baseline) does not hold yet, and makes the context of it. Throws
/// Error(Usage) for what the run has not, Error, Cancelled.
FigureContext prepare(FigureRun& run, const FigureRequest& request, const ProgressCallback& progress = {},
                      const CancelToken& cancel = {});

/// A picture read and run without edits. `modelPath`: as people named it. Throws Error, Cancelled.
FigureRun runPicture(const std::shared_ptr<const InferenceSession>& session, const QString& modelPath,
                     const std::string& imagePath, const CancelToken& cancel = {});

/// The token y * W + x whose receptive field is meant: the one that the scan visits at the selected step, -1 where that
/// is a class token; of a channel mixer the selected one, or the first.
int selectedToken(const MixerDetail& detail, const Selection& selection);

/// The class that a picture's folder is named after, whatever case and separators; -1 for none.
int classOfFolder(const QString& path, const ModelConfig& config);

}  // namespace mixer::vis
