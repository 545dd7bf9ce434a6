// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace mixer::ui {

class InspectionDocument;

/// Walks the document's step through the scan at a chosen speed. Stops at the last step; starting there begins anew.
class Playback : public QObject {
    Q_OBJECT
public:
    explicit Playback(InspectionDocument* document, QObject* parent = nullptr);

    bool isPlaying() const { return m_timer.isActive(); }
    double stepsPerSecond() const { return m_stepsPerSecond; }

    void setPlaying(bool playing);
    void toggle() { setPlaying(!isPlaying()); }
    void setStepsPerSecond(double speed);
    /// Pauses and moves by so many steps, within the scan.
    void stepBy(int steps);
    void stepTo(int step);

Q_SIGNALS:
    void playingChanged(bool playing);
    void speedChanged(double stepsPerSecond);

private:
    int lastStep() const;
    void onTick();

    InspectionDocument* m_document;
    QTimer m_timer;
    QElapsedTimer m_since;
    double m_stepsPerSecond = 30;
    double m_due = 0;  ///< steps, with the fraction that is not yet whole
};

}  // namespace mixer::ui
