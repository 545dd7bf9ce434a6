// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"
#include "ui/document/DocumentCommand.h"
#include "ui/document/Follower.h"
#include "ui/document/ImageListModel.h"
#include "ui/document/ImageSurvey.h"
#include "ui/document/InferenceWorker.h"
#include "ui/document/Inspection.h"
#include "ui/document/Picture.h"
#include "ui/document/SessionFile.h"
#include "ui/document/ViewSettings.h"
#include "visualizers/FigureContext.h"

#include <QObject>
#include <QStringList>
#include <QUndoStack>

#include <memory>
#include <optional>

namespace mixer {
class RouterStatistics;
}

namespace mixer::ui {

struct OpenedBatch;

/// All that the window shows: the model, the images, what ran, what is done differently, what is looked at. Widgets own
/// no state; they read this, ask it for changes, and redraw when it says so. Opening and computing happen on the
/// worker: a request returns at once, and what it changes appears later as one change. Until then, and for ever if it
/// fails, everything stays as it was. Results are immutable snapshots that fit each other: detail() is of trace(),
/// trace() is of session() and picture(), and selection() is within their ranges. GUI thread.
class InspectionDocument : public QObject {
    Q_OBJECT
public:
    explicit InspectionDocument(SessionOptions options = {}, QObject* parent = nullptr);
    ~InspectionDocument() override;

    const std::shared_ptr<const InferenceSession>& session() const { return m_state.inspection.session; }
    const std::shared_ptr<const Picture>& picture() const { return m_state.inspection.picture; }
    const std::shared_ptr<const Trace>& trace() const { return m_state.inspection.trace; }
    /// The run without edits; trace() itself when there are none or the baseline is shown.
    const std::shared_ptr<const Trace>& baseline() const { return m_state.inspection.baseline; }
    const std::shared_ptr<const MixerDetail>& detail() const { return m_state.inspection.detail; }
    const Selection& selection() const { return m_state.selection; }
    const ViewSettings& viewSettings() const { return m_state.choices.view; }
    /// What the person wants done differently; trace()->interventions() is what has run.
    const Interventions& interventions() const { return m_state.choices.interventions; }
    /// What it is compared with.
    const CompareChoice& comparison() const { return m_state.choices.compare; }
    /// Why the edits cannot be made of this model or image; empty: they are.
    const QString& editProblem() const { return m_state.inspection.editProblem; }
    /// Changes of view settings and interventions.
    QUndoStack* undoStack() { return &m_undo; }
    ImageListModel* images() { return &m_images; }
    /// Row of the shown picture in images(), -1 without one.
    int currentImage() const { return m_state.currentRow; }
    QString modelPath() const;
    /// The mixer that was asked for last; selection().mixer once its detail has been computed.
    MixerId requestedMixer() const { return m_requestedMixer.value_or(m_state.selection.mixer); }
    /// What opened with a doubt: guesses about the checkpoint, images that were left out. Newest model's first.
    QStringList warnings() const { return m_modelWarnings + m_warnings; }
    /// The class that the shown picture's folder is named after; -1: none.
    int trueClass() const;
    /// The selected class, or the predicted one; -1 without a trace.
    int shownClass() const;
    /// Everything that figures are made from. `trace` is null as long as nothing ran.
    vis::FigureContext figureContext() const;

    /// How the model was opened.
    const SessionOptions& sessionOptions() const { return m_options; }

