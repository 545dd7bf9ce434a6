// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/DocumentCommand.h"
#include "visualizers/RunPair.h"

#include <QObject>
#include <QString>

#include <memory>
#include <optional>

namespace mixer::ui {

class InspectionDocument;

/// The second run beside a document's: made from its CompareChoice by a document of its own, with a worker of its own,
/// so that neither waits for the other. The main document leads: picture, edits, view and selection of the other follow
/// it, by the names of mixers and scans and by the place of a token. Compares the two runs whenever one is new and
/// gives the main document what it found (InspectionDocument::setPair). GUI thread.
class Comparison : public QObject {
    Q_OBJECT
public:
    explicit Comparison(InspectionDocument* document, QObject* parent = nullptr);
    ~Comparison() override;

    InspectionDocument* document() const { return m_document; }
    /// Null: nothing is compared.
    InspectionDocument* other() const { return m_other.get(); }
    /// The other is A: edits are compared with the baseline, not the baseline with the edits.
    bool isOtherFirst() const { return m_running.with == CompareChoice::With::Baseline; }
    bool showsDifference() const;
    /// What tells the two sides apart.
    QString mainName() const;
    QString otherName() const;
    /// Why the other has no run, or how its selection is not that of the main document; empty: all is well.
    QString remark() const;
    /// A's context for the map that is subtracted from B's; none while the other is on its way to the selection.
    std::optional<vis::FigureContext> subtrahend() const;
    /// Selects the place of a token of the other's grid.
    void pickToken(int token);
    /// Ends without asking anything of the main document, which is about to go.
    void shutDown();

Q_SIGNALS:
    /// other() is another, or there is none any more; the former goes after this.
    void otherChanged();
    /// Names, remark, run or selection of the other, or what is shown of the two.
    void stateChanged();

private:
    void onChoiceChanged();
    void restart();
    void retire();
    void wireOther();
    void onSessionChanged();
    void onPictureChanged();
    void followChoices();
    void followFeatures();
    void followSelection();
    void followSoon();
    void followAttribution();
    void compare();
    void publish();
    bool isPairCurrent() const;
    vis::PairSide otherSide() const;

    InspectionDocument* m_document;
    CompareChoice m_running;
    std::unique_ptr<InspectionDocument> m_other;
    std::shared_ptr<const vis::RunPair> m_pair;
    QString m_problem;
    bool m_isFollowPending = false;
};

}  // namespace mixer::ui
