// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <optional>

class QButtonGroup;
class QLabel;
class QListWidget;
class QPushButton;
class QSlider;

namespace mixer::ui {

class InspectionDocument;

/// What is done differently: the stack of edits with their switches, which run the views show, and what came of it. A
/// slider scales the step size of the selected mixer; the prediction follows it.
class InterventionsView : public QWidget {
    Q_OBJECT
public:
    explicit InterventionsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QListWidget* list() const { return m_list; }
    /// What the edits did: "first change in S1 B1 T1 · tabby-cat 0.86 → 0.31".
    QString outcome() const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void nameControls();
    void layOut();
    /// Edited, baseline or difference.
    QLayout* makeSwitch();
    void rebuild();
    void refreshControls();
    void refreshOutcome();
    void onItemSwitched(int row, bool isOn);
    void removeCurrent();
    void scaleDelta(int percent);
    /// The entry that scales all of the selected mixer's step sizes; none: there is none yet.
    std::optional<std::size_t> deltaEdit() const;
    void holdLane();

    InspectionDocument* m_document = nullptr;
    QButtonGroup* m_shown;
    QListWidget* m_list;
    QLabel* m_empty;
    QLabel* m_outcome;
    QLabel* m_target;
    QLabel* m_factor;
    QSlider* m_delta;
    QPushButton* m_skip;
    QPushButton* m_hold;
    QPushButton* m_remove;
    QPushButton* m_clear;
    bool m_isRebuilding = false;
};

}  // namespace mixer::ui