    /// Names of classes and overrides of preprocessing that were set for another model do not come along.
    void openModel(const QString& path);
    /// Opens the same model with other options.
    void reopenModel(const SessionOptions& options);
    /// Opens the model's file again, as it is now. Where it still is the same network with other weights, selection,
    /// edits and view stay. `isQuiet`: nobody asked; a failure is a warning only.
    void reloadModel(bool isQuiet = false);
    /// Everything of a session at once, or nothing: its model, list of images, edits, selection and view. Files that
    /// are not there make it fail; whoever calls has asked for them.
    void restore(const SavedSession& session);
    /// What restore() brings back. Pasted images have no file and are left out.
    SavedSession saved() const;
    /// Files and folders. The first that can be decoded is shown; a file that is in the list already is not added
    /// again.
    void openPictures(const QStringList& paths);
    /// What `mixerscope batch` wrote; openPictures() comes here with it. Waits for a model where there is none.
    void openBatch(const QString& path);
    void openPastedImage(const QImage& image);
    /// Shows what another document has open: nothing is read again. Either may be null. The list of images stays empty.
    void adopt(const std::shared_ptr<const InferenceSession>& session, const std::shared_ptr<const Picture>& picture);
    /// Shows the image of this row once it is decoded and run.
    void showImage(int row);

    /// Everything at once; another mixer than selection()'s is computed first. Out-of-range indices are brought in.
    void select(const Selection& wish);
    void requestMixer(const MixerId& id);
    /// The mixer before (-1) or after (+1), in forward order.
    void stepMixer(int by);
    /// Stays at the same token (or channel).
    void setScan(int scan);
    void setStep(int step);
    void setLane(int lane);
    void setState(int state);
    void setClass(int classIndex);
    /// Settings and interventions can be undone; `text` names the step, the same `mergeKey` in quick succession makes
    /// one step of many (a slider).
    void setViewSettings(const ViewSettings& view, const QString& text = {}, const QString& mergeKey = {});
    void setFigureOptions(const vis::FigureOptions& options, const QString& text = {}, const QString& mergeKey = {});
    void setInterventions(const Interventions& interventions, const QString& text, const QString& mergeKey = {});
    /// One more entry on the stack of edits, on top.
    void addEdit(const Edit& edit, const QString& mergeKey = {});
    void setComparison(const CompareChoice& compare, const QString& text);
    /// With another model or image.
    void compareWithFile(CompareChoice::With with, const QString& path);
    /// Settings from an earlier run of the program: nothing to undo.
    void restoreViewSettings(const ViewSettings& view);
    /// Another document's decisions: runs with its edits, shows what it shows. Nothing to undo.
    void follow(const DocumentChoices& choices);
    const DocumentChoices& choices() const { return m_state.choices; }
    /// What was found out about the picture for a class; forgotten with the trace.
    void setAttribution(const std::shared_ptr<const vis::AttributionMap>& map);
    const std::shared_ptr<const vis::AttributionMap>& attribution() const { return m_attribution; }
    /// What patches from another image change; forgotten with the picture or the model, not with an edit.
    void setPatchEffects(const std::shared_ptr<const vis::PatchEffectMap>& map);
    const std::shared_ptr<const vis::PatchEffectMap>& patchEffects() const { return m_patchEffects; }
    /// Over the images of these rows; forgotten with the model.
    void setRouterStatistics(const std::shared_ptr<const RouterStatistics>& statistics, std::vector<int> rows);
    const std::shared_ptr<const RouterStatistics>& routerStatistics() const { return m_routerStatistics; }
    const std::vector<int>& routerStatisticsRows() const { return m_routerStatisticsRows; }
    /// What each lane of detail() contributes to the shown class; forgotten with the detail.
    void setContributions(std::vector<float> contributions);
    const std::vector<float>& contributions() const { return m_contributions; }

    /// The other run and what was found out between the two; null without. Their owner keeps them up.
    void setPair(const std::shared_ptr<const vis::RunPair>& pair,
                 const std::shared_ptr<const vis::FigureContext>& other);
    const std::shared_ptr<const vis::RunPair>& pair() const { return m_pair; }

    /// The axes on which features are shown: of the images that the view names, or of the baseline.
    const std::shared_ptr<const FeatureSpace>& features() const;
    /// Those of a document beside it, for the same network: colours then mean the same. Null: its own again.
    void setSharedFeatures(const std::shared_ptr<const FeatureSpace>& features);

