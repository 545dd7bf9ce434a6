// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/analysis/FeatureAxes.h"
#include "engine/attention/ImplicitAttention.h"
#include "engine/interventions/Interventions.h"
#include "engine/session/InferenceSession.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"
#include "ui/document/InferenceWorker.h"
#include "ui/document/Picture.h"
#include "visualizers/FigureContext.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

/// The jobs of the engine thread: free functions of a request, no document, no widget.
namespace mixer::ui {

/// What a run is asked for besides model and picture.
struct RunRequest {
    std::optional<MixerId> mixer;  ///< to look into; none: one that shows well
    Interventions edits;
    vis::ShownRun shown = vis::ShownRun::Edited;
    PatchSources sources;  ///< runs of other pictures by the session at hand, made for earlier edits
    int elementBytes = 4;  ///< of the precision that the session runs in
};

/// One picture through one model, with the mixer that is looked at. Always of one piece: `detail` is of `trace`,
/// `trace` is of `session` and `picture`.
struct Inspection {
    std::shared_ptr<const InferenceSession> session;
    std::shared_ptr<const Picture> picture;
    std::shared_ptr<const Trace> baseline;  ///< without edits; null without a session or a picture, or with a problem
    std::shared_ptr<const Trace> trace;     ///< what is shown: the run with the edits, or `baseline` itself
    std::shared_ptr<const MixerDetail> detail;  ///< null without a trace
    /// The baseline's detail of the same mixer, where differences are shown; else null.
    std::shared_ptr<const MixerDetail> baselineDetail;
    std::shared_ptr<const ImplicitAttention> attention;  ///< of `detail`
    std::shared_ptr<const FeatureSpace> features;        ///< of `baseline`
    PatchSources sources;                                ///< runs of the pictures that the edits take something from
    RunRequest request;                                  ///< what it was made for
    QString problem;      ///< model and picture opened, but one does not run on the other
    QString editProblem;  ///< why the edits cannot be made; the baseline is shown
};

struct PictureFailure {
    QString path;
    QString message;
};

/// What opening pictures gave: the files to add to the list, and the first that can be shown.
struct OpenedPictures {
    QStringList files;
    std::vector<PictureFailure> failures;  ///< files that came before the shown one and cannot be decoded
    Inspection inspection;                 ///< picture null: not one could be opened
};

/// A line of the image list, for a picture that is not the shown one.
struct SurveyedPicture {
    QImage thumbnail;
    int topClass = -1;
    QString topLabel;
    double confidence = 0;
    QString error;
};

/// The part of a job's progress that one of its steps covers.
ProgressCallback partOf(const ProgressCallback& progress, double from, double to);

/// Runs the picture through the session, as it is and with the edits, then computes a mixer in detail.
/// Throws Cancelled; an Error becomes `problem` or `editProblem`.
Inspection inspect(const std::shared_ptr<const InferenceSession>& session,
                   const std::shared_ptr<const Picture>& picture, const RunRequest& request, const JobContext& context);
/// The same for an inspection whose baseline holds: other edits, another mixer, another run to show.
Inspection inspectAgain(const Inspection& known, const RunRequest& request, const JobContext& context);

Inspection openModelJob(const QString& path, const SessionOptions& options,
                        const std::shared_ptr<const Picture>& picture, const RunRequest& request,
                        const JobContext& context);
OpenedPictures openPicturesJob(const QStringList& paths, const std::shared_ptr<const InferenceSession>& session,
                               const RunRequest& request, const JobContext& context);
SurveyedPicture surveyJob(const QString& path, const std::shared_ptr<const Picture>& pasted,
                          const std::shared_ptr<const InferenceSession>& session, const JobContext& context);

/// `wanted` when the trace has it, else a token mixer whose grid is coarse enough to be read at a glance.
MixerId startingMixer(const Trace& trace, const std::optional<MixerId>& wanted);
/// A selection made in `before` (null: none was shown), carried over to another mixer or image: the scan by its name,
/// for the chosen ones differ, and the step by its share of the way.
Selection carried(Selection selection, const MixerDetail* before, const MixerDetail& detail);
/// `wish` with every index brought into the range of what there is; its mixer becomes the detail's.
Selection reconciled(Selection wish, const Trace& trace, const MixerDetail& detail);

}  // namespace mixer::ui