    InferenceWorker& worker() { return m_worker; }
    /// Stops whatever a person is waiting for; nothing changes.
    void cancel() { m_worker.cancelInteractive(); }
    /// A problem for the person to read, from wherever it comes.
    void report(const QString& message);

Q_SIGNALS:
    void sessionChanged();
    void pictureChanged();
    void traceChanged();
    void detailChanged();
    void selectionChanged();
    void viewSettingsChanged();
    void interventionsChanged();
    void attributionChanged();
    void patchEffectsChanged();
    void contributionsChanged();
    void sharedFeaturesChanged();
    void routerStatisticsChanged();
    /// A batch table is in the list; `failed` of its images have no result.
    void batchOpened(int failed);
    void comparisonChanged();
    void pairChanged();
    /// currentImage() is another, or a request for another came to nothing: lists show what is.
    void currentImageChanged();
    /// requestedMixer() is another; the selection follows when its detail is there.
    void requestedMixerChanged();
    void warningsChanged();
    void messageRaised(const QString& message);

private:
    struct State {
        Inspection inspection;
        Selection selection;
        DocumentChoices choices;
        int currentRow = -1;
    };

    /// The one door: stores, then emits one signal for each part that differs.
    void commit(State next);
    void take(State next, const Inspection& inspection);
    enum class Complain { Loudly, Quietly };
    void openModel(const QString& path, const SessionOptions& options, Complain complain);
    void onModelOpened(const QString& path, const SessionOptions& options, Complain complain,
                       JobOutcome<Inspection> outcome);
    /// The receipt's remarks of a model that has just been opened.
    void noteModel(const InferenceSession& opened, const SessionOptions& options);
    void onRestored(const SavedSession& session, JobOutcome<Inspection> outcome);
    void onPicturesOpened(JobOutcome<OpenedPictures> outcome);
    void takeBatch(const OpenedBatch& opened);
    void onImageShown(int row, JobOutcome<Inspection> outcome);
    void onRan(JobOutcome<Inspection> outcome);
    /// Model and picture came one after the other: runs the one on the other where no trace tells it yet.
    void ensureTrace();
    /// What a new run is to be made for.
    RunRequest runRequest() const;
    void choose(const DocumentChoices& choices, const QString& text, const QString& mergeKey);
    /// The shown run is not the one that the choices ask for: runs again, from the first changed mixer on.
    void ensureEdits();
    /// How a wish for another mixer names its scan and step.
    enum class WishIs {
        Exact,    ///< by their numbers in the other mixer
        Carried,  ///< from the mixer shown: the scan of the same name, the same share of the steps
    };
    void requestDetail(const MixerId& id, const Selection& wish, WishIs kind);
    void setRequestedMixer(const std::optional<MixerId>& id);
    void noteResult(int row);
    void addWarning(const QString& warning);

    SessionOptions m_options;
    State m_state;
    ImageListModel m_images;
    std::shared_ptr<const vis::AttributionMap> m_attribution;
    std::shared_ptr<const vis::PatchEffectMap> m_patchEffects;
    std::vector<float> m_contributions;
    std::shared_ptr<const RouterStatistics> m_routerStatistics;
    std::vector<int> m_routerStatisticsRows;
    std::shared_ptr<const FeatureSpace> m_sharedFeatures;
    struct HeldFeatures {
        std::shared_ptr<const InferenceSession> session;
        QStringList images;
        std::shared_ptr<const FeatureSpace> space;
    };
    mutable HeldFeatures m_heldFeatures;  ///< made when asked for
    std::shared_ptr<const vis::RunPair> m_pair;
    std::shared_ptr<const vis::FigureContext> m_other;
    QStringList m_modelWarnings;
    QStringList m_warnings;
    std::optional<MixerId> m_requestedMixer;
    std::optional<MixerId> m_lastMixer;  ///< outlives the trace: the next model's mixer of that name is shown
    bool m_closing = false;
    QUndoStack m_undo;
    InferenceWorker m_worker;
    Follower<Inspection> m_edits;
    ImageSurvey m_survey;
};

}  // namespace mixer::ui
